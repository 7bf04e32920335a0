package hostile

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/lint"
)

// Inheritable capabilities are what config.json says, none by default, and exec --cap adds
// none.
func TestCVE_2022_24769_2022_27650_2025_27612_Inheritable(t *testing.T) {
	const show = "grep ^CapInh: /proc/self/status"
	none, kill := "CapInh:\t0000000000000000\n", "CapInh:\t0000000000000020\n"
	for _, c := range []struct {
		inheritable []string
		want        string
	}{{nil, none}, {[]string{"CAP_KILL"}, kill}} {
		b := box.New(t, "/bin/sh", "-c", show+"; sleep 600")
		b.Spec.Process.Capabilities.Inheritable = c.inheritable
		p := b.Create()
		b.Must("start", b.ID)
		p.WaitOutput(c.want)
		for _, flags := range [][]string{nil, {"--cap", "CAP_NET_ADMIN"}, {"--user", "1000:1000"}, {"--user", "1000:1000", "--cap", "CAP_KILL"}} {
			args := append(append([]string{"exec"}, flags...), b.ID, "/bin/sh", "-c", show)
			if out := b.Must(args...).Stdout; out != c.want {
				t.Errorf("inheritable %q, exec %q: %q, expected %q", c.inheritable, flags, out, c.want)
			}
		}
	}
}

// A uid that overflows to 0 is an error, for a container and for exec.
func TestCVE_2024_40635_2026_46680_Overflow(t *testing.T) {
	b := box.New(t, "/bin/sleep", "600")
	b.Up()
	for _, id := range []string{"4294967295", "4294967296", "4294967297", "8589934592", "18446744073709551616", "-4294967296", "-1", "00x0"} {
		for _, user := range []string{id, "1:" + id} {
			if r := b.Do("exec", "--user="+user, b.ID, "/bin/id"); r.Status == 0 || r.Stdout != "" || !strings.Contains(r.Stderr, "--user") {
				t.Errorf("exec --user=%s: exit status %d, stdout %q, stderr %q", user, r.Status, r.Stdout, r.Stderr)
			}
		}
		for _, field := range []string{"uid", "gid", "additionalGids[0]"} {
			if strings.ContainsRune(id, 'x') {
				continue
			}
			c := &row{edits: []edit{set("process.user."+field, id)}, field: "process.user." + field, say: `expected an integer from 0`}
			c.refuse(t)
		}
	}
}

// A second setting in a sysctl's value is an error, and the host's has not changed.
func TestCVE_2022_0811_SysctlValue(t *testing.T) {
	const file = "/proc/sys/kernel/core_pattern"
	before, err := os.ReadFile(file)
	must(t, err)
	for _, value := range []string{"1+kernel.core_pattern=|/x", "1\nkernel.core_pattern=|/x", "1,kernel.core_pattern=|/x+1"} {
		c := &row{edits: []edit{set("linux.sysctl", `{"kernel.shm_rmid_forced":`+quoted(value)+`}`)}, field: `linux.sysctl["kernel.shm_rmid_forced"]`, say: `expected printable ASCII without '\+'`}
		c.refuse(t)
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != string(before) {
		t.Errorf("%s was %q and is %q (%v)", file, before, now, err)
	}
}

// Somebody swaps a directory and a symbolic link on a volume that a container has as the
// place of a mount point: it is mounted inside of the root, or not at all.
func TestCVE_2021_30465_2024_45310_SwappedDirectories(t *testing.T) {
	w := outside(t)
	volume := t.TempDir()
	must(t, os.MkdirAll(volume+"/dir/sub", 0o755))
	must(t, os.Symlink(w.canary.dir, volume+"/link"))
	stop, swaps := make(chan struct{}), atomic.Int64{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			for range 2 { // twice, so that each is itself again
				if unix.Renameat2(unix.AT_FDCWD, volume+"/dir", unix.AT_FDCWD, volume+"/link", unix.RENAME_EXCHANGE) == nil {
					swaps.Add(1)
				}
			}
		}
	}()
	halt := sync.OnceFunc(func() { close(stop); <-done })
	defer halt()
	b := box.New(t, "/bin/true")
	b.Mount("bind", volume, "/volume", "bind")
	b.Mount("tmpfs", "tmpfs", "/volume/dir", "size=64k")
	b.Mount("tmpfs", "tmpfs", "/volume/dir/sub/made", "size=64k")
	b.Mount("bind", "/etc/passwd", "/volume/dir/file", "bind,ro")
	b.WriteConfig(b.Config())
	n, good := box.Rounds(50), 0
	if *every {
		n = 2000
	}
	for range n {
		r := b.Do("run", "--bundle", b.Dir, b.ID)
		if r.Status == 0 {
			good++
		} else if !strings.Contains(r.Stderr, "mounts[") || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("exit status %d, stderr %q; expected one line that names the mount", r.Status, r.Stderr)
		}
		w.unchanged(t)
		if t.Failed() {
			break
		}
	}
	halt()
	b.NothingLeft()
	t.Logf("%d of %d starts went well, %d swaps", good, n, swaps.Load())
	if swaps.Load() < int64(n) || good == 0 {
		t.Errorf("only %d swaps, and %d starts that went well", swaps.Load(), good)
	}
}

