package oldkernel

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/runtime/kernel"
)

func itoa(n int) string { return strconv.Itoa(n) }

// fds lists a shell's descriptors, one a line, by a process of its own.
const fds = `ls /proc/$$/fd; true`

// leak gives a command further open files without close-on-exec: a row from 3 on, and,
// through a shell that duplicates them, some with high numbers.
func leak(t *testing.T) func(*exec.Cmd) {
	t.Helper()
	null, err := os.Open(os.DevNull)
	must(t, err)
	t.Cleanup(func() { null.Close() })
	sh, err := exec.LookPath("bash")
	if err != nil {
		sh, err = exec.LookPath("sh") // descriptors of one digit only
	}
	must(t, err)
	high := []int{8, 9}
	if strings.HasSuffix(sh, "bash") {
		high = []int{9, 40, 64, 65, 100, 250}
	}
	script := "exec \"$@\""
	for _, n := range high {
		script += fmt.Sprintf(" %d<&3", n)
	}
	return func(c *exec.Cmd) {
		c.ExtraFiles = []*os.File{null, null, null}
		c.Args = append([]string{sh, "-c", script, "sh", c.Path}, c.Args[1:]...)
		c.Path = sh
	}
}

// TestDescriptors: nothing stays open but what is preserved, whatever the caller leaks.
func TestDescriptors(t *testing.T) {
	for _, k := range []older{nil, linux5_10()} {
		for _, n := range []int{0, 2} {
			want := strings.Repeat("x", 3+n)
			for i := range len(want) {
				want = strings.Replace(want, "x", itoa(i)+"\n", 1)
			}
			preserve := "--preserve-fds=" + itoa(n)
			b := sh(t, fds)
			under(t, b, k)
			b.WriteConfig(b.Config())
			if r := b.Start(leak(t), "run", "--bundle", b.Dir, preserve, b.ID).Wait(); r.Status != 0 || r.Stdout != want {
				t.Errorf("run, old kernel %v: status %d, descriptors %q, want %q, stderr %q", k != nil, r.Status, lines(r.Stdout), lines(want), r.Stderr)
			}
			c := sh(t, "echo ready; "+fds+"; sleep 600")
			under(t, c, k)
			c.WriteConfig(c.Config())
			p := c.Start(leak(t), "create", "--bundle", c.Dir, preserve, c.ID)
			if r := p.Wait(); r.Status != 0 {
				t.Fatalf("create: %q", r.Stderr)
			}
			waiting(t, c.State().Pid)
			c.Must("start", c.ID)
			p.WaitOutput("ready\n" + want)
			if r := c.Start(leak(t), "exec", preserve, c.ID, "sh", "-c", fds).Wait(); r.Status != 0 || r.Stdout != want {
				t.Errorf("exec, old kernel %v: status %d, descriptors %q, want %q, stderr %q", k != nil, r.Status, lines(r.Stdout), lines(want), r.Stderr)
			}
		}
	}
}

// waiting looks at a child that waits for start: each descriptor that it does not pass on
// is close-on-exec.
func waiting(t *testing.T, pid int) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fdinfo", pid)
	entries, err := os.ReadDir(dir)
	must(t, err)
	found := 0
	for _, e := range entries {
		text, err := os.ReadFile(dir + "/" + e.Name())
		must(t, err)
		f := strings.Fields(string(text))
		i := slices.Index(f, "flags:")
		flags, err := strconv.ParseUint(f[i+1], 8, 64)
		must(t, err)
		if n, _ := strconv.Atoi(e.Name()); n > 4 {
			found++
			if flags&unix.O_CLOEXEC == 0 {
				target, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, n))
				t.Errorf("descriptor %d (%s) stays open at execve", n, target)
			}
		}
	}
	if found == 0 {
		t.Error("the waiting child has no descriptor that is not to be passed on: nothing was looked at")
	}
}

// The binary lies where it could be written to: it runs from sealed memory, since no
// read-only clone of its mount can be made.
func TestSealedMemory(t *testing.T) {
	data, err := os.ReadFile(box.Binary())
	must(t, err)
	writable := filepath.Join(t.TempDir(), "runseal")
	must(t, os.WriteFile(writable, data, 0o755))
	use := func(c *exec.Cmd) {
		i := slices.Index(c.Args, box.Binary())
		c.Args[i] = writable
		if i == 0 {
			c.Path = writable
		}
	}
	for _, k := range []older{nil, linux5_10()} {
		b := sh(t, "echo ready; sleep 600")
		under(t, b, k)
		b.WriteConfig(b.Config())
		p := b.Start(use, "run", "--bundle", b.Dir, b.ID)
		p.WaitOutput("ready\n")
		exe := fmt.Sprintf("/proc/%d/exe", p.Process.Pid)
		name, err := os.Readlink(exe)
		must(t, err)
		memory := k != nil || kernel.Lacks().MountSetattr
		if got := strings.HasPrefix(name, "/memfd:"); got != memory {
			t.Errorf("old kernel %v: the runtime is executed from %q", k != nil, name)
		}
		f, err := os.Open(exe)
		must(t, err)
		if seals, err := unix.FcntlInt(f.Fd(), unix.F_GET_SEALS, 0); memory && (err != nil || seals&unix.F_SEAL_WRITE == 0) {
			t.Errorf("seals %#x, %v: the copy can be written to", seals, err)
		}
		f.Close()
		if f, err := os.OpenFile(exe, os.O_WRONLY, 0); err == nil {
			t.Errorf("old kernel %v: the running binary can be opened for writing", k != nil)
			f.Close()
		}
		b.Must("kill", b.ID, "KILL")
		p.Wait()
	}
}

// What else a container has to be is the same: a terminal, a pid namespace by path (in
// which the set-up goes on in a second process), a user, a filter.
func TestRest(t *testing.T) {
	first := sh(t, "sleep 600")
	pid := first.Up()
	b := sh(t, `id; cat /proc/self/mountinfo; grep -E '^(Cap|NoNew|Uid|Gid|Groups)' /proc/self/status; `+fds)
	b.Spec.Process.User.UID, b.Spec.Process.User.GID, b.Spec.Process.User.AdditionalGids = 1000, 1000, []uint32{5, 6}
	b.Spec.Linux.Seccomp = box.Seccomp("SCMP_ACT_ALLOW", box.Errno(1, "swapon"))
	for i := range b.Spec.Linux.Namespaces {
		if ns := &b.Spec.Linux.Namespaces[i]; ns.Type == "pid" {
			ns.Path = "/proc/" + itoa(pid) + "/ns/pid"
		}
	}
	same(t, b, mounts)
}
