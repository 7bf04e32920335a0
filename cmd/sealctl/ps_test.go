package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/runseal/runseal/cmd/sealctl/internal/procs"
)

// lines returns the lines of ps for these ids, with single spaces and pids by name.
func lines(text string, pids map[string]int) (out []string) {
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(line), " ")
		for id, pid := range pids {
			if strings.HasPrefix(line, id+" ") || strings.HasPrefix(line, strconv.Itoa(pid)+" ") {
				out = append(out, strings.ReplaceAll(line, strconv.Itoa(pid), "PID"))
			}
		}
	}
	return out
}

// Containers of runseal with their configured profile, and nothing stopped.
func TestPs(t *testing.T) {
	none, one, two := startVictim(t, 0), startVictim(t, 1), startVictim(t, 2)
	root, local := filepath.Join(t.TempDir(), "root"), t.TempDir()
	if err := os.WriteFile(filepath.Join(local, "victim.json"), []byte(victimProfile), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(local, "broken.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	container(t, root, "ps-none", none, `{"ociVersion":"1.2.0"}`)
	container(t, root, "ps-one", one, `{"ociVersion":"1.2.0","linux":{"seccomp":`+victimProfile+`}}`)
	container(t, root, "ps-two", two, `{"ociVersion":"1.2.0","linux":{"seccomp":`+small+`}}`)
	if err := os.WriteFile(container(t, root, "ps-wait", os.Getppid(), `{"ociVersion":"1.2.0"}`).FifoPath(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	container(t, root, "ps-gone", 0, `{"ociVersion":"1.2.0"}`)
	pids := map[string]int{"ps-none": none, "ps-one": one, "ps-two": two, "ps-wait": os.Getppid()}
	args := []string{"ps", "--root", root, "--seccomp-profile-root", local}

	status, stdout, stderr := sealctl("", args...)
	if status != 0 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "broken.json") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if !strings.HasPrefix(stdout, "CONTAINER ") {
		t.Errorf("no headers in\n%s", stdout)
	}
	got := lines(stdout, pids)
	slices.Sort(got)
	// The one of ps-wait is another program, and its mode that of the machine.
	if i := len(got) - 1; i >= 0 {
		got[i] = regexp.MustCompile(`(runseal) .* (\(not started\)) .*`).ReplaceAllString(got[i], "$1 $2")
	}
	if want := []string{
		"ps-none PID runseal none 0 no - unconfined /bin/cat",
		"ps-one PID runseal filter 1 yes - [localhost/victim.json] /bin/cat",
		"ps-two PID runseal filter 2 yes - [unknown] /bin/cat",
		"ps-wait PID runseal (not started)",
	}; !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	_, again, _ := sealctl("", append(args, "--no-headers")...)
	if _, body, _ := strings.Cut(stdout, "\n"); len(lines(again, pids)) != 4 || strings.Contains(again, "CONTAINER") || strings.Count(again, "\n") != strings.Count(body, "\n") {
		t.Errorf("without headers\n%s", again)
	}
	_, ids, _ := sealctl("", append(args, "-q")...)
	for id := range pids {
		if !slices.Contains(strings.Fields(ids), id) {
			t.Errorf("no %s in %q", id, ids)
		}
	}

	// With --profile the name on the command line comes first.
	file := filepath.Join(t.TempDir(), "mine.json")
	if err := os.WriteFile(file, []byte(victimProfile), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, _ = sealctl("", append(args, "-o", "json", "--profile", file)...)
	var list []psEntry
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || status != 0 {
		t.Fatalf("status %d, %v", status, err)
	}
	i := slices.IndexFunc(list, func(e psEntry) bool { return e.ID == "ps-one" })
	if i < 0 || list[i].ProfileFrom != "config" || len(list[i].Profiles) != 1 || list[i].Profiles[0].Name != file || *list[i].Filters != 1 || !*list[i].NoNewPrivs || list[i].Mode != "filter" {
		t.Errorf("%+v", list)
	}
	i = slices.IndexFunc(list, func(e psEntry) bool { return e.ID == "ps-wait" })
	if i < 0 || !list[i].Waiting || list[i].Profiles != nil {
		t.Errorf("not started: %+v", list)
	}
	for i := 1; i < len(list); i++ {
		a, _ := processStart(list[i-1].Pid)
		if b, _ := processStart(list[i].Pid); a > b {
			t.Errorf("%s is before %s, which is older", list[i-1].ID, list[i].ID)
		}
	}

	if os.Geteuid() != 0 {
		t.Skip("reading the filters of a process needs root")
	}
	_, stdout, _ = sealctl("", append(args, "--recognize")...)
	got = lines(stdout, map[string]int{"ps-one": one, "ps-two": two})
	slices.Sort(got)
	if want := []string{
		"ps-one PID runseal filter 1 yes - localhost/victim.json /bin/cat",
		"ps-two PID runseal filter 2 yes - localhost/victim.json + localhost/victim.json /bin/cat",
	}; !slices.Equal(got, want) {
		t.Errorf("recognized\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func processStart(pid int) (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return procs.ParseStat(string(text))
}

func TestPsCells(t *testing.T) {
	const hex = "3f4e5d6c7b8a99887766554433221100ffeeddccbbaa99887766554433221100"
	for id, want := range map[string]string{
		hex: "3f4e5d6c7b8a", "web": "web", "abcdef": "abcdef", "pidns:4026532180": "pidns:4026532180",
		"k8s_" + hex: "k8s_3f4e5d6c7b8a99887766554433221100f...",
	} {
		if got := shortID(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	for in, want := range map[[2]string]string{
		{"", ""}: "-", {"docker", ""}: "docker", {"", "runc"}: "runc", {"runseal", "runseal"}: "runseal", {"cri-o", "runseal"}: "cri-o/runseal",
	} {
		if got := runtimeText(in[0], in[1]); got != want {
			t.Errorf("%v: %s, want %s", in, got, want)
		}
	}
	e := psEntry{Profiles: []recognized{{Name: "a", CallsUpTo: 456}, {Name: "unknown"}}, ProfileFrom: "kernel",
		counts: map[procs.Relation]int{procs.Stricter: 1, procs.Unfiltered: 2}}
	if e.profileText() != "a (calls to 456) + unknown" || e.differText() != "2 unfiltered, 1 stricter" {
		t.Errorf("%s, %s", e.profileText(), e.differText())
	}
	if e := (psEntry{}); e.profileText() != "-" || e.differText() != "-" {
		t.Errorf("nothing known: %s, %s", e.profileText(), e.differText())
	}
	if mode, filters, nnp := (&seccompState{Mode: modeName(procs.Unknown)}).cells(); mode != "unknown" || filters != "-" || nnp != "-" {
		t.Errorf("nothing known: %s %s %s", mode, filters, nnp)
	}
}
