package main

import (
	"slices"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/internal/refdoc"
	"github.com/runseal/runseal/cmd/internal/verbs"
)

//go:generate go test -count=1 -run TestReference . -update

// reference is docs/reference/runseal.md and docs/man/runseal.8: what the command line
// says of itself, and what is about all of it.
func reference() refdoc.Page {
	in := &invocation{}
	app := in.app()
	for _, name := range commandNames {
		cmd := in.command(name)
		// --help is a global flag too.
		cmd.Flags = slices.DeleteFunc(cmd.Flags, func(f cli.Flag) bool { return f.Names()[0] == "help" })
		app.Commands = append(app.Commands, cmd)
	}
	return refdoc.Page{
		Program:  verbs.Of(app, describe),
		Section:  8,
		Synopsis: app.UsageText,
		Text: `runseal runs a container from a bundle, with exactly the seccomp filter that linux.seccomp of its
config.json asks for. The command line is runc's, so that engines can call it.

` + app.Description + `

Flags of a subcommand may stand before and behind its arguments, but for exec and ps; what follows
"--" is no flag. Global flags stand before the subcommand. Errors and warnings go to standard error.`,
		Status: "The exit status is 0, or 1 if anything failed.",
		Examples: map[string][]string{
			"run":      {"runseal run --bundle bundle web", "echo 'exit 3' | runseal run -b bundle web; echo $?"},
			"create":   {"runseal create --bundle bundle --pid-file web.pid web"},
			"start":    {"runseal start web"},
			"exec":     {"runseal exec web ps", "runseal exec --tty --user 1000:1000 --env LANG=C web sh -l"},
			"state":    {"runseal state web"},
			"list":     {"runseal list", "runseal list --quiet | xargs -r -n 1 runseal delete --force"},
			"ps":       {"runseal ps web", "runseal ps web -o pid,rss,comm", "runseal ps --format json web"},
			"events":   {"runseal events --interval 1s web", "runseal events --stats web | jq .data.memory.usage"},
			"pause":    {"runseal pause web"},
			"resume":   {"runseal resume web"},
			"update":   {"runseal update --memory 512M --pids-limit 100 web", `echo '{"cpu":{"quota":50000}}' | runseal update --resources - web`},
			"kill":     {"runseal kill web", "runseal kill --all web KILL"},
			"delete":   {"runseal delete web", "runseal delete --force web"},
			"spec":     {"runseal spec --bundle bundle", "runseal spec --rootless"},
			"plan":     {"runseal plan bundle"},
			"features": {"runseal features | jq .linux.seccomp.actions"},

			"completion": {"runseal completion bash > ~/.local/share/bash-completion/completions/runseal"},
		},
		Sections: []refdoc.Section{
			{Title: "Node policy", Text: `/etc/runseal/policy.json, or the file of --policy, is one JSON object. All members are optional.
Profiles have names: runtime/default, crio/default, localhost/NAME (below profileRoot), unconfined.

default: the profile of a container whose config.json has no linux.seccomp.

floor: a profile that is intersected with every container's own, privileged ones included.

require: every container's profile must be at least as strict as this one.

allowed: a list; every container's profile must decide all calls as one of these does. "*" is any profile,
unconfined none; a container without a profile gets the first that is not "*".

exempt: a list of objects with namespace, pod, container (of Kubernetes, "*" for any text) and annotations, a map
from key to pattern; containers that match one of them are left alone.

unlistedArchitecture: SCMP_ACT_KILL_THREAD or SCMP_ACT_KILL_PROCESS (the default) for calls of architectures
that a profile does not list.

profileRoot: the directory of localhost/NAME, by default /var/lib/kubelet/seccomp.

The file and the profiles that it names must be root's and writable by nobody else. Whatever is wrong with them stops
every create and run. What was decided is shown by plan, is in the log, and in the state's annotations as
io.github.runseal.seccomp.policy; it holds for the life of the container.`},
			{Title: "Files", Text: `/run/runseal has a directory for each container, unless --root names another place. It belongs to
whoever runs runseal, with mode 0700. For a user who is not root, and for the root of a user namespace that an engine
has made, it is $XDG_RUNTIME_DIR/runseal.

/etc/runseal/policy.json is the node policy; without it there is none.`},
			{Title: "See also", Text: `sealctl(8), seccomp(2), namespaces(7), cgroups(7), capabilities(7)

The specification of bundles: https://github.com/opencontainers/runtime-spec`},
		},
		Command: "go test ./cmd/runseal -run TestReference -update",
	}
}

// describe reads a flag of this program's own type.
func describe(f cli.Flag) verbs.Flag {
	o := f.(*option)
	names := []string{o.name}
	if o.short != "" {
		names = append(names, o.short)
	}
	out := verbs.Flag{Names: names, Arg: o.arg, Usage: o.usage, Default: o.def}
	switch o.value.(type) {
	case *list, *variables, *numericIDs:
		out.Repeated = true
	}
	return out
}

// An example for each subcommand, and no more of them.
func TestReferenceExamples(t *testing.T) {
	page := reference()
	for _, name := range commandNames {
		if page.Examples[name] == nil {
			t.Errorf("%s: no example", name)
		}
	}
	if len(page.Examples) != len(commandNames) {
		t.Errorf("%d examples for %d subcommands", len(page.Examples), len(commandNames))
	}
}

func TestReference(t *testing.T) {
	page := reference()
	err := refdoc.Compare(map[string]string{"../../docs/reference/runseal.md": page.Markdown(), "../../docs/man/runseal.8": page.Man()}, *update)
	if err != nil {
		t.Errorf("%v; to rewrite it: %s", err, page.Command)
	}
}
