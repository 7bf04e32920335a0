package features

import (
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/bundle"
	"github.com/runseal/runseal/integration/internal/box"
)

// program builds ./inside once.
var program = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "runseal-inside-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "inside")
	if err := bundle.Build(name, "./integration/features/inside"); err != nil {
		return nil, err
	}
	return os.ReadFile(name)
})

// addProgram puts ./inside into the box as /inside.
func addProgram(t *testing.T, b *box.Box) {
	t.Helper()
	data, err := program()
	must(t, err)
	b.File("inside", string(data), 0o755)
}

// A victim is a copy of the runtime's binary that a test may lose.
type victim struct {
	t    *testing.T
	name string
	sum  [32]byte
}

func copyOf(t *testing.T, dir string) *victim {
	t.Helper()
	data, err := os.ReadFile(box.Binary())
	must(t, err)
	v := &victim{t, filepath.Join(dir, "runseal"), sha256.Sum256(data)}
	must(t, os.WriteFile(v.name, data, 0o755))
	return v
}

// use makes a command execute the copy.
func (v *victim) use(c *exec.Cmd) { c.Path, c.Args[0] = v.name, v.name }

func (v *victim) unchanged() {
	v.t.Helper()
	data, err := os.ReadFile(v.name)
	if err != nil || sha256.Sum256(data) != v.sum {
		v.t.Errorf("the runtime's binary has been changed (%v, %d bytes)", err, len(data))
	}
	var st unix.Stat_t
	if err := unix.Stat(v.name, &st); err != nil || st.Mode != unix.S_IFREG|0o755 {
		v.t.Errorf("the runtime's binary has mode %o (%v)", st.Mode, err)
	}
}

