package lifecycle

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestList(t *testing.T) {
	a := sh(t, "sleep 60")
	a.Up()
	b := a.Sibling("/bin/sleep", "60")
	b.Create()
	quiet := strings.Fields(a.Must("list", "--quiet").Stdout)
	if strings.Join(quiet, " ") != a.ID+" "+b.ID && strings.Join(quiet, " ") != b.ID+" "+a.ID {
		t.Errorf("list --quiet: %q, expected the two ids, one a line", quiet)
	}
	if short := strings.Fields(a.Must("list", "-q").Stdout); len(short) != 2 {
		t.Errorf("list -q: %q", short)
	}
	var list []box.State
	out := a.Must("list", "--format", "json").Stdout
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 2 {
		t.Fatalf("list --format json: %v in %q", err, out)
	}
	for _, s := range list {
		want := map[string]string{a.ID: "running", b.ID: "created"}[s.ID]
		if s.Status != want || s.Pid < 2 || s.Bundle == "" || s.Created == "" {
			t.Errorf("list --format json has %+v, expected status %q", s, want)
		}
	}
	table := a.Must("list").Stdout
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 3 || strings.Join(strings.Fields(lines[0]), " ") != "ID PID STATUS BUNDLE CREATED OWNER" {
		t.Errorf("list:\n%s", table)
	}
	for _, x := range []*box.Box{a, b} {
		s := x.State()
		want := fmt.Sprintf("%s %d %s %s", x.ID, s.Pid, s.Status, x.Dir)
		found := false
		for _, l := range lines {
			found = found || strings.HasPrefix(strings.Join(strings.Fields(l), " "), want)
		}
		if !found {
			t.Errorf("list has no line %q:\n%s", want, table)
		}
	}
}

func TestListOfNothing(t *testing.T) {
	b := sh(t, "true")
	if r := b.Must("list", "--quiet"); r.Stdout != "" {
		t.Errorf("list --quiet: %q", r.Stdout)
	}
	// What runc writes here is null; a reader of JSON takes both as empty.
	var list []box.State
	r := b.Must("list", "--format", "json")
	if err := json.Unmarshal([]byte(r.Stdout), &list); err != nil || len(list) != 0 {
		t.Errorf("list --format json: %q (%v)", r.Stdout, err)
	}
	if _, err := os.Stat(b.Root); err == nil {
		entries, _ := os.ReadDir(b.Root)
		if len(entries) > 0 {
			t.Errorf("list has made %v", entries)
		}
	}
}
