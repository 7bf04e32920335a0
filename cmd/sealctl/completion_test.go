package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/internal/completion/shells"
	"github.com/runseal/runseal/cmd/internal/ptytest"
	"github.com/runseal/runseal/seccomp/profiles"
)

// script writes the completion for a shell into a file. The test is skipped where
// there is no such shell.
func script(t *testing.T, shell string) (program, file string) {
	t.Helper()
	status, stdout, stderr := sealctl("", "completion", shell)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	return shells.Script(t, shell, "sealctl", stdout)
}

// filesToComplete makes a directory with files to complete and enters it.
func filesToComplete(t *testing.T) {
	t.Helper()
	shells.Files(t, "profile.json", "prof ile.json", "sub/inner.json", "root/pods/web.json", "root/top.json", "state/web1/state.json", "state/web2/state.json")
}

var completions = []shells.Case{
	{"", "list explain diff verify compile disasm completion version", "profile.json --color"},
	{"co", "compile completion", "list"},
	{"list -", "--output --arch --cap --strict-seccomp --color --quiet --help", "--pid --profile list"},
	{"-", "--color --quiet --help", "--output"},
	{"list --out", "--output", "--cap list"},
	{"list --output ", "text json", "raw --arch profile.json"},
	{"list -o j", "json", "text"},
	{"compile --output ", "text raw c", "json"},
	{"--color ", "auto always never", "list"},
	{"list - --color n", "never", "auto"},
	{"list --arch ", "x86_64 x86 x32 aarch64", "sub profile.json"},
	{"list --arch x86 --arch aa", "aarch64", "x86"},
	{"list --cap CAP_SYS_P", "CAP_SYS_PTRACE CAP_SYS_PACCT", "CAP_CHOWN"},
	{"list ", "docker/default runtime/default unconfined localhost/ profile.json sub/", "list text"},
	{"list pro", "profile.json", "runtime/default"},
	{"list sub/", "sub/inner.json", "profile.json"},
	{"list docker/", "docker/default", "profile.json"},
	{"list --strict-seccomp docker/", "docker/default", ""},
	{"list --seccomp-profile-root ro", "root", "profile.json"},
	{"list --seccomp-profile-root root localhost/t", "localhost/top.json", "localhost/pods/web.json root/top.json"},
	{"list --seccomp-profile-root=root localhost/pods/w", "localhost/pods/web.json", "localhost/top.json"},
	{"list profile.json ", "", "profile.json docker/default list"},
	{"explain docker/default personal", "personality", "personality.json personal"},
	{"explain -o json docker/default openat", "openat openat2", "open"},
	{"explain docker/default openat -", "--output", ""},
	{"explain docker/default read ", "", "profile.json read openat"},
	{"diff ", "docker/default profile.json", ""},
	{"diff profile.json ", "docker/default profile.json sub/", ""},
	{"diff a b ", "", "docker/default profile.json"},
	{"diff --quiet a run", "runtime/default", ""},
	{"verify --root state ", "web1 web2", "state profile.json"},
	{"verify --root state web1 ", "", "web1 web2 profile.json"},
	{"verify --profile docker/", "docker/default", ""},
	{"disasm pro", "profile.json", ""},
	{"disasm --pid ", "", "profile.json"},
	{"lint --explain ", "essential-call execve-denied", "profile.json"},
	{"lint --disable mul", "multiplexer-bypass", "essential-call"},
	{"completion ", "bash zsh fish", "profile.json"},
	{"version ", "", "profile.json list"},
	{"list -- pro", "profile.json", ""},
	{"list -- --out", "", "--output"},
}

func TestCompletionBash(t *testing.T) {
	program, file := script(t, "bash")
	filesToComplete(t)
	for _, c := range completions {
		shells.Check(t, c, shells.Bash(t, program, file, "sealctl", shells.InBash(c.Line)...))
	}
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"list", "--output", "="}, "text json"},
		{[]string{"list", "--output", "=", "j"}, "json"},
		{[]string{"list", "--output=j"}, "--output=json"}, // where COMP_WORDBREAKS has no "="
		{[]string{"list", "--strict-seccomp", "=", "tr"}, ""},
		{[]string{"list", "--strict-seccomp", "=", "true", "docker"}, "docker/default"},
		{[]string{"list", "-1", ""}, ""}, // a number is an argument
	} {
		if got := strings.Join(shells.Bash(t, program, file, "sealctl", c.words...), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.words, got, c.want)
		}
	}
	if got := shells.Bash(t, program, file, "sealctl", "list", "prof"); !slices.Equal(slices.Sorted(slices.Values(got)), []string{"prof ile.json", "profile.json"}) {
		t.Errorf("a name with a space: %q", got)
	}
}

