package hostile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// ours says whether a call is one of runseal's own, whose failure it has to deal with, and
// not the Go runtime's, which ends the process when its memory, threads or signals fail.
// close(2) is left out too: whatever it returns, the descriptor is closed.
func ours(c box.Call) bool {
	switch c.NR {
	case unix.SYS_MMAP, unix.SYS_MUNMAP, unix.SYS_MADVISE, unix.SYS_BRK, unix.SYS_MPROTECT, unix.SYS_MINCORE,
		unix.SYS_FUTEX, unix.SYS_CLONE, unix.SYS_SET_ROBUST_LIST, unix.SYS_SET_TID_ADDRESS, unix.SYS_RSEQ, unix.SYS_ARCH_PRCTL,
		unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_NANOSLEEP, unix.SYS_GETTID, unix.SYS_GETPID, unix.SYS_TGKILL,
		unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL,
		unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_PWAIT, unix.SYS_EVENTFD2, unix.SYS_GETRANDOM,
		unix.SYS_EXIT, unix.SYS_EXIT_GROUP, unix.SYS_CLOSE:
		return false
	case unix.SYS_FCNTL, unix.SYS_PRLIMIT64: // at its start: standard descriptors, RLIMIT_NOFILE
		return c.Child
	}
	return true
}

// A moment is one of a command's calls, counted from 0 for itself and for the children.
type moment struct {
	child bool
	n     int
	nr    uint64
}

// moments executes the command and chooses from its calls: the first of each kind, of the
// others one of some, and the child's last one, at the end.
func moments(t *testing.T, b *box.Box, args ...string) []moment {
	t.Helper()
	var all []moment
	counts := map[bool]int{}
	r, err := b.Trace(true, func(c box.Call) box.Verdict {
		if ours(c) {
			all = append(all, moment{c.Child, counts[c.Child], c.NR})
			counts[c.Child]++
		}
		return box.GoOn
	}, args...)
	if err != nil || r.Status != 0 {
		t.Fatalf("%q: %v, exit status %d, stderr %q", args, err, r.Status, r.Stderr)
	}
	step := 9
	if testing.Short() { // where the first of a kind is left out as well
		step = 24
	}
	if box.Emulated() {
		step = 96
	}
	if i := slices.IndexFunc(all, func(m moment) bool { return m.child && m.n == counts[true]-1 }); i >= 0 {
		last := all[i] // wherever it stands among the command's
		all = append(slices.Delete(all, i, i+1), last)
	}
	var chosen []moment
	seen := map[moment]bool{}
	for i, m := range all {
		kind := moment{m.child, 0, m.nr}
		if *every || i%step == 0 || i == len(all)-1 || !seen[kind] && !testing.Short() {
			chosen = append(chosen, m)
		}
		seen[kind] = true
	}
	t.Logf("%q: %d calls of its own and %d of its child's, %d chosen", args, counts[false], counts[true], len(chosen))
	return chosen
}

// fail executes the command and lets one call fail.
func fail(t *testing.T, b *box.Box, m moment, args ...string) (box.Result, bool) {
	t.Helper()
	errno := []box.Verdict{box.Verdict(unix.EIO), box.Verdict(unix.ENOMEM)}[m.n%2]
	count, hit := 0, false
	r, err := b.Trace(true, func(c box.Call) box.Verdict {
		if c.Child != m.child || !ours(c) {
			return box.GoOn
		}
		if count++; count-1 != m.n {
			return box.GoOn
		}
		hit = true
		return errno
	}, args...)
	if err != nil {
		t.Fatal(err)
	}
	if r.Took >= box.Limit/2 {
		t.Errorf("%q hangs, stderr %q", args, r.Stderr)
	}
	return r, hit
}

