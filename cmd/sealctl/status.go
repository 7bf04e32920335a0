package main

import "github.com/urfave/cli/v2"

// Exit statuses. Verbs that compare end as diff(1) and cmp(1) do, so that scripts
// can tell a difference from a failure; all others know 0 and 1.
const (
	statusDifferent = 1 // diff, verify: compared, and different; pod, scc: judged, and refused; lint: findings
	statusFailed    = 1 // all other verbs
	statusTrouble   = 2 // diff, verify, pod, scc, lint: could not be compared, judged or checked
)

// exit is an error with an exit status of its own.
type exit struct {
	status int
	err    error // nil: everything has been said on standard output
}

func (e *exit) Error() string {
	if e.err == nil {
		return "different"
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// comparing makes a verb one that compares: action says whether what it looked at
// differs, and its errors, those of the command line included, are trouble.
func comparing(cmd *cli.Command, action func(*cli.Context) (different bool, err error)) *cli.Command {
	trouble := func(err error) error { return &exit{statusTrouble, err} }
	cmd.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return trouble(err) }
	cmd.Action = func(c *cli.Context) error {
		different, err := action(c)
		switch {
		case err != nil:
			return trouble(err)
		case different:
			return &exit{status: statusDifferent}
		}
		return nil
	}
	return cmd
}
