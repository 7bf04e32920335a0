package procs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseStat reads the text of /proc/PID/stat and returns field 22, the start time in
// clock ticks since boot. The name in field 2 may hold any byte, parentheses and blanks
// among them; the fields behind it do not.
func ParseStat(text string) (start uint64, err error) {
	end := strings.LastIndexByte(text, ')')
	if end < 0 {
		return 0, errors.New("no name in parentheses")
	}
	const first, want = 3, 22 // of the fields behind the name
	fields := strings.Fields(text[end+1:])
	if len(fields) <= want-first {
		return 0, fmt.Errorf("%d fields, expected at least %d", len(fields)+first-1, want)
	}
	start, err = strconv.ParseUint(fields[want-first], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("field 22 %q: expected a number", fields[want-first])
	}
	return start, nil
}

// ParseNamespace reads the target of a link in /proc/PID/ns, "pid:[4026531836]", and
// returns the inode number.
func ParseNamespace(kind, link string) (uint64, error) {
	number, ok := strings.CutPrefix(link, kind+":[")
	number, closed := strings.CutSuffix(number, "]")
	n, err := strconv.ParseUint(number, 10, 64)
	if !ok || !closed || err != nil {
		return 0, fmt.Errorf("%q: expected %s:[NUMBER]", link, kind)
	}
	return n, nil
}

// maxCommand is how many bytes of a command line are kept.
const maxCommand = 4096

// ParseCmdline makes one line of the content of /proc/PID/cmdline, of arguments that
// each end with a NUL byte. A process can write there what it likes: what is not
// printable becomes "?", so that it can neither break a line nor speak to a terminal.
func ParseCmdline(text string) string {
	text = strings.TrimRight(text, "\x00")
	if len(text) > maxCommand {
		text = text[:maxCommand]
	}
	return strings.TrimSpace(printable(strings.ReplaceAll(text, "\x00", " ")))
}

// printable replaces every character that is not printable, and each byte that is no
// UTF-8, by "?".
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