// confined is a box whose process prints how it is confined.
func confined(t *testing.T) *box.Box {
	b := box.New(t, "/bin/sh", "/report")
	b.File("report", `grep -E '^(Uid|Gid|Groups|NoNewPrivs|Seccomp|Cap)' /proc/self/status
umask; ulimit -n; pwd; hostname; cat /proc/self/oom_score_adj /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/domainname
cut -d ' ' -f 5,6 /proc/self/mountinfo; ls /proc/self/fd; wc -c </masked; wc -c </proc/version; readlink /proc/self/cwd; readlink /proc/self/root
for n in mnt pid net ipc uts; do test "$(readlink /proc/self/ns/$n)" = "$(cat /host/$n)" && echo shares $n; done; echo end
`, 0o755)
	for _, n := range []string{"mnt", "pid", "net", "ipc", "uts"} {
		b.File("host/"+n, readlink(t, "/proc/self/ns/"+n)+"\n", 0o644)
	}
	b.File("masked", "secret", 0o644)
	adj := 77
	mask := uint32(0o027)
	p := b.Spec.Process
	p.User = specs.User{UID: 1000, GID: 1001, AdditionalGids: []uint32{5}, Umask: &mask}
	p.OOMScoreAdj = &adj
	p.Cwd = "/tmp"
	p.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Hard: 777, Soft: 777}}
	p.Capabilities = box.Capabilities("CAP_KILL", "CAP_NET_BIND_SERVICE")
	b.Spec.Version, b.Spec.Domainname = "1.1.0", "sealed.example"
	l := b.Spec.Linux
	l.Sysctl = map[string]string{"net.ipv4.ip_forward": "1"}
	l.MaskedPaths = []string{"/masked", "/proc/version", "/sys/firmware"}
	l.ReadonlyPaths = []string{"/proc/sys", "/etc"}
	pids, memory := int64(50), int64(128<<20)
	l.Resources.Pids, l.Resources.Memory = &specs.LinuxPids{Limit: &pids}, &specs.LinuxMemory{Limit: &memory}
	l.Devices = []specs.LinuxDevice{{Path: "/dev/mine", Type: "c", Major: 1, Minor: 3}}
	l.Seccomp = box.Seccomp(specs.ActAllow, box.Errno(1, "acct"))
	b.Spec.Root.Readonly = true
	b.Mount("tmpfs", "tmpfs", "/tmp", "nosuid,nodev,mode=1777")
	b.Mount("bind", "/etc", "/home", "bind,ro,nosuid")
	b.WriteConfig(b.Config())
	return b
}

// The call at each moment of a command fails: it ends, with one line if it ends badly;
// nothing is left then, or what is left can be deleted; and a process that runs is confined
// as if nothing had happened.
func TestFailingCalls(t *testing.T) {
	w := outside(t)
	t.Run("commands", func(t *testing.T) {
		for _, verb := range []string{"create", "run", "start", "exec", "delete"} {
			t.Run(verb, func(t *testing.T) {
				t.Parallel()
				failing(t, verb)
			})
		}
	})
	w.unchanged(t)
}

