package lint

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/strictjson"
)

var (
	unknownMember = &Rule{
		ID: "unknown-member", Severity: Warning,
		Title: "a member that the specification does not know, and that every runtime skips",
		Help: `The specification demands that runtimes skip members which they do not know, and they do so in silence. If the name
is misspelt, what it says does not count: with "arg" for "args" a rule has no condition, with "syscall" for "syscalls" a
profile has no rules, and more is allowed than is written. Members of Docker's format (archMap, includes, excludes) mean
nothing in a config.json either: "sealctl resolve" evaluates them. "comment" and "$schema" are taken for what they say.`,
	}
	memberRules = []*Rule{unknownMember}
)

// maxMembers bounds the names that are reported, and the places of each.
const maxMembers = 100

// member is an unknown name with the places where it is. The same name in another kind
// of object is another one, since another may have been meant.
type member struct {
	name  string
	in    reflect.Type
	paths []string
	n     int // how often it occurs
}

// members collects them in the order of the text.
type members struct {
	list []*member
	seen map[string]*member
}

// checkMembers looks at the text, since a profile that has been read does not have any
// more what the reader skipped.
func checkMembers(m *model) {
	if m.source == nil || m.skip(unknownMember) {
		return
	}
	for _, f := range m.source.unknownMembers() {
		var near string
		if m.suggested++; m.suggested <= maxSuggested {
			near = Nearest(f.name, memberNames(f.in))
		}
		text := fmt.Sprintf("%s is skipped: no member of %s has this name", strictjson.Quote(f.name), objectName(f.in))
		if near != "" {
			text += fmt.Sprintf(" (did you mean %q?)", near)
		} else if slices.Contains([]string{"archMap", "includes", "excludes"}, f.name) {
			text += " (it is one of Docker's format)"
		}
		if f.n > 1 {
			text += fmt.Sprintf(", %d times", f.n)
		}
		m.report(unknownMember, f.paths[0], text, nil, f.paths[1:]...)
	}
}

// unknownMembers reads the text once more. Docker's format has none, its parser refuses
// them; neither has a text with an error, from there on.
func (s *Source) unknownMembers() []*member {
	found := &members{seen: map[string]*member{}}
	d := strictjson.NewDecoder(s.Text)
	profile := func() error { return found.object(d, reflect.TypeFor[specs.LinuxSeccomp](), root) }
	switch {
	case s.Config:
		_ = within(d, "linux", func() error { return within(d, "seccomp", profile) })
	case s.Entries == nil:
		_ = profile()
	}
	return found.list
}

// within reads an object, of which only one member matters.
func within(d *strictjson.Decoder, name string, value func() error) error {
	if d.Null() {
		return nil
	}
	return d.Object(func(is string) error {
		if is == name {
			return value()
		}
		_, err := d.Skip()
		return err
	})
}

// object reads a value of a struct type and of those that it is made of.
func (s *members) object(d *strictjson.Decoder, of reflect.Type, path string) error {
	if d.Null() {
		return nil
	}
	return d.Object(func(name string) error {
		field, known := fieldOf(of, name)
		if !known {
			s.add(name, of, path+"."+strictjson.Member(name))
		}
		if !known || field.Kind() != reflect.Slice || field.Elem().Kind() != reflect.Struct {
			_, err := d.Skip()
			return err
		}
		if d.Null() {
			return nil
		}
		return d.Array(func(i int) error {
			return s.object(d, field.Elem(), strictjson.Index(path+"."+name, i))
		})
	})
}

func (s *members) add(name string, in reflect.Type, path string) {
	if name == "comment" || name == "$schema" {
		return
	}
	key := in.Name() + " " + name
	f := s.seen[key]
	if f == nil {
		if len(s.list) == maxMembers {
			return
		}
		f = &member{name: name, in: in}
		s.seen[key], s.list = f, append(s.list, f)
	}
	if f.n++; f.n <= maxMembers {
		f.paths = append(f.paths, path)
	}
}

// fieldOf returns the type of the member with a name. The names are those that the
// specification's types have, as for the generated reader.
func fieldOf(of reflect.Type, name string) (reflect.Type, bool) {
	for i := range of.NumField() {
		if tag, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); tag == name {
			return of.Field(i).Type, true
		}
	}
	return nil, false
}

func memberNames(of reflect.Type) (names []string) {
	for i := range of.NumField() {
		tag, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		names = append(names, tag)
	}
	return names
}

func objectName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[specs.LinuxSyscall]():
		return "a rule"
	case reflect.TypeFor[specs.LinuxSeccompArg]():
		return "a condition"
	}
	return root
}
