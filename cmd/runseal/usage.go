package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// usageError is a command line that cannot be understood. Besides its message
// the user gets one line that shows the right form.
type usageError struct {
	command string // as in "runseal create"; "runseal" for the global part
	form    string // how it is called; of several lines the first is shown
	reason  string
}

func (e *usageError) Error() string { return e.reason }

// hint is the second line on standard error.
func (e *usageError) hint() string {
	first, _, _ := strings.Cut(e.form, "\n")
	return "usage: " + first + " (" + e.command + " --help tells more)"
}

// wrongUsage makes a usageError for the subcommand that c belongs to.
func wrongUsage(c *cli.Context, format string, args ...any) error {
	cmd := c.Command
	if cmd.Name == "" || cmd.Name == c.App.Name {
		return &usageError{c.App.Name, c.App.UsageText, fmt.Sprintf(format, args...)}
	}
	return &usageError{
		command: c.App.Name + " " + cmd.Name,
		form:    cmd.UsageText,
		reason:  cmd.Name + ": " + fmt.Sprintf(format, args...),
	}
}

// flagError puts the flag package's message into the user's terms.
func flagError(c *cli.Context, err error) error {
	msg := err.Error()
	if name, ok := strings.CutPrefix(msg, "flag provided but not defined: -"); ok {
		msg = "unknown flag " + dashed(name)
		if c.Command.Name != "" && findOption(c.App.Flags, name) != nil {
			msg = "flag " + dashed(name) + " stands before the subcommand"
		}
	} else if name, ok := strings.CutPrefix(msg, "flag needs an argument: -"); ok {
		msg = "flag " + dashed(name) + " needs a value"
	} else if value, name, ok := cutInvalid(msg); ok {
		msg = "flag " + dashed(name) + ": invalid value " + value
	}
	return wrongUsage(c, "%s", msg)
}

// nearest returns the name that is typed like word: the one with the fewest letters to
// change, add, leave out or swap with their neighbour, if there are no more than two of
// them and not all; else "".
func nearest(word string, names []string) string {
	best, least := "", min(3, len(word))
	for _, name := range names {
		if d := distance(word, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance counts the changes between two words (optimal string alignment).
func distance(a, b string) int {
	if len(a) > 20 {
		return len(a) // no name is that long
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		for j := range rows[i] {
			switch {
			case i == 0 || j == 0:
				rows[i][j] = i + j
				continue
			case a[i-1] == b[j-1]:
				rows[i][j] = rows[i-1][j-1]
			default:
				rows[i][j] = 1 + min(rows[i-1][j-1], rows[i-1][j], rows[i][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], 1+rows[i-2][j-2])
			}
		}
	}
	return rows[len(a)][len(b)]
}

// cutInvalid takes apart the flag package's `invalid value "x" for flag -n: why`
// and `invalid boolean value "x" for -n: why` into `"x": why` and `n`. The
// message can then begin with the flag.
func cutInvalid(msg string) (value, name string, ok bool) {
	tail, ok := strings.CutPrefix(msg, "invalid value ")
	sep := " for flag -"
	if !ok {
		if tail, ok = strings.CutPrefix(msg, "invalid boolean value "); !ok {
			return "", "", false
		}
		sep = " for -"
	}
	// The value is the user's and may contain the separator; the flag's name and
	// the reason are ours and do not.
	i := strings.LastIndex(tail, sep)
	if i < 0 {
		return "", "", false
	}
	name, why, ok := strings.Cut(tail[i+len(sep):], ": ")
	if !ok {
		return "", "", false
	}
	return tail[:i] + ": " + why, name, true
}

// dashed writes a flag's name as people type it.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// arguments checks that a subcommand has at least as many arguments as names
// and no more than that plus extra. extra < 0 means any number.
func arguments(c *cli.Context, extra int, names ...string) error {
	n := c.Args().Len()
	if n < len(names) {
		return wrongUsage(c, "missing argument %s", names[n])
	}
	if extra >= 0 && n > len(names)+extra {
		return wrongUsage(c, "unexpected argument %q", c.Args().Get(len(names)+extra))
	}
	return nil
}
