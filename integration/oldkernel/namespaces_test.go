package oldkernel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// firstID is the host's id of a user namespace's root.
const firstID = 300000

// userNamespace gives the box a user namespace of its own, and what it binds from the
// host to it.
func userNamespace(t *testing.T, b *box.Box) {
	t.Helper()
	b.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace})
	m := []specs.LinuxIDMapping{{ContainerID: 0, HostID: firstID, Size: 65536}}
	b.Spec.Linux.UIDMappings, b.Spec.Linux.GIDMappings = m, m
	for _, dir := range []string{"", "mnt", "tmp"} {
		must(t, os.Chown(b.Path(dir), firstID, firstID))
	}
}

// In a user namespace the flags of the host's mounts are locked: a remount that leaves
// one out is refused.
func TestUserNamespace(t *testing.T) {
	sets := flagSets
	if testing.Short() {
		sets = sets[1:2]
	}
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) {
			dir := source(t, set.flags)
			b := box.New(t, "/bin/cat", "/proc/self/mountinfo")
			userNamespace(t, b)
			b.Spec.Root.Readonly = true
			for i, options := range []string{"", "ro", "nosuid,nodev,noexec,nosymfollow", "ro,private", "rslave"} {
				options = strings.Trim("bind,"+options, ",")
				n := string(rune('0' + i))
				b.Mount("bind", dir, "/mnt/d"+n, "r"+options)
				b.Mount("none", filepath.Join(dir, "file"), "/mnt/f"+n, options)
			}
			same(t, b, mounts)
		})
	}
}

// What is locked is refused by both, and not dropped.
func TestUserNamespaceLocked(t *testing.T) {
	dir := source(t, unix.MS_RDONLY|unix.MS_NODEV|unix.MS_NOATIME)
	all := []string{"rw", "relatime", "dev", "diratime,strictatime"}
	if testing.Short() {
		all = all[:2]
	}
	for _, options := range all {
		b := sh(t, "true")
		userNamespace(t, b)
		b.Mount("bind", dir, "/mnt", "rbind,"+options)
		for _, k := range []older{nil, linux5_10()} {
			under(t, b, k)
			r := b.Run()
			if r.Status != 1 || !strings.Contains(r.Stderr, "operation not permitted (config.json: mounts[6])") {
				t.Errorf("%s, old kernel %v: exit status %d, stderr %q, want EPERM for mounts[6]", options, k != nil, r.Status, r.Stderr)
			}
			b.NothingLeft()
		}
	}
}

// The kernel makes no procfs for a user namespace that has not its own pid namespace; the
// host's then has to do.
func TestUserNamespaceWithHostPids(t *testing.T) {
	dir := source(t, unix.MS_NOSUID)
	b := box.New(t, "/bin/cat", "/proc/self/mountinfo")
	userNamespace(t, b)
	b.DropNamespace(specs.PIDNamespace)
	b.Spec.Mounts[0] = specs.Mount{Destination: "/proc", Type: "bind", Source: "/proc", Options: []string{"rbind"}}
	b.Spec.Linux.MaskedPaths = []string{"/tmp"}
	b.Spec.Linux.ReadonlyPaths = []string{"/etc/passwd"}
	b.Mount("bind", filepath.Join(dir, "file"), "/etc/hosts", "bind,ro,slave")
	same(t, b, mounts)
}

// TestPropagation: every rootfsPropagation, mounts that propagate in both directions, and
// a host that has nothing left of it.
func TestPropagation(t *testing.T) {
	values := []string{"rshared", "", "private", "rprivate", "slave", "rslave", "shared", "unbindable"}
	if testing.Short() {
		values = values[:2]
	}
	for _, value := range values {
		for _, flag := range []string{"", "--no-pivot"} {
			t.Run(strings.TrimSpace(value+" "+flag), func(t *testing.T) {
				dir := t.TempDir()
				must(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"))
				t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
				must(t, unix.Mount("", dir, "", unix.MS_SHARED, ""))
				b := box.New(t, "/bin/cat", "/proc/self/mountinfo")
				b.Spec.Linux.RootfsPropagation = value
				b.Mount("bind", dir, "/mnt", "rbind,ro,rshared")
				b.Mount("bind", "/dev/null", "/tmp/file", "bind,rslave")
				before, err := os.ReadFile("/proc/self/mountinfo")
				must(t, err)
				var flags []string
				if flag != "" {
					flags = []string{flag}
				}
				same(t, b, mounts, flags...)
				after, err := os.ReadFile("/proc/self/mountinfo")
				must(t, err)
				compare(t, lines(string(before)), lines(string(after)))
			})
		}
	}
}

// A mount namespace by path is another one's: its /proc is not asked. (The container
// takes it over, pivot_root(2) included, so there is a new one for each.)
func TestMountNamespaceByPath(t *testing.T) {
	dir := source(t, unix.MS_NOSUID)
	b := box.New(t, "/bin/cat", "/proc/self/mountinfo")
	b.Mount("bind", dir, "/mnt", "rbind,ro")
	var got [][]string
	for _, k := range []older{nil, linux5_10()} {
		other := sh(t, "sleep 600")
		other.DropNamespace(specs.PIDNamespace)
		other.Spec.Mounts = nil // no /proc above all
		other.Spec.Linux.MaskedPaths, other.Spec.Linux.ReadonlyPaths = nil, nil
		other.Mount("bind", b.Dir, b.Dir, "rbind")
		other.Mount("bind", dir, dir, "rbind")
		pid := other.Up()
		b.SetNamespace(specs.LinuxNamespace{Type: specs.MountNamespace, Path: "/proc/" + itoa(pid) + "/ns/mnt"})
		under(t, b, k)
		var inside []string
		for _, l := range mounts(output(t, b)) {
			if strings.HasPrefix(l, "/mnt") || strings.HasPrefix(l, "/ ") || strings.HasPrefix(l, "/proc/") {
				inside = append(inside, strings.ReplaceAll(l, filepath.Base(other.Dir), "BUNDLE"))
			}
		}
		got = append(got, inside)
	}
	compare(t, got[0], got[1])
}
