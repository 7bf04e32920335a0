package completion

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/internal/verbs"
)

// odd has what sealctl has not, or not yet: verbs below verbs, quotes and brackets in
// texts, arguments without end.
func odd() *Script {
	file := &cli.StringFlag{Name: "dir", Aliases: []string{"d"}, Usage: `it's "the" [DIR]: \ $HOME of ` + "`DIR`", Value: "it's"}
	app := &cli.App{Name: "prog", Flags: []cli.Flag{&cli.BoolFlag{Name: "quiet"}}, Commands: []*cli.Command{
		{Name: "pod", Usage: "it's: [pods] \\ $HOME `x`", Subcommands: []*cli.Command{
			{Name: "add", Flags: []cli.Flag{file}, ArgsUsage: "CALL CALL..."},
			{Name: "drop", ArgsUsage: "PID|CONTAINER|all [WHAT]"},
		}},
		{Name: "trace-it", ArgsUsage: "[PROFILE] COMMAND [ARG...]", Flags: []cli.Flag{&cli.BoolFlag{Name: "quiet"}}},
	}}
	return &Script{Program: verbs.Of(app, verbs.FlagOf), Profiles: []string{"docker/default"}, Calls: []string{"read", "write"},
		Architectures: []string{"x86"}, Capabilities: []string{"CAP_CHOWN"}, StateRoot: "dir"}
}

// Each shell can read its script.
func TestSyntax(t *testing.T) {
	s := odd()
	for shell, text := range map[string]string{"bash": s.Bash(), "zsh": s.Zsh(), "fish": s.Fish()} {
		t.Run(shell, func(t *testing.T) {
			for _, word := range []string{"NAME", "PROFILES", "_FLAG", "_ROOT"} {
				if strings.Contains(text, word) {
					t.Errorf("%s is left in the script", word)
				}
			}
			program, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("%s is not installed here", shell)
			}
			file := filepath.Join(t.TempDir(), "script")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(program, "-n", file).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v, %s\n%s", err, out, text)
			}
		})
	}
}

func TestBash(t *testing.T) {
	program, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed here")
	}
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"it's/web", "sub"} {
		if err := os.MkdirAll(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("sub/tool", nil, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Join(dir, "sub"))
	text := odd().Bash()
	for line, want := range map[string]string{
		"":                      "pod trace-it",
		"pod ":                  "add drop",
		"pod -":                 "--help --quiet -h",
		"pod add -":             "--dir --help --quiet -d -h",
		"pod add ":              "read write",
		"pod add r":             "read",
		"pod add read ":         "read write",
		"pod add read read wri": "write",
		"pod add --dir s":       "sub",
		"pod add -d sub r":      "read",
		"pod drop ":             "all web",
		"pod drop --dir x ":     "it's sub", // not a flag of drop, so x is its argument, and WHAT a file
		"pod pod ":              "",
		"trace-it dock":         "docker/default",
		"trace-it p too":        "tool",
		"trace-it p tool --x ":  "",
		"add ":                  "",
	} {
		words := append([]string{"-uc", text + `
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _prog; echo ${COMPREPLY[@]+"${COMPREPLY[@]}"}`, "bash", "prog"}, strings.Split(line, " ")...)
		out, err := exec.Command(program, words...).CombinedOutput()
		offered := strings.Fields(string(out))
		slices.Sort(offered)
		if got := strings.Join(offered, " "); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", line, got, err, want)
		}
	}
}

func TestShort(t *testing.T) {
	for in, want := range map[string]string{
		"print the version":                    "print the version",
		"FORM of the output: text, json":       "FORM of the output",
		"a CAPABILITY (repeatable; default x)": "a CAPABILITY",
		"WHEN; or not":                         "WHEN",
	} {
		if got := short(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
