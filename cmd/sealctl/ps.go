package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/enforced"
	"github.com/runseal/runseal/cmd/sealctl/internal/procs"
	"github.com/runseal/runseal/cmd/sealctl/internal/runtimes"
	"github.com/runseal/runseal/runtime/policy"
)

// psCommand lists containers with what the kernel enforces for them.
func psCommand() *cli.Command {
	return &cli.Command{
		Name:  "ps",
		Usage: "list the running containers of all runtimes with their seccomp mode and filters",
		Description: "A container is what runseal, runc or crun keep as one, what has a cgroup as Docker, containerd, CRI-O,\n" +
			"podman and Kubernetes make them, and every other pid namespace. The columns are what the kernel says of its\n" +
			"first process in /proc: MODE none, strict or filter, FILTERS the number of filters, NNP no_new_privs.\n" +
			"DIFFER counts the processes and threads of the container that have no filter although the first process\n" +
			"has one (unfiltered), fewer (weaker) or more filters (stricter); --threads has a line for each.\n\n" +
			"PROFILE is the name of a known profile: of --profile, runtime/default, containerd/default and crio/default\n" +
			"for the container's capabilities, and the files *.json below --seccomp-profile-root. Without --recognize no\n" +
			"process is stopped or touched, and the profile is that of the recorded config.json of runseal's containers,\n" +
			"in brackets, and - for others. With it the filters are read back from the kernel, which stops each\n" +
			"first process for a moment and needs CAP_SYS_ADMIN in the initial user namespace, and a name is printed if\n" +
			"all calls are proved to be decided as that profile says. (calls to N): but that calls newer than number N\n" +
			"were not known to the runtime, and get ENOSYS. Several filters are joined by +, the newest first.\n\n" +
			"   sealctl ps\n" +
			"   sealctl ps --recognize --threads\n" +
			"   sealctl ps -o json | jq -r '.[] | select(.mode == \"none\") | .id'",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "recognize", Usage: "read the filters and prove which known profile they are; stops each container's first process for a moment"},
			&cli.BoolFlag{Name: "threads", Aliases: []string{"a"}, Usage: "a line for each process and thread that differs from the container's first process"},
			&cli.StringSliceFlag{Name: "profile", Usage: "a further known `PROFILE`, a file or a name (repeatable)"},
			profileRootFlag(),
			rootFlag(),
			&cli.BoolFlag{Name: "no-headers", Usage: "leave out the line with the names of the columns"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print the full ids only"},
		}, outputFlag("text", "json")),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() != 0 {
				return fmt.Errorf("ps takes no arguments, got %q", c.Args().First())
			}
			form, err := outputForm(c, "text", "json")
			if err != nil {
				return err
			}
			list, err := listContainers(c, "/proc")
			if err != nil {
				return err
			}
			switch {
			case form == "json":
				return writeJSON(c, list)
			case c.Bool("quiet"):
				for _, e := range list {
					if _, err := fmt.Fprintln(c.App.Writer, e.ID); err != nil {
						return err
					}
				}
				return nil
			}
			return writeContainers(c, list)
		},
	}
}

// psEntry is a container as ps prints it.
type psEntry struct {
	ID      string `json:"id"`
	Pid     int    `json:"pid"`
	Runtime string `json:"runtime,omitempty"`
	Engine  string `json:"engine,omitempty"`
	seccompState
	// Waiting: created and not started, so that the filter is not installed yet.
	Waiting   bool         `json:"waiting,omitempty"`
	Processes int          `json:"processes"`
	Profiles  []recognized `json:"profiles,omitempty"` // one for each filter, the newest first; absent if not known
	// ProfileFrom is where Profiles is from: "kernel", proved, or "config", said.
	ProfileFrom string   `json:"profileFrom,omitempty"`
	Command     string   `json:"command"`
	Differing   []psTask `json:"differing"`
	counts      map[procs.Relation]int
}

// seccompState is the part of /proc/PID/status; what it does not have is null.
type seccompState struct {
	Mode       string `json:"mode"`
	Filters    *int   `json:"filters"`
	NoNewPrivs *bool  `json:"noNewPrivs"`
}

type psTask struct {
	Pid int `json:"pid"`
	Tid int `json:"tid"`
	seccompState
	Relation string `json:"relation"`
	Command  string `json:"command"`
	Name     string `json:"name"`
}

