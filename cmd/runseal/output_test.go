package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime"
	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"
)

// sample is a running container, a stopped one, and one that cannot be read.
func sample() []*runtime.Container {
	return []*runtime.Container{
		{ID: "web", Bundle: "/srv/web \"1\"", Rootfs: "/srv/web/rootfs", Status: "running", Pid: 4711,
			Created: time.Date(2026, 3, 4, 13, 5, 6, 700000001, time.FixedZone("", 3600)), Owner: "root",
			Annotations: map[string]string{"b": "2\n", "a": "<1>"}},
		{ID: "old", Bundle: "/srv/\x1b[2J", Rootfs: "/srv/old", Status: "stopped", Created: noon},
		{ID: "bad", Err: errors.New("state of container \"bad\" is damaged")},
	}
}

func TestStateDocument(t *testing.T) {
	got := command(t, &recorder{found: sample()[:1]}, "state", "web")
	const want = `{
  "ociVersion": "1.3.0",
  "id": "web",
  "pid": 4711,
  "status": "running",
  "bundle": "/srv/web \"1\"",
  "rootfs": "/srv/web/rootfs",
  "created": "2026-03-04T12:05:06.700000001Z",
  "annotations": {"a":"<1>","b":"2\n"},
  "owner": "root"
}
`
	if got != (result{0, want, ""}) {
		t.Errorf("got %+v, want\n%s", got, want)
	}

	// As an engine reads it.
	var st struct {
		specs.State
		Rootfs, Owner string
		Created       time.Time
	}
	dec := json.NewDecoder(strings.NewReader(got.stdout))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&st); err != nil {
		t.Fatal(err)
	}
	in := sample()[0]
	if st.Version != specs.Version || st.ID != in.ID || st.Pid != in.Pid || st.Status != specs.StateRunning ||
		st.Bundle != in.Bundle || st.Rootfs != in.Rootfs || !st.Created.Equal(in.Created) || st.Owner != in.Owner ||
		len(st.Annotations) != 2 || st.Annotations["b"] != "2\n" {
		t.Errorf("decoded: %+v", st)
	}
}

func TestStateOfMissingContainer(t *testing.T) {
	got := command(t, &recorder{err: errors.New(`container "x" does not exist`)}, "state", "x")
	if got != (result{1, "", "runseal: container \"x\" does not exist\n"}) {
		t.Errorf("got %+v", got)
	}
}

func TestListTable(t *testing.T) {
	got := command(t, &recorder{found: sample()}, "list")
	const want = `ID          PID         STATUS      BUNDLE                                 CREATED                          OWNER
bad         -           damaged     state of container "bad" is damaged   -                                -
old         0           stopped     /srv/\x1b[2J                          2026-03-04T12:00:00Z             
web         4711        running     /srv/web "1"                          2026-03-04T12:05:06.700000001Z   root
`
	if norm(got.stdout) != norm(want) || got.status != 0 || got.stderr != "" {
		t.Errorf("got %+v, want\n%s", got, want)
	}
	// Columns stand below each other: what people's `awk` and `cut` see.
	lines := strings.Split(got.stdout, "\n")
	for _, col := range []string{"PID", "STATUS", "BUNDLE", "CREATED"} {
		at := strings.Index(lines[0], col)
		for _, l := range lines[1:4] {
			if l[at-1] != ' ' || l[at] == ' ' {
				t.Errorf("column %s is not at %d in %q", col, at, l)
			}
		}
	}
	got = command(t, &recorder{}, "list")
	if want := "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n"; got != (result{0, want, ""}) {
		t.Errorf("without containers: got %+v, want %q", got, want)
	}
}

// norm makes runs of spaces single.
func norm(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	return strings.Join(lines, "\n")
}

func TestListJSON(t *testing.T) {
	for _, flag := range []string{"--format=json", "-f json"} {
		got := command(t, &recorder{found: sample()}, append([]string{"list"}, strings.Fields(flag)...)...)
		var all []map[string]any
		if err := json.Unmarshal([]byte(got.stdout), &all); err != nil || got.status != 0 || len(all) != 3 {
			t.Fatalf("%+v: %v", got, err)
		}
		if all[0]["id"] != "bad" || all[0]["status"] != "damaged" || all[0]["error"] != "state of container \"bad\" is damaged" {
			t.Errorf("damaged: %v", all[0])
		}
		if all[1]["id"] != "old" || all[1]["bundle"] != "/srv/\x1b[2J" || all[1]["error"] != nil || all[1]["annotations"] != nil {
			t.Errorf("stopped: %v", all[1])
		}
		if all[2]["id"] != "web" || all[2]["pid"] != 4711.0 {
			t.Errorf("running: %v", all[2])
		}
	}
	if got := command(t, &recorder{}, "list", "--format", "json"); got != (result{0, "[]\n", ""}) {
		t.Errorf("without containers: got %+v", got)
	}
}

