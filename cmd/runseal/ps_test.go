package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/runtime"
)

func TestPSJSON(t *testing.T) {
	for _, tc := range []struct {
		pids []int
		want string
	}{{nil, "[]\n"}, {[]int{7}, "[7]\n"}, {[]int{7, 12, 4194304}, "[7,12,4194304]\n"}} {
		// Engines read both streams together: a warning would break the list.
		r := &recorder{pids: tc.pids, warnings: []string{"mind"}}
		got := command(t, r, "ps", "--format", "json", "c1")
		if want := (result{0, tc.want, ""}); got != want || len(r.calls) != 1 || r.calls[0].Method != "ps" || r.calls[0].ID != "c1" || r.calls[0].Warns {
			t.Errorf("%+v, want %+v; %+v", got, want, r.calls)
		}
	}
	got := command(t, &recorder{err: errors.New("no such thing")}, "ps", "-f", "json", "c1")
	if want := (result{1, "", "runseal: no such thing\n"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestPSArguments: what follows the id goes to ps byte for byte, and to no shell.
func TestPSArguments(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\nprintf '<%s>' \"$@\" > " + dir + "/args\necho '  PID CMD'\necho '    7 one'\necho '    8 two'\necho mind >&2\n"
	if err := os.WriteFile(filepath.Join(dir, "ps"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "relative:"+dir+":"+os.Getenv("PATH"))
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, "<-ef>"},
		{[]string{"-o", "pid,cmd", "--format", "json", "-h"}, "<-o><pid,cmd><--format><json><-h>"},
		{[]string{"--", "$(touch x)", "; touch y", " a  b", ""}, "<--><$(touch x)><; touch y>< a  b><>"},
	} {
		got := command(t, &recorder{pids: []int{8}}, append([]string{"ps", "c1"}, tc.args...)...)
		if want := (result{0, "  PID CMD\n    8 two\n", ""}); got != want {
			t.Errorf("%q: %+v, want %+v", tc.args, got, want)
		}
		if args, err := os.ReadFile(dir + "/args"); err != nil || string(args) != tc.want {
			t.Errorf("%q: %v, got %s, want %s", tc.args, err, args, tc.want)
		}
	}

	if err := os.WriteFile(filepath.Join(dir, "ps"), []byte("#!/bin/sh\necho some >&2\necho hint >&2\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, want := command(t, &recorder{}, "ps", "c1"), (result{1, "", `runseal: ps: exit status 3: some\nhint` + "\n"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if err := os.WriteFile(filepath.Join(dir, "ps"), []byte("#!/bin/sh\nkill -9 $$\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, want := command(t, &recorder{}, "ps", "c1"), (result{1, "", "runseal: ps: killed by signal 9\n"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	t.Setenv("PATH", "."+string(filepath.ListSeparator)+"/nonexistent")
	if got, want := command(t, &recorder{}, "ps", "c1"), (result{1, "", "runseal: ps: executable file not found in $PATH; --format json works without it\n"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestFilterPS(t *testing.T) {
	for _, tc := range []struct {
		name, table string
		want        string // the lines of pids 7 and 42 after the header, or an error
	}{
		{"-ef", "UID        PID  PPID CMD\nroot         7     1 a b\nroot        42     7 c\nroot       427     7 d\n", "root         7     1 a b\nroot        42     7 c\n"},
		{"pid first", "  PID COMMAND\n    7 a\n    9 b\n", "    7 a\n"},
		{"pid last", "COMMAND           PID\na b 42              7\n42                  9\nc                  42\n", "a b 42              7\nc                  42\n"},
		{"a user too wide for its column", "USER PID CMD\nlongname   7 a\nother   9 b\n", "longname   7 a\n"},
		{"characters of several bytes", "COMMAND    PID CMD\näöü          7 a\n", "äöü          7 a\n"},
		{"no processes", "  PID CMD\n", ""},
		{"no newline at the end", "  PID CMD\n    7 a", "    7 a\n"},
		{"an empty line", "  PID CMD\n\n    7 a\n", "    7 a\n"},
		{"no PID", "PPID CMD\n7 a\n", "error: ps: its table has no column PID"},
		{"nothing at all", "", "error: ps: its table has no column PID"},
		{"no number", "  PID CMD\n    x a\n", `error: ps: no process id in "    x a"`},
		{"a line too short", "CMD   PID\na\n", `error: ps: no process id in "a"`},
	} {
		var out bytes.Buffer
		err := filterPS(&out, []byte(tc.table), []int{7, 42})
		_, got, _ := strings.Cut(out.String(), "\n")
		if err != nil {
			got = "error: " + err.Error()
		}
		if err == nil && got != tc.want || err != nil && !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestEvents(t *testing.T) {
	r := &recorder{text: `{"type":"oom"}`}
	if got, want := command(t, r, "events", "c1", "--stats", "--interval", "1m30s"), (result{0, `{"type":"oom"}` + "\n", ""}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if r.calls[0].ID != "c1" || r.calls[0].Options != (any)(eventsOptions(90, true)) || r.calls[0].Warns {
		t.Errorf("%+v", r.calls[0])
	}
	r = &recorder{}
	command(t, r, "events", "c1")
	if r.calls[0].Options != (any)(eventsOptions(5, false)) {
		t.Errorf("%+v", r.calls[0])
	}
}

func eventsOptions(seconds int, stats bool) runtime.EventsOptions {
	return runtime.EventsOptions{Interval: time.Duration(seconds) * time.Second, Stats: stats}
}
