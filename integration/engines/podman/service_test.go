package podman

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/room"
)

// socketActivation is podman in a service with a socket unit: it hands the sockets to the
// runtime by --preserve-fds and writes the variables of sd_listen_fds(3) into config.json.
func socketActivation(r *scenario.Run) {
	var files []*os.File
	want := "LISTEN_FDNAMES=a:b\nLISTEN_FDS=2\nLISTEN_PID=1\n"
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			r.Fatal(err)
		}
		defer l.Close()
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			r.Fatal(err)
		}
		defer f.Close()
		var st unix.Stat_t
		if err := unix.Fstat(int(f.Fd()), &st); err != nil {
			r.Fatal(err)
		}
		files = append(files, f)
		want += fmt.Sprintf("socket:[%d]\n", st.Ino)
	}
	c := r.New("", scenario.Sh("env | grep ^LISTEN_ | sort; readlink /proc/self/fd/3; readlink /proc/self/fd/4; ! test -e /proc/$$/fd/5 && echo no more")...)
	service := of(r).command(of(r).run(c, "--rm")...)
	service.Argv = append([]string{"/bin/sh", "-c", `export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a:b; exec "$0" "$@"`}, service.Argv...)
	service.Files = files
	r.Want("two sockets", service.Run(r, noLog), 0, want+"no more\n")
}

// sdNotify is a container that tells the service manager that it is ready: conmon is what
// passes it on, by a socket that podman mounts into the container.
func sdNotify(r *scenario.Run) {
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: filepath.Join(r.TempDir(), "notify")})
	if err != nil {
		r.Fatal(err)
	}
	defer manager.Close()
	c := r.New("", "/bin/sleep", "600")
	service := of(r).command(of(r).run(c, "--detach", "--sdnotify", "container")...)
	service.Env = append(service.Env, "NOTIFY_SOCKET="+manager.LocalAddr().String())
	r.OK("run", service.Run(r, noLog))
	r.Want("the container's variable", r.Exec(r, c.ID, scenario.Process{Argv: scenario.Sh("tr '\\0' '\\n' < /proc/1/environ | grep ^NOTIFY")}), 0, "NOTIFY_SOCKET=/run/notify/notify.sock\n")
	ready, err := net.Dial("unixgram", fmt.Sprintf("/proc/%d/root/run/notify/notify.sock", r.Pid(r, c.ID)))
	if err != nil {
		r.Fatal(err)
	}
	defer ready.Close()
	if _, err := ready.Write([]byte("READY=1")); err != nil {
		r.Fatal(err)
	}
	var heard string
	manager.SetReadDeadline(time.Now().Add(10 * time.Second))
	for buf := make([]byte, 4096); !strings.Contains(heard, "READY=1"); {
		n, err := manager.Read(buf)
		if err != nil {
			r.Fatalf("the service manager has heard %q and no READY=1: %v", heard, err)
		}
		heard += string(buf[:n]) + "\n"
	}
	if !strings.Contains(heard, "MAINPID=") {
		r.Errorf("the service manager has heard %q, expected MAINPID too", heard)
	}
}

// preservedDescriptors are those of podman's command line.
func preservedDescriptors(r *scenario.Run) {
	with := func(args []string) room.Result {
		c := of(r).command(args...)
		c.Files = open(r, "three\n", "four\n", "five\n")
		return c.Run(r, noLog)
	}
	p := scenario.Process{Argv: scenario.Sh("cat <&3; cat <&4; ls /proc/$$/fd; true")}
	const want = "three\nfour\n0\n1\n2\n3\n4\n"
	c := r.New("run", p.Argv...)
	c.ExtraFDs = true
	r.Want("run", with(of(r).run(c, "--rm")), 0, want)
	id := r.Up(r.New("exec", "/bin/sleep", "600"))
	r.Want("exec", with(execArgs(id, p, "--preserve-fds", "2")), 0, want)
	p.Argv = scenario.Sh("ls /proc/$$/fd; true")
	r.Want("exec without", with(execArgs(id, p)), 0, "0\n1\n2\n")
}

// noEnvironment is podman as something else calls it, without HOME and with a variable that
// is there but empty.
func noEnvironment(r *scenario.Run) {
	bare := func(args []string) room.Result {
		c := of(r).command(args...)
		c.Argv = append([]string{"/usr/bin/env", "--ignore-environment", "PATH=" + os.Getenv("PATH"), "XDG_RUNTIME_DIR=",
			c.Env[0], c.Env[1]}, c.Argv...)
		return c.Run(r, noLog)
	}
	c := r.New("run", scenario.Sh("env | grep -v ^HOSTNAME | sort; id; echo ~")...)
	res := bare(of(r).run(c, "--rm"))
	r.OK("run", res)
	r.Keep("run", res.Stdout)
	c = r.New("exec", "/bin/sleep", "600")
	r.OK("run in the background", bare(of(r).run(c, "--detach")))
	res = bare(execArgs(c.ID, scenario.Process{Argv: scenario.Sh("env | grep -v ^HOSTNAME | sort")}))
	r.OK("exec", res)
	r.Keep("exec", res.Stdout)
	r.OK("stop", bare([]string{"stop", "--time", "0", c.ID}))
	r.OK("remove", bare([]string{"rm", c.ID}))
}
