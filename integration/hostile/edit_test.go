package hostile

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// An edit changes one thing in a configuration.
type edit func(c *config)

// config is a decoded config.json; extra is text put behind it.
type config struct {
	t     *testing.T
	root  map[string]any
	extra string
}

// set puts the JSON text raw at a path such as mounts[0].destination. A key
// that ends in # becomes, in the text, the same key without it: a duplicate,
// behind the first.
func set(path, raw string) edit {
	return func(c *config) {
		c.at(path, func(parent map[string]any, key string) { parent[key] = json.RawMessage(raw) })
	}
}

// push appends the JSON text raw to the list at a path, which may be missing.
func push(path, raw string) edit {
	return func(c *config) {
		c.at(path, func(parent map[string]any, key string) {
			list, _ := parent[key].([]any)
			parent[key] = append(list, json.RawMessage(raw))
		})
	}
}

// remove takes the field at a path out.
func remove(path string) edit {
	return func(c *config) {
		c.at(path, func(parent map[string]any, key string) { delete(parent, key) })
	}
}

// without takes the namespace of a type out of the list.
func without(kind string) edit {
	return func(c *config) {
		c.at("linux.namespaces", func(parent map[string]any, key string) {
			list, _ := parent[key].([]any)
			var kept []any
			for _, ns := range list {
				if ns.(map[string]any)["type"] != kind {
					kept = append(kept, ns)
				}
			}
			if len(kept) == len(list) {
				c.t.Fatalf("no namespace of type %s in the base configuration", kind)
			}
			parent[key] = kept
		})
	}
}

// after puts text behind the JSON value.
func after(text string) edit { return func(c *config) { c.extra = text } }

var step = regexp.MustCompile(`^([^\[]+)((?:\[\d+\])*)$`)

func (c *config) at(path string, change func(parent map[string]any, key string)) {
	c.t.Helper()
	var node any = c.root
	parts := strings.Split(path, ".")
	for i, part := range parts {
		m := step.FindStringSubmatch(part)
		parent, ok := node.(map[string]any)
		if m == nil || !ok {
			c.t.Fatalf("no %s in the base configuration", path)
		}
		last := i == len(parts)-1
		if last && m[2] == "" {
			change(parent, m[1])
			return
		}
		node = parent[m[1]]
		indexes := strings.FieldsFunc(m[2], func(r rune) bool { return r == '[' || r == ']' })
		for j, text := range indexes {
			n, _ := strconv.Atoi(text)
			list, ok := node.([]any)
			if !ok || n >= len(list) {
				c.t.Fatalf("no %s in the base configuration", path)
			}
			if last && j == len(indexes)-1 {
				box := map[string]any{}
				change(box, "value")
				list[n] = box["value"]
				return
			}
			node = list[n]
		}
	}
}

// apply writes the edited configuration as config.json.
func apply(t *testing.T, b *box.Box, edits ...edit) {
	t.Helper()
	c := &config{t: t}
	if err := json.Unmarshal(b.Config(), &c.root); err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		e(c)
	}
	data, err := json.Marshal(c.root)
	if err != nil {
		t.Fatal(err)
	}
	b.WriteConfig([]byte(strings.ReplaceAll(string(data), `#":`, `":`) + c.extra))
}
