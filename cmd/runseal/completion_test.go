package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/cmd/internal/completion"
	"github.com/runseal/runseal/cmd/internal/completion/shells"
	"github.com/runseal/runseal/cmd/internal/refdoc"
	"github.com/runseal/runseal/cmd/internal/verbs"
	"github.com/runseal/runseal/runtime/spec"
)

// completionScript collects what the scripts complete.
func completionScript() *completion.Script {
	in := &invocation{}
	app := in.app()
	for _, name := range commandNames {
		cmd := in.command(name)
		// The arguments are what the first usage line has behind the flags.
		line, _, _ := strings.Cut(cmd.UsageText, "\n")
		cmd.ArgsUsage = strings.TrimPrefix(strings.TrimPrefix(line, "runseal "+name), " [flags]")
		app.Commands = append(app.Commands, cmd)
	}
	s := &completion.Script{Program: verbs.Of(app, describe), StateRoot: "root", UserState: "runseal", GlobalFirst: true, FlagsFirst: []string{"exec", "ps"}}
	s.Program.Verbs = append(s.Program.Verbs, verbs.Verb{
		Path: []string{"help"}, Usage: "explain a subcommand and its flags", Args: []verbs.Arg{{Names: commandNames[:], Optional: true}},
	})
	for n := range spec.LastCap + 1 {
		s.Capabilities = append(s.Capabilities, spec.CapName(n))
	}
	for n := range unix.Signal(32) {
		if name := unix.SignalName(n); name != "" {
			s.Signals = append(s.Signals, strings.TrimPrefix(name, "SIG"))
		}
	}
	return s
}

// TestReferenceCompletion: the files are what the command line gives. With -update, as
// the reference is rewritten, so are they.
func TestReferenceCompletion(t *testing.T) {
	s := completionScript()
	err := refdoc.Compare(map[string]string{"completion/runseal.bash": s.Bash(), "completion/runseal.zsh": s.Zsh(), "completion/runseal.fish": s.Fish()}, *update)
	if err != nil {
		t.Errorf("%v; to rewrite it: go test ./cmd/runseal -run TestReference -update", err)
	}
}

func TestCompletionCommand(t *testing.T) {
	for shell, want := range map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion} {
		if got := command(t, &recorder{}, "completion", shell); got != (result{0, want, ""}) || len(want) < 1000 {
			t.Errorf("%s: status %d, stderr %q, %d bytes, want %d", shell, got.status, got.stderr, len(got.stdout), len(want))
		}
	}
}

var completions = []shells.Case{
	{"", "run create start exec state list ps events pause resume update kill delete spec plan features completion help", "web1 checkpoint --root file.json"},
	{"st", "start state", "list"},
	{"-", "--root --log --log-format --debug --systemd-cgroup --rootless --strict-seccomp --policy --help --version", "--bundle --criu"},
	{"--log-format ", "text json", "list file.json"},
	{"--log-format=j", "json", "text"},
	{"--rootless ", "true false auto", "list"},
	{"--root ", "state sub", "file.json list"},
	{"--root state ", "list kill", "web1 sub"},
	{"--root state kill ", "web1 web2", "file.json state TERM"},
	{"--root=state kill web", "web1 web2", "file.json"},
	{"--root state --debug start ", "web1 web2", "file.json"},
	{"--root state kill web1 ", "TERM KILL HUP USR1", "web1 web2 file.json"},
	{"--root state kill --all web1 KI", "KILL", "TERM"},
	{"--root state kill web1 KILL ", "", "web1 TERM file.json"},
	{"--root state delete -", "--force --help", "--root --debug --all"},
	{"--root state delete --force ", "web1 web2", "file.json"},
	{"--root state state web1 ", "", "web1 web2 file.json"},
	{"create -", "--bundle --pid-file --pidfd-socket --console-socket --no-pivot --preserve-fds --help", "--root --detach"},
	{"run -", "--detach --keep --bundle", "--debug"},
	{"run --bundle ", "state sub", "file.json web1"},
	{"run --bundle=su", "sub", "file.json"},
	{"run --pid-file ", "file.json sub/", "web1"},
	{"run --preserve-fds ", "", "file.json"},
	{"plan ", "sub state", "file.json"},
	{"plan sub ", "", "file.json sub"},
	{"--root state exec ", "web1 web2", "file.json"},
	{"--root state exec -", "--process --env --cap --pidfd-socket --apparmor --help", "--root"},
	{"--root state exec --cap CAP_SYS_P", "CAP_SYS_PTRACE CAP_SYS_PACCT", "CAP_CHOWN"},
	{"--root state exec --process ", "file.json sub/", "web1"},
	{"--root state exec --user ", "", "file.json web1"},
	{"--root state exec --tty web1 too", "tool-of-the-test", "file.json"},
	{"--root state exec web1 tool-of-the-test -", "", "--process --env --help file.json"},
	{"--root state exec web1 tool-of-the-test ", "", "web1 web2 file.json"},
	{"--root state ps -", "--format --help", "--root"},
	{"--root state ps --format ", "table json", "web1 text"},
	{"--root state ps web1 -", "", "--format --help"},
	{"list --format t", "table", "json"},
	{"--root state update --cpu-idle ", "0 1", "web1"},
	{"--root state update --resources ", "file.json", "web1"},
	{"--root state update --memory 1G ", "web1 web2", "file.json"},
	{"completion ", "bash zsh fish", "file.json"},
	{"help ", "run exec completion", "bash file.json"},
	{"help r", "run resume", "exec"},
	{"features ", "", "file.json list"},
}

