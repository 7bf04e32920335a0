package kube

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"sigs.k8s.io/yaml"
)

// Document is one document of a file, as JSON.
type Document struct {
	Number int // from 1; empty documents count
	JSON   []byte
}

// Documents splits a file at its "---" lines into documents in YAML or JSON. JSON
// values that follow each other without such a line are documents too. Documents
// without content are left out. YAML is read as Kubernetes reads it, but a name that
// occurs twice in a mapping is an error.
func Documents(data []byte) ([]Document, error) {
	var list []Document
	number := 0
	for _, part := range split(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		values := jsonValues(part)
		if values == nil {
			text, err := yaml.YAMLToJSONStrict(part)
			if err != nil {
				return nil, fmt.Errorf("document %d: %s", number+1, oneLine(err.Error()))
			}
			values = [][]byte{text}
		}
		for _, text := range values {
			number++
			if !bytes.Equal(bytes.TrimSpace(text), []byte("null")) {
				list = append(list, Document{number, text})
			}
		}
	}
	return list, nil
}

// split cuts at the lines that YAML reserves for this. What stands behind the "---" on
// its line belongs to the document that begins there.
func split(data []byte) [][]byte {
	var parts [][]byte
	var part []byte
	begun := false // there is a marker or content in front of the line
	for line := range bytes.Lines(data) {
		rest, isMarker := bytes.CutPrefix(line, []byte("---"))
		if isMarker && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0) {
			if begun {
				parts = append(parts, part)
			}
			part, begun = append([]byte(nil), bytes.TrimLeft(rest, " \t")...), true
			continue
		}
		if !begun && len(bytes.TrimSpace(line)) > 0 && line[0] != '#' && line[0] != '%' {
			begun = true
		}
		part = append(part, line...)
	}
	return append(parts, part)
}

// jsonValues returns the JSON values of which data consists, or nil if it does not
// begin like an object or a list, or is not JSON: it may be YAML in flow style.
func jsonValues(data []byte) [][]byte {
	if text := bytes.TrimLeft(data, " \t\r\n"); len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return nil
	}
	var list [][]byte
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		var v json.RawMessage
		switch err := d.Decode(&v); err {
		case nil:
			list = append(list, v)
		case io.EOF:
			return list
		default:
			return nil
		}
	}
}

// lineMax bounds, in bytes, how much of a file's text an error repeats.
const lineMax = 1000

// oneLine makes text that may be from a file fit for an error: it joins its lines, cuts
// it when it is long, and replaces what a terminal would act on.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > lineMax {
		s = strings.ToValidUTF8(s[:lineMax], "") + "..."
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