// A person types, and presses the tabulator key.
func TestCompletionTyped(t *testing.T) {
	program, file := script(t, "bash")
	filesToComplete(t)
	screen := ptytest.New(t, 24, 200)
	cmd := exec.Command(program, "--norc", "--noprofile", "-i")
	cmd.Env = append(os.Environ(), "TERM=dumb", "PS1=> ", "HISTFILE=", "INPUTRC=/dev/null")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = screen.Terminal, screen.Terminal, screen.Terminal
	cmd.SysProcAttr = ownTerminal()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() {
		cmd.Process.Kill()
		<-ended
	}()
	for _, c := range []struct{ typed, want string }{
		{"source " + file + "; sealctl() { printf '[%s]' \"$@\"; }; echo ready\n", "\nready"},
		{"sealctl exp\tdock\tpersonal\t--stri\t\n", "[explain][docker/default][personality][--strict-seccomp]"},
		{"sealctl list sub/\t--output=j\t\n", "[list][sub/inner.json][--output=json]"},
		{"sealctl list prof\\ \t\n", "[list][prof ile.json]"},
	} {
		screen.Type(c.typed)
		for end := time.Now().Add(10 * time.Second); !strings.Contains(strings.ReplaceAll(screen.Shown(), "\r", ""), c.want); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%q: no %q on the terminal: %q", c.typed, c.want, screen.Shown())
			}
		}
	}
}

func TestCompletionFish(t *testing.T) {
	program, file := script(t, "fish")
	filesToComplete(t)
	shells.Fish(t, program, file, "sealctl", completions)
}

func TestCompletionZsh(t *testing.T) {
	program, file := script(t, "zsh")
	filesToComplete(t)
	shells.Zsh(t, program, file, "sealctl", completions)
}

// Every verb and every flag is in each script, and so are those of a verb that was not
// there when the scripts were thought of.
func TestCompletionHasAll(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		_, text, _ := sealctl("", "completion", shell)
		var walk func(path string, list []*cli.Command)
		walk = func(path string, list []*cli.Command) {
			for _, cmd := range list {
				verb := path + cmd.Name
				for _, f := range cmd.Flags {
					for _, name := range f.Names() {
						if !hasFlag(shell, text, verb, name) {
							t.Errorf("%s: no flag %s of %s", shell, name, verb)
						}
					}
				}
				if !hasFlag(shell, text, verb, "help") || !hasFlag(shell, text, verb, "color") {
					t.Errorf("%s: no verb %s, or not with the global flags", shell, verb)
				}
				walk(verb+" ", cmd.Subcommands)
			}
		}
		walk("", commands())
		if hasFlag(shell, text, "list", "pid") || hasFlag(shell, text, "lists", "arch") {
			t.Errorf("%s: a flag that is not there was found", shell)
		}
	}
}

// hasFlag looks for the flag where the script has those of the verb.
func hasFlag(shell, text, verb, name string) bool {
	dashes := "--"
	if len(name) == 1 {
		dashes = "-"
	}
	switch shell {
	case "bash":
		_, rest, _ := strings.Cut(text, "# verb -> complete a flag")
		_, rest, ok := strings.Cut(rest, "\t'"+verb+"') __sealctl_words '")
		words, _, _ := strings.Cut(rest, "'")
		return ok && slices.Contains(strings.Fields(words), dashes+name)
	case "zsh":
		_, rest, ok := strings.Cut(text, "\n_sealctl_"+strings.ReplaceAll(verb, " ", "_")+"() {\n")
		body, _, _ := strings.Cut(rest, "\n}\n")
		return ok && (strings.Contains(body, ")"+dashes+name+"[") || strings.Contains(body, ")"+dashes+name+"=") || strings.Contains(body, "'*"+dashes+name+"="))
	}
	for line := range strings.Lines(text) {
		option := map[bool]string{true: " -s ", false: " -l "}[len(name) == 1]
		if strings.HasPrefix(line, `complete -c sealctl -n '__sealctl_verb \'`+verb+`\''`) && strings.Contains(line, option+name+" ") {
			return true
		}
	}
	return false
}

func TestCompletionWords(t *testing.T) {
	s := completionScript()
	for _, name := range s.Profiles {
		if !profiles.IsName(name) && !profiles.IsName(name+"x") {
			t.Errorf("%s: not the name of a profile", name)
		}
	}
	for _, c := range [][2]string{
		{"personality", strings.Join(s.Calls, " ")}, {"socketcall", strings.Join(s.Calls, " ")}, {"s390x", strings.Join(s.Architectures, " ")},
		{"CAP_CHOWN", strings.Join(s.Capabilities, " ")}, {"CAP_CHECKPOINT_RESTORE", strings.Join(s.Capabilities, " ")},
	} {
		if !slices.Contains(strings.Fields(c[1]), c[0]) {
			t.Errorf("no %s in %s", c[0], c[1])
		}
	}
}

func TestCompletionErrors(t *testing.T) {
	for in, want := range map[string]string{
		"completion":          "completion takes the name of a shell, bash, zsh or fish, got 0 arguments",
		"completion bash zsh": "got 2 arguments",
		"completion csh":      `completion "csh": expected bash, zsh or fish`,
	} {
		status, stdout, stderr := sealctl("", strings.Fields(in)...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, %q, %q", in, status, stdout, stderr)
		}
	}
}