func TestListQuiet(t *testing.T) {
	for _, flags := range []string{"-q", "--quiet --format json"} {
		got := command(t, &recorder{found: sample()}, append([]string{"list"}, strings.Fields(flags)...)...)
		if got != (result{0, "bad\nold\nweb\n", ""}) {
			t.Errorf("%s: got %+v", flags, got)
		}
	}
}

func TestPlanOutput(t *testing.T) {
	if got := command(t, &recorder{text: "1 clone3\n"}, "plan"); got != (result{0, "1 clone3\n", ""}) {
		t.Errorf("got %+v", got)
	}
	// Half a plan is not a plan.
	if got := command(t, &recorder{text: "1 clone3\n", err: errors.New("root.path: missing")}, "plan"); got != (result{1, "", "runseal: root.path: missing\n"}) {
		t.Errorf("got %+v", got)
	}
}

func TestVersion(t *testing.T) {
	for _, line := range []string{"--version", "-v", "--version start c1"} {
		r := &recorder{}
		got := command(t, r, strings.Fields(line)...)
		lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
		if got.status != 0 || got.stderr != "" || len(r.calls) != 0 || lines[0] != "runseal version dev" {
			t.Fatalf("%s: %+v, %d calls", line, got, len(r.calls))
		}
		fields := map[string]string{}
		for _, l := range lines[1:] {
			k, v, ok := strings.Cut(l, ": ")
			if !ok || v == "" {
				t.Errorf("%s: line %q is not \"key: value\"", line, l)
			}
			fields[k] = v
		}
		if fields["spec"] != "1.3.0" || !strings.HasPrefix(fields["go"], "go1.") {
			t.Errorf("%s: %q", line, fields)
		}
	}
}

// TestHelp: every subcommand explains itself and its flags, and nothing is done.
func TestHelp(t *testing.T) {
	for _, line := range []string{"", "--help", "-h", "help"} {
		got := command(t, &recorder{}, strings.Fields(line)...)
		if got.status != 0 || got.stderr != "" {
			t.Errorf("%q: %+v", line, got)
		}
		for _, name := range commandNames {
			if !strings.Contains(got.stdout, "\n  "+name+" ") {
				t.Errorf("%q does not list %s", line, name)
			}
		}
	}
	for _, name := range commandNames {
		texts := map[string]bool{}
		for _, line := range []string{name + " --help", name + " -h c1", name + " --help c1 x y z", "help " + name, "--help " + name} {
			r := &recorder{}
			got := command(t, r, strings.Fields(line)...)
			if got.status != 0 || got.stderr != "" || len(r.calls) != 0 {
				t.Fatalf("%s: %+v, %d calls", line, got, len(r.calls))
			}
			texts[got.stdout] = true
		}
		if len(texts) != 1 {
			t.Errorf("%s: %d different texts", name, len(texts))
		}
		for text := range texts {
			if !strings.Contains(text, "Usage: runseal "+name) {
				t.Errorf("%s: no usage line in\n%s", name, text)
			}
			for _, l := range strings.Split(text, "\n") {
				if len(l) > 100 {
					t.Errorf("%s: line of %d columns: %s", name, len(l), l)
				}
			}
		}
	}
}

