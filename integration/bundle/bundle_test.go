package bundle

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// A bundle made for a test holds what its options asked for, a busybox that runs
// and nothing after the test.
func TestBundle(t *testing.T) {
	var dir string
	t.Run("inner", func(t *testing.T) {
		b := Test(t,
			Script("exit 3"), Env("A=1"), User(1000, 1001, 5, 6), Capabilities("CAP_CHOWN"), NoNewPrivileges(false),
			WritableRoot(), Mount("tmpfs", "/mnt", "tmpfs", "size=1m"), Seccomp(nil), CgroupsPath("/x/y"), OCIVersion("1.0.2"))
		dir = b.Dir
		data, err := os.ReadFile(b.Config())
		if err != nil {
			t.Fatal(err)
		}
		var s specs.Spec
		if err := json.Unmarshal(data, &s); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ what, got, want string }{
			{"process.args", fmt.Sprint(s.Process.Args), "[/bin/sh -c exit 3]"},
			{"process.env", s.Process.Env[len(s.Process.Env)-1], "A=1"},
			{"process.user", fmt.Sprint(s.Process.User.UID, s.Process.User.GID, s.Process.User.AdditionalGids), "1000 1001 [5 6]"},
			{"process.capabilities.bounding", fmt.Sprint(s.Process.Capabilities.Bounding), "[CAP_CHOWN]"},
			{"process.noNewPrivileges", fmt.Sprint(s.Process.NoNewPrivileges), "false"},
			{"root.readonly", fmt.Sprint(s.Root.Readonly), "false"},
			{"mounts", fmt.Sprint(s.Mounts[len(s.Mounts)-1].Options), "[size=1m]"},
			{"linux.seccomp", fmt.Sprint(s.Linux.Seccomp == nil), "true"},
			{"linux.cgroupsPath", s.Linux.CgroupsPath, "/x/y"},
			{"ociVersion", s.Version, "1.0.2"},
		} {
			if c.got != c.want {
				t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
			}
		}
		if err := b.AddFile("/opt/a/b", []byte("#!/bin/sh\n"), 0o4755); err != nil {
			t.Fatal(err)
		}
		fi, err := os.Stat(filepath.Join(b.Rootfs(), "opt/a/b"))
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode().Perm() != 0o755 {
			t.Errorf("mode of /opt/a/b is %v, want 0755", fi.Mode())
		}
		out, err := exec.Command(filepath.Join(b.Rootfs(), "bin/echo"), "hello").Output()
		if err != nil || string(out) != "hello\n" {
			t.Errorf("echo hello: %q, %v", out, err)
		}
		host, err := exec.LookPath("busybox")
		if err != nil {
			t.Fatal(err)
		}
		ours, err := os.Stat(filepath.Join(b.Rootfs(), "bin/busybox"))
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := os.Stat(host)
		if err != nil {
			t.Fatal(err)
		}
		if os.SameFile(ours, theirs) {
			t.Errorf("the busybox of the bundle is a link to the host's")
		}
	})
	if dir == "" {
		t.Fatal("no bundle was made")
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there after the test: %v", dir, err)
	}
}

// Set changes the file, and Read returns what is in it.
func TestReadSet(t *testing.T) {
	b := Test(t)
	if err := b.Set(Args("/bin/true")); err != nil {
		t.Fatal(err)
	}
	b.Spec = nil
	if err := b.Read(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(b.Spec.Process.Args, []string{"/bin/true"}) {
		t.Errorf("args are %q", b.Spec.Process.Args)
	}
	if b.Spec.Linux.Seccomp == nil || b.Spec.Linux.Seccomp.DefaultAction != specs.ActErrno {
		t.Errorf("the base configuration lacks Docker's profile: %+v", b.Spec.Linux.Seccomp)
	}
}

func TestAddProgram(t *testing.T) {
	b := Test(t)
	if err := b.AddProgram("/bin/call", "./integration/demo/call"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(b.Rootfs(), "bin/call"))
	if err != nil {
		t.Fatal(err)
	}
	if err := checkStatic(data); err != nil {
		t.Errorf("the program is not static: %v", err)
	}
	if err := b.AddProgram("/bin/none", "./integration/none"); err == nil || !strings.Contains(err.Error(), "integration/none") {
		t.Errorf("a package that does not exist: error is %v, want one that names it", err)
	}
}

func TestCheckStatic(t *testing.T) {
	if err := checkStatic([]byte("#!/bin/sh\n")); err == nil || !strings.Contains(err.Error(), "ELF") {
		t.Errorf("a script: %v", err)
	}
}

func TestMountPoints(t *testing.T) {
	const text = `22 1 0:20 / / rw - ext4 /dev/vda rw
30 22 0:30 / /tmp/b rw shared:1 - tmpfs tmpfs rw
31 22 0:31 / /tmp/bc rw - tmpfs tmpfs rw
32 30 0:32 /x /tmp/b/rootfs/proc rw master:2 - proc proc rw
short line
`
	got := mountPoints(text, "/tmp/b")
	want := []string{"/tmp/b", "/tmp/b/rootfs/proc"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The path in RUNSEAL wins, must be a program, and is made absolute.
func TestRuntime(t *testing.T) {
	t.Setenv("RUNSEAL", "/bin/sh")
	if got, err := Runtime(); err != nil || got != "/bin/sh" {
		t.Errorf("RUNSEAL=/bin/sh: %q, %v", got, err)
	}
	t.Setenv("RUNSEAL", "/etc/passwd")
	if got, err := Runtime(); err == nil {
		t.Errorf("RUNSEAL=/etc/passwd: %q, want an error", got)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		x, err := New()
		if err != nil {
			b.Fatal(err)
		}
		if err := x.Remove(); err != nil {
			b.Fatal(err)
		}
	}
}
