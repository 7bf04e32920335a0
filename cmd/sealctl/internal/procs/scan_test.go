package procs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// task is a process or thread of a made-up /proc.
type task struct {
	pid, ppid int
	ns        uint64 // pid namespace; 0: the link cannot be read
	nspid     []int  // after pid
	cgroup    string // without the hierarchies' lines: version 2
	mode      int
	filters   int
	start     uint64
	name      string
	state     string // S if empty
	threads   []task
}

const hostNS = 4026531836

func (k task) status(pid, n int) string {
	state := k.state
	if state == "" {
		state = "S (sleeping)"
	}
	text := fmt.Sprintf("Name:\t%s\nState:\t%s\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nNSpid:\t%d", k.name, state, pid, k.pid, k.ppid, k.pid)
	for _, n := range k.nspid {
		text += fmt.Sprintf("\t%d", n)
	}
	return text + fmt.Sprintf("\nThreads:\t%d\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t1\nSeccomp:\t%d\nSeccomp_filters:\t%d\n", n, k.mode, k.filters)
}

// procfs writes a /proc.
func procfs(t *testing.T, tasks ...task) string {
	t.Helper()
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("uptime", "1 1\n")
	write("self/cgroup", "0::/user.slice/session-1.scope\n")
	for _, k := range append([]task{{pid: 1, ns: hostNS, cgroup: "/init.scope", start: 1, name: "systemd"}}, tasks...) {
		dir := fmt.Sprint(k.pid)
		write(dir+"/status", k.status(k.pid, 1+len(k.threads)))
		cgroup := k.cgroup
		if !strings.Contains(cgroup, "\n") {
			cgroup = "0::" + cgroup + "\n"
		}
		write(dir+"/cgroup", cgroup)
		write(dir+"/stat", fmt.Sprintf("%d (%s) S %d%s %d 0\n", k.pid, k.name, k.ppid, strings.Repeat(" 0", 17), k.start))
		write(dir+"/cmdline", k.name+"\x00arg\x00")
		if err := os.Mkdir(filepath.Join(root, dir, "ns"), 0o755); err != nil {
			t.Fatal(err)
		}
		if k.ns != 0 {
			if err := os.Symlink(fmt.Sprintf("pid:[%d]", k.ns), filepath.Join(root, dir, "ns/pid")); err != nil {
				t.Fatal(err)
			}
		}
		for _, thread := range k.threads {
			thread.ppid, thread.name = k.ppid, k.name
			write(fmt.Sprintf("%s/task/%d/status", dir, thread.pid), thread.status(k.pid, 1+len(k.threads)))
		}
	}
	return root
}

