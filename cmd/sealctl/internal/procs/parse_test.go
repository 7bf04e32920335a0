package procs

import (
	"reflect"
	"strings"
	"testing"
)

// A status as Linux 6.18 writes it, shortened.
const statusText = "Name:\tsh\\nx (y)\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4711\nNgid:\t0\nPid:\t4711\nPPid:\t4700\nTracerPid:\t0\n" +
	"NStgid:\t4711\t1\nNSpid:\t4711\t1\nKthread:\t0\nThreads:\t3\nCapEff:\t0000000000000000\nCapBnd:\t00000000a80425fb\n" +
	"NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t2\nSpeculation_Store_Bypass:\tvulnerable\n"

func TestParseStatus(t *testing.T) {
	got, err := ParseStatus(statusText)
	want := &Status{Name: `sh\nx (y)`, State: 'S', Tgid: 4711, Pid: 4711, PPid: 4700, Threads: 3, NSpid: []int{4711, 1},
		CapBnd: 0xa80425fb, Seccomp: Seccomp{ModeFilter, 2, 1}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	old := strings.NewReplacer("NSpid:\t4711\t1\n", "", "NoNewPrivs:\t1\n", "", "Seccomp_filters:\t2\n", "").Replace(statusText)
	if got, err = ParseStatus(old); err != nil || got.Seccomp != (Seccomp{ModeFilter, Unknown, Unknown}) || got.NSpid != nil {
		t.Errorf("an old kernel: %+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"": "is missing",
		strings.Replace(statusText, "Pid:\t4711\nPPid", "Pid:\t-1\nPPid", 1):      `line "Pid:\t-1"`,
		strings.Replace(statusText, "Seccomp:\t2", "Seccomp:\ttwo", 1):            `line "Seccomp:\ttwo"`,
		strings.Replace(statusText, "NSpid:\t4711\t1", "NSpid:\t4711\tone", 1):    `line "NSpid:`,
		strings.Replace(statusText, "CapBnd:\t00000000a80425fb", "CapBnd:x", 1):   `line "CapBnd:x"`,
		strings.Replace(statusText, "Threads:\t3", "Threads:\t99999999999999", 1): `line "Threads:`,
		strings.Replace(statusText, "State:\tS (sleeping)\n", "", 1):              "State",
		strings.Replace(statusText, "S (sleeping)", "", 1):                        "expected a letter",
	} {
		if _, err := ParseStatus(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestParseStat(t *testing.T) {
	const rest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 2191106 20"
	for text, want := range map[string]uint64{
		"1 (init)" + rest:           2191106,
		"1 (a) S 1 (b\n) c)" + rest: 2191106,
		"1 (init) S 1 2 3":          0,
		"1 init" + rest:             0,
		"1 (x)" + strings.Replace(rest, "2191106", "-1", 1): 0,
	} {
		if got, err := ParseStat(text); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestParseNamespace(t *testing.T) {
	if n, err := ParseNamespace("pid", "pid:[4026531836]"); n != 4026531836 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, link := range []string{"", "pid:[]", "pid:[12", "mnt:[12]", "pid:12]", "pid:[-1]"} {
		if n, err := ParseNamespace("pid", link); err == nil {
			t.Errorf("%q: %d, want an error", link, n)
		}
	}
}

func TestParseCmdline(t *testing.T) {
	for text, want := range map[string]string{
		"sleep\x003000\x00":                  "sleep 3000",
		"":                                   "",
		"\x00\x00":                           "",
		"a\x1b[31mred\nb\x00\xff\x00ünicode": "a?[31mred?b ? ünicode",
	} {
		if got := ParseCmdline(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if n := len(ParseCmdline(strings.Repeat("x", 1<<20))); n != maxCommand {
		t.Errorf("a command line of 1 MB becomes %d bytes, want %d", n, maxCommand)
	}
}

func TestParseCgroup(t *testing.T) {
	got, err := ParseCgroup("9:name=systemd:/a:b\n4:cpu,cpuacct:/\n0::/c\n")
	want := []Cgroup{{9, "name=systemd", "/a:b"}, {4, "cpu,cpuacct", "/"}, {0, "", "/c"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"x:y:/\n", "1:/\n", "\n", "-1::/\n"} {
		if got, err := ParseCgroup(text); err == nil {
			t.Errorf("%q: %v, want an error", text, got)
		}
	}
}

const (
	id1 = "3f4e5d6c7b8a99887766554433221100ffeeddccbbaa99887766554433221100"
	id2 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	uid = "0a1b2c3d-1111-2222-3333-444455556666"
)

func TestContainerOf(t *testing.T) {
	sliceUID := strings.ReplaceAll(uid, "-", "_")
	pod := "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + sliceUID + ".slice"
	for _, c := range []struct{ path, engine, id, up string }{
		{"/docker/" + id1, Docker, id1, ""},
		{"/system.slice/docker-" + id1 + ".scope", Docker, id1, ""},
		{"/docker/" + id1 + "/init.scope", Docker, id1, "/docker/" + id1},
		{"/docker/" + id1 + "/docker/" + id2, Docker, id2, ""},
		{"/docker/" + id1 + "/kubelet/kubepods/besteffort/pod" + uid + "/" + id2, Kubernetes, id2, ""},
		{"/kubepods/besteffort/pod" + uid + "/" + id1, Kubernetes, id1, ""},
		{"/kubepods/pod" + uid + "/" + id1, Kubernetes, id1, ""},
		{"/kubepods/besteffort/pod" + uid + "/crio-" + id1, CRIO, id1, ""},
		{"/kubepods/besteffort/pod" + uid, "", "", ""},
		{pod, "", "", ""},
		{pod + "/cri-containerd-" + id1 + ".scope", Containerd, id1, ""},
		{pod + "/crio-" + id1 + ".scope/container", CRIO, id1, pod + "/crio-" + id1 + ".scope"},
		{pod + "/crio-conmon-" + id1 + ".scope", "", "", ""},
		{pod + "/docker-" + id1 + ".scope", Docker, id1, ""},
		{pod + "/" + id1, Kubernetes, id1, ""},
		{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + sliceUID + ".slice/cri-containerd-" + id1 + ".scope", Containerd, id1, ""},
		{"/system.slice/containerd.service/kubepods-besteffort-pod" + sliceUID + ".slice:cri-containerd:" + id1, Containerd, id1, ""},
		{"/machine.slice/libpod-" + id1 + ".scope/container", Podman, id1, "/machine.slice/libpod-" + id1 + ".scope"},
		{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id1 + ".scope", Podman, id1, ""},
		{"/machine.slice/libpod-conmon-" + id1 + ".scope", "", "", ""},
		{"/libpod_parent/libpod-" + id1, Podman, id1, ""},
		{"/libpod_parent/conmon", "", "", ""},
		{"/k8s.io/" + id1, Containerd, id1, ""},
		{"/default/redis", Containerd, "redis", ""},
		{"/a/default/redis", "", "", ""},
		{"/system.slice/nerdctl-" + id1 + ".scope", Nerdctl, id1, ""},
		{"/runseal/web", Runseal, "web", ""},
		{"/runseal/web/inner", Runseal, "web", "/runseal/web"},
		{"/system.slice/runc-web.scope", Runc, "web", ""},
		{"/user.slice/crun-web.scope", Crun, "web", ""},
		{"/runseal", "", "", ""},
		{"/docker", "", "", ""},
		{"/docker/buildkit", "", "", ""},
		{"/", "", "", ""},
		{"", "", "", ""},
		{"/system.slice/docker.service", "", "", ""},
		{"/user.slice/user-0.slice/session-1.scope", "", "", ""},
		{"/docker-compose-tests/run", "", "", ""},
		{"/runseal/..", "", "", ""},
		{"/runseal/a b", "", "", ""},
		{"/memory/" + id1, "", "", ""},
	} {
		engine, id, up, ok := ContainerOf(c.path)
		if c.up == "" && c.engine != "" {
			c.up = c.path
		}
		if engine != c.engine || id != c.id || up != c.up || ok != (c.engine != "") {
			t.Errorf("%s: %q %q %q %v, want %q %q %q", c.path, engine, id, up, ok, c.engine, c.id, c.up)
		}
	}
}

// Whatever the text is: no panic, and what is accepted keeps its promises.
func FuzzParse(f *testing.F) {
	f.Add(statusText)
	f.Add("9:name=systemd:/docker/" + id1 + "\n0::/runseal/web\n")
	f.Add("1 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20")
	f.Add("pid:[4026531836]")
	f.Add("/kubepods/pod1/crio-" + id1)
	f.Add("sleep\x00\x1b[2J\xff")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseStatus(text); err == nil && (s.Pid <= 0 || s.Tgid <= 0 || s.PPid < 0 || s.Mode < Unknown) {
			t.Errorf("status %+v", s)
		}
		list, err := ParseCgroup(text)
		for _, c := range list {
			if err == nil && (c.Hierarchy < 0 || strings.Contains(c.Path, "\n")) {
				t.Errorf("cgroup %+v", c)
			}
		}
		for _, path := range append(list, Cgroup{Path: text}) {
			engine, id, up, ok := ContainerOf(path.Path)
			if ok != (engine != "") || ok && (!validID(id) || !strings.Contains(up, id) || !strings.HasPrefix(path.Path, up)) {
				t.Errorf("%q: %q %q %q %v", path.Path, engine, id, up, ok)
			}
		}
		if _, err := ParseStat(text); err == nil && !strings.Contains(text, ")") {
			t.Error("stat without a name")
		}
		if _, err := ParseNamespace("pid", text); err == nil && !strings.HasPrefix(text, "pid:[") {
			t.Errorf("namespace %q", text)
		}
		if s := ParseCmdline(text); strings.ContainsAny(s, "\n\x1b\x00") || len(s) > 2*maxCommand {
			t.Errorf("command %q", s)
		}
	})
}