// TestFlagNames pins the command line: engines and scripts depend on it.
func TestFlagNames(t *testing.T) {
	create := "--bundle -b --pid-file --pidfd-socket --console-socket --no-pivot --no-new-keyring --preserve-fds"
	want := map[string]string{
		"create": create,
		"run":    create + " --detach -d --keep --no-subreaper",
		"start":  "",
		"state":  "",
		"kill":   "--all -a",
		"delete": "--force -f",
		"list":   "--format -f --quiet -q",
		"exec":   "--process -p --detach -d --pid-file --pidfd-socket --console-socket --tty -t --cwd --env -e --user -u --additional-gids -g --cap -c --no-new-privs --process-label --apparmor --preserve-fds --ignore-paused --cgroup",
		"ps":     "--format -f",
		"events": "--interval --stats",
		"pause":  "",
		"resume": "",
		"update": "--resources -r --memory --memory-reservation --memory-swap --pids-limit --cpu-share --cpu-quota --cpu-period --cpu-burst --cpu-rt-period --cpu-rt-runtime" +
			" --cpu-idle --cpuset-cpus --cpuset-mems --blkio-weight --kernel-memory --kernel-memory-tcp --l3-cache-schema --mem-bw-schema",
		"spec":     "--bundle -b --rootless",
		"features": "",

		"completion": "",
		"plan":       "--bundle -b --console-socket --no-pivot --no-new-keyring --preserve-fds",
	}
	if len(want) != len(commandNames) {
		t.Errorf("%d subcommands, want %d", len(commandNames), len(want))
	}
	for _, name := range commandNames {
		got := flagNames((&invocation{}).command(name).Flags)
		if w := strings.TrimSpace(want[name] + " --help -h"); got != w {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, w)
		}
	}
	const global = "--root --log --log-format --debug --systemd-cgroup --rootless --strict-seccomp --policy --criu --help -h --version -v"
	if got := flagNames((&invocation{}).app().Flags); got != global {
		t.Errorf("global flags:\ngot  %s\nwant %s", got, global)
	}
}

// flagNames writes the names of flags as they are typed.
func flagNames(flags []cli.Flag) string {
	var names []string
	for _, f := range flags {
		o := f.(*option)
		names = append(names, "--"+o.name)
		if o.short != "" {
			names = append(names, "-"+o.short)
		}
	}
	return strings.Join(names, " ")
}

func TestSpec(t *testing.T) {
	dir := t.TempDir()
	old := unix.Umask(0o027)
	defer unix.Umask(old)
	if got := command(t, &recorder{}, "spec", "--bundle", dir); got != (result{}) {
		t.Fatalf("got %+v", got)
	}
	file := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Stat(file); err != nil || fi.Mode() != 0o640 {
		t.Errorf("mode %v, %v, want 0640 after umask 027", fi.Mode(), err)
	}
	var s specs.Spec
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		t.Fatal(err)
	}
	if s.Linux == nil || s.Linux.Seccomp == nil || s.Linux.Seccomp.DefaultAction != specs.ActErrno || len(s.Linux.Seccomp.Syscalls) == 0 {
		t.Errorf("no seccomp profile in\n%s", text)
	}

	// Never over a file that is there, nor through a link.
	got := command(t, &recorder{}, "spec", "-b", dir)
	if got != (result{1, "", "runseal: " + file + ": file exists; remove it first\n"}) {
		t.Errorf("second time: got %+v", got)
	}
	if again, err := os.ReadFile(file); err != nil || !bytes.Equal(again, text) {
		t.Errorf("the file changed: %v", err)
	}
	link := t.TempDir()
	if err := os.Symlink(filepath.Join(link, "elsewhere"), filepath.Join(link, "config.json")); err != nil {
		t.Fatal(err)
	}
	if got := command(t, &recorder{}, "spec", "-b", link); got.status != 1 || !strings.Contains(got.stderr, "file exists") {
		t.Errorf("through a link: got %+v", got)
	}
	if got := command(t, &recorder{}, "spec", "-b", "/nonexistent"); got != (result{1, "", "runseal: open /nonexistent/config.json: no such file or directory\n"}) {
		t.Errorf("no directory: got %+v", got)
	}
}

// TestNotDone: what runc has and runseal does not is one line and status 1, also where
// engines ask by --help whether it is there.
func TestNotDone(t *testing.T) {
	for line, want := range map[string]string{
		"checkpoint --help":                    "checkpoint: runseal cannot save the processes of a container (CRIU is not supported)",
		"help checkpoint":                      "checkpoint: runseal cannot save the processes of a container (CRIU is not supported)",
		"--debug=false checkpoint --what c1 x": "checkpoint: runseal cannot save the processes of a container (CRIU is not supported)",
		"restore --bundle /b --detach c1":      "restore: runseal cannot make a container from saved processes (CRIU is not supported)",
		"restore --lsm-mount-context":          "restore: runseal cannot make a container from saved processes (CRIU is not supported)",
	} {
		r := &recorder{}
		if got := command(t, r, strings.Fields(line)...); got != (result{1, "", "runseal: " + want + "\n"}) || len(r.calls) != 0 {
			t.Errorf("%s: got %+v", line, got)
		}
	}
}
