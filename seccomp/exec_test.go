package seccomp

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/bpf"
)

const (
	execEnv  = "RUNSEAL_SECCOMP_EXEC"      // what execVictim does
	execPath = "RUNSEAL_SECCOMP_EXEC_PATH" // the program it executes
)

// allowBut compiles a filter that allows everything but the named call.
func allowBut(name string, action specs.LinuxSeccompAction, errno uint) (*Filter, error) {
	p := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{name}, Action: action}}}
	if action == specs.ActErrno {
		p.Syscalls[0].ErrnoRet = &errno
	}
	return Compile(p, Options{})
}

// execVictim runs in a copy of the test binary, which it replaces.
func execVictim(mode string) {
	runtime.LockOSThread()
	path, env := os.Getenv(execPath), []string{"A=b"}
	f, err := allowBut("getppid", specs.ActErrno, 77)
	if err == nil && mode != "unprivileged" {
		err = NoNewPrivs()
	}
	if err == nil {
		switch mode {
		case "only":
			keepBusy()
			f, err = Compile(&specs.LinuxSeccomp{DefaultAction: specs.ActKillProcess, Syscalls: []specs.LinuxSyscall{
				{Names: []string{"execve", "write", "exit_group"}, Action: specs.ActAllow}}}, Options{})
			if err == nil {
				err = f.Exec(path, []string{"only"}, env)
			}
		case "cat", "plain":
			disturb()
			argv := []string{"cat", "/proc/self/status", "/proc/self/limits", "/proc/self/environ", "/proc/self/cmdline"}
			if mode == "plain" {
				err = syscall.Exec(path, argv, env)
			} else {
				err = f.Exec(path, argv, env)
			}
		case "hidden":
			var outer *Filter
			if outer, err = allowBut("seccomp", specs.ActErrno, uint(unix.ENOSYS)); err == nil {
				err = outer.Install()
			}
			if err == nil {
				f.Flags |= unix.SECCOMP_FILTER_FLAG_LOG
				fmt.Println(f.Exec(path, []string{"cat"}, env))
				f.Flags &^= unix.SECCOMP_FILTER_FLAG_LOG
				err = f.Exec(path, []string{"cat", "/proc/self/status"}, env)
			}
		case "unprivileged":
			err = unprivileged(f, path)
		case "format":
			err = f.Exec(path, nil, env)
			var sealed *SealedError
			_, _, errno := unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
			fmt.Println(errors.As(err, &sealed), errors.Is(err, unix.ENOEXEC), int(errno), mode)
		}
	}
	fmt.Println("failed:", err)
	os.Exit(3)
}

// keepBusy makes everything go on in the process that could get between the
// filter and the execve: collections, preemption, threads that come and go,
// signals with handlers (whose default is to be ignored).
func keepBusy() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGURG, unix.SIGCHLD, unix.SIGWINCH, unix.SIGUSR1, unix.SIGTERM)
	for _, work := range []func(){
		runtime.GC,
		func() { _ = make([]byte, 1<<16) },
		func() {
			for _, s := range []unix.Signal{unix.SIGURG, unix.SIGCHLD, unix.SIGWINCH} {
				_ = unix.Kill(os.Getpid(), s)
			}
		},
		func() {
			done := make(chan bool)
			go func() { runtime.LockOSThread(); close(done) }() // the thread ends with it
			<-done
		},
	} {
		started := make(chan bool)
		go func() {
			work()
			close(started)
			for {
				work()
			}
		}()
		<-started
	}
}

// disturb changes what a new program inherits.
func disturb() {
	signal.Ignore(unix.SIGUSR2)
	signal.Notify(make(chan os.Signal, 1), unix.SIGUSR1, unix.SIGHUP)
	mask := unix.Sigset_t{}
	mask.Val[0] = 1 << (unix.SIGWINCH - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &mask, nil); err != nil {
		fmt.Println("failed:", err)
	}
}

// handlers returns what is installed for every signal.
func handlers() (list [numSignals]sigaction) {
	size := uintptr(8)
	if isMips {
		size = 16
	}
	for sig := 1; sig < numSignals; sig++ {
		syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&list[sig])), size, 0, 0)
	}
	return list
}

// unprivileged lets the kernel refuse the filter and looks at what is left.
func unprivileged(f *Filter, path string) error {
	if set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err != nil || set != 0 {
		return fmt.Errorf("no_new_privs is %d already: %w", set, err)
	}
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&head, &none[0]); err != nil {
		return err
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGUSR1)
	before := handlers()
	fmt.Println(f.Exec(path, []string{"cat"}, nil))
	if handlers() != before {
		return errors.New("the signal handlers are others")
	}
	if err := unix.Kill(os.Getpid(), unix.SIGUSR1); err != nil {
		return err
	}
	fmt.Println(<-c)
	return nil
}

// runExec starts a victim below a soft limit of 333 open files.
func runExec(t *testing.T, mode, path string) (string, *os.ProcessState) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", "ulimit -S -n 333; exec /proc/$PPID/exe")
	cmd.Env = append(os.Environ(), execEnv+"="+mode, execPath+"="+path, "GOTRACEBACK=none")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState
}

