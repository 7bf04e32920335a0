package lint

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	root        = "linux.seccomp"
	defaultPath = root + ".defaultAction"
)

func entryPath(i int) string   { return fmt.Sprintf("%s.syscalls[%d]", root, i) }
func namePath(i, j int) string { return fmt.Sprintf("%s.syscalls[%d].names[%d]", root, i, j) }
func argPath(i, k int) string  { return fmt.Sprintf("%s.syscalls[%d].args[%d]", root, i, k) }
func archPath(i int) string    { return fmt.Sprintf("%s.architectures[%d]", root, i) }

// split takes a path apart: a.b[3]["x y"] is a, b, 3 and x y. Quoted names are
// those of strictjson.Member; one that has been cut there cannot be found.
func split(path string) []string {
	var parts []string
	for path != "" {
		switch {
		case path[0] == '.':
			path = path[1:]
		case strings.HasPrefix(path, `["`):
			quoted, err := strconv.QuotedPrefix(path[1:])
			name, err2 := strconv.Unquote(quoted)
			if err != nil || err2 != nil || !strings.HasPrefix(path[1+len(quoted):], "]") {
				return append(parts, path)
			}
			parts, path = append(parts, name), path[len(quoted)+2:]
		case path[0] == '[':
			inner, rest, _ := strings.Cut(path[1:], "]")
			parts, path = append(parts, inner), rest
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			parts, path = append(parts, path[:end]), path[end:]
		}
	}
	return parts
}

// isIndex says whether a part of a path is the position in a list.
func isIndex(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
