package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// exhausted runs create and run where something is scarce: they succeed, or end with one
// line and leave nothing. It tells how many have failed and what was said.
func exhausted(t *testing.T, b *box.Box, what string) (failed int, said string) {
	t.Helper()
	b.WriteConfig(b.Config())
	for _, verb := range []string{"create", "run"} {
		r := b.Do(verb, "--bundle", b.Dir, b.ID)
		name := fmt.Sprintf("%s, %s", verb, what)
		switch {
		case r.Status == 0 && verb == "create":
			b.Must("delete", "--force", b.ID)
		case r.Status == 0 && r.Stdout != "ran\n":
			t.Errorf("%s: exit status 0, stdout %q, stderr %q", name, r.Stdout, r.Stderr)
		case r.Status == 137 && verb == "run" && r.Stderr == "":
			failed++ // its program has been killed, for lack of memory
		case r.Status != 0:
			failed++
			said += r.Stderr
			// The Go runtime needs threads and descriptors of its own. What it has to say of
			// that takes many lines; then it must not leave anything either.
			if !strings.HasPrefix(r.Stderr, "runtime: ") {
				sound(t, name, r)
			}
			b.NothingLeft()
		}
	}
	b.NothingLeft()
	return failed, said
}

// No space, or no inode, for the state: a file system of that size is the state directory.
func TestStateDirectoryIsFull(t *testing.T) {
	w := outside(t)
	for _, c := range []struct {
		option string
		fails  bool
	}{
		{"nr_inodes=1", true}, {"nr_inodes=2", true}, {"nr_inodes=3", true}, {"nr_inodes=4", true}, {"nr_inodes=5", true}, {"nr_inodes=6", false},
		{"size=4k", true}, {"size=8k", true}, {"size=16k", true}, {"size=32k", true}, {"size=256k", false},
	} {
		t.Run(c.option, func(t *testing.T) {
			b := base(t)
			b.Spec.Annotations = map[string]string{"filler": strings.Repeat("x", 20_000)}
			b.Root = t.TempDir()
			if err := unix.Mount("tmpfs", b.Root, "tmpfs", 0, "mode=700,"+c.option); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := unix.Unmount(b.Root, 0); err != nil {
					t.Errorf("unmount the state directory: %v", err)
				}
				w.unchanged(t)
			}()
			failed, said := exhausted(t, b, c.option)
			if c.fails && (failed == 0 || !strings.Contains(said, "no space left on device")) {
				t.Errorf("%d commands have failed, and said %q; expected no space", failed, said)
			}
			if !c.fails && failed > 0 {
				t.Errorf("%d commands have failed, and said %q", failed, said)
			}
		})
	}
}

// scarce runs create and run with each amount of something, of which the last is enough, and
// returns what was said, and with how many amounts all went well.
func scarce(t *testing.T, amounts []int, what string, prepare func(b *box.Box, n int)) (all string, good int) {
	t.Helper()
	w := outside(t)
	for i, n := range amounts {
		enough := i == len(amounts)-1
		if !box.Sampled(i) && !enough {
			continue
		}
		b := base(t)
		prepare(b, n)
		failed, said := exhausted(t, b, fmt.Sprint(n, " ", what))
		b.Wrap(nil)
		all += said
		if failed == 0 {
			good++
		} else if enough {
			t.Errorf("with %d %s: %s", n, what, said)
		}
	}
	w.unchanged(t)
	return all, good
}

// No descriptors: from so few that the program cannot even begin to as many as it needs.
func TestFewDescriptors(t *testing.T) {
	said, good := scarce(t, []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 24, 32, 64}, "descriptors", func(b *box.Box, n int) {
		b.Spec.Mounts = append(b.Spec.Mounts, specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: "/etc", Options: []string{"tmpcopyup"}})
		b.Spec.Process.Rlimits = nil
		b.Wrap([]string{"/bin/sh", "-c", `ulimit -n "$0" && exec "$@"`, strconv.Itoa(n)})
	})
	if !strings.Contains(said, "too many open files") {
		t.Errorf("%d went well; said was\n%s", good, said)
	}
}