// places are where the binary may lie.
func places(t *testing.T, run func(t *testing.T, place int, v *victim)) {
	t.Run("writable", func(t *testing.T) { run(t, 0, copyOf(t, t.TempDir())) })
	t.Run("read-only file system", func(t *testing.T) {
		dir := t.TempDir()
		must(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "size=32m"))
		t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
		v := copyOf(t, dir)
		must(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
		run(t, 1, v)
	})
	t.Run("read-only bind mount", func(t *testing.T) {
		dir := t.TempDir()
		v := copyOf(t, dir)
		must(t, unix.Mount(dir, dir, "", unix.MS_BIND, ""))
		t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
		must(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
		run(t, 2, v)
	})
}

// mighty gives the box every capability that helps an attacker, who is root.
func mighty(b *box.Box) {
	b.Spec.Process.Capabilities = box.Capabilities(append(box.DefaultCaps(), "CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_DAC_READ_SEARCH")...)
	b.Spec.Process.NoNewPrivileges = false
	b.Spec.Linux.MaskedPaths, b.Spec.Linux.ReadonlyPaths = nil, nil
}

// waiting are arguments by which the runtime, executed as /proc/self/exe in a
// container, waits for a FIFO to be opened at its other side: time enough for
// the attack.
var waiting = []string{"exec", "--process", "/tmp/fifo", "victim-in-here"}

// judge reads what the prey command has printed: it must have had the binary
// open, tried everything, and failed because of the read-only mount.
func judge(t *testing.T, out string, size int64) {
	t.Helper()
	if strings.Contains(out, "wrote") || strings.Contains(out, "writable") || strings.Contains(out, "changed") {
		t.Errorf("the attack has succeeded:\n%s", out)
	}
	if !strings.Contains(out, fmt.Sprintf("got %d\n", size)) || strings.Count(out, "after its end: read-only file system") != 3 {
		t.Errorf("the attack has not come as far as it should have:\n%s", out)
	}
}

// CVE-2019-5736 with the runtime executed inside, by exec's arguments and by
// the interpreter line of a script: the binary can be opened for reading there,
// and never for writing.
func TestCVE_2019_5736_Interpreter(t *testing.T) {
	places(t, func(t *testing.T, place int, v *victim) {
		var st unix.Stat_t
		must(t, unix.Stat(v.name, &st))
		for i, how := range []string{"arguments", "script"} {
			if !box.Sampled(2 * (place + i)) {
				continue
			}
			b := box.New(t, "/inside", "prey", "victim-in-here")
			mighty(b)
			addProgram(t, b)
			b.File("bin/evil", "#!/proc/self/exe\n", 0o755)
			must(t, unix.Mkfifo(b.Path("tmp/fifo"), 0o666))
			b.WriteConfig(b.Config())
			p := b.Start(v.use, "create", "--bundle", b.Dir, b.ID)
			if r := p.Wait(); r.Status != 0 {
				t.Fatalf("create: exit status %d, stderr %q", r.Status, r.Stderr)
			}
			b.Must("start", b.ID)
			p.WaitOutput("ready\n")
			argv := append([]string{"/proc/self/exe"}, waiting...)
			if how == "script" {
				argv = []string{"/bin/evil", "victim-in-here"}
			}
			// The script ends at once, so that the attacker may need more
			// than one.
			refused := false
			for range 100 {
				r := b.Start(v.use, slices.Concat([]string{"exec", b.ID}, argv)...).Wait()
				if strings.Contains(p.Output(), "got ") {
					break
				}
				// The path is looked up before the process is in the pid
				// namespace, where "self" means nothing yet.
				if refused = how == "arguments" && strings.Contains(r.Stderr, `exec: "/proc/self/exe": statx: no such file`); refused {
					break
				}
				if !strings.Contains(r.Stderr, "victim-in-here") && !strings.Contains(r.Stderr, "evil") {
					t.Fatalf("%s: exec ended with %d, %q; expected words of the runtime itself", how, r.Status, r.Stderr)
				}
			}
			if refused {
				b.Must("kill", b.ID, "KILL")
			}
			if !box.Eventually(func() bool { return b.State().Status == "stopped" }) {
				t.Fatalf("the attacker still runs: %q", p.Output())
			}
			if !refused {
				judge(t, p.Output(), st.Size)
			}
			v.unchanged()
		}
	})
}

// The same as the container's own program.
func TestCVE_2019_5736_FirstProcess(t *testing.T) {
	places(t, func(t *testing.T, place int, v *victim) {
		for i, argv := range [][]string{{"/proc/self/exe", "--version"}, {"/bin/evil", "--version"}, {"/bin/link", "--version"}} {
			if !box.Sampled(2 * (place + i)) {
				continue
			}
			b := box.New(t, argv...)
			mighty(b)
			b.File("bin/evil", "#!/proc/self/exe\n", 0o755)
			must(t, os.Symlink("/proc/self/exe", b.Path("bin/link2")))
			must(t, os.Remove(b.Path("bin/link")))
			must(t, os.Rename(b.Path("bin/link2"), b.Path("bin/link")))
			p := foreground(b, v.use)
			r := p.Wait()
			if argv[0] != "/bin/evil" && r.Status == 0 && !strings.Contains(r.Stdout, "runseal") {
				t.Errorf("%q: exit status 0, stdout %q", argv, r.Stdout)
			}
			if r.Status != 0 && r.Stderr == "" {
				t.Errorf("%q: exit status %d and no word about it", argv, r.Status)
			}
			v.unchanged()
			b.NothingLeft()
		}
	})
}

// CVE-2016-9962: of a process that exec makes a container's root can open
// nothing through /proc, neither binary nor memory nor descriptors, before it
// is the program that it was made for. (CAP_SYS_PTRACE without a user namespace
// is power over every process that it can see.)
func TestCVE_2016_9962_ExecChild(t *testing.T) {
	v := copyOf(t, t.TempDir())
	f, err := elf.Open(v.name)
	must(t, err)
	defer f.Close()
	i := slices.IndexFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_LOAD && p.Off == 0 })
	if i < 0 || f.Type != elf.ET_EXEC {
		t.Fatalf("the runtime's binary is a %v with %d segments: its header's place in memory is not known", f.Type, len(f.Progs))
	}
	header := make([]byte, 256)
	_, err = f.Progs[i].ReadAt(header, 0)
	must(t, err)
	b := box.New(t, "/inside", "spy", fmt.Sprintf("%#x", f.Progs[i].Vaddr), hex.EncodeToString(header))
	b.Spec.Process.NoNewPrivileges = false
	addProgram(t, b)
	b.WriteConfig(b.Config())
	p := b.Start(v.use, "create", "--bundle", b.Dir, b.ID)
	if r := p.Wait(); r.Status != 0 {
		t.Fatalf("create: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	b.Must("start", b.ID)
	p.WaitOutput("ready\n")
	for range box.Rounds(40) {
		if r := b.Start(v.use, "exec", b.ID, "/bin/true").Wait(); r.Status != 0 {
			t.Fatalf("exec: exit status %d, stderr %q", r.Status, r.Stderr)
		}
	}
	if out := p.Output(); out != "ready\n" {
		t.Errorf("a container's root has got hold of\n%s", out)
	}
	v.unchanged()
}
