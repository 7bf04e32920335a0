package main

import (
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestVersion(t *testing.T) {
	for _, line := range []string{"--version", "-v", "--version start c1"} {
		r := &recorder{}
		got := command(t, r, strings.Fields(line)...)
		lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
		if got.status != 0 || got.stderr != "" || len(r.calls) != 0 || lines[0] != "runseal version dev" {
			t.Fatalf("%s: %+v, %d calls", line, got, len(r.calls))
		}
		fields := map[string]string{}
		for _, l := range lines[1:] {
			k, v, ok := strings.Cut(l, ": ")
			if !ok || v == "" {
				t.Errorf("%s: line %q is not \"key: value\"", line, l)
			}
			fields[k] = v
		}
		if fields["spec"] != "1.3.0" || !strings.HasPrefix(fields["go"], "go1.") {
			t.Errorf("%s: %q", line, fields)
		}
	}
}

// TestHelp: every subcommand explains itself and its flags, and nothing is done.
func TestHelp(t *testing.T) {
	for _, line := range []string{"", "--help", "-h", "help"} {
		got := command(t, &recorder{}, strings.Fields(line)...)
		if got.status != 0 || got.stderr != "" {
			t.Errorf("%q: %+v", line, got)
		}
		for _, name := range commandNames {
			if !strings.Contains(got.stdout, "\n  "+name+" ") {
				t.Errorf("%q does not list %s", line, name)
			}
		}
	}
	for _, name := range commandNames {
		texts := map[string]bool{}
		for _, line := range []string{name + " --help", name + " -h c1", name + " --help c1 x y z", "help " + name, "--help " + name} {
			r := &recorder{}
			got := command(t, r, strings.Fields(line)...)
			if got.status != 0 || got.stderr != "" || len(r.calls) != 0 {
				t.Fatalf("%s: %+v, %d calls", line, got, len(r.calls))
			}
			texts[got.stdout] = true
		}
		if len(texts) != 1 {
			t.Errorf("%s: %d different texts", name, len(texts))
		}
		for text := range texts {
			if !strings.Contains(text, "Usage: runseal "+name) {
				t.Errorf("%s: no usage line in\n%s", name, text)
			}
			for _, l := range strings.Split(text, "\n") {
				if len(l) > 100 {
					t.Errorf("%s: line of %d columns: %s", name, len(l), l)
				}
			}
		}
	}
}

// TestFlagNames pins the command line: engines and scripts depend on it.
func TestFlagNames(t *testing.T) {
	create := "--bundle -b --pid-file --pidfd-socket --console-socket --no-pivot --no-new-keyring --preserve-fds"
	want := map[string]string{
		"create": create,
		"run":    create + " --detach -d --keep --no-subreaper",
		"start":  "",
		"state":  "",
		"kill":   "--all -a",
		"delete": "--force -f",
		"list":   "--format -f --quiet -q",
		"exec":   "--process -p --detach -d --pid-file --pidfd-socket --console-socket --tty -t --cwd --env -e --user -u --additional-gids -g --cap -c --no-new-privs --process-label --apparmor --preserve-fds --ignore-paused --cgroup",
		"ps":     "--format -f",
		"events": "--interval --stats",
		"pause":  "",
		"resume": "",
		"update": "--resources -r --memory --memory-reservation --memory-swap --pids-limit --cpu-share --cpu-quota --cpu-period --cpu-burst --cpu-rt-period --cpu-rt-runtime" +
			" --cpu-idle --cpuset-cpus --cpuset-mems --blkio-weight --kernel-memory --kernel-memory-tcp --l3-cache-schema --mem-bw-schema",
		"spec":     "--bundle -b --rootless",
		"features": "",

		"completion": "",
		"plan":       "--bundle -b --console-socket --no-pivot --no-new-keyring --preserve-fds",
	}
	if len(want) != len(commandNames) {
		t.Errorf("%d subcommands, want %d", len(commandNames), len(want))
	}
	for _, name := range commandNames {
		got := flagNames((&invocation{}).command(name).Flags)
		if w := strings.TrimSpace(want[name] + " --help -h"); got != w {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, w)
		}
	}
	const global = "--root --log --log-format --debug --systemd-cgroup --rootless --strict-seccomp --policy --criu --help -h --version -v"
	if got := flagNames((&invocation{}).app().Flags); got != global {
		t.Errorf("global flags:\ngot  %s\nwant %s", got, global)
	}
}

// flagNames writes the names of flags as they are typed.
func flagNames(flags []cli.Flag) string {
	var names []string
	for _, f := range flags {
		o := f.(*option)
		names = append(names, "--"+o.name)
		if o.short != "" {
			names = append(names, "-"+o.short)
		}
	}
	return strings.Join(names, " ")
}