// suspendVar makes this program try the attack instead of running tests.
const suspendVar = "RUNSEAL_HOSTILE_SUSPEND"

// suspend tries to trace a child without its filter, and with it, for comparison.
func suspend() {
	const optionSuspend = 1 << 21 // PTRACE_O_SUSPEND_SECCOMP
	child := exec.Command("/bin/sleep", "600")
	if err := child.Start(); err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	for _, options := range []uintptr{optionSuspend, 0} {
		_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(child.Process.Pid), 0, options, 0, 0)
		if errno == 0 {
			os.Stdout.WriteString("traced\n")
		} else {
			os.Stdout.WriteString(errno.Error() + "\n")
		}
	}
	child.Process.Kill()
}

// A process inside cannot take a filter off another one by tracing it, whatever its
// capabilities.
func TestCVE_2022_30594_SuspendSeccomp(t *testing.T) {
	self, err := os.ReadFile("/proc/self/exe")
	must(t, err)
	for _, caps := range [][]string{box.DefaultCaps(), append(box.DefaultCaps(), "CAP_SYS_ADMIN", "CAP_SYS_PTRACE")} {
		b := box.New(t, "/attack")
		b.File("attack", string(self), 0o755)
		b.Spec.Process.Capabilities = box.Capabilities(caps...)
		b.Spec.Process.Env = append(b.Spec.Process.Env, suspendVar+"=1")
		b.Spec.Linux.Seccomp = &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{box.Errno(1, "acct")}}
		if r := b.Run(); r.Status != 0 || r.Stdout != "operation not permitted\ntraced\n" {
			t.Errorf("with %d capabilities: exit status %d, stdout %q, stderr %q", len(caps), r.Status, r.Stdout, r.Stderr)
		}
	}
}

// What the kernel reads as an int and the filter as 64 bits is found by lint, and blocked by
// the option that compares such arguments as the kernel does.
func TestCVE_2019_10063_HighBits(t *testing.T) {
	sti := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Architectures: []specs.Arch{specs.ArchX86_64}, Syscalls: []specs.LinuxSyscall{
		{Names: []string{"ioctl"}, Action: specs.ActErrno, Args: []specs.LinuxSeccompArg{arg(1, specs.OpEqualTo, unix.TIOCSTI)}},
	}}
	found(t, sti, "int-argument-64-bit")
	for _, ints := range []bool{false, true} {
		p, err := seccomp.NewPolicy(sti, seccomp.Options{Native: string(specs.ArchX86_64), IntArgs: ints})
		must(t, err)
		const ioctl = 16 // of x86_64
		high := p.Decide(unix.AUDIT_ARCH_X86_64, ioctl, [6]uint64{0, 1<<32 | unix.TIOCSTI})
		if blocked := high != seccomp.Allow; blocked != ints {
			t.Errorf("with the option %v: the decision is %v", ints, high)
		}
	}
}

// A family of sockets that a profile blocks on x86_64 is open through i386's socketcall:
// lint says so.
func TestAF_VSOCK_AF_ALG_OverSocketcall(t *testing.T) {
	for _, family := range []uint64{unix.AF_VSOCK, unix.AF_ALG} {
		found(t, &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchX86}, Syscalls: []specs.LinuxSyscall{
			{Names: []string{"socket"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{arg(0, specs.OpNotEqual, family)}},
			{Names: []string{"execve"}, Action: specs.ActAllow},
		}}, "multiplexer-bypass")
	}
}

// found checks that lint has a finding of the rule.
func found(t *testing.T, p *specs.LinuxSeccomp, id string) {
	t.Helper()
	all := lint.Check(p, lint.Options{Native: string(specs.ArchX86_64)})
	for _, f := range all {
		if f.Rule.ID == id {
			return
		}
	}
	t.Errorf("lint has no finding of the rule %s, but %v", id, all)
}
