package lint

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"unicode/utf8"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// Source is the text of a profile.
type Source struct {
	Text []byte
	// Config says that the text is a whole config.json, not the object that is its
	// linux.seccomp.
	Config bool
	// Entries, if it is not nil, says which entry of the text each entry of the
	// profile is: those of Docker's format whose conditions hold.
	Entries []int
}

// Position is a place in a text. Lines and columns count from 1, columns in
// characters (Unicode code points).
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// String is "12:5".
func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// Locate returns the positions of the paths in findings. A field that is not in the
// text has the position of what it would be in. A path of a text that cannot be read
// so far is not in the result.
func (s *Source) Locate(findings []Finding) map[string]Position {
	var paths []string
	for _, f := range findings {
		paths = append(append(paths, f.Path), f.Related...)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	inText := make([][]string, len(paths))
	for i, path := range paths {
		inText[i] = s.textPath(path)
	}
	found := map[string]Position{}
	lines := newLines(s.Text)
	offsets := Offsets(s.Text, inText)
	ascending := make([]int, len(offsets)) // which is the order that position is fast in
	for i := range ascending {
		ascending[i] = i
	}
	slices.SortFunc(ascending, func(i, j int) int { return cmp.Compare(offsets[i], offsets[j]) })
	for _, i := range ascending {
		if offsets[i] >= 0 {
			found[paths[i]] = lines.position(offsets[i])
		}
	}
	for _, f := range findings {
		var line, column int // strictjson says where syntax is broken
		if f.Rule != invalidProfile {
			continue
		}
		if n, _ := fmt.Sscanf(f.Message, "line %d, column %d:", &line, &column); n == 2 && line >= 1 && line <= len(lines.starts) && column >= 1 {
			found[f.Path] = lines.position(min(lines.starts[line-1]+column-1, len(s.Text)))
		}
	}
	return found
}

// textPath translates a path of the profile to the text.
func (s *Source) textPath(path string) []string {
	parts := split(path)
	if s.Config {
		return parts
	}
	if len(parts) >= 2 && parts[0] == "linux" && parts[1] == "seccomp" {
		parts = parts[2:]
	}
	if s.Entries == nil || len(parts) == 0 {
		return parts
	}
	switch parts[0] { // members that Docker's format calls otherwise
	case "architectures":
		return []string{"archMap"}
	case "syscalls":
		if len(parts) > 1 && isIndex(parts[1]) {
			if i, err := strconv.Atoi(parts[1]); err == nil && i < len(s.Entries) {
				parts[1] = strconv.Itoa(s.Entries[i])
			}
		}
	}
	return parts
}

// wanted is a tree of the paths that are looked for.
type wanted struct {
	children map[string]*wanted
	at       int // offset of the value in the text, or -1
}

func (w *wanted) child(name string) *wanted {
	if w == nil {
		return nil
	}
	return w.children[name]
}

// Offsets returns, for each path, where its value begins in a JSON text. The parts of
// a path are names of members and positions in lists. Of a path that is not there it
// is the longest beginning that is. The result is -1 for all that stands behind an
// error in the text.
func Offsets(text []byte, paths [][]string) []int {
	tree := &wanted{at: -1}
	for _, path := range paths {
		w := tree
		for _, part := range path {
			if w.children == nil {
				w.children = map[string]*wanted{}
			}
			if w.children[part] == nil {
				w.children[part] = &wanted{at: -1}
			}
			w = w.children[part]
		}
	}
	scan(text, tree)
	result := make([]int, len(paths))
	for i, path := range paths {
		w := tree
		result[i] = w.at
		for _, part := range path {
			if w = w.child(part); w.at < 0 {
				break
			}
			result[i] = w.at
		}
	}
	return result
}

// level is an object or a list that is open.
type level struct {
	of     *wanted // nil: nothing in it is looked for
	list   bool
	n      int // elements of a list so far
	member bool
	name   string // of the member, if its value comes next
}

// scan notes where the values of the tree begin.
func scan(text []byte, tree *wanted) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var open []level
	for {
		at := int(d.InputOffset())
		for at < len(text) && bytes.IndexByte([]byte(" \t\r\n,:"), text[at]) >= 0 {
			at++
		}
		token, err := d.Token()
		if err != nil {
			return
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			if open = open[:len(open)-1]; len(open) == 0 {
				return
			}
			continue
		}
		of := tree
		if len(open) > 0 {
			in := &open[len(open)-1]
			if name, ok := token.(string); ok && !in.list && !in.member {
				in.name, in.member = name, true
				continue
			}
			name := in.name
			if in.list {
				if in.of != nil { // making the text of a number costs
					name = strconv.Itoa(in.n)
				}
				in.n++
			}
			in.member = false
			of = in.of.child(name)
		}
		if of != nil {
			of.at = at
		}
		if token == json.Delim('{') || token == json.Delim('[') {
			if len(open) == strictjson.MaxDepth { // where the parser stops, too
				return
			}
			open = append(open, level{of: of, list: token == json.Delim('[')})
		} else if len(open) == 0 {
			return
		}
	}
}

// lines are the offsets at which lines begin.
type lines struct {
	text   []byte
	starts []int

	// The offset that was asked for last and its position: of a text in one line of
	// megabytes not all has to be counted each time.
	last int
	at   Position
}

func newLines(text []byte) *lines {
	l := &lines{text: text, starts: []int{0}}
	for i, c := range text {
		if c == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

func (l *lines) position(at int) Position {
	line := sort.SearchInts(l.starts, at+1)
	if l.at.Line != line || at < l.last {
		l.last, l.at = l.starts[line-1], Position{line, 1}
	}
	l.at.Column += utf8.RuneCount(l.text[l.last:at])
	l.last = at
	return l.at
}
