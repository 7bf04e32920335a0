package features

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// sharedHost runs a command in a mount namespace of its own in which everything
// is shared, as systemd leaves a machine's, and writes the mount table from
// before and after it.
func sharedHost(before, after string) func(*exec.Cmd) {
	return func(c *exec.Cmd) {
		const script = `mount --make-rshared / || exit 99; cat /proc/self/mountinfo >"$1"; after=$2; shift 2; "$@"; s=$?; cat /proc/self/mountinfo >"$after"; exit $s`
		c.Args = append([]string{"sh", "-c", script, "sh", before, after, c.Path}, c.Args[1:]...)
		c.Path = "/bin/sh"
		c.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	}
}

// Every value of rootfsPropagation, by pivot_root and without: the container is
// whole, a mount that it makes stays inside, and the host's table is unchanged.
func TestRootfsPropagationAndNoPivot(t *testing.T) {
	fields := map[string]string{
		"": "", "private": "", "rprivate": "", "slave": "", "rslave": "",
		"shared": "shared:", "rshared": "shared:", "unbindable": "unbindable", "runbindable": "unbindable",
	}
	const script = `set -e
hostname; cat /proc/1/comm; cat /etc/hostname; pwd; ls / | tr '\n' ' '; echo
echo x >/dev/null; test -c /dev/tty; test ! -e /work/host; ls /proc/1/root/ | grep -c '^bin$'
mkdir /new; mount -t tmpfs tmpfs /new; touch /new/x; cd /..; test -e /inner
echo "root $(awk '$5 == "/" {print $7}' /proc/self/mountinfo | grep -v '^master:' | tail -n 1)"
awk '{print $5}' /proc/self/mountinfo | grep -c -v -E '^/($|proc|sys|dev|new)' || true
exit 3`
	for i, value := range slices.Sorted(maps.Keys(fields)) {
		field := fields[value]
		for j, flags := range [][]string{nil, {"--no-pivot"}} {
			if !box.Sampled(i + j) {
				continue
			}
			t.Run(fmt.Sprint(value, flags), func(t *testing.T) {
				b := sh(t, script)
				b.File("inner", "", 0o644)
				b.Spec.Linux.RootfsPropagation = value
				b.Spec.Process.Capabilities = box.Capabilities("CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE")
				dir := t.TempDir()
				before, after := filepath.Join(dir, "before"), filepath.Join(dir, "after")
				r := foreground(b, sharedHost(before, after), flags...).Wait()
				want := "sealed\nsh\nbundle\n/\nbin dev etc home inner mnt proc root run sys tmp usr var \n1\nroot " + field
				lines := strings.Split(strings.TrimSuffix(r.Stdout, "\n"), "\n")
				if r.Status != 3 || r.Stderr != "" || !strings.HasPrefix(r.Stdout, want) {
					t.Errorf("exit status %d, stdout %q, stderr %q; expected 3 and %q", r.Status, r.Stdout, r.Stderr, want)
				} else if n := lines[len(lines)-1]; n != "0" {
					t.Errorf("%s mounts inside are none of the container's", n)
				} else if field == "" && lines[len(lines)-2] != "root -" && lines[len(lines)-2] != "root " {
					t.Errorf("the root's propagation is %q, expected none", lines[len(lines)-2])
				}
				was, err := os.ReadFile(before)
				must(t, err)
				is, err := os.ReadFile(after)
				must(t, err)
				// Somebody else's goes from all namespaces when its mount point is removed.
				gone := slices.DeleteFunc(without(was, is), func(line string) bool {
					_, err := os.Lstat(strings.Fields(line)[4])
					return os.IsNotExist(err)
				})
				if came := without(is, was); len(was) == 0 || len(gone)+len(came) > 0 {
					t.Errorf("the host's mount table has changed: gone %q, new %q", gone, came)
				}
				if entries, err := os.ReadDir(b.Path("new")); err != nil || len(entries) > 0 {
					t.Errorf("the tmpfs of the inside shows in the root: %v (%v)", entries, err)
				}
				b.NothingLeft()
			})
		}
	}
}

// without lists the lines of a mount table that another one has not.
func without(table, other []byte) (lines []string) {
	for l := range strings.Lines(string(table)) {
		if !strings.Contains("\n"+string(other), "\n"+l) {
			lines = append(lines, l)
		}
	}
	return lines
}

// exec finds the root of a container that was made without pivot_root, and the
// way back to the host's is closed.
func TestExecAfterNoPivot(t *testing.T) {
	b := sh(t, "sleep 600")
	b.File("inner", "of the root", 0o644)
	b.Spec.Process.Capabilities = box.Capabilities("CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE")
	b.Up("--no-pivot")
	want := "of the root\nof the root\nof the root\nsealed\n"
	if got := in(t, b, nil, "sh", "-c", "for f in /inner /../inner /proc/1/root/inner; do cat $f; echo; done; hostname"); got != want {
		t.Errorf("exec sees %q, expected %q", got, want)
	}
	canary := filepath.Join(t.TempDir(), "canary")
	must(t, os.WriteFile(canary, nil, 0o600))
	// With CAP_SYS_CHROOT a process leaves a plain chroot by making another
	// one below its working directory.
	got := in(t, b, nil, "sh", "-c", "mkdir -p /x; cd /; chroot /x 2>/dev/null; cd ../../../..; test -e ."+canary+" && echo escaped; test -e /proc/1/root"+canary+" && echo seen; test -e inner && echo inside")
	if got != "inside\n" {
		t.Errorf("exec ends up %q", got)
	}
}

// With rootfsPropagation shared a shared bind mount works in both directions,
// with slave in one, with private in none.
func TestSharedBindMount(t *testing.T) {
	for value, c := range map[string]struct {
		option  string
		out, in bool
	}{
		"rshared": {"rshared", true, true}, "shared": {"rshared", true, true}, "rslave": {"rslave", false, true}, "rprivate": {"rprivate", false, false},
	} {
		t.Run(value, func(t *testing.T) {
			dir := t.TempDir()
			must(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"))
			t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
			must(t, unix.Mount("", dir, "", unix.MS_SHARED, ""))
			must(t, os.Mkdir(filepath.Join(dir, "inner"), 0o755))
			must(t, os.Mkdir(filepath.Join(dir, "outer"), 0o755))
			b := sh(t, "mount -t tmpfs tmpfs /m/inner && touch /m/inner/x && echo ready; sleep 600")
			b.Spec.Process.Capabilities = box.Capabilities("CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE")
			b.Spec.Linux.RootfsPropagation = value
			b.Spec.Mounts = append(b.Spec.Mounts, specs.Mount{Type: "bind", Source: dir, Destination: "/m", Options: []string{"rbind", c.option}})
			p := b.Create()
			b.Must("start", b.ID)
			p.WaitOutput("ready\n")
			if _, err := os.Stat(filepath.Join(dir, "inner/x")); (err == nil) != c.out {
				t.Errorf("a mount of the inside seen outside: %v, expected %v", err == nil, c.out)
			}
			must(t, unix.Mount("tmpfs", filepath.Join(dir, "outer"), "tmpfs", 0, "size=1m"))
			must(t, os.WriteFile(filepath.Join(dir, "outer/y"), nil, 0o644))
			if r := b.Do("exec", b.ID, "test", "-e", "/m/outer/y"); (r.Status == 0) != c.in {
				t.Errorf("a mount of the outside seen inside: %v, expected %v", r.Status == 0, c.in)
			}
		})
	}
}
