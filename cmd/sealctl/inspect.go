package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/enforced"
	"github.com/runseal/runseal/cmd/sealctl/internal/procs"
	"github.com/runseal/runseal/cmd/sealctl/internal/runtimes"
	"github.com/runseal/runseal/seccomp"
)

// inspectCommand prints the profile of a container as its configuration and the kernel
// have it.
func inspectCommand() *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "print the profile of a running container, as configured and as the kernel has it",
		ArgsUsage: "CONTAINER|PID",
		Description: "A number is the id of a process or thread; anything else is a container of runseal below --root, or of\n" +
			"another runtime by its id or the beginning of it (sealctl ps).\n\n" +
			"--source config is linux.seccomp of the container's config.json, as the runtime got it: what runseal has\n" +
			"recorded, the node policy's default where config.json has none, or the file in the bundle of runc, crun, containerd,\n" +
			"Docker, CRI-O and podman. --source kernel\n" +
			"is what the filters decide that the kernel has for the process, found by executing them for all inputs at\n" +
			"once: calls by decision for each architecture, each filter by itself, the newest first, and all together\n" +
			"(the strictest action counts). Numbers from 0x80000000 on, which no call has, are left out. --source both\n" +
			"is the default, and also says whether the filter is what the configuration says.\n\n" +
			"-o oci prints a linux.seccomp object made of the filters alone, which is proved to decide all calls as they\n" +
			"do, or the reason why there is none. What the proof leaves out is a warning. Of the flags the kernel keeps\n" +
			"SECCOMP_FILTER_FLAG_LOG only, and of an agent nothing: listenerPath is the configuration's.\n\n" +
			"Reading filters stops the process for a moment, and needs CAP_SYS_ADMIN in the initial user namespace.\n\n" +
			"   sealctl inspect web\n" +
			"   sealctl inspect --source config 3f4b | sealctl diff - runtime/default\n" +
			"   sealctl inspect -o oci 4711 > observed.json",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "source", Value: "both", Usage: "`SOURCE`: kernel, config, both"},
			rootFlag(), outputFlag("text", "json", "oci"),
		},
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return fmt.Errorf("inspect takes one CONTAINER or PID, got %d arguments", c.NArg())
			}
			form, err := outputForm(c, "text", "json", "oci")
			if err != nil {
				return err
			}
			source := c.String("source")
			switch source {
			case "kernel", "config", "both":
			default:
				return fmt.Errorf("--source %q: expected one of kernel, config, both", source)
			}
			if form == "oci" && source == "config" {
				return errors.New("--source config: -o oci is made of the kernel's filters")
			}
			p, err := findInspected(c.Args().First(), c.String("root"))
			if err != nil {
				return err
			}
			if form == "oci" {
				return writeOCI(c, p)
			}
			return inspect(c, p, form, source)
		},
	}
}

// findInspected is findProcess, and says of a process by number which container it is in.
func findInspected(name, root string) (*process, error) {
	p, err := findProcess(name, root)
	if err != nil || p.container != "" {
		return p, err
	}
	host := runtimes.Host{Runseal: root}
	kept := host.Containers()
	scan, err := procs.Scan("/proc", procs.Options{Known: known(kept)})
	if err != nil {
		return nil, err
	}
	p.config = &containerConfig{err: fmt.Errorf("process %d is %w", p.pid, errNoContainer)}
	if c := scan.Of(p.pid); c != nil {
		p.in, p.runtime, p.engine = c.ID, c.Runtime, c.Engine
		if of, err := ofContainer(c, host, keptOf(c, kept)); err != nil {
			p.config.err = err
		} else {
			p.config, p.profile, p.seal = of.config, of.profile, of.seal
		}
	}
	return p, nil
}

// errNoContainer is about a process that has no config.json, which is no surprise.
var errNoContainer = errors.New("in no container")

// readState reads what /proc says of the process.
func (p *process) readState() (*procs.Status, error) {
	s, err := procs.ReadStatus(fmt.Sprintf("/proc/%d", p.pid))
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, fmt.Errorf("%s: not in /proc", p)
	}
	return s, nil
}

// inspection is what inspect prints.
type inspection struct {
	Container string `json:"container,omitempty"`
	Pid       int    `json:"pid"`
	Runtime   string `json:"runtime,omitempty"`
	Engine    string `json:"engine,omitempty"`
	seccompState
	Config *inspectedConfig `json:"config,omitempty"`
	Kernel *inspectedKernel `json:"kernel,omitempty"`
}

