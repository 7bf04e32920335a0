package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// Published attacks that begin in the root file system, which its author has filled with
// what he likes. Those on other parts are in the packages that test these: the identifier is
// in the test's name everywhere.

// instance is a row of such an attack: what is done to the root, and to the configuration.
type instance struct {
	name  string
	root  func(t *testing.T, b *box.Box)
	spec  func(b *box.Box)
	field string // a refusal names it; empty: the container runs
	out   string // or else writes this
}

// attack runs each instance: it is refused as it should be, or harmless.
func attack(t *testing.T, w *around, all []instance) {
	t.Helper()
	for i, c := range all {
		if !box.Sampled(i) {
			continue
		}
		t.Run(strings.ReplaceAll(c.name, "/", ":"), func(t *testing.T) {
			b := box.New(t, "/bin/sh", "-c", "echo ran")
			c.root(t, b)
			if c.spec != nil {
				c.spec(b)
			}
			if r := b.TryCreate().Wait(); (r.Status == 0) != (c.field == "") {
				t.Errorf("create: exit status %d, stderr %q", r.Status, r.Stderr)
			}
			w.unchanged(t)
			b.Must("delete", "--force", b.ID)
			r := b.Run()
			switch {
			case c.field == "" && (r.Status != 0 || r.Stdout != c.out):
				t.Errorf("exit status %d, stdout %q, stderr %q; expected %q", r.Status, r.Stdout, r.Stderr, c.out)
			case c.field != "" && (r.Status == 0 || r.Stdout != "" || !strings.Contains(r.Stderr, c.field) || strings.Count(r.Stderr, "\n") != 1):
				t.Errorf("exit status %d, stdout %q, stderr %q; expected one line that names %q", r.Status, r.Stdout, r.Stderr, c.field)
			}
			b.NothingLeft()
			w.unchanged(t)
		})
	}
}

func outside(t *testing.T) *around {
	t.Helper()
	return &around{canary: newCanary(t), mounts: mountTable(t)}
}

// link replaces a name of the root by a symbolic link.
func link(name, target string) func(*testing.T, *box.Box) {
	return func(t *testing.T, b *box.Box) {
		t.Helper()
		must(t, os.RemoveAll(b.Path(name)))
		must(t, os.Symlink(target, b.Path(name)))
	}
}

// command replaces the container's program.
func command(text string) func(*box.Box) {
	return func(b *box.Box) { b.Spec.Process.Args = []string{"/bin/sh", "-c", text} }
}

// noDev leaves /dev as it is in the root.
func noDev(b *box.Box) {
	b.Spec.Mounts = b.Spec.Mounts[:1:1] // /proc
	b.Spec.Linux.ReadonlyPaths = nil
	b.Spec.Linux.MaskedPaths = nil
}

// /proc and /sys of the root are symbolic links or files, or something is to be mounted
// over a procfs.
func TestCVE_2019_16884_2019_19921_2023_27561_2023_28642_2025_54867_ProcOfTheRoot(t *testing.T) {
	w := outside(t)
	file := func(name string) func(*testing.T, *box.Box) {
		return func(t *testing.T, b *box.Box) {
			t.Helper()
			must(t, os.RemoveAll(b.Path(name)))
			b.File(name, "", 0o644)
		}
	}
	none := func(*testing.T, *box.Box) {}
	over := func(typ, destination string) func(*box.Box) {
		return func(b *box.Box) {
			if typ == "bind" {
				b.Mount("bind", w.canary.dir, destination, "bind")
			} else {
				b.Mount(typ, typ, destination, "")
			}
		}
	}
	attack(t, w, []instance{
		{name: "proc leads to a directory of the root", root: link("proc", "/tmp"), field: "mounts[0]"},
		{name: "proc leads to the host", root: link("proc", w.canary.dir), field: "mounts[0]"},
		{name: "proc leads up", root: link("proc", "../../../../../.."+w.canary.dir), field: "mounts[0]"},
		{name: "sys leads to a directory of the root", root: link("sys", "tmp"), field: "mounts[5]"},
		{name: "sys leads to the host", root: link("sys", w.canary.dir), field: "mounts[5]"},
		{name: "proc is a file", root: file("proc"), field: "mounts[0]"},
		{name: "sys is a file", root: file("sys"), field: "mounts[5]"},
		{name: "tmpfs over proc", root: none, spec: over("tmpfs", "/proc"), field: "mounts[6]"},
		{name: "bind over proc", root: none, spec: over("bind", "/proc"), field: "mounts[6]"},
		{name: "tmpfs over /proc/self", root: none, spec: over("tmpfs", "/proc/self"), field: "mounts[6]"},
		{name: "bind over /proc/self/attr", root: none, spec: over("bind", "/proc/self/attr"), field: "mounts[6]"},
		{name: "bind over /proc/sys", root: none, spec: over("bind", "/proc/sys/net"), field: "mounts[6]"},
		{name: "bind over proc by another name", root: link("other", "/proc"), spec: over("bind", "/other/self"), field: "mounts[6]"},
		{name: "proc by a mount above it", root: none, spec: over("tmpfs", "/"), field: "mounts[6]"},
	})
}