// prepared is a shell and its script, and files to complete.
func prepared(t *testing.T, shell, text string) (program, file string) {
	t.Helper()
	program, file = shells.Script(t, shell, "runseal", text)
	dir := shells.Files(t, "file.json", "sub/inner.json", "state/web1/state.json", "state/web2/state.json", "bin/tool-of-the-test")
	t.Setenv("PATH", filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	return program, file
}

func TestCompletionBash(t *testing.T) {
	program, file := prepared(t, "bash", bashCompletion)
	for _, c := range completions {
		shells.Check(t, c, shells.Bash(t, program, file, "runseal", shells.InBash(c.Line)...))
	}
}

// A user who cannot read root's state directory has one below XDG_RUNTIME_DIR.
func TestCompletionOfAUser(t *testing.T) {
	for _, readable := range []bool{false, true} {
		roots := filepath.Join(t.TempDir(), "root's")
		users := []shells.Case{{Line: "kill ", Want: "web2"}, {Line: "--root state kill ", Want: "web1", Not: "web2"}}
		if readable {
			if err := os.MkdirAll(filepath.Join(roots, "web3"), 0o700); err != nil {
				t.Fatal(err)
			}
			users[0] = shells.Case{Line: "kill ", Want: "web3", Not: "web2"}
		}
		s := completionScript()
		for i, f := range s.Program.Flags {
			if f.Names[0] == "root" {
				s.Program.Flags[i].Default = roots
			}
		}
		for shell, text := range map[string]string{"bash": s.Bash(), "zsh": s.Zsh(), "fish": s.Fish()} {
			t.Run(fmt.Sprintf("%s, root's readable %v", shell, readable), func(t *testing.T) {
				program, file := shells.Script(t, shell, "runseal", text)
				dir := shells.Files(t, "state/web1/state.json", "run time/runseal/web2/state.json")
				t.Setenv("XDG_RUNTIME_DIR", filepath.Join(dir, "run time"))
				switch shell {
				case "bash":
					for _, c := range users {
						shells.Check(t, c, shells.Bash(t, program, file, "runseal", shells.InBash(c.Line)...))
					}
				case "zsh":
					shells.Zsh(t, program, file, "runseal", users)
				case "fish":
					shells.Fish(t, program, file, "runseal", users)
				}
			})
		}
	}
}

func TestCompletionFish(t *testing.T) {
	program, file := prepared(t, "fish", fishCompletion)
	shells.Fish(t, program, file, "runseal", completions)
}

func TestCompletionZsh(t *testing.T) {
	program, file := prepared(t, "zsh", zshCompletion)
	shells.Zsh(t, program, file, "runseal", completions)
}
