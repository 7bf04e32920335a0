package hostile

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// badIDs are what no container can be called: container ids become names of directories and
// of cgroups.
var badIDs = []struct{ name, id string }{
	{"parent", "../x"}, {"dot dot", ".."}, {"dot", "."}, {"empty", ""}, {"newline", "a\nb"}, {"semicolon", "a;b"},
	{"space", "a b"}, {"slash", "/"}, {"path", "a/b"}, {"absolute", "/tmp/x"}, {"2,000 characters", strings.Repeat("a", 2000)},
	{"not ASCII", "ä"}, {"not UTF-8", "\xff"}, {"quote", `a"b`}, {"control", "a\x1b[31m"}, {"option", "--x=y/z"},
}

// idRows are 33.
func idRows() []row {
	var all []row
	for i := range badIDs {
		c := &badIDs[i]
		if c.name == "option" {
			continue // of create it is one
		}
		all = append(all, row{n: 33, name: c.name, id: &c.id, field: "container id", say: `A-Z a-z 0-9 _ \+ \. -`})
	}
	return all
}

// The other commands refuse such an id too, and do nothing.
func TestCommandsOnABadID(t *testing.T) {
	b := base(t)
	apply(t, b)
	w := outside(t)
	for _, c := range badIDs {
		for _, args := range [][]string{
			{"start", c.id}, {"state", c.id}, {"kill", c.id, "KILL"}, {"delete", c.id}, {"delete", "--force", c.id}, {"exec", c.id, "/bin/true"},
			{"pause", c.id}, {"resume", c.id}, {"ps", c.id}, {"update", "--pids-limit", "7", c.id},
		} {
			want := regexp.MustCompile(`^runseal: invalid container id .*: expected 1 to 255 characters of .*\n$`)
			if c.name == "option" {
				want = regexp.MustCompile(`^runseal: \w+: unknown flag -x\nusage: .*\n$`)
			}
			if r := b.Do(args...); r.Status == 0 || r.Stdout != "" || !want.MatchString(r.Stderr) {
				t.Errorf("%.100q: exit status %d, stdout %q, stderr %q; expected %v", args, r.Status, r.Stdout, r.Stderr, want)
			}
		}
	}
	b.NothingLeft()
	w.unchanged(t)
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
