package conformance

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	files "github.com/runseal/runseal/integration/bundle"
)

const readme = "README.md"

// Parts of README.md that are made here begin with a line of this form and end with stop.
const (
	startResults = "<!-- results: go test -run TestTable -table -->"
	startNotes   = "<!-- notes: go test -run TestTable -table -->"
	stop         = "<!-- end -->"
)

// part cuts a made part out of README.md.
func part(t *testing.T, text, start string) (before, made, after string) {
	t.Helper()
	before, rest, ok := strings.Cut(text, start+"\n")
	made, after, found := strings.Cut(rest, stop)
	if !ok || !found {
		t.Fatalf("%s has no part from %q to %q", readme, start, stop)
	}
	return before + start + "\n", made, stop + after
}

var several = regexp.MustCompile(` \((\d+) times\)$`)

// cell is a result in few words.
func cell(status, passed int, failures []string) string {
	failed := 0
	for _, line := range failures {
		if strings.HasPrefix(line, "inside: ") {
			continue // is in a line of its own too
		}
		n := 1
		if m := several.FindStringSubmatch(line); m != nil {
			n, _ = strconv.Atoi(m[1])
		}
		failed += n
	}
	switch {
	case failed == 0 && status == 0:
		return "passes"
	case failed == 0 && passed > 0:
		return "complains"
	case passed == 0:
		return "fails"
	}
	return fmt.Sprintf("%d of %d lines fail", failed, passed+failed)
}

// expectedCell is what README.md has to say about runseal.
func (p program) expectedCell() string {
	if p.out != "" {
		return "left out"
	}
	var lines []string
	for _, d := range p.deviations {
		lines = append(lines, d.lines...)
	}
	return cell(p.status, p.passed, lines)
}

// notes are the deviations and what is left out, as README.md has them.
func notes() string {
	var b strings.Builder
	b.WriteString("\n### Deviations\n\n")
	for _, p := range table {
		for _, d := range p.deviations {
			fmt.Fprintf(&b, "- `%s`: %s. %s\n", p.name, d.kind, d.why)
			for _, line := range append(d.lines, p.said...) {
				fmt.Fprintf(&b, "  - `%s`\n", strings.ReplaceAll(line, "`", "'"))
			}
		}
	}
	b.WriteString("\n### Left out\n\n")
	for _, p := range table {
		if p.out != "" {
			fmt.Fprintf(&b, "- `%s`: %s.\n", p.name, p.out)
		}
	}
	b.WriteString("\n### Races, tried several times\n\n")
	for _, p := range table {
		if p.race != "" {
			fmt.Fprintf(&b, "- `%s`: %s.\n", p.name, p.race)
		}
	}
	b.WriteString("\n")
	return b.String()
}

// TestReadme holds README.md against the table.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	if _, made, _ := part(t, string(data), startNotes); made != notes() {
		t.Errorf("%s says\n%s\nexpected (-table writes it)\n%s", readme, made, notes())
	}
	run := 0
	for _, p := range table {
		if p.out == "" {
			run++
		}
	}
	if want := fmt.Sprintf("%d of the %d programs", run, len(table)); !strings.Contains(string(data), want) {
		t.Errorf("%s does not say that this package runs %s", readme, want)
	}
	_, made, _ := part(t, string(data), startResults)
	rows := strings.Split(strings.TrimSpace(made), "\n")[2:]
	if len(rows) != len(table) {
		t.Fatalf("%s has %d programs, expected %d", readme, len(rows), len(table))
	}
	for i, p := range table {
		want := fmt.Sprintf("| `%s` | %s | ", p.name, p.expectedCell())
		if p.privileged { // depends on the host
			want = fmt.Sprintf("| `%s` | ", p.name)
		}
		if !strings.HasPrefix(rows[i], want) {
			t.Errorf("%s: %q, expected %q (-table writes it)", readme, rows[i], want)
		}
	}
}

// TestTable writes the made parts of README.md, for which it runs each program with runseal,
// runc and crun.
func TestTable(t *testing.T) {
	if !*writeTable {
		t.Skip("only with -table")
	}
	own, err := files.Runtime()
	if err != nil {
		t.Fatal(err)
	}
	keepNull(t)
	runtimes := []string{own}
	for _, name := range []string{"runc", "crun"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		runtimes = append(runtimes, path)
	}
	var names []string
	for _, p := range table {
		names = append(names, p.name)
	}
	b := new(bench)
	b.bin, b.work = build(t, names)
	defer collect()
	cells := make([][3]string, len(table))
	var cgroup sync.Mutex
	t.Run("each", func(t *testing.T) {
		for i, p := range table {
			t.Run(p.name, func(t *testing.T) {
				if p.race == "" {
					t.Parallel()
				}
				if p.needs != nil {
					cgroup.Lock()
					defer cgroup.Unlock()
				}
				for j, path := range runtimes {
					if cells[i][j] = p.expectedCell(); j == 0 && p.out != "" {
						continue
					}
					for try := 0; try == 0 || try < tries && p.race != "" && cells[i][j] != "passes"; try++ {
						o, left, err := b.run(t, p.name, path)
						if err != nil {
							t.Fatalf("%s: %v", path, err)
						}
						t.Logf("%s: status %d, %d passed, %q, left %q", path, o.status, o.passed, o.failures(), left)
						cells[i][j] = cell(o.status, o.passed, o.failures())
					}
				}
			})
		}
	})
	var made strings.Builder
	made.WriteString("| program | runseal | runc | crun |\n|---|---|---|---|\n")
	for i, p := range table {
		fmt.Fprintf(&made, "| `%s` | %s | %s | %s |\n", p.name, cells[i][0], cells[i][1], cells[i][2])
	}
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for start, content := range map[string]string{startResults: made.String(), startNotes: notes()} {
		before, _, after := part(t, text, start)
		text = before + content + after
	}
	if err := os.WriteFile(readme, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// keepNull gives the host's /dev/null its owner back, to whom a runtime may give it that
// finds it as a container's standard stream.
func keepNull(t *testing.T) {
	t.Helper()
	info, err := os.Stat(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	t.Cleanup(func() {
		if err := os.Chown(os.DevNull, int(st.Uid), int(st.Gid)); err != nil {
			t.Error(err)
		}
	})
}
