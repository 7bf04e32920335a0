package seccomp

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/runseal/runseal/seccomp/arch"
)

// TestDocumentation holds every example of docs/seccomp.md against Decide: a
// block of JSON, then lines of "ARCH call(arguments)  action".
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../docs/seccomp.md")
	if err != nil {
		t.Fatal(err)
	}
	pairs := regexp.MustCompile("(?s)```json\n(.*?)```\n\n```\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if n := strings.Count(string(text), "```json"); len(pairs) != n || n < 6 {
		t.Fatalf("%d of %d examples have results", len(pairs), n)
	}
	call := regexp.MustCompile(`^(\w+) (\w+)\((.*)\) +(.*)$`)
	for _, pair := range pairs {
		p := policy(t, pair[1])
		if len(p.Warnings) > 0 {
			t.Errorf("%s: %q", pair[1], p.Warnings)
		}
		for line := range strings.Lines(pair[2]) {
			m := call.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil {
				t.Fatalf("%q is no example of a call", line)
			}
			a := arch.Lookup(m[1])
			if a == nil {
				t.Fatalf("%q: no architecture", line)
			}
			nr, ok := a.Number(m[2])
			if !ok {
				t.Fatalf("%q: no call", line)
			}
			var args [6]uint64
			for i, s := range strings.Split(m[3], ", ") {
				if s == "" {
					continue
				}
				if args[i], err = strconv.ParseUint(s, 0, 64); err != nil {
					t.Fatal(err)
				}
			}
			if got := fmt.Sprint(p.Decide(a.Audit, nr, args)); got != m[4] {
				t.Errorf("%s%s: %s", pair[1], line, got)
			}
		}
	}
}