// summary is "ID ENGINE RUNTIME FIRST [PIDS]" for each container.
func summary(s *Snapshot) (list []string) {
	for _, c := range s.Containers() {
		var pids []int
		for _, p := range c.Processes {
			pids = append(pids, p.Pid)
		}
		id := c.ID
		if len(id) == 64 {
			id = id[:6]
		}
		list = append(list, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %d %v", id, c.Engine, c.Runtime, c.First.Pid, pids)), " "))
	}
	return list
}

func TestScan(t *testing.T) {
	pod := "/kubepods/besteffort/pod" + uid + "/"
	for _, c := range []struct {
		name  string
		tasks []task
		known []Known
		want  []string
	}{
		{"none", []task{{pid: 50, ppid: 1, ns: hostNS, cgroup: "/system.slice/cron.service", start: 9, name: "cron"}}, nil, nil},
		{"docker with an exec", []task{
			{pid: 100, ppid: 90, ns: 7, nspid: []int{1}, cgroup: "/docker/" + id1, start: 50, name: "app"},
			{pid: 99, ppid: 90, ns: 7, nspid: []int{30}, cgroup: "/docker/" + id1, start: 60, name: "exec"},
		}, nil, []string{"3f4e5d docker 100 [99 100]"}},
		{"host pid namespace", []task{
			{pid: 100, ppid: 90, ns: hostNS, cgroup: "/docker/" + id1, start: 50, name: "app"},
			{pid: 101, ppid: 100, ns: hostNS, cgroup: "/docker/" + id1 + "/sub", start: 49, name: "child"},
		}, nil, []string{"3f4e5d docker 101 [100 101]"}},
		{"a pod that shares", []task{
			{pid: 10, ppid: 5, ns: 7, nspid: []int{1}, cgroup: pod + id1, start: 10, name: "pause"},
			{pid: 20, ppid: 5, ns: 7, nspid: []int{8}, cgroup: pod + id2, start: 20, name: "app"},
			{pid: 21, ppid: 20, ns: 7, nspid: []int{9}, cgroup: pod + id2, start: 21, name: "worker"},
		}, nil, []string{"3f4e5d kubernetes 10 [10]", "001122 kubernetes 20 [20 21]"}},
		{"no engine", []task{
			{pid: 11, ppid: 10, ns: 7, nspid: []int{2}, cgroup: "/user.slice/x", start: 12, name: "child"},
			{pid: 10, ppid: 5, ns: 7, nspid: []int{1}, cgroup: "/user.slice/x", start: 11, name: "bwrap"},
		}, nil, []string{"pidns:7 10 [10 11]"}},
		{"no right to read the namespace", []task{
			{pid: 10, ppid: 5, nspid: []int{1}, cgroup: "/user.slice/x", start: 11, name: "bwrap"},
			{pid: 11, ppid: 10, nspid: []int{2}, cgroup: "/user.slice/x", start: 12, name: "child"},
			{pid: 30, ppid: 5, nspid: []int{1}, cgroup: "/user.slice/x", start: 13, name: "other"},
			{pid: 31, ppid: 30, nspid: []int{5, 1}, cgroup: "/user.slice/x", start: 14, name: "inner"},
		}, nil, []string{"init:10 10 [10 11]", "init:30 30 [30]", "init:31 31 [31]"}},
		{"moved out of its cgroup", []task{
			{pid: 10, ppid: 5, ns: 7, nspid: []int{1}, cgroup: "/docker/" + id1, start: 11, name: "app"},
			{pid: 11, ppid: 10, ns: 7, nspid: []int{2}, cgroup: "/elsewhere", start: 12, name: "child"},
		}, nil, []string{"3f4e5d docker 10 [10 11]"}},
		{"a sandbox inside", []task{
			{pid: 10, ppid: 5, ns: 7, nspid: []int{1}, cgroup: "/docker/" + id1, start: 11, name: "app"},
			{pid: 11, ppid: 10, ns: 8, nspid: []int{2, 1}, cgroup: "/docker/" + id1, start: 10, name: "sandbox"},
		}, nil, []string{"3f4e5d docker 10 [10 11]"}},
		{"docker in docker", []task{
			{pid: 10, ppid: 5, ns: 7, nspid: []int{1}, cgroup: "/docker/" + id1, start: 11, name: "dockerd"},
			{pid: 11, ppid: 10, ns: 8, nspid: []int{2, 1}, cgroup: "/docker/" + id1 + "/docker/" + id2, start: 12, name: "app"},
		}, nil, []string{"3f4e5d docker 10 [10]", "001122 docker 11 [11]"}},
		{"version 1", []task{
			{pid: 10, ppid: 5, ns: 7, nspid: []int{1}, cgroup: "9:name=systemd:/docker/" + id1 + "\n4:memory:/docker/" + id1 + "\n0::/\n", start: 11, name: "app"},
		}, nil, []string{"3f4e5d docker 10 [10]"}},
		{"of a runtime's state", []task{
			{pid: 10, ppid: 1, ns: 7, nspid: []int{1}, cgroup: "/mine/web", start: 11, name: "app"},
			{pid: 11, ppid: 10, ns: hostNS, cgroup: "/mine/web/sub", start: 12, name: "joined"},
			{pid: 12, ppid: 1, ns: hostNS, cgroup: "/mine/webster", start: 12, name: "other"},
			{pid: 13, ppid: 10, ns: 9, nspid: []int{4, 1}, cgroup: "/mine/web/docker/" + id2, start: 13, name: "inner"},
		}, []Known{{"web", Runc, 10, 11}}, []string{"web runc 10 [10 11]", "001122 docker 13 [13]"}},
		{"a later process of the same pid", []task{
			{pid: 10, ppid: 1, ns: hostNS, cgroup: "/mine/web", start: 99, name: "other"},
		}, []Known{{"web", Runc, 10, 11}}, nil},
		{"known, below an engine", []task{
			{pid: 10, ppid: 1, ns: 7, nspid: []int{1}, cgroup: pod + "crio-" + id1, start: 11, name: "app"},
		}, []Known{{id1, Runseal, 10, 11}}, []string{"3f4e5d cri-o runseal 10 [10]"}},
		{"known, in our own cgroup", []task{
			{pid: 10, ppid: 1, ns: 7, nspid: []int{1}, cgroup: "/user.slice/session-1.scope", start: 11, name: "app"},
			{pid: 12, ppid: 1, ns: hostNS, cgroup: "/user.slice/session-1.scope", start: 12, name: "shell"},
		}, []Known{{"web", Runc, 10, 11}}, []string{"web runc 10 [10]"}},
		{"the same id twice", []task{
			{pid: 10, ppid: 1, ns: 7, nspid: []int{1}, cgroup: "/a", start: 11, name: "app"},
			{pid: 20, ppid: 1, ns: 8, nspid: []int{1}, cgroup: "/b", start: 12, name: "app"},
		}, []Known{{"web", Runc, 10, 11}, {"web", Crun, 20, 12}}, []string{"web runc 10 [10]", "web (crun) crun 20 [20]"}},
		{"zombies do not count", []task{
			{pid: 10, ppid: 1, ns: 7, nspid: []int{1}, cgroup: "/docker/" + id1, start: 11, name: "app", state: "Z (zombie)"},
		}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Scan(procfs(t, c.tasks...), Options{Known: c.known})
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(s); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if s.Unreadable != 0 && c.name != "no right to read the namespace" {
				t.Errorf("%d unreadable", s.Unreadable)
			}
			for _, container := range s.Containers() {
				if s.Of(container.First.Pid) != container {
					t.Errorf("process %d is not in %s", container.First.Pid, container.ID)
				}
			}
			if s.Of(1) != nil {
				t.Error("process 1 is in a container")
			}
		})
	}
}

