package spo

import (
	"errors"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// fromYAML returns the JSON of a YAML text with one document. The library would take the
// first of several and be silent about the others.
func fromYAML(text []byte) ([]byte, error) {
	content, ended := false, false
	for line := range strings.FieldsFuncSeq(string(text), lineBreak) {
		rest, marker := strings.CutPrefix(line, "---")
		if marker = marker && (rest == "" || rest[0] == ' ' || rest[0] == '\t'); marker && content {
			return nil, errors.New("several YAML documents, expected one object")
		}
		if end := line == "..." || strings.HasPrefix(line, "... ") || strings.HasPrefix(line, "...\t"); end {
			ended = true
			continue
		}
		if marker {
			line = rest
		}
		if line = strings.TrimLeft(line, " \t\ufeff"); line == "" || line[0] == '#' || line[0] == '%' && !content {
			content = content || marker
			continue
		}
		if ended {
			return nil, errors.New("several YAML documents, expected one object")
		}
		content = true
	}
	json, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, fmt.Errorf("not YAML: %s", strings.Join(strings.Fields(err.Error()), " "))
	}
	return json, nil
}

// lineBreak says whether a character ends a line in YAML 1.1.
func lineBreak(r rune) bool {
	return r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}
