package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/runseal/runseal/runtime"
	"github.com/runseal/runseal/runtime/policy"
	"github.com/urfave/cli/v2"
)

// invocation is one run of the command.
type invocation struct {
	stdout io.Writer
	log    journal
	open   func(*runtime.Runtime) containers // how to get at the containers

	global global
	status int // exit status of a subcommand that returned no error
}

// global holds the flags that stand before the subcommand.
type global struct {
	root          string
	logFormat     string
	rootless      string
	systemdCgroup bool
	strictSeccomp bool
	policy        string
	version       bool
	help          bool // also behind the subcommand
}

// withStatus is an error that ends the command with a certain exit status
// instead of 1.
type withStatus struct {
	error
	status int
}

func (e withStatus) Unwrap() error { return e.error }

// run executes the command line argv (argv[0] is the program) and returns the
// exit status: that of the container's process after `run` and `exec`, else 0;
// 1 after an error, 255 after an error of `exec`, as with runc.
func (in *invocation) run(argv []string) int {
	begin := in.log.now()
	if len(argv) == 0 {
		argv = []string{"runseal"}
	}
	name, err := in.dispatch(argv)
	if in.log.debug {
		in.log.trace(name + " took " + in.log.now().Sub(begin).Round(time.Microsecond).String())
	}
	if err == nil {
		in.log.flush()
		return in.status
	}
	var wrong *usageError
	if errors.As(err, &wrong) {
		in.log.fail(err, wrong.hint())
		return 1
	}
	in.log.fail(err, "")
	var special withStatus
	if errors.As(err, &special) {
		return special.status
	}
	return 1
}

// dispatch parses argv and calls the subcommand, whose name it returns.
func (in *invocation) dispatch(argv []string) (name string, err error) {
	app := in.app()
	name = "runseal"
	if i := subcommandIndex(app.Flags, argv[1:]); i >= 0 {
		i++ // in argv
		name = argv[i]
		if cmd := in.command(name); cmd != nil {
			app.Commands = []*cli.Command{cmd}
			if name != "exec" && name != "ps" && !cmd.SkipFlagParsing {
				// What follows the container id of the two belongs to another program.
				argv = append(argv[:i+1:i+1], hoist(cmd.Flags, argv[i+1:])...)
			}
		}
	}
	if app.Commands == nil {
		// Help, no subcommand, or one that does not exist: the help lists all.
		for _, n := range commandNames {
			app.Commands = append(app.Commands, in.command(n))
		}
	}
	return name, in.execute(app, argv)
}

// execute parses the flags and calls the subcommand. It stands in for App.Run of
// urfave/cli, whose help is rendered by text/template: that calls methods by
// name, so the linker would have to keep every exported method of the whole
// program (1.2 MB of binary, 1 MB of peak memory).
func (in *invocation) execute(app *cli.App, argv []string) error {
	set, err := parseFlags(app.Name, app.Flags, argv[1:])
	c := cli.NewContext(app, set, nil)
	if err != nil {
		return flagError(c, err)
	}
	if err := in.checkGlobal(c); err != nil {
		return err
	}
	for _, cmd := range app.Commands {
		if cmd.Name != c.Args().First() {
			continue
		}
		args := c.Args().Tail()
		if cmd.SkipFlagParsing {
			args = nil
		}
		set, err := parseFlags(cmd.Name, cmd.Flags, args)
		sub := cli.NewContext(app, set, c)
		sub.Command = cmd
		if err != nil {
			return flagError(sub, err)
		}
		return cmd.Action(sub)
	}
	return in.noCommand(c)
}

// parseFlags parses what stands before the first argument that is no flag.
func parseFlags(name string, flags []cli.Flag, args []string) (*flag.FlagSet, error) {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard) // the caller reports errors
	for _, f := range flags {
		if err := f.Apply(set); err != nil {
			return set, err
		}
	}
	return set, set.Parse(args)
}

