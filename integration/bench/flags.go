package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"
)

type options struct {
	n        int
	warmup   int
	pause    time.Duration
	hot      bool
	only     []string // names of parts, in their order
	many     int
	json     string
	markdown bool
	target   bool
	runseal  string
	crun     string
	runc     string
}

// manyDefault is the number of containers of part many. A run that is only to see
// that everything works has fewer.
func manyDefault(n int) int { return min(200, 8*n) }

func parseFlags(args []string) (options, error) {
	var o options
	var only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.n, "n", 30, "measure every command `N` times with each runtime")
	f.IntVar(&o.warmup, "warmup", 2, "rounds to run first without counting them")
	f.DurationVar(&o.pause, "pause", 80*time.Millisecond, "wait before each measured command; 0: hot loops only")
	f.BoolVar(&o.hot, "hot", true, "measure the commands in a hot loop too, without a pause")
	f.StringVar(&only, "only", "", "the parts to measure, `NAME,...` (default: all): "+strings.Join(partNames(), ", "))
	f.IntVar(&o.many, "many", 0, "`number` of containers of part many (default: 200, but not more than eight times -n)")
	f.BoolVar(&o.markdown, "markdown", false, "print Markdown instead of a table for the terminal")
	f.StringVar(&o.json, "json", "", "also write everything to `FILE` as JSON")
	f.BoolVar(&o.target, "target", false, "print whether the project's targets are met (the exit status does not depend on it)")
	f.StringVar(&o.runseal, "runseal", "", "runseal `program` (default: $RUNSEAL, or bin/runseal of this module)")
	f.StringVar(&o.crun, "crun", "crun", "crun `program`")
	f.StringVar(&o.runc, "runc", "runc", "runc `program`")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.n < 1:
		return o, fmt.Errorf("-n %d: expected 1 or more", o.n)
	case o.warmup < 0:
		return o, fmt.Errorf("-warmup %d: expected 0 or more", o.warmup)
	case o.pause < 0:
		return o, fmt.Errorf("-pause %v: expected 0 or more", o.pause)
	case o.many < 0:
		return o, fmt.Errorf("-many %d: expected 1 or more", o.many)
	case o.many == 0:
		o.many = manyDefault(o.n)
	}
	var err error
	o.only, err = choose(only)
	return o, err
}

// choose turns the value of -only into names of parts. They keep the order in which
// parts are measured, whatever the order in the list.
func choose(list string) ([]string, error) {
	all := partNames()
	if list == "" {
		return all, nil
	}
	asked := strings.Split(list, ",")
	for _, name := range asked {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("-only %s: no part %q; expected some of %s", list, name, strings.Join(all, ","))
		}
	}
	return slices.DeleteFunc(all, func(name string) bool { return !slices.Contains(asked, name) }), nil
}

// hotOnly is true without a pause: there is nothing then to compare hot loops with.
func (o options) hotOnly() bool { return o.pause == 0 }
