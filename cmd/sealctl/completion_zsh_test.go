package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runseal/runseal/cmd/internal/ptytest"
)

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

func TestCompletionZsh(t *testing.T) {
	program, file := script(t, "zsh")
	filesToComplete(t)
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".zshrc"), []byte(zshrc), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(home, "out")
	screen := ptytest.New(t, 50, 200)
	cmd := exec.Command(program, "-i", "-d")
	cmd.Env = append(os.Environ(), "TERM=dumb", "ZDOTDIR="+home, "HOME="+home, "TEST_DIR="+filepath.Dir(file), "TEST_OUT="+out)
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
	for _, c := range completions {
		screen.Type("sealctl " + c.line + "\t")
		got := strings.Split(strings.TrimSuffix(wait("END sealctl "+c.line), "\n"), "\n")
		// zsh adds flags where no argument can follow, and the directory of files later.
		last := c.line[strings.LastIndexByte(c.line, ' ')+1:]
		got = slices.DeleteFunc(got, func(s string) bool { return s == "" || s[0] == '-' && !strings.HasPrefix(last, "-") })
		for i, word := range got {
			if dir, _ := filepath.Split(last); !strings.Contains(word, "/") {
				got[i] = dir + word
			}
		}
		check(t, c.line, c.want, c.not, got)
	}
}
