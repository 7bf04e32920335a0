package features

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/runtime/state"
)

// unified is the container's cgroup on a machine with version 2 alone, "" elsewhere.
func unified(b *box.Box) string {
	var st unix.Statfs_t
	if err := unix.Statfs("/sys/fs/cgroup", &st); err != nil || st.Type != unix.CGROUP2_SUPER_MAGIC {
		return ""
	}
	return "/sys/fs/cgroup" + b.Cgroup
}

// ownCgroups gives the box a cgroup namespace and a mount of cgroups with options.
func ownCgroups(b *box.Box, options ...string) {
	b.SetNamespace(specs.LinuxNamespace{Type: specs.CgroupNamespace})
	b.Spec.Mounts = append(b.Spec.Mounts, specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: append([]string{"nosuid", "noexec", "nodev"}, options...)})
}

// owners lists the files of the container's cgroups that are not root's, as
// NAME:UID with "." for the directory.
func owners(t *testing.T, b *box.Box) (list []string) {
	t.Helper()
	for _, dir := range b.Cgroups() {
		must(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			var st unix.Stat_t
			if err == nil {
				err = unix.Lstat(path, &st)
			}
			if rel, _ := filepath.Rel(dir, path); st.Uid != 0 {
				list = append(list, fmt.Sprintf("%s:%d", rel, st.Uid))
			}
			return err
		}))
	}
	slices.Sort(list)
	return list
}

// TestCgroupOwnership: runtime-spec, config-linux.md, "Cgroup ownership".
func TestCgroupOwnership(t *testing.T) {
	for i, c := range []struct {
		name  string
		users bool // a user namespace
		set   func(b *box.Box)
		owner int // on the host, 0: nothing is given away
	}{
		{"read and write", true, func(b *box.Box) { ownCgroups(b) }, firstID},
		{"by rw", true, func(b *box.Box) { ownCgroups(b, "rw", "relatime") }, firstID},
		{"a user of the namespace", true, func(b *box.Box) { ownCgroups(b); b.Spec.Process.User.UID = 1000 }, firstID + 1000},
		{"without user namespace", false, func(b *box.Box) { ownCgroups(b); b.Spec.Process.User.UID = 1000 }, 1000},
		{"root without user namespace", false, func(b *box.Box) { ownCgroups(b) }, 0},
		{"read-only", true, func(b *box.Box) { ownCgroups(b, "ro") }, 0},
		{"recursively read-only", true, func(b *box.Box) { ownCgroups(b, "rro") }, 0},
		{"the host's cgroup namespace", true, func(b *box.Box) { ownCgroups(b); b.DropNamespace(specs.CgroupNamespace) }, 0},
		{"no mount", true, func(b *box.Box) { b.SetNamespace(specs.LinuxNamespace{Type: specs.CgroupNamespace}) }, 0},
		{"somewhere else", true, func(b *box.Box) {
			ownCgroups(b)
			b.Spec.Mounts[len(b.Spec.Mounts)-1].Destination = "/mnt"
		}, 0},
	} {
		if !box.Sampled(i + 2) { // with -test.short: a user of the namespace, and recursively read-only
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			b := sh(t, "sleep 600")
			if c.users {
				usersOf(b)
			}
			c.set(b)
			b.Up()
			var want []string
			if c.owner != 0 && unified(b) != "" {
				list, err := os.ReadFile("/sys/kernel/cgroup/delegate")
				must(t, err)
				for _, name := range append(strings.Fields(string(list)), ".") {
					if _, err := os.Stat(filepath.Join(unified(b), name)); err == nil {
						want = append(want, fmt.Sprintf("%s:%d", name, c.owner))
					}
				}
				slices.Sort(want)
				if len(want) < 4 {
					t.Fatalf("the kernel gives away only %q", want)
				}
			}
			if got := owners(t, b); !slices.Equal(got, want) {
				t.Errorf("not root's are %q, expected %q", got, want)
			}
		})
	}
}