// /dev/null of the root is a symbolic link, a file or another device, where paths are to be
// masked: what covers them is the host's null device.
func TestCVE_2025_31133_2025_62161_NullOfTheRoot(t *testing.T) {
	w := outside(t)
	node := func(major, minor uint32) func(*testing.T, *box.Box) {
		return func(t *testing.T, b *box.Box) {
			t.Helper()
			must(t, os.RemoveAll(b.Path("dev/null")))
			must(t, unix.Mknod(b.Path("dev/null"), unix.S_IFCHR|0o666, int(unix.Mkdev(major, minor))))
		}
	}
	file := func(t *testing.T, b *box.Box) {
		t.Helper()
		must(t, os.RemoveAll(b.Path("dev/null")))
		b.File("dev/null", "mine\n", 0o666)
	}
	const text = "head -c 9 /secret; head -c 9 /proc/version; stat -c %t:%T /secret; echo x >/secret; echo ran"
	masked := func(b *box.Box) {
		noDev(b)
		b.File("secret", "secret\n", 0o644)
		b.Spec.Linux.MaskedPaths = []string{"/secret", "/proc/version"}
		command(text)(b)
	}
	var all []instance
	for _, c := range []struct {
		name string
		root func(*testing.T, *box.Box)
	}{
		{"a link to the host", link("dev/null", w.canary.file)}, {"a link to /proc/sys", link("dev/null", "/proc/sys/kernel/core_pattern")},
		{"a link to /proc", link("dev/null", "/proc")}, {"a link to itself", link("dev/null", "null")}, {"a file", file},
		{"the memory", node(1, 1)}, {"zeros", node(1, 5)}, {"a disk", node(8, 0)},
	} {
		all = append(all, instance{name: c.name, root: c.root, spec: masked, field: `"/dev/null": something else is there`})
		// A /dev from outside is taken as it is: then that null is there when paths are masked.
		all = append(all, instance{name: c.name + ", in a /dev from outside", root: c.root, spec: func(b *box.Box) {
			masked(b)
			b.Mount("bind", b.Path("dev"), "/dev", "bind")
		}, out: "1:3\nran\n"})
	}
	attack(t, w, all)
}

// /dev of the root is a symbolic link, or what is made there has a symbolic link in its
// place: no device and no file is made outside.
func TestCVE_2026_41579_2026_47766_2025_24965_DevOfTheRoot(t *testing.T) {
	w := outside(t)
	var all []instance
	for _, target := range []string{w.canary.dir, "../../../../../.." + w.canary.dir, "/proc/1/root" + w.canary.dir, "/proc/self/cwd" + w.canary.dir} {
		all = append(all, instance{name: "dev leads to " + target, root: link("dev", target), spec: noDev, field: "open /dev of the container: openat2: not a directory"})
	}
	for _, c := range []struct{ name, field string }{
		{"null", "make device"}, {"zero", "make device"}, {"full", "make device"}, {"random", "make device"}, {"tty", "make device"}, {"mine", "linux.devices[0]"},
		// A link of the root's own is as good as one that the runtime makes, and a mount
		// point is looked for in the root.
		{"fd", ""}, {"stdin", ""}, {"ptmx", ""}, {"pts", ""}, {"shm", ""},
	} {
		for _, target := range []string{w.canary.file, filepath.Join(w.canary.dir, "new")} {
			all = append(all, instance{name: c.name + " leads to " + filepath.Base(target), root: link("dev/"+c.name, target), spec: func(b *box.Box) {
				noDev(b)
				b.Mount("tmpfs", "tmpfs", "/dev/shm", "")
				b.Spec.Linux.Devices = []specs.LinuxDevice{{Path: "/dev/mine", Type: "c", Major: 1, Minor: 3}}
			}, field: c.field, out: "ran\n"})
		}
	}
	// Mount points that have to be made, as a file and as a directory: in the root.
	for _, name := range []string{"etc", "new"} {
		all = append(all, instance{name: "mount point below " + name, root: link(name, w.canary.dir), spec: func(b *box.Box) {
			b.Mount("bind", "/etc/passwd", "/"+name+"/made", "bind,ro")
			b.Mount("tmpfs", "tmpfs", "/"+name+"/dir/made", "")
		}, out: "ran\n"})
	}
	attack(t, w, all)
}

