package main

import (
	"errors"
	"time"

	"github.com/runseal/runseal/runtime"
	"github.com/urfave/cli/v2"
)

// events is `runseal events`.
func (in *invocation) events() *cli.Command {
	o := runtime.EventsOptions{Interval: 5 * time.Second}
	return &cli.Command{
		Usage:     "print what a container uses, and when it runs out of memory, as JSON",
		UsageText: "runseal events [flags] " + idArgument,
		Description: `Each line is an object with type, id and data. Type "stats" comes at every
interval and has what cpu, memory, pids and devices the container uses; "oom"
comes when one of its processes was killed for lack of memory. It ends when the
container does.`,
		Flags: []cli.Flag{
			&option{name: "interval", arg: "DURATION", usage: "time between two stats, such as 500ms or 1m", def: "5s", value: (*span)(&o.Interval)},
			&option{name: "stats", usage: "print one stats event and leave", value: (*toggle)(&o.Stats)},
		},
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, idArgument); err != nil {
				return err
			}
			return in.containers(false).Events(c.Args().First(), o, func(line []byte) error {
				_, err := in.stdout.Write(append(line, '\n'))
				return err
			})
		},
	}
}

// span is a duration above zero.
type span time.Duration

func (s *span) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return errors.New("expected a duration above 0 such as 500ms, 5s or 1m")
	}
	*s = span(d)
	return nil
}

func (s *span) String() string {
	if s == nil {
		return ""
	}
	return time.Duration(*s).String()
}