type inspectedConfig struct {
	Path    string          `json:"path"`
	Seccomp json.RawMessage `json:"seccomp"` // null: config.json has none
	// Policy is what runseal's node policy made of it: decision, and the profiles that it
	// added as default or floor. Absent if there was no policy.
	Policy json.RawMessage `json:"policy,omitempty"`
}

// inspectedKernel has the filters, the newest first, and what all decide together, if
// there are several.
type inspectedKernel struct {
	Filters  []inspectedFilter `json:"filters"`
	Together *enforcedListing  `json:"together,omitempty"`
	// AsConfigured: with --source both and a configuration that is known, what is
	// proved about filters and configuration.
	AsConfigured *asConfigured `json:"asConfigured,omitempty"`
}

type inspectedFilter struct {
	Instructions int              `json:"instructions"`
	Flags        []string         `json:"flags"`
	Decisions    *enforcedListing `json:"decisions"`
}

// inspect prints what the sources say. What cannot be had is an error at the end, so
// that the rest is there.
func inspect(c *cli.Context, p *process, form, source string) error {
	status, err := p.readState()
	if err != nil {
		return err
	}
	out := inspection{Container: p.container, Pid: p.pid, Runtime: p.runtime, Engine: p.engine, seccompState: stateOf(status.Seccomp)}
	if out.Container == "" {
		out.Container = p.in
	}
	if source != "kernel" {
		switch {
		case p.config.err == nil:
			out.Config = &inspectedConfig{p.config.path, p.config.seccomp, p.config.policy}
		case source == "config":
			return p.config.err
		case !errors.Is(p.config.err, errNoContainer):
			warn(c, p.config.err.Error())
		}
	}
	var failed error
	if source != "config" {
		out.Kernel, failed = p.inspectKernel(status)
		if failed == nil && out.Config != nil {
			out.Kernel.AsConfigured = p.compareWithConfig()
		}
	}
	switch {
	case form == "json":
		err = writeJSON(c, out)
	case source == "config":
		err = writeConfigured(c, p, out.Config)
	default:
		err = out.write(c.App.Writer, p)
	}
	switch {
	case failed == nil:
		return err
	case err == nil:
		return failed
	}
	return fmt.Errorf("%w; %w", failed, err)
}

// inspectKernel reads and analyses the filters.
func (p *process) inspectKernel(status *procs.Status) (*inspectedKernel, error) {
	k := &inspectedKernel{Filters: []inspectedFilter{}}
	if status.Mode != procs.ModeFilter {
		return k, nil
	}
	filters, err := p.filters()
	if err != nil {
		return nil, err
	}
	p.installed = filters
	for i, f := range filters {
		a, err := enforced.Analyse(f)
		if err != nil {
			return nil, fmt.Errorf("%s: filter %d of %d: %w", p, len(filters)-i, len(filters), err)
		}
		k.Filters = append(k.Filters, inspectedFilter{len(f.Instructions), filterFlagNames(f), listingOf(a)})
	}
	if len(filters) > 1 {
		a, err := enforced.Analyse(filters...)
		if err != nil {
			return nil, fmt.Errorf("%s: all filters together: %w", p, err)
		}
		k.Together = listingOf(a)
	}
	return k, nil
}

// writeOCI prints the object that is proved to be what the filters decide.
func writeOCI(c *cli.Context, p *process) error {
	status, err := p.readState()
	if err != nil {
		return err
	}
	switch status.Mode {
	case procs.ModeFilter:
	case procs.ModeStrict:
		return fmt.Errorf("%s: it is in strict mode (read, write, exit and sigreturn), which is no filter and no profile", p)
	default:
		return fmt.Errorf("%s: it has no filter, so there is no profile", p)
	}
	filters, err := p.filters()
	if err != nil {
		return err
	}
	a, err := enforced.Analyse(filters...)
	if err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	var o enforced.Options
	agent := p.profile
	if p.seal != nil {
		agent = p.seal.Agent()
	}
	if agent != nil {
		o.ListenerPath, o.ListenerMetadata = agent.ListenerPath, agent.ListenerMetadata
	}
	profile, err := a.Profile(o)
	if err != nil {
		return fmt.Errorf("%s: no profile can be given: %w", p, err)
	}
	for _, n := range profile.Notes {
		warn(c, n)
	}
	return writeEncoded(c, profile.JSON)
}

// filterFlagNames lists the flags that the kernel keeps.
func filterFlagNames(f seccomp.InstalledFilter) []string {
	names := []string{}
	if f.Flags != 0 {
		names = append(names, "SECCOMP_FILTER_FLAG_LOG")
	}
	return names
}