func failing(t *testing.T, verb string) {
	b := confined(t)
	want := b.Must("run", "--bundle", b.Dir, b.ID).Stdout
	if !strings.HasSuffix(want, "end\n") || strings.Contains(want, "shares") {
		t.Fatalf("the process reports\n%s", want)
	}
	args := map[string][]string{
		"create": {"create", "--bundle", b.Dir, b.ID}, "run": {"run", "--bundle", b.Dir, b.ID}, "start": {"start", b.ID},
		"exec": {"exec", b.ID, "/bin/sh", "/report"}, "delete": {"delete", "--force", b.ID},
	}[verb]
	if verb == "exec" {
		// Its first process waits; mounts and the rest are the same.
		b.WriteConfig([]byte(strings.Replace(string(b.Config()), `"/bin/sh","/report"`, `"/bin/sleep","600"`, 1)))
	}
	ready := func() *box.Process {
		switch verb {
		case "start", "delete", "exec":
			p := b.Start(nil, "create", "--bundle", b.Dir, b.ID)
			if r := p.Wait(); r.Status != 0 {
				t.Fatalf("create: exit status %d, stderr %q", r.Status, r.Stderr)
			}
			return p
		}
		return nil
	}
	ready()
	if verb == "exec" {
		b.Must("start", b.ID)
		if got := b.Must(args...).Stdout; got != want {
			t.Fatalf("exec reports\n%s\nrun\n%s", got, want)
		}
	}
	all := moments(t, b, args...)
	// The last call of create's child is its wait for start, which is in every choice.
	var waits moment
	if verb == "create" {
		waits = all[len(all)-1]
		if !waits.child || waits.nr != unix.SYS_READ {
			t.Fatalf("the last call is %+v, expected the child's read of the exec FIFO", waits)
		}
	}
	if verb == "run" && !*every {
		// Its child does what create's does.
		all = slices.DeleteFunc(all, func(m moment) bool { return m.child })
	}
	if verb != "exec" {
		b.Must("delete", "--force", b.ID)
	}
	failed := 0
	for _, m := range all {
		who := map[bool]string{true: "child", false: "command"}[m.child]
		t.Run(fmt.Sprintf("%s %d, call %d", who, m.n, m.nr), func(t *testing.T) {
			var p *box.Process
			if verb != "exec" {
				p = ready()
			}
			r, hit := fail(t, b, m, args...)
			if !hit {
				t.Logf("there was no such call this time")
			}
			sound(t, verb, r)
			if r.Status != 0 {
				failed++
			}
			switch verb {
			case "run":
				if r.Status == 0 && r.Stdout != want || !strings.HasPrefix(want, r.Stdout) { // it may have been killed
					t.Errorf("exit status %d, stderr %q, and the process reports\n%s\nexpected\n%s", r.Status, r.Stderr, r.Stdout, want)
				}
				if r.Status != 0 && r.Stdout == want {
					// It is the removal, after the process's end, that has failed.
					b.Must("delete", "--force", b.ID)
				}
				b.NothingLeft()
			case "create":
				if r.Status == 0 && m == waits {
					// The container was ready, and its process has ended since.
					b.WaitFor("stopped")
					if r := b.Do("start", b.ID); r.Status == 0 || !strings.Contains(r.Stderr, "it is stopped, expected created") {
						t.Errorf("start: exit status %d, stderr %q", r.Status, r.Stderr)
					}
					b.Must("delete", b.ID)
				} else if r.Status == 0 {
					b.Must("start", b.ID)
					b.WaitFor("stopped")
					b.Must("delete", b.ID)
				}
				b.NothingLeft()
			case "start":
				if r.Status == 0 {
					p.WaitOutput("end\n")
				}
				b.Must("delete", "--force", b.ID)
				b.NothingLeft()
				if out := p.Output(); !strings.HasPrefix(want, out) {
					t.Errorf("exit status %d, stderr %q, and the process reports\n%s\nexpected\n%s", r.Status, r.Stderr, out, want)
				}
			case "exec":
				if r.Status == 0 && r.Stdout != want || !strings.HasPrefix(want, r.Stdout) { // it may have been killed
					t.Errorf("exit status %d, stderr %q, and the process reports\n%s\nexpected\n%s", r.Status, r.Stderr, r.Stdout, want)
				}
				// What has ended by then is a zombie, which has no environment.
				if !box.Eventually(func() bool { return len(b.Processes()) == 1 && collectInside() == 0 }) {
					t.Errorf("exit status %d, stderr %q: processes %v, expected the container's first one", r.Status, r.Stderr, b.Processes())
				}
				if s := b.State(); s.Status != "running" {
					t.Errorf("the container is %s", s.Status)
				}
			case "delete":
				if r.Status == 0 {
					b.NothingLeft()
				}
				b.Must("delete", "--force", b.ID)
				b.NothingLeft()
			}
			if r.Took > box.Slow(5*time.Second) {
				t.Errorf("took %v, stderr %q", r.Took, r.Stderr)
			}
		})
		if verb != "exec" {
			b.Do("delete", "--force", b.ID)
		}
	}
	t.Logf("%d of %d failures were fatal", failed, len(all))
	if failed < len(all)/4 {
		t.Errorf("only %d of %d failing calls made the command fail", failed, len(all))
	}
}

// collectInside collects the children of this process that are in a pid namespace of their
// own, which no command is: what a command has left when it could not wait for it. Without
// that the first process of the namespace could not end. It tells how many there were.
func collectInside() (found int) {
	for _, c := range box.Children() {
		if c.Inside && c.Zombie {
			unix.Wait4(c.PID, nil, unix.WNOHANG, nil)
			found++
		}
	}
	return found
}
