package features

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// below makes cgroup name below each of the box's and returns the hierarchies'
// directories, for example /sys/fs/cgroup/memory.
func below(t *testing.T, b *box.Box, name string) []string {
	t.Helper()
	var tops []string
	for _, dir := range b.Cgroups() {
		if !strings.HasSuffix(dir, b.Cgroup) {
			continue
		}
		must(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
		// A new cpuset of version 1 has no processors and takes no process before it does.
		_, two := os.Stat(filepath.Join(dir, "cgroup.controllers"))
		for _, f := range []string{"cpuset.cpus", "cpuset.mems"} {
			if data, err := os.ReadFile(filepath.Join(dir, f)); err == nil && two != nil {
				for sub := dir; ; {
					rest, _ := filepath.Rel(sub, filepath.Join(dir, name))
					if rest == "." {
						break
					}
					sub = filepath.Join(sub, strings.Split(rest, "/")[0])
					must(t, os.WriteFile(filepath.Join(sub, f), data, 0o644))
				}
			}
		}
		tops = append(tops, strings.TrimSuffix(dir, b.Cgroup))
	}
	if len(tops) == 0 {
		t.Fatal("the container has no cgroups")
	}
	return tops
}

// groups is /proc/PID/cgroup as controllers and path.
func groups(text string) map[string]string {
	m := map[string]string{}
	for _, l := range strings.Split(strings.TrimSpace(text), "\n") {
		if f := strings.SplitN(l, ":", 3); len(f) == 3 {
			m[f[1]] = f[2]
		}
	}
	return m
}

func TestExecInACgroup(t *testing.T) {
	b := sh(t, "sleep 600")
	b.Up()
	tops := below(t, b, "sub/deep")
	own := groups(in(t, b, nil, "cat", "/proc/self/cgroup"))
	for _, flag := range []string{"sub", "/sub", "sub/deep", "/sub/deep"} {
		got := groups(in(t, b, []string{"--cgroup", flag}, "cat", "/proc/self/cgroup"))
		n := 0
		for controllers, path := range own {
			want := path
			if strings.HasSuffix(path, b.Cgroup) {
				want, n = path+"/"+strings.TrimPrefix(flag, "/"), n+1
			}
			if got[controllers] != want {
				t.Errorf("--cgroup %s: %s is in %q, expected %q", flag, controllers, got[controllers], want)
			}
		}
		if n != len(tops) {
			t.Errorf("the container is in %d of %d hierarchies of its own", n, len(tops))
		}
	}
	if got := groups(in(t, b, []string{"--cgroup", "/"}, "cat", "/proc/self/cgroup")); len(got) != len(own) || got["pids"] != own["pids"] || got[""] != own[""] {
		t.Errorf("--cgroup /: in %v, the container in %v", got, own)
	}
	// By a controller's name, on cgroup v1; elsewhere there is none.
	for _, flag := range []string{"memory:sub", "memory,pids:sub", "pids:/sub/deep"} {
		r := b.Do("exec", "--cgroup", flag, b.ID, "cat", "/proc/self/cgroup")
		if _, v1 := own["memory"]; !v1 {
			if r.Status == 0 || !strings.Contains(r.Stderr, "--cgroup") {
				t.Errorf("--cgroup %s on cgroup v2: exit status %d, stderr %q", flag, r.Status, r.Stderr)
			}
			continue
		}
		got := groups(r.Stdout)
		named, path, _ := strings.Cut(flag, ":")
		for controllers, dir := range own {
			want := dir
			if controllers != "" && strings.Contains(","+named+",", ","+controllers+",") {
				want = dir + "/" + strings.TrimPrefix(path, "/")
			}
			if got[controllers] != want {
				t.Errorf("--cgroup %s: %s is in %q, expected %q", flag, controllers, got[controllers], want)
			}
		}
	}
	for _, flag := range []string{"missing", "..", "../..", "sub/../..", "sub/./deep", "nosuch:sub", ":sub", "memory:../x", "memory:missing", "sub\nx"} {
		r := b.Do("exec", "--cgroup", flag, b.ID, "cat", "/proc/self/cgroup")
		if r.Status != 255 || r.Stdout != "" || !strings.Contains(r.Stderr, "--cgroup") || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("--cgroup %q: exit status %d, stdout %q, stderr %q; expected 255 and one line that names the flag", flag, r.Status, r.Stdout, r.Stderr)
		}
	}
	// A process left there does not keep the container from going away.
	b.Must("exec", "--detach", "--cgroup", "sub/deep", b.ID, "/bin/sleep", "600")
	b.ReapOrphans()
	b.Must("delete", "--force", b.ID)
	b.NothingLeft()
}