func lookPath(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// What the new program inherits is what syscall.Exec gives it; it runs under
// the filter in addition.
func TestExecInherits(t *testing.T) {
	cat := lookPath(t, "cat")
	parts := func(mode string) (same, seccomp []string) {
		out, state := runExec(t, mode, cat)
		if !state.Success() {
			t.Fatalf("%s: %v\n%s", mode, state, out)
		}
		for line := range strings.Lines(out) {
			switch name, _, _ := strings.Cut(strings.TrimSpace(line), ":"); name {
			case "Seccomp", "Seccomp_filters":
				seccomp = append(seccomp, strings.Join(strings.Fields(line), " "))
			case "SigBlk", "SigIgn", "SigCgt", "NoNewPrivs", "Threads", "Name":
				same = append(same, strings.Join(strings.Fields(line), " "))
			default:
				if strings.HasPrefix(line, "Max open files") || strings.Contains(line, "\x00") {
					same = append(same, strings.Join(strings.Fields(line), " "))
				}
			}
		}
		return same, seccomp
	}
	want, _ := parts("plain")
	got, seccomp := parts("cat")
	if !slices.Equal(got, want) {
		t.Errorf("the program sees\n%q\nafter syscall.Exec\n%q", got, want)
	}
	// So that the comparison is not of two empty lists. (Of SigIgn the end: what
	// started the test may ignore other signals.)
	text := strings.Join(got, "\n")
	for _, line := range []string{"SigBlk: 0000000008000000", "800\nSigCgt: 0000000000000000",
		"NoNewPrivs: 1", "Threads: 1", "Name: cat", "Max open files 333 ", "A=b\x00cat\x00/proc/self/status\x00"} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in\n%q", line, text)
		}
	}
	if len(seccomp) == 0 || seccomp[0] != "Seccomp: 2" {
		t.Errorf("%q, expected filter mode", seccomp)
	}
}

func TestExecFailures(t *testing.T) {
	cat := lookPath(t, "cat")
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("neither ELF nor #!\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, mode, path, begin, end string }{
		{"no privilege", "unprivileged", cat, "seccomp(SECCOMP_SET_MODE_FILTER, 0x4, ", " instructions): permission denied: " +
			"the thread needs no_new_privs (NoNewPrivs) or CAP_SYS_ADMIN in its user namespace\nuser defined signal 1\nfailed: <nil>\n"},
		{"not a program", "format", text, "true true 77 format\n", "\nfailed: execve(" + fmt.Sprintf("%q", text) +
			"): exec format error; the filter is in force already and stays\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, state := runExec(t, c.mode, c.path)
			if strings.Contains(out, "no_new_privs is 1 already") {
				t.Skip("the kernel refuses no filter here: the test itself runs with no_new_privs")
			}
			if !strings.HasPrefix(out, c.begin) || !strings.HasSuffix(out, c.end) || state.ExitCode() != 3 {
				t.Errorf("%v, printed\n%swant\n%s...%s", state, out, c.begin, c.end)
			}
		})
	}
	t.Run("prctl", func(t *testing.T) {
		out, state := runExec(t, "hidden", cat)
		const want = "linux.seccomp.flags: seccomp(2), which flags 0x2 need, is missing in this kernel (Linux 3.17): function not implemented\nName:\tcat\n"
		if !strings.HasPrefix(out, want) || !strings.Contains(out, "\nSeccomp_filters:\t2\n") || !state.Success() {
			t.Errorf("%v, printed\n%s", state, out)
		}
	})
}

// What can be known before is an error that changes nothing, here in the test's
// own process.
func TestExecRefuses(t *testing.T) {
	ok, err := allowBut("getppid", specs.ActErrno, 77)
	if err != nil {
		t.Fatal(err)
	}
	denied, err := allowBut("execve", specs.ActErrno, 38)
	if err != nil {
		t.Fatal(err)
	}
	null, err := Compile(parse(t, `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["execve"],"action":"SCMP_ACT_KILL_PROCESS",
		"args":[{"index":0,"value":0,"op":"SCMP_CMP_NE"}]}]}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	listener := *ok
	listener.Flags |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cat := lookPath(t, "cat")
	before := handlers()
	for _, c := range []struct {
		name      string
		f         *Filter
		path      string
		argv, env []string
		want      string
	}{
		{"no instructions", &Filter{}, cat, nil, nil, "seccomp: 0 instructions, expected 1 to 4096"},
		{"not a filter", &Filter{Instructions: []bpf.Instruction{{Op: 0x20}}}, cat, nil, nil, "bpf: instruction 0: the last instruction is not a return"},
		{"listener", &listener, cat, nil, nil, "seccomp: the filter hands calls to an agent (SCMP_ACT_NOTIFY), whose listener Exec could not pass on"},
		{"missing", ok, "/nonexistent/cat", nil, nil, `execute "/nonexistent/cat": no such file or directory`},
		{"not executable", ok, plain, nil, nil, fmt.Sprintf("execute %q: permission denied", plain)},
		{"argv", ok, cat, []string{"a", "b\x00"}, nil, `argv ["a" "b\x00"]: invalid argument`},
		{"env", ok, cat, nil, []string{"A=\x00"}, "env: a string with a NUL: invalid argument"},
		{"execve denied", denied, cat, nil, nil, "seccomp: the filter answers execve with SCMP_ACT_ERRNO(38 ENOSYS), so no program could start under it"},
		{"this execve denied", null, cat, nil, nil, "seccomp: the filter answers execve with SCMP_ACT_KILL_PROCESS, so no program could start under it"},
	} {
		if err := c.f.Exec(c.path, c.argv, c.env); err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
	}
	if handlers() != before {
		t.Error("the signal handlers are others")
	}
}
