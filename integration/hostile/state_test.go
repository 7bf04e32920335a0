package hostile

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/runtime/state"
)

// decoy is a process that has nothing to do with any container.
type decoy struct {
	cmd   *exec.Cmd
	pid   int
	start uint64
}

func newDecoy(t *testing.T) *decoy {
	t.Helper()
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	start, _, err := state.ProcessStart(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return &decoy{cmd, cmd.Process.Pid, start}
}

// alive: it sleeps, with no signal behind or before it.
func (d *decoy) alive(t *testing.T, after string) {
	t.Helper()
	start, letter, err := state.ProcessStart(d.pid)
	if err != nil || start != d.start || letter != 'S' && letter != 'R' {
		t.Errorf("after %s the process that is no container's is in state %q (%v)", after, letter, err)
	}
}

// A damage is done to state.json.
type damage struct {
	name string
	do   func(t *testing.T, file, good string, d *decoy)
	read bool // it can still be read
}

// text replaces the content.
func text(change func(good string) string) func(*testing.T, string, string, *decoy) {
	return func(t *testing.T, file, good string, _ *decoy) {
		t.Helper()
		if err := os.WriteFile(file, []byte(change(good)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// other puts another kind of file into its place.
func other(make func(file, good string) error) func(*testing.T, string, string, *decoy) {
	return func(t *testing.T, file, good string, _ *decoy) {
		t.Helper()
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := make(file, good); err != nil {
			t.Fatal(err)
		}
	}
}

// inode is the member that state.json has on Linux 6.9 and newer.
var inode = regexp.MustCompile(`,"pidInode":\d+`)

// identity changes pid and, if start says so, the start time to another process's. With
// old there is no more to tell processes by, as before Linux 6.9.
func identity(pid func(d *decoy) int, start, old bool) func(*testing.T, string, string, *decoy) {
	return func(t *testing.T, file, good string, d *decoy) {
		t.Helper()
		var s struct{ Pid, StartTime json.Number }
		if err := json.Unmarshal([]byte(good), &s); err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(good, `"pid":`+s.Pid.String()+`,`, `"pid":`+strconv.Itoa(pid(d))+`,`, 1)
		if start {
			changed = strings.Replace(changed, `"startTime":`+s.StartTime.String(), `"startTime":`+strconv.FormatUint(d.start, 10), 1)
		}
		if old {
			changed = inode.ReplaceAllString(changed, "")
		}
		if changed == good {
			t.Fatalf("no pid in %.200s", good)
		}
		if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func damages() []damage {
	itself := func(d *decoy) int { return d.pid }
	return []damage{
		{name: "null", do: text(func(string) string { return "null" })},
		{name: "empty object", do: text(func(string) string { return "{}" })},
		{name: "empty", do: text(func(string) string { return "" })},
		{name: "truncated", do: text(func(good string) string { return good[:len(good)/2] })},
		{name: "truncated at the end", do: text(func(good string) string { return good[:len(good)-2] })},
		{name: "zeros", do: text(func(good string) string { return strings.Repeat("\x00", len(good)) })},
		{name: "a list of itself", do: text(func(good string) string { return "[" + good + "]" })},
		{name: "another's id", do: text(func(good string) string { return strings.Replace(good, `"id":"`, `"id":"x`, 1) })},
		{name: "huge", do: func(t *testing.T, file, good string, _ *decoy) {
			if err := os.Truncate(file, 1<<40); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "missing", do: other(func(string, string) error { return nil })},
		{name: "other owner", do: func(t *testing.T, file, _ string, _ *decoy) {
			if err := os.Chown(file, 1000, 1000); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "writable by others", do: func(t *testing.T, file, _ string, _ *decoy) {
			if err := os.Chmod(file, 0o666); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "directory", do: other(func(file, _ string) error { return os.MkdirAll(file+"/a/b", 0o700) })},
		{name: "FIFO", do: other(func(file, _ string) error { return unix.Mkfifo(file, 0o600) })},
		{name: "socket", do: other(func(file, _ string) error { return unix.Mknod(file, unix.S_IFSOCK|0o600, 0) })},
		{name: "link to a good one", do: other(func(file, good string) error {
			if err := os.WriteFile(file+".elsewhere", []byte(good), 0o600); err != nil {
				return err
			}
			return os.Symlink(file+".elsewhere", file)
		})},
		{name: "link to nothing", do: other(func(file, _ string) error { return os.Symlink("/nowhere", file) })},
		{name: "no process", do: identity(func(*decoy) int { return 0 }, false, false), read: true},
		{name: "a pid that nobody has", do: identity(func(*decoy) int { return 4194303 }, false, false), read: true},
		{name: "an unrelated process", do: identity(itself, false, false), read: true},
		{name: "an unrelated process with its start time", do: identity(itself, true, false), read: true},
		{name: "an unrelated process, before Linux 6.9", do: identity(itself, false, true), read: true},
		{name: "an unrelated process with its start time, before Linux 6.9", do: identity(itself, true, true), read: true},
	}
}

// Whatever has happened to state.json: no command crashes, waits or signals somebody else,
// list shows this container and the others, and delete --force ends with nothing left.
func TestDamagedState(t *testing.T) {
	for i, d := range damages() {
		for j, status := range []string{"created", "running", "stopped"} {
			for k, force := range []bool{false, true} {
				if !box.Sampled(i + j + k) {
					continue
				}
				name := fmt.Sprintf("%s, %s, all commands", d.name, status)
				if force {
					name = fmt.Sprintf("%s, %s, delete --force", d.name, status)
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					damaged(t, d, status, force)
				})
			}
		}
	}
}

// up makes a container of this status.
func up(t *testing.T, b *box.Box, status string) {
	t.Helper()
	b.Create()
	pid := b.State().Pid
	if status != "created" {
		b.Must("start", b.ID)
	}
	if status == "stopped" {
		b.Must("kill", b.ID, "KILL")
		b.WaitPid(pid)
	}
	if s := b.State().Status; s != status {
		t.Fatalf("the container is %s, expected %s", s, status)
	}
}

func damaged(t *testing.T, d damage, status string, force bool) {
	b := box.New(t, "/bin/sleep", "600")
	up(t, b, status)
	good := b.Sibling("/bin/sleep", "600")
	good.Create()
	bystander := newDecoy(t)
	processes := len(b.Processes())

	file := filepath.Join(b.Root, b.ID, "state.json")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d.do(t, file, string(before), bystander)

	commands := [][]string{
		{"state", b.ID}, {"list"}, {"list", "--format", "json"}, {"ps", b.ID}, {"pause", b.ID}, {"resume", b.ID}, {"start", b.ID}, {"exec", b.ID, "/bin/true"},
		{"update", "--pids-limit", "99", b.ID}, {"events", "--stats", b.ID}, {"kill", b.ID, "TERM"}, {"kill", b.ID, "KILL"}, {"delete", b.ID},
	}
	if force {
		commands = nil
	}
	for _, args := range commands {
		r := b.Do(args...)
		what := strings.Join(args, " ")
		sound(t, what, r)
		bystander.alive(t, what)
		switch {
		case args[0] == "list" && r.Status != 0:
			t.Errorf("%s: exit status %d, stderr %q", what, r.Status, r.Stderr)
		case len(args) == 3 && args[0] == "list":
			listed(t, r.Stdout, b.ID, good.ID, d.read)
		case args[0] == "list" && (!strings.Contains(r.Stdout, b.ID) || !strings.Contains(r.Stdout, good.ID)):
			t.Errorf("%s does not show both containers:\n%s", what, r.Stdout)
		case args[0] != "list" && !d.read && (r.Status == 0 || !strings.Contains(r.Stderr, "damaged")):
			t.Errorf("%s: exit status %d, stderr %q; expected an error that calls the state damaged", what, r.Status, r.Stderr)
		case !d.read && len(b.Processes()) != processes:
			t.Errorf("%s: the container has processes %v, expected %d", what, b.Processes(), processes)
		}
	}
	if r := b.Do("delete", "--force", b.ID); r.Status != 0 || r.Stderr != "" {
		t.Errorf("delete --force: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	bystander.alive(t, "delete --force")
	b.NothingLeft()
	if s := good.State(); s.Status != "created" {
		t.Errorf("the other container is %s", s.Status)
	}
}

// sound: no crash, one line of error at most, and an end in good time.
func sound(t *testing.T, what string, r box.Result) {
	t.Helper()
	if r.Status >= 128 && r.Status < 255 || strings.Contains(r.Stderr, "goroutine") || strings.Contains(r.Stderr, "panic") {
		t.Errorf("%s: exit status %d, stderr %q", what, r.Status, r.Stderr)
	}
	if strings.Count(r.Stderr, "\n") > 1 || r.Status != 0 && r.Stderr == "" {
		t.Errorf("%s: exit status %d, stderr %q; expected one line", what, r.Status, r.Stderr)
	}
	if r.Took > box.Slow(10*time.Second) {
		t.Errorf("%s: took %v", what, r.Took)
	}
}

// listed: the damaged container and the good one are both in the list.
func listed(t *testing.T, out, damaged, good string, read bool) {
	t.Helper()
	var all []box.State
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) != 2 {
		t.Fatalf("list: %v in %s", err, out)
	}
	for _, s := range all {
		if s.ID == damaged && !read && s.Status != "damaged" || s.ID == good && s.Status != "created" || s.ID != good && s.ID != damaged {
			t.Errorf("list has %+v", s)
		}
	}
}

// Without the second record of the cgroups, which older versions have not made, a
// container without a cgroupsPath is found by its id.
func TestDamagedStateOfAnOlderVersion(t *testing.T) {
	for _, text := range []string{"null", "{"} {
		b := box.New(t, "/bin/sleep", "600")
		b.Spec.Linux.CgroupsPath = ""
		b.Up()
		if err := os.Remove(filepath.Join(b.Root, b.ID, "cgroup.json")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(b.Root, b.ID, "state.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b.Must("delete", "--force", b.ID)
		b.NothingLeft()
	}
}
