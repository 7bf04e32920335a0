package main

import (
	"errors"
	"flag"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// option is a flag of the command line. It stands in for the flag types of
// urfave/cli for two reasons. Their list flags split values at commas, trim
// spaces, pass values through JSON where a flag has two names, and refuse
// `-e A=1 --env B=2`; an environment variable must arrive byte for byte. And
// they run a regular expression over each name at each look-up, which is felt
// in the start-up time of a program that lives for some milliseconds.
//
// The value is written to where the option points while the arguments are
// parsed; nothing is looked up by name afterwards.
type option struct {
	name  string     // without dashes
	short string     // one letter, or empty
	arg   string     // what the help calls the value, e.g. "DIR"; empty for a switch
	usage string     // one line for the help
	def   string     // the default, as the help shows it; empty to show none
	value flag.Value // where the value goes

	hidden bool // from the help: it is there for callers of runc
}

// Apply enters both names. It is part of cli.Flag.
func (o *option) Apply(set *flag.FlagSet) error {
	set.Var(o.value, o.name, o.usage)
	if o.short != "" {
		set.Var(o.value, o.short, o.usage)
	}
	return nil
}

// Names gives the long name only: urfave/cli copies values between the names
// that it knows, and both names have the same value here. Part of cli.Flag.
func (o *option) Names() []string { return []string{o.name} }

// IsSet reports whether the value came from elsewhere than the arguments, which
// does not happen. Part of cli.Flag.
func (o *option) IsSet() bool { return false }

// IsVisible says whether the option appears in the help. Part of cli.VisibleFlag.
func (o *option) IsVisible() bool { return !o.hidden }

// GetCategory is part of cli.CategorizableFlag.
func (o *option) GetCategory() string { return "" }

// String is the option's line in the help: names and value, a tab, the text.
func (o *option) String() string {
	var b strings.Builder
	b.WriteString("--")
	b.WriteString(o.name)
	if o.short != "" {
		b.WriteString(", -")
		b.WriteString(o.short)
	}
	if o.arg != "" {
		b.WriteByte(' ')
		b.WriteString(o.arg)
	}
	b.WriteByte('\t')
	b.WriteString(o.usage)
	if o.def != "" {
		b.WriteString(" (default: ")
		b.WriteString(o.def)
		b.WriteByte(')')
	}
	return b.String()
}

// isSwitch reports whether the option stands alone: --force, not --bundle DIR.
func (o *option) isSwitch() bool { return o.arg == "" }

// findOption returns the option with this name, long or short, or nil.
func findOption(flags []cli.Flag, name string) *option {
	for _, f := range flags {
		if o, ok := f.(*option); ok && (o.name == name || o.short == name && name != "") {
			return o
		}
	}
	return nil
}

// toggle is a switch: --force, --force=false.
type toggle bool

func (t *toggle) String() string   { return strconv.FormatBool(t != nil && bool(*t)) }
func (t *toggle) IsBoolFlag() bool { return true }
func (t *toggle) Set(s string) error {
	v, err := strconv.ParseBool(s)
	if err != nil {
		return errors.New("expected true or false")
	}
	*t = toggle(v)
	return nil
}

// text is a string, taken as it is.
type text string

func (t *text) Set(s string) error { *t = text(s); return nil }
func (t *text) String() string {
	if t == nil {
		return ""
	}
	return string(*t)
}

// list collects the values of a flag that may be given several times, each byte
// for byte and in the order given.
type list []string

func (l *list) Set(s string) error { *l = append(*l, s); return nil }
func (l *list) String() string {
	if l == nil {
		return ""
	}
	return strings.Join(*l, " ")
}

// variables is a list of environment variables. A name alone is refused, as by runc: in
// docker's -e it stands for the caller's own variable, which must not get in by mistake.
// An empty text is none and passes, as by runc.
type variables []string

func (v *variables) Set(s string) error {
	if s != "" && !strings.Contains(s, "=") {
		return errors.New("expected NAME=VALUE")
	}
	*v = append(*v, s)
	return nil
}
func (v *variables) String() string { return (*list)(v).String() }

// number is a count from 0 up to what an int32 holds, in decimal.
type number int

func (n *number) Set(s string) error {
	v, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return errors.New("expected a number from 0 to 2147483647")
	}
	*n = number(v)
	return nil
}
func (n *number) String() string {
	if n == nil {
		return "0"
	}
	return strconv.Itoa(int(*n))
}

// numericIDs collects user or group numbers from a flag that may be given
// several times. 4294967295 is not one: as -1 it means "unchanged" to the kernel.
type numericIDs []uint32

func (g *numericIDs) Set(s string) error {
	v, err := strconv.ParseUint(s, 10, 32)
	if err != nil || v == 1<<32-1 {
		return errors.New("expected a number from 0 to 4294967294")
	}
	*g = append(*g, uint32(v))
	return nil
}
func (g *numericIDs) String() string {
	if g == nil {
		return ""
	}
	var b []byte
	for i, v := range *g {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return string(b)
}