// app constructs the part of the command line before the subcommand.
func (in *invocation) app() *cli.App {
	g := &in.global
	g.root, g.logFormat, g.rootless, g.policy = stateRoot(), "text", "auto", policy.DefaultPath
	return &cli.App{
		Name:        "runseal",
		HelpName:    "runseal",
		Usage:       "run OCI containers under exactly the seccomp filter they ask for",
		UsageText:   "runseal [global flags] SUBCOMMAND [flags] ARGUMENTS",
		Description: appDescription,
		Flags: []cli.Flag{
			&option{name: "root", arg: "DIR", usage: "directory for the state of containers; without root $XDG_RUNTIME_DIR/runseal", def: defaultRoot, value: (*text)(&g.root)},
			&option{name: "log", arg: "FILE", usage: "append errors, which standard error gets too, and warnings to this file", value: (*text)(&in.log.path)},
			&option{name: "log-format", arg: "FORMAT", usage: "form of errors and warnings: text, json", def: g.logFormat, value: (*text)(&g.logFormat)},
			&option{name: "debug", usage: "log more: warnings at once, the time taken", value: (*toggle)(&in.log.debug)},
			&option{name: "systemd-cgroup", usage: "let systemd manage the cgroups (cgroup v2); linux.cgroupsPath is then SLICE:PREFIX:NAME", value: (*toggle)(&g.systemdCgroup)},
			&option{name: "rootless", arg: "BOOL", usage: "do without a cgroup that cannot be made, if no limits are asked for: true, false, auto; auto is true without root", def: g.rootless, value: (*text)(&g.rootless)},
			&option{name: "strict-seccomp", usage: "unknown system call names in linux.seccomp are errors, not warnings", value: (*toggle)(&g.strictSeccomp)},
			&option{name: "policy", arg: "FILE", usage: "the node policy, see runseal(8)", def: g.policy + ", if it exists", value: (*text)(&g.policy)},
			&option{name: "criu", arg: "FILE", usage: "ignored, as by runc since 1.2", value: new(text), hidden: true},
			in.helpOption(),
			&option{name: "version", short: "v", usage: "show the version and leave", value: (*toggle)(&g.version)},
		},
	}
}

// checkGlobal looks at the global flags once they are parsed.
func (in *invocation) checkGlobal(c *cli.Context) error {
	g := &in.global
	switch g.logFormat {
	case "text":
	case "json":
		in.log.json = true
	default:
		return wrongUsage(c, "--log-format %q: expected text or json", g.logFormat)
	}
	if err := in.log.openFile(); err != nil {
		return err
	}
	switch strings.ToLower(g.rootless) {
	case "auto":
		g.rootless = ""
	case "false", "0", "f":
		g.rootless = "false"
	case "true", "1", "t":
		g.rootless = "true"
	default:
		return wrongUsage(c, "--rootless %q: expected true, false or auto", g.rootless)
	}
	if g.root == "" {
		return wrongUsage(c, "--root: expected a directory, got an empty string")
	}
	if g.policy == "" {
		return wrongUsage(c, "--policy: expected a file, got an empty string")
	}
	if !filepath.IsAbs(g.root) {
		abs, err := filepath.Abs(g.root)
		if err != nil {
			return fmt.Errorf("--root: %w", err)
		}
		g.root = abs
	}
	return nil
}

// containers returns what the subcommands call. Those whose output engines read
// from both streams together pass warnings == false.
func (in *invocation) containers(warnings bool) containers {
	r := &runtime.Runtime{
		Root:          in.global.root,
		SystemdCgroup: in.global.systemdCgroup,
		StrictSeccomp: in.global.strictSeccomp,
		Rootless:      in.global.rootless,
		Policy:        in.global.policy,
		Inform:        in.log.inform,
	}
	if warnings {
		r.Warn = in.log.warn
	}
	return in.open(r)
}

// noCommand runs where there is no subcommand.
func (in *invocation) noCommand(c *cli.Context) error {
	if in.global.version {
		return printVersion(in.stdout)
	}
	name := c.Args().First()
	switch {
	case !c.Args().Present(), name == "help" && (c.Args().Len() == 1 || c.Args().Get(1) == "help"):
		return in.appHelp(c.App)
	case name == "help":
		name = c.Args().Get(1)
		if cmd := in.command(name); cmd != nil && cmd.Hidden {
			return cmd.Action(c) // which says all there is to say
		} else if cmd != nil {
			return in.commandHelp(cmd)
		}
	}
	if near := nearest(name, commandNames[:]); near != "" {
		return wrongUsage(c, "unknown subcommand %q, did you mean %s?", name, near)
	}
	return wrongUsage(c, "unknown subcommand %q", name)
}