// A container of many processes, and commands that have too few descriptors to look at it:
// they do what they are told, or say what is missing, and not that the container has stopped
// or is damaged, on which delete --force would act.
func TestFewDescriptorsForManyProcesses(t *testing.T) {
	b := box.New(t, "/bin/sh", "-c", "for i in $(seq 100); do sleep 600 & done; wait")
	b.Up()
	n := func() int { return len(b.Processes()) }
	if !box.Eventually(func() bool { return n() > 100 }) {
		t.Fatalf("%d processes", n())
	}
	limits := []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 24, 64}
	few := func(limit int) {
		b.Wrap([]string{"/bin/sh", "-c", `ulimit -n "$0" && exec "$@"`, strconv.Itoa(limit)})
	}
	good := map[string]bool{}
	all := func(args ...string) {
		for _, limit := range limits {
			few(limit)
			r := b.Do(args...)
			b.Wrap(nil)
			name := fmt.Sprintf("%d descriptors, %q", limit, args)
			if r.Status == 0 {
				good[args[0]] = true
				if args[0] == "state" && !strings.Contains(r.Stdout, `"status": "running"`) {
					t.Errorf("%s: %s", name, r.Stdout)
				}
				continue
			}
			if !strings.HasPrefix(r.Stderr, "runtime: ") && !strings.Contains(r.Stderr, "too many open files") {
				t.Errorf("%s: stderr %q", name, r.Stderr)
			}
			if strings.Contains(r.Stderr, "damaged") || strings.Contains(r.Stderr, "stopped") || strings.Contains(r.Stderr, "not running") {
				t.Errorf("%s: stderr %q", name, r.Stderr)
			}
			if limit > 11 {
				t.Errorf("%s: exit status %d, stderr %q; it is enough", name, r.Status, r.Stderr)
			}
		}
		if !good[args[0]] {
			t.Errorf("%q has never succeeded", args)
		}
	}
	all("state", b.ID)
	all("ps", "--format", "json", b.ID)
	all("kill", b.ID, "0")
	all("kill", "--all", b.ID, "0")
	// The least that is enough ends them all.
	for _, limit := range limits[:10] {
		few(limit)
		b.Do("kill", "--all", b.ID, "KILL")
		b.Wrap(nil)
	}
	b.WaitFor("stopped")
}

// No pids: the runtime itself is in a cgroup with so many, and the container below it.
func TestFewProcesses(t *testing.T) {
	said, good := scarce(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 32}, "processes", func(b *box.Box, n int) {
		dir := narrow(t, b, n)
		b.Spec.Linux.CgroupsPath = filepath.Join(filepath.Dir(b.Cgroup), b.ID+".parent", b.ID)
		b.Wrap([]string{"/bin/sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, dir})
	})
	if !strings.Contains(said, "resource temporarily unavailable") && !strings.Contains(said, "failed to create new OS thread") {
		t.Errorf("%d went well; said was\n%s", good, said)
	}
}

// narrow makes a cgroup for n processes, beside the box's, and returns its directory; the
// parents of the container's cgroup that the runtime makes for itself go with it.
func narrow(t *testing.T, b *box.Box, n int) string {
	t.Helper()
	group := filepath.Join(filepath.Dir(b.Cgroup), b.ID+".parent")
	top := "/sys/fs/cgroup/pids"
	if _, err := os.Stat(top); err != nil {
		top = "/sys/fs/cgroup"
		// Version 2 has the file only where the one above gives the controller.
		must(t, os.MkdirAll(top+filepath.Dir(group), 0o755))
		for _, dir := range []string{top, top + filepath.Dir(group)} {
			must(t, os.WriteFile(dir+"/cgroup.subtree_control", []byte("+pids"), 0))
		}
	}
	dir := top + group
	must(t, os.MkdirAll(dir, 0o755))
	if top == "/sys/fs/cgroup" {
		// The runtime is beside the container: one with processes gives no controllers.
		must(t, os.WriteFile(dir+"/cgroup.subtree_control", []byte("+pids"), 0))
	}
	must(t, os.WriteFile(dir+"/pids.max", []byte(strconv.Itoa(n)), 0))
	run := dir
	if top == "/sys/fs/cgroup" {
		run = dir + "/runtime"
		must(t, os.Mkdir(run, 0o755))
	}
	t.Cleanup(func() {
		others, _ := filepath.Glob("/sys/fs/cgroup/*" + group)
		for _, d := range append([]string{run, dir}, others...) {
			box.Eventually(func() bool {
				err := os.Remove(d)
				return err == nil || os.IsNotExist(err)
			})
		}
	})
	return run
}

// Less memory than the set-up needs, and a little more each time.
func TestLittleMemory(t *testing.T) {
	said, good := scarce(t, []int{4, 16, 64, 128, 256, 384, 512, 768, 1024, 8192, 65536}, "KiB", func(b *box.Box, n int) {
		limit := int64(n) << 10
		b.Spec.Linux.Resources.Memory = &specs.LinuxMemory{Limit: &limit, Swap: &limit}
	})
	if !strings.Contains(said, "linux.resources.memory.limit") {
		t.Errorf("%d went well; said was\n%s", good, said)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