func TestDiffering(t *testing.T) {
	in := func(k task) task {
		k.ns, k.cgroup, k.name = 7, "/docker/"+id1, "app"
		return k
	}
	root := procfs(t,
		in(task{pid: 10, ppid: 5, nspid: []int{1}, start: 1, mode: 2, filters: 2, threads: []task{
			{pid: 11, mode: 2, filters: 2}, {pid: 12, mode: 2, filters: 1}, {pid: 13, mode: 0, state: "X (dead)"}}}),
		in(task{pid: 20, ppid: 10, nspid: []int{2}, start: 2, mode: 2, filters: 2}),
		in(task{pid: 30, ppid: 5, nspid: []int{3}, start: 3, mode: 0, threads: []task{{pid: 31, mode: 0}, {pid: 32, mode: 1}}}),
		in(task{pid: 40, ppid: 10, nspid: []int{4}, start: 4, mode: 2, filters: 3}),
	)
	for _, threads := range []bool{true, false} {
		s, err := Scan(root, Options{Threads: threads})
		if err != nil || len(s.Containers()) != 1 {
			t.Fatalf("%v, %v", summary(s), err)
		}
		var got []string
		for _, d := range s.Containers()[0].Differing() {
			got = append(got, fmt.Sprintf("%d/%d %s %s", d.Pid, d.Tid, d.Relation, d.Command))
		}
		want := []string{"10/12 weaker app arg", "30/30 unfiltered app arg", "30/32 stricter app arg", "40/40 stricter app arg"}
		if !threads {
			want = []string{want[1], want[3]}
		}
		if !slices.Equal(got, want) {
			t.Errorf("threads %v: %q, want %q", threads, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		first, second Seccomp
		want          Relation
	}{
		{Seccomp{Mode: 2, Filters: 1}, Seccomp{Mode: 2, Filters: 1, NoNewPrivs: 1}, Same},
		{Seccomp{Mode: 2, Filters: Unknown}, Seccomp{Mode: 2, Filters: Unknown}, Same},
		{Seccomp{Mode: 2, Filters: Unknown}, Seccomp{Mode: 0}, Unfiltered},
		{Seccomp{Mode: 1}, Seccomp{Mode: 2, Filters: 9}, Weaker},
		{Seccomp{Mode: 0}, Seccomp{Mode: 2, Filters: 1}, Stricter},
		{Seccomp{Mode: Unknown}, Seccomp{Mode: 2}, NotKnown},
	} {
		if got := Compare(c.first, c.second); got != c.want {
			t.Errorf("%+v, %+v: %s, want %s", c.first, c.second, got, c.want)
		}
	}
}

// Files that are missing or damaged leave a process out, or a field, and are counted.
func TestScanDamaged(t *testing.T) {
	root := procfs(t, task{pid: 10, ppid: 5, ns: 7, nspid: []int{1}, cgroup: "/docker/" + id1, start: 9, name: "app"},
		task{pid: 20, ppid: 5, ns: 8, nspid: []int{1}, cgroup: "/docker/" + id2, start: 10, name: "app"})
	for name, text := range map[string]string{"10/cgroup": "junk\n", "20/status": "junk\n", "1/stat": "junk"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(root, "30"), 0o755); err != nil { // it has just ended
		t.Fatal(err)
	}
	s, err := Scan(root, Options{Threads: true})
	if err != nil || s.Hidden || s.Unreadable != 3 || !slices.Equal(summary(s), []string{"pidns:7 10 [10]"}) {
		t.Errorf("%v, %d unreadable, %v", summary(s), s.Unreadable, err)
	}
	if err := os.RemoveAll(filepath.Join(root, "1")); err != nil { // hidepid=2
		t.Fatal(err)
	}
	if s, err := Scan(root, Options{}); err != nil || !s.Hidden {
		t.Errorf("without process 1: hidden is not set, %v", err)
	}
	if _, err := Scan(t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "expected a procfs") {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := Scan(filepath.Join(root, "missing"), Options{}); err == nil {
		t.Error("no directory: no error")
	}
}

// The real /proc has this process in it, and a child in a namespace of its own is a
// container.
func TestScanHere(t *testing.T) {
	s, err := Scan("/proc", Options{Threads: true})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(s.Processes, func(p *Process) bool { return p.Pid == os.Getpid() })
	if i < 0 {
		t.Fatalf("%d processes, this one is not among them", len(s.Processes))
	}
	if p := s.Processes[i]; p.Start == 0 || p.PPid != os.Getppid() || p.Threads == 0 || len(p.Cgroups) == 0 || !strings.Contains(p.Command, "procs.test") {
		t.Errorf("%+v", p)
	}
	if os.Geteuid() != 0 {
		t.Skip("a pid namespace needs root")
	}
	cmd := exec.Command("/bin/cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	if s, err = Scan("/proc", Options{Threads: true}); err != nil {
		t.Fatal(err)
	}
	if c := s.Of(cmd.Process.Pid); c == nil || c.First.Pid != cmd.Process.Pid || len(c.Processes) != 1 || s.Of(os.Getpid()) == c {
		t.Errorf("%+v of %v", c, summary(s))
	}
}
