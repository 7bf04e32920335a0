package hostile

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// Row 33: container ids become directory and cgroup names.
func TestBadContainerID(t *testing.T) {
	ids := map[string]string{
		"parent": "../x", "dot dot": "..", "dot": ".", "empty": "", "newline": "a\nb", "semicolon": "a;b",
		"space": "a b", "slash": "/", "path": "a/b", "absolute": "/tmp/x", "long": strings.Repeat("a", 2000),
		"not ASCII": "ä", "not UTF-8": "\xff", "quote": `a"b`, "control": "a\x1b[31m",
	}
	for i, name := range slices.Sorted(maps.Keys(ids)) {
		if !box.Sampled(i) {
			continue
		}
		id := ids[name]
		t.Run(name, func(t *testing.T) {
			b := base(t)
			apply(t, b)
			for _, verb := range []string{"create", "run"} {
				r := b.Do(verb, "--bundle", b.Dir, id)
				checkRefusal(t, b, verb, r, "container id", `A-Z|letters|a-z`)
				for _, c := range r.Stderr {
					if c < ' ' && c != '\n' {
						t.Errorf("%s: control character %q in the message %q", verb, c, r.Stderr)
					}
				}
			}
			for _, args := range [][]string{{"start", id}, {"state", id}, {"kill", id, "KILL"}, {"delete", id}, {"exec", id, "/bin/true"}} {
				if r := b.Do(args...); r.Status == 0 || strings.Count(r.Stderr, "\n") != 1 {
					t.Errorf("%q: exit status %d, stderr %q; expected an error of one line", args, r.Status, r.Stderr)
				}
			}
			if p := filepath.Join(b.Root, "..", "x"); name == "parent" {
				if _, err := os.Lstat(p); err == nil {
					t.Errorf("%s has been made", p)
				}
			}
		})
	}
}

// delete --force of an id that no container can have must not remove anything.
func TestForcedDeleteOfABadID(t *testing.T) {
	b := base(t)
	b.Up()
	for _, id := range []string{"..", ".", "../" + filepath.Base(b.Root), ""} {
		r := b.Do("delete", "--force", id)
		if r.Status == 0 {
			t.Errorf("delete --force %q: exit status 0", id)
		}
	}
	if got := b.State().ID; got != b.ID {
		t.Errorf("state has id %q, expected %q", got, b.ID)
	}
}

func TestGoodContainerIDs(t *testing.T) {
	for _, id := range []string{"a", "A-b_c.d+e", "0", "k8s.io-1", strings.Repeat("a", 128)} {
		t.Run(id, func(t *testing.T) {
			b := base(t)
			b.ID = id
			b.Spec.Linux.CgroupsPath = filepath.Join(filepath.Dir(b.Cgroup), id)
			if r := b.Run(); r.Status != 0 || r.Stdout != "ran\n" {
				t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
			}
		})
	}
}