// manager is a shell script that does what a container's systemd does: it moves
// itself into a cgroup below its own and gives controllers to that.
const manager = `set -e
cd /sys/fs/cgroup
mkdir init.scope system
echo 0 >init.scope/cgroup.procs
for c in $(cat cgroup.controllers); do echo +$c >cgroup.subtree_control; done
cat /proc/self/cgroup
echo max >memory.max 2>/dev/null && echo raised
echo 20 >system/pids.max && cat system/pids.max
echo ready
`

// TestContainerManagesCgroups: a container to which its cgroup was given can divide
// it, but not lift its limits; and exec still works, though the cgroup that the
// container was made in takes no process any more.
func TestContainerManagesCgroups(t *testing.T) {
	for i, users := range []bool{true, false} {
		if !box.Sampled(i) {
			continue
		}
		t.Run(fmt.Sprint("user namespace ", users), func(t *testing.T) {
			limit, memory := int64(5), int64(64<<20)
			b := sh(t, manager+"exec sleep 600")
			if unified(b) == "" {
				b.Spec.Process.Args[2] = "echo ready; exec sleep 600" // version 1 cannot be given away
			}
			if users {
				usersOf(b)
			}
			ownCgroups(b)
			b.Spec.Linux.Resources.Pids = &specs.LinuxPids{Limit: &limit}
			b.Spec.Linux.Resources.Memory = &specs.LinuxMemory{Limit: &memory}
			p := b.Create()
			b.Must("start", b.ID)
			p.WaitOutput("ready\n")
			where := "/"
			if unified(b) != "" {
				where = "/init.scope"
				if got := p.Output(); got != "0::/init.scope\n20\nready\n" {
					t.Errorf("inside is %q", got)
				}
			}
			check := func(where string, flags ...string) {
				t.Helper()
				if got := in(t, b, flags, "cat", "/proc/self/cgroup"); groups(got)[""] != where {
					t.Errorf("exec %q is in %q, expected %s", flags, got, where)
				}
			}
			check(where)
			if unified(b) == "" {
				return
			}
			check("/system", "--cgroup", "system")
			// An order is an order.
			r := b.Do("exec", "--cgroup", "/", b.ID, "true")
			if want := "cgroup " + unified(b) + " gives controllers ("; r.Status == 0 || !strings.Contains(r.Stderr, want) || !strings.Contains(r.Stderr, "(config.json: linux.cgroupsPath)") {
				t.Errorf("exec --cgroup /: exit status %d, stderr %q, expected %q", r.Status, r.Stderr, want)
			}
			// As good as full, and full: 4 and 5 processes of 5.
			for n := range 3 {
				b.Must("exec", "--detach", b.ID, "sleep", "600")
				t.Logf("%d more", n+1)
				check(where)
			}
			b.Must("exec", "--detach", b.ID, "sleep", "600")
			check(where)
			b.ReapOrphans()
			b.Must("delete", "--force", b.ID)
			b.NothingLeft()
		})
	}
}

// TestFirstProcessElsewhere: exec does not follow a first process out of the
// container's cgroup.
func TestFirstProcessElsewhere(t *testing.T) {
	b := sh(t, "sleep 600")
	pid := b.Up()
	dir := unified(b)
	if dir == "" {
		return // nothing is followed on version 1
	}
	outside := dir + "-outside"
	must(t, os.MkdirAll(dir+"/sub", 0o755))
	must(t, os.Mkdir(outside, 0o755))
	t.Cleanup(func() { must(t, os.Remove(outside)) })
	must(t, os.WriteFile(outside+"/cgroup.procs", []byte(itoa(pid)), 0))
	must(t, os.WriteFile(dir+"/cgroup.subtree_control", []byte("+memory"), 0))
	want := "-outside\", expected one below "
	fd, err := unix.PidfdOpen(pid, 0)
	must(t, err)
	defer unix.Close(fd)
	known := state.PidInode(fd) != 0
	if !known {
		want = "container not running" // before Linux 6.9 the cgroup is what tells the process
	}
	if r := b.Do("exec", b.ID, "true"); r.Status == 0 || !strings.Contains(r.Stderr, want) {
		t.Errorf("exec: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	if known {
		b.Must("kill", b.ID, "KILL")
	} else {
		must(t, unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0))
	}
	b.WaitPid(pid)
}