// modeName returns the word for a mode.
func modeName(mode int) string {
	switch mode {
	case procs.ModeDisabled:
		return "none"
	case procs.ModeStrict:
		return "strict"
	case procs.ModeFilter:
		return "filter"
	}
	return "unknown"
}

func stateOf(s procs.Seccomp) seccompState {
	out := seccompState{Mode: modeName(s.Mode)}
	if s.Filters != procs.Unknown {
		out.Filters = &s.Filters
	}
	if s.NoNewPrivs != procs.Unknown {
		nnp := s.NoNewPrivs == 1
		out.NoNewPrivs = &nnp
	}
	return out
}

// listContainers reads the procfs at root.
func listContainers(c *cli.Context, root string) ([]psEntry, error) {
	host := runtimes.Host{Runseal: c.String("root")}
	kept := host.Containers()
	scan, err := procs.Scan(root, procs.Options{Threads: true, Known: known(kept)})
	if err != nil {
		return nil, err
	}
	if scan.Unreadable > 0 {
		warn(c, fmt.Sprintf("%s: %d processes could not be read in full (hidepid=, or no privileges): containers may be missing", root, scan.Unreadable))
	}
	if scan.Hidden {
		warn(c, fmt.Sprintf("%s: process 1 is hidden, as with hidepid=2: containers of others are missing", root))
	}
	r, err := newRecognizer(c)
	if err != nil {
		return nil, err
	}
	list := []psEntry{}
	for _, container := range scan.Containers() {
		first := container.First
		e := psEntry{
			ID: container.ID, Pid: first.Pid, Runtime: container.Runtime, Engine: container.Engine,
			seccompState: stateOf(first.Seccomp), Processes: len(container.Processes), Command: first.Command,
			Differing: []psTask{}, counts: map[procs.Relation]int{},
		}
		for _, t := range container.Differing() {
			e.Differing = append(e.Differing, psTask{t.Pid, t.Tid, stateOf(t.Seccomp), t.Relation.String(), t.Command, t.Name})
			e.counts[t.Relation]++
		}
		of := keptOf(container, kept)
		e.Waiting = of != nil && of.Waiting
		if !e.Waiting {
			e.recognize(c, r, container, host, of)
		}
		list = append(list, e)
	}
	return list, nil
}

// recognize fills Profiles.
func (e *psEntry) recognize(c *cli.Context, r *recognizer, container *procs.Container, host runtimes.Host, kept *runtimes.Container) {
	first := container.First
	if first.Mode == procs.ModeDisabled {
		e.Profiles, e.ProfileFrom = []recognized{{Name: unconfined}}, "kernel"
		return
	}
	if first.Mode != procs.ModeFilter {
		return
	}
	p := &process{pid: first.Pid, container: container.ID, startTime: first.Start}
	if c.Bool("recognize") {
		filters, err := p.filters()
		switch inner := errors.Unwrap(err); {
		case err != nil && inner != nil && os.Geteuid() != 0: // the same for all: say it once
			r.warn(fmt.Sprintf("--recognize: %s", inner))
			return
		case err != nil:
			r.warn(fmt.Sprintf("%s: %s", p, err))
			return
		}
		e.ProfileFrom = "kernel"
		seal := e.sealOf(r, container, host, kept)
		for i, f := range filters {
			if seal != nil && seal.Policy() != nil && i == len(filters)-1 { // the runtime's own
				if _, err := enforced.Equal(f, seal.Policy()); err == nil {
					e.Profiles = append(e.Profiles, r.sealed(seal, first.CapBnd))
					continue
				}
			}
			e.Profiles = append(e.Profiles, r.filter(f, first.CapBnd))
		}
		return
	}
	if seal := e.sealOf(r, container, host, kept); seal != nil {
		e.Profiles, e.ProfileFrom = []recognized{r.sealed(seal, first.CapBnd)}, "config"
	}
}

// sealOf returns what runseal has recorded about a container of its own, nil for
// another's.
func (e *psEntry) sealOf(r *recognizer, container *procs.Container, host runtimes.Host, kept *runtimes.Container) *policy.Seal {
	if container.Runtime != procs.Runseal {
		return nil
	}
	own, err := ofContainer(container, host, kept)
	if err != nil {
		r.warn(err.Error())
		return nil
	}
	if own.seal != nil {
		return own.seal
	}
	return &policy.Seal{Profile: own.profile}
}