// Sysctls and labels are written through a procfs that nobody can reach: what the root has
// in /proc, or mounts there, does not matter.
func TestCVE_2025_52881_2025_62596_ProcOfTheRootIsNotWritten(t *testing.T) {
	w := outside(t)
	for name, target := range map[string]string{"a link to the host": w.canary.file, "a file": ""} {
		t.Run(name, func(t *testing.T) {
			b := box.New(t, "/bin/sh", "-c", "cat /proc/sys/net/ipv4/ip_forward; mount -t proc proc /proc && cat /proc/sys/net/ipv4/ip_forward")
			b.Spec.Process.Capabilities = box.Capabilities("CAP_SYS_ADMIN")
			b.Spec.Mounts = b.Spec.Mounts[1:] // all but /proc
			b.Spec.Linux.MaskedPaths, b.Spec.Linux.ReadonlyPaths = nil, nil
			b.Spec.Linux.Sysctl = map[string]string{"net.ipv4.ip_forward": "1"}
			b.File("proc/sys/net/ipv4/ip_forward", "of the root\n", 0o644)
			b.File("proc/self/attr/exec", "of the root\n", 0o644)
			want := "of the root\n1\n"
			if target != "" {
				link("proc/sys/net/ipv4/ip_forward", target)(t, b)
				link("proc/self/attr/exec", target)(t, b)
				want = "1\n" // the link leads nowhere inside
			}
			if r := b.Run(); r.Status != 0 || r.Stdout != want {
				t.Errorf("exit status %d, stdout %q, stderr %q; expected %q", r.Status, r.Stdout, r.Stderr, want)
			}
			for _, name := range []string{"proc/sys/net/ipv4/ip_forward", "proc/self/attr/exec"} {
				if data, err := os.ReadFile(b.Path(name)); target == "" && (err != nil || string(data) != "of the root\n") {
					t.Errorf("%s of the root has %q (%v)", name, data, err)
				}
			}
			w.unchanged(t)
		})
	}
}

// 70 kB of mappings, or of paths: an error, or all of it counts.
func TestCVE_2021_43784_Long(t *testing.T) {
	w := outside(t)
	long := "/" + strings.Repeat("x/", 35_000)
	mappings := func(n, first int) func(*box.Box) {
		return func(b *box.Box) {
			b.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace})
			var ids []specs.LinuxIDMapping
			for i := range n {
				ids = append(ids, specs.LinuxIDMapping{ContainerID: uint32(i), HostID: uint32(first + 2*i), Size: 1})
			}
			b.Spec.Linux.UIDMappings, b.Spec.Linux.GIDMappings = ids, ids
			b.Spec.Process.Args = []string{"/bin/sh", "-c", "wc -l </proc/self/uid_map; wc -l </proc/self/gid_map"}
		}
	}
	none := func(*testing.T, *box.Box) {}
	attack(t, w, []instance{
		{name: "340 mappings", root: none, spec: mappings(340, 0), out: "340\n340\n"},
		{name: "340 mappings of more than a page", root: none, spec: mappings(340, 1_000_000_000), field: "linux.uidMappings"},
		{name: "341 mappings", root: none, spec: mappings(341, 0), field: "linux.uidMappings"},
		{name: "4000 mappings", root: none, spec: mappings(4000, 0), field: "linux.uidMappings"},
		{name: "mount point", root: none, spec: func(b *box.Box) { b.Mount("tmpfs", "tmpfs", long, "") }, field: "mounts[6]"},
		{name: "mount point of 4000 bytes", root: none, spec: func(b *box.Box) { b.Mount("tmpfs", "tmpfs", long[:4000], "") }, out: "ran\n"},
		{name: "source", root: none, spec: func(b *box.Box) { b.Mount("bind", long, "/tmp", "bind") }, field: "mounts[6]"},
		{name: "working directory", root: none, spec: func(b *box.Box) { b.Spec.Process.Cwd = long }, field: "process.cwd"},
		{name: "namespace", root: none, spec: func(b *box.Box) {
			b.SetNamespace(specs.LinuxNamespace{Type: specs.IPCNamespace, Path: long})
		}, field: "linux.namespaces[2].path"},
		{name: "program", root: none, spec: func(b *box.Box) { b.Spec.Process.Args[0] = long }, field: "exec"},
		{name: "device", root: none, spec: func(b *box.Box) {
			b.Spec.Linux.Devices = []specs.LinuxDevice{{Path: long + "y", Type: "c", Major: 1, Minor: 3}}
		}, field: "linux.devices[0]"},
		{name: "cgroup", root: none, spec: func(b *box.Box) { b.Spec.Linux.CgroupsPath = long }, field: "linux.cgroupsPath"},
		{name: "masked path", root: none, spec: func(b *box.Box) { b.Spec.Linux.MaskedPaths = []string{long} }, field: "linux.maskedPaths[0]"},
		{name: "argument", root: none, spec: command(fmt.Sprintf("echo ${#0} %s", strings.Repeat("y", 70_000)) + " | wc -c"), out: "70003\n"},
	})
}
