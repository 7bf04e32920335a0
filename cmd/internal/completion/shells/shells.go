// Package shells asks real shells what they complete, for tests of completion scripts.
//
//	program, file := shells.Script(t, "bash", "sealctl", text)
//	shells.Check(t, c, shells.Bash(t, program, file, "sealctl", shells.InBash(c.Line)...))
//
// Where a machine does not have the shell, the test is skipped.
package shells

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/runseal/runseal/cmd/internal/ptytest"
)

// Case is a line up to the cursor, and what every shell must offer for the last word,
// among others, and must not. A word that ends in "/" may be shown without it. Nothing
// wanted is nothing offered.
type Case = struct {
	Line      string
	Want, Not string // by spaces
}

// Script writes the script of a command into a file, under the name by which zsh finds
// it, and looks for the shell.
func Script(t *testing.T, shell, command, text string) (program, file string) {
	t.Helper()
	program, err := exec.LookPath(shell)
	if err != nil {
		t.Skipf("%s is not installed here", shell)
	}
	file = filepath.Join(t.TempDir(), "_"+command)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return program, file
}

// Files makes a directory with files to complete, and enters it.
func Files(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return dir
}

// Check compares what a shell has offered.
func Check(t *testing.T, c Case, got []string) {
	t.Helper()
	for i, word := range got {
		got[i] = strings.TrimSuffix(strings.TrimRight(word, " "), "/")
	}
	for _, word := range strings.Fields(c.Want) {
		if !slices.Contains(got, strings.TrimSuffix(word, "/")) {
			t.Errorf("%q: no %s in %q", c.Line, word, got)
		}
	}
	for _, word := range strings.Fields(c.Not) {
		if slices.Contains(got, word) {
			t.Errorf("%q: %s in %q", c.Line, word, got)
		}
	}
	if c.Want == "" && len(got) > 0 {
		t.Errorf("%q: %q, expected nothing", c.Line, got)
	}
}

// InBash splits a line as bash does: "=" is a word of its own.
func InBash(line string) []string {
	return strings.Split(strings.ReplaceAll(line, "=", " = "), " ")
}

// Bash calls the function that bash would call.
func Bash(t *testing.T, program, file, command string, words ...string) []string {
	t.Helper()
	cmd := exec.Command(program, append([]string{"--norc", "--noprofile", "-uc", `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
"_$1"; ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"`, "bash", file, command}, words...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v, %s", words, err, out)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}

// Fish goes through all cases in one process: each line before what is offered for it.
func Fish(t *testing.T, program, file, command string, cases []Case) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	var lines strings.Builder
	for _, c := range cases {
		lines.WriteString(command + " " + c.Line + "\n")
	}
	cmd := exec.Command(program, "--no-config", "-c", `source $argv[1]; while read -l line; echo "> $line"; complete -C "$line"; end`, file)
	cmd.Stdin = strings.NewReader(lines.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	blocks := strings.Split("\n"+string(out), "\n> "+command+" ")[1:]
	if len(blocks) != len(cases) {
		t.Fatalf("%d blocks of output for %d lines:\n%s", len(blocks), len(cases), out)
	}
	for i, c := range cases {
		var got []string
		_, words, _ := strings.Cut(blocks[i], "\n")
		for line := range strings.Lines(words) {
			word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if flag, value, joined := strings.Cut(word, "="); joined && strings.HasPrefix(flag, "--") {
				word = value
			}
			got = append(got, word)
		}
		Check(t, c, got)
	}
}

// zshrc makes zsh write what it offers into a file instead of the line. Completion of
// zsh works in its line editor only, so the test types each line at a terminal.
const zshrc = `
PS1='> '; PS2=; unsetopt beep prompt_cr prompt_sp list_beep; setopt no_list_ambiguous
fpath=($TEST_DIR $fpath)
autoload -Uz compinit; compinit -u -D
zstyle ':completion:*' completer _complete
compadd() {
	if [[ ${@[1,(i)(-|--)]} == *-(A|O|D)* ]]; then builtin compadd "$@"; return; fi
	local -a hits
	builtin compadd -A hits "$@"
	print -rl -- $hits >>$TEST_OUT
	builtin compadd "$@"
}
tab() { local line=$BUFFER; zle complete-word; print -r -- "END $line" >>$TEST_OUT; BUFFER=; zle -R; }
zle -N tab
bindkey '^I' tab
print -r -- READY >>$TEST_OUT
`

// Zsh types each case at a terminal.
func Zsh(t *testing.T, program, file, command string, cases []Case) {
	t.Helper()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".zshrc"), []byte(zshrc), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(home, "out")
	screen := ptytest.New(t, 50, 200)
	cmd := exec.Command(program, "-i", "-d")
	cmd.Env = append(os.Environ(), "TERM=dumb", "ZDOTDIR="+home, "HOME="+home, "TEST_DIR="+filepath.Dir(file), "TEST_OUT="+out)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = screen.Terminal, screen.Terminal, screen.Terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() {
		cmd.Process.Kill()
		<-ended
	}()
	read := 0
	wait := func(end string) string {
		for limit := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			data, _ := os.ReadFile(out)
			if text := string(data[read:]); strings.HasSuffix(text, end+"\n") {
				read = len(data)
				return strings.TrimSuffix(text, end+"\n")
			}
			if time.Now().After(limit) {
				t.Fatalf("no %q in %q; the terminal shows %q", end, data[read:], screen.Shown())
			}
		}
	}
	wait("READY")
	for _, c := range cases {
		screen.Type(command + " " + c.Line + "\t")
		got := strings.Split(strings.TrimSuffix(wait("END "+command+" "+c.Line), "\n"), "\n")
		// zsh adds flags where no argument can follow, and the directory of files later.
		last := c.Line[strings.LastIndexByte(c.Line, ' ')+1:]
		got = slices.DeleteFunc(got, func(s string) bool { return s == "" || s[0] == '-' && !strings.HasPrefix(last, "-") })
		for i, word := range got {
			if dir, _ := filepath.Split(last); !strings.Contains(word, "/") {
				got[i] = dir + word
			}
		}
		Check(t, c, got)
	}
}
