package features

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// full is a box that uses every field which makes a system call, and the names
// that plan must give.
func full(t *testing.T) (*box.Box, []string) {
	t.Helper()
	b := box.New(t, "/bin/touch", "/executed")
	p, l := b.Spec.Process, b.Spec.Linux
	umask, score := uint32(0o27), 100
	p.User = specs.User{UID: 1000, GID: 1001, AdditionalGids: []uint32{5, 6}, Umask: &umask}
	p.Cwd = "/made/by/cwd"
	p.Terminal = true
	p.OOMScoreAdj = &score
	p.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 100, Hard: 200}, {Type: "RLIMIT_CORE"}}
	p.Capabilities.Inheritable = []string{"CAP_KILL"}
	p.Capabilities.Ambient = []string{"CAP_KILL"}
	b.Spec.Hostname, b.Spec.Domainname = "planned", "example.org"
	b.Spec.Root.Readonly = true
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o644))
	b.Mount("bind", file, "/made/by/bind", "bind,ro")
	b.Mount("tmpfs", "tmpfs", "/made/by/tmpfs", "tmpcopyup,ro,size=1m")
	b.SetNamespace(specs.LinuxNamespace{Type: specs.NetworkNamespace, Path: "/proc/self/ns/net"})
	b.SetNamespace(specs.LinuxNamespace{Type: specs.CgroupNamespace})
	l.Sysctl = map[string]string{"kernel.shmmax": "4194304", "kernel.msgmax": "8192"}
	l.RootfsPropagation = "rslave"
	l.Personality = &specs.LinuxPersonality{Domain: specs.PerLinux}
	l.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: specs.MpolPreferred, Nodes: "0"}
	p.Scheduler, p.IOPriority = &specs.Scheduler{Policy: specs.SchedBatch}, &specs.LinuxIOPriority{Class: specs.IOPRIO_CLASS_BE}
	l.Devices = []specs.LinuxDevice{{Path: "/dev/one", Type: "c", Major: 1, Minor: 3}, {Path: "/dev/deep/two", Type: "p"}}
	l.Seccomp = box.Seccomp(specs.ActErrno, box.Rule(specs.ActAllow, "execve", "write", "exit_group"))
	names := []string{
		"process.args[0]", "process.user", "process.user.umask", "process.cwd", "process.terminal", "process.oomScoreAdj",
		"process.rlimits[0]", "process.rlimits[1]", "process.capabilities", "process.capabilities.bounding",
		"process.capabilities.ambient", "process.noNewPrivileges", "root.path", "root.readonly", "hostname", "domainname",
		"linux.namespaces", "linux.namespaces[1].path", "linux.sysctl", "linux.rootfsPropagation", "linux.devices[0]", "linux.devices[1]",
		"linux.seccomp", "linux.cgroupsPath", "linux.personality", "linux.memoryPolicy", "process.scheduler",
	}
	for i := range b.Spec.Mounts {
		names = append(names, "mounts["+itoa(i)+"]")
	}
	for i := range l.MaskedPaths {
		names = append(names, "linux.maskedPaths["+itoa(i)+"]")
	}
	for i := range l.ReadonlyPaths {
		names = append(names, "linux.readonlyPaths["+itoa(i)+"]")
	}
	return b, names
}

// planLine is what every line looks like: an index, or a dash for the clone in
// front.
var planLine = regexp.MustCompile(`^ *(\d+|-)  \S`)

// fieldsOf lists the last columns of a plan's lines that name a field, or several:
// "linux.namespaces, linux.cgroupsPath".
func fieldsOf(plan string) []string {
	var fields []string
	for _, l := range strings.Split(plan, "\n") {
		words := strings.Fields(l)
		for i := len(words) - 1; i >= 0; i-- {
			fields = append(fields, strings.TrimSuffix(words[i], ","))
			if i == 0 || !strings.HasSuffix(words[i-1], ",") {
				break
			}
		}
	}
	return fields
}

// tree is every file below a directory with what a change of it would change.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var s strings.Builder
	must(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		var st unix.Stat_t
		if err == nil {
			err = unix.Lstat(path, &st)
		}
		s.WriteString(path + " " + itoa(int(st.Mode)) + " " + itoa(int(st.Ino)) + " " + itoa(int(st.Size)) + " " + itoa(int(st.Ctim.Nano())) + "\n")
		return err
	}))
	return s.String()
}

func TestPlanNamesEveryField(t *testing.T) {
	b, want := full(t)
	b.WriteConfig(b.Config())
	r := b.Must("plan", b.Dir)
	got := fieldsOf(r.Stdout)
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("no line of the plan is for %s", name)
		}
	}
	for _, l := range strings.Split(strings.TrimSpace(r.Stdout), "\n") {
		if !planLine.MatchString(l) {
			t.Errorf("a line of the plan is %q", l)
		}
	}
	// The seal: the filter, then the program, and nothing after it.
	lines := strings.Split(strings.TrimSpace(r.Stdout), "\n")
	last := len(lines) - 1
	for last > 0 && !strings.Contains(lines[last], " execve(") {
		last--
	}
	if last == 0 || !strings.Contains(lines[last-1]+lines[max(0, last-2)]+lines[max(0, last-3)]+lines[max(0, last-4)], "seccomp(") {
		t.Errorf("the end of the plan is\n%s", strings.Join(lines[max(0, len(lines)-16):], "\n"))
	}
	if !strings.Contains(r.Stdout, `"planned"`) || !strings.Contains(r.Stdout, `"example.org"`) || !strings.Contains(r.Stdout, "4194304") {
		t.Error("the plan lacks values of config.json")
	}

	u := box.New(t, "/bin/true")
	usersOf(u)
	u.WriteConfig(u.Config())
	if out := u.Must("plan", u.Dir).Stdout; !slices.Contains(fieldsOf(out), "linux.uidMappings") {
		t.Errorf("no line of the plan is for linux.uidMappings:\n%s", out)
	}
}

func TestPlanExecutesNothing(t *testing.T) {
	b, _ := full(t)
	r := listen(t, 1)
	b.WriteConfig(b.Config())
	files := tree(t, b.Dir)
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	must(t, err)
	for _, flags := range [][]string{nil, {"--no-pivot"}, {"--no-new-keyring"}, {"--console-socket", r.path}} {
		if res := b.Must(append(append([]string{"plan"}, flags...), b.Dir)...); res.Stderr != "" || strings.Count(res.Stdout, "\n") < 100 {
			t.Errorf("plan %q: %d lines, stderr %q", flags, strings.Count(res.Stdout, "\n"), res.Stderr)
		}
	}
	if now := tree(t, b.Dir); now != files {
		t.Errorf("the bundle was\n%s\nand is\n%s", files, now)
	}
	if now, err := os.ReadFile("/proc/self/mountinfo"); err != nil || string(now) != string(mounts) {
		t.Errorf("the mount table was\n%s\nand is\n%s", mounts, now)
	}
	absent(t, b.Root)
	r.untouched()
	b.NothingLeft()
	// The same bundle without the directory is an error, not a plan.
	if res := b.Do("plan", b.Dir+"/nowhere"); res.Status == 0 || res.Stdout != "" {
		t.Errorf("plan of nothing: exit status %d, stdout %q", res.Status, res.Stdout)
	}
}
