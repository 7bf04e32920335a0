package spec

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// testdata/bad.txt has one paragraph for each bad configuration:
//
//	# why
//	set PATH = JSON     change a member of the base configuration
//	del PATH            remove one
//	text JSON           or: this is the whole document
//	> the error, exactly one line
//
// "ok" instead of an error says that the document is accepted.
type badCase struct {
	line int
	text []byte // the document
	edit string // the lines of the paragraph but the last
	want string
}

// cases reads testdata/bad.txt.
func cases(t testing.TB) []badCase {
	t.Helper()
	base, err := os.ReadFile("testdata/base.json")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("testdata/bad.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []badCase
	c := badCase{text: base}
	lines := bufio.NewScanner(bytes.NewReader(file))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		verb, rest, _ := strings.Cut(line, " ")
		switch {
		case verb == "set":
			path, value, _ := strings.Cut(rest, " = ")
			c.text, err = edit(c.text, strings.Split(path, "."), json.RawMessage(value))
		case verb == "del":
			c.text, err = edit(c.text, strings.Split(rest, "."), nil)
		case verb == "text":
			c.text, err = []byte(rest), nil
			if strings.HasPrefix(rest, "`") { // a Go string, for what a line cannot hold
				rest, err = strconv.Unquote(`"` + strings.Trim(rest, "`") + `"`)
				c.text = []byte(rest)
			}
		case verb == ">":
			c.line, c.want = n, rest
			list = append(list, c)
			c = badCase{text: base}
			continue
		case line == "" && c.edit == "" || verb == "#":
		default:
			t.Fatalf("testdata/bad.txt:%d: %q is not a line of a case", n, line)
		}
		if err != nil {
			t.Fatalf("testdata/bad.txt:%d: %v", n, err)
		}
		if verb != "" && verb != "#" {
			c.edit += line + "\n"
		}
	}
	if c.edit != "" {
		t.Fatal("testdata/bad.txt: the last case has no error")
	}
	return list
}

// edit sets the member at path of the document, or removes it if value is nil.
// Numbers in path are indexes of lists.
func edit(doc json.RawMessage, path []string, value json.RawMessage) (json.RawMessage, error) {
	if len(path) == 0 {
		return value, nil
	}
	if i, err := strconv.Atoi(path[0]); err == nil {
		var list []json.RawMessage
		if err := json.Unmarshal(doc, &list); err != nil {
			return nil, err
		}
		for i >= len(list) {
			list = append(list, json.RawMessage("{}"))
		}
		if list[i], err = edit(list[i], path[1:], value); err != nil {
			return nil, err
		}
		return join('[', ']', len(list), func(i int) string { return string(list[i]) }), nil
	}
	// The order of the members and the text of numbers stay as they are.
	dec := json.NewDecoder(bytes.NewReader(doc))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	var names []string
	values := map[string]json.RawMessage{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return nil, err
		}
		names = append(names, name.(string))
		values[name.(string)] = v
	}
	name := path[0]
	old, there := values[name]
	switch {
	case !there && value == nil:
		return nil, fmt.Errorf("no member %q to remove", name)
	case !there:
		names = append(names, name)
		old = json.RawMessage("{}")
	case len(path) == 1 && value == nil:
		for i := range names {
			if names[i] == name {
				names = append(names[:i], names[i+1:]...)
				break
			}
		}
		name = ""
	}
	if name != "" {
		v, err := edit(old, path[1:], value)
		if err != nil {
			return nil, err
		}
		values[name] = v
	}
	return join('{', '}', len(names), func(i int) string {
		return strconv.Quote(names[i]) + ":" + string(values[names[i]])
	}), nil
}

func join(open, end byte, n int, part func(int) string) json.RawMessage {
	b := []byte{open}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, part(i)...)
	}
	return append(b, end)
}

// judge runs a document through everything that this package has to say.
func judge(text []byte) string {
	s, err := Parse(text)
	if err == nil {
		err = Validate(s)
	}
	if err == nil {
		return "ok"
	}
	return err.Error()
}

func TestBadConfigurations(t *testing.T) {
	base, err := os.ReadFile("testdata/base.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := judge(base); got != "ok" {
		t.Fatalf("the base configuration is not valid: %s", got)
	}
	list := cases(t)
	if *update {
		file, err := os.ReadFile("testdata/bad.txt")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(file), "\n")
		for _, c := range list {
			lines[c.line-1] = "> " + judge(c.text)
		}
		if err := os.WriteFile("testdata/bad.txt", []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, c := range list {
		if got := judge(c.text); got != c.want {
			t.Errorf("testdata/bad.txt:%d:\n%s got %s\nwant %s", c.line, c.edit, got, c.want)
		} else if strings.ContainsAny(got, "\n\r\x00") || len(got) > 400 {
			t.Errorf("testdata/bad.txt:%d: not a readable line: %q", c.line, got)
		}
	}
}