// TestCVE_2023_25809_CgroupMounts: the container sees its own cgroup, and no mount of it changes
// the host's.
func TestCVE_2023_25809_CgroupMounts(t *testing.T) {
	const script = `cd /sys/fs/cgroup; test -e cgroup.procs || cd pids; grep -c -x $$ cgroup.procs; mkdir new 2>/dev/null && rmdir new && echo writable; true`
	two := unified(sh(t, "")) != ""
	for i, c := range []struct {
		typ, options string
		own, users   bool
		want         string
	}{
		{"cgroup", "", true, false, "1\nwritable\n"}, {"cgroup", "", false, false, "1\nwritable\n"},
		{"cgroup", "ro", true, false, "1\n"}, {"cgroup", "ro", false, false, "1\n"},
		{"cgroup", "rro", true, false, "1\n"}, {"cgroup", "rro", false, false, "1\n"},
		{"cgroup", "", true, true, "1\nwritable\n"}, {"cgroup", "", false, true, "1\n"}, // what is the host's root's
		{"cgroup", "ro", true, true, "1\n"}, {"cgroup", "ro", false, true, "1\n"},
		{"cgroup2", "", true, false, "1\nwritable\n"}, {"cgroup2", "", false, false, "1\nwritable\n"},
		{"cgroup2", "ro", false, false, "1\n"},
	} {
		if !box.Sampled(i + 2) { // with -test.short: read-only by a bind, and of a user
			continue
		}
		if !two && (c.typ == "cgroup2" || c.users) {
			continue // version 1 is not given to users, see TestCgroupOwnership
		}
		t.Run(strings.ReplaceAll(c.typ+" "+c.options+" own "+strconv.FormatBool(c.own)+" users "+strconv.FormatBool(c.users), "  ", " "), func(t *testing.T) {
			b := sh(t, script)
			ownCgroups(b, strings.Fields("nosuid "+c.options)...)
			b.Spec.Mounts[len(b.Spec.Mounts)-1].Type = c.typ
			if !c.own {
				b.DropNamespace(specs.CgroupNamespace)
			}
			if c.users {
				usersOf(b)
			}
			before, err := os.ReadFile("/proc/self/mountinfo")
			must(t, err)
			// Not run: what the container is in is checked before it is gone.
			p := b.Create()
			pid := b.State().Pid
			if dir := unified(b); dir != "" {
				procs, err := os.ReadFile(dir + "/cgroup.procs")
				if err != nil || string(procs) != itoa(pid)+"\n" {
					t.Errorf("%s holds %q, %v, expected %d", dir, procs, err, pid)
				}
			}
			b.Must("start", b.ID)
			if status := b.WaitPid(pid); status != 0 || p.Output() != c.want {
				t.Errorf("exit status %d, output %q, expected %q", status, p.Output(), c.want)
			}
			if after, err := os.ReadFile("/proc/self/mountinfo"); err != nil || string(after) != string(before) {
				t.Errorf("the host's mounts were\n%s\nand are\n%s", before, after)
			}
		})
	}
}

// TestRootlessFlagOfRoot: --rootless=true does not open the host's devices to a container of
// the host's root, whose device nodes are real. (10:229 is that of FUSE, which anybody may
// open who is let to; without its driver the error would be another one.)
func TestRootlessFlagOfRoot(t *testing.T) {
	b := sh(t, "mknod /dev/fuse c 10 229 && : </dev/fuse")
	b.Spec.Process.Capabilities = box.Capabilities("CAP_MKNOD")
	b.Global("--rootless", "true")
	if r := b.Run(); r.Status == 0 || !strings.Contains(r.Stderr, "can't open /dev/fuse: Operation not permitted") {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
}
