package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/internal/ptytest"
	"github.com/runseal/runseal/seccomp/arch"
)

// mainVariable makes the test program sealctl.
const mainVariable = "SEALCTL_TEST_MAIN"

func init() {
	if os.Getenv(mainVariable) != "" {
		os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
	}
}

// sgr is a sequence that sets a colour.
var sgr = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// textVerbs are command lines with output in colours, for byArgs on standard input.
var textVerbs = []string{
	"list --arch x86_64 --arch s390x -",
	"explain --arch x86_64 --arch s390x - personality",
	"diff - docker/default",
}

// Escape sequences are all that colours add, and nothing adds them where there is no
// terminal, whatever TERM is.
func TestColoursAddNothing(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("NO_COLOR", "")
	for _, verb := range textVerbs {
		args := strings.Fields(verb)
		wantStatus, want, _ := sealctl(byArgs, args...)
		if want == "" || strings.Contains(want, "\x1b") {
			t.Errorf("%s: %q", verb, want)
		}
		status, stdout, _ := sealctl(byArgs, append(args, "--color", "always")...)
		if status != wantStatus || sgr.ReplaceAllString(stdout, "") != want || !strings.Contains(stdout, "\x1b[33mSCMP_ACT_ERRNO(1 EPERM)\x1b[0m") {
			t.Errorf("%s with colours: status %d\n%s\nwithout:\n%s", verb, status, stdout, want)
		}
		// Before the verb and behind it, with the same effect.
		if _, stdout, _ := sealctl(byArgs, append([]string{"--color=always", "--color", "never"}, args...)...); stdout != want {
			t.Errorf("%s: --color never: %q", verb, stdout)
		}
	}
	for _, verb := range []string{
		"list -o json --arch x86_64 -", "explain -o json - clone", "diff -o json - docker/default", "compile -o c -", "compile -o raw -",
	} {
		_, want, _ := sealctl(byArgs, strings.Fields(verb)...)
		if _, stdout, _ := sealctl(byArgs, append([]string{"--color", "always"}, strings.Fields(verb)...)...); stdout != want || want == "" {
			t.Errorf("%s: colours in output for programs: %q", verb, stdout)
		}
	}
}

func TestColoursOfMessages(t *testing.T) {
	_, _, stderr := sealctl("", "--color", "always", "list", "/nonexistent/profile")
	if want := "\x1b[1m\x1b[31msealctl:\x1b[0m open /nonexistent/profile: no such file or directory\n"; stderr != want {
		t.Errorf("%q, want %q", stderr, want)
	}
	_, _, stderr = sealctl(strings.Replace(small, "getpid", "getpie", 1), "--color", "always", "compile", "-")
	if !strings.HasPrefix(stderr, "sealctl: \x1b[1m\x1b[33mwarning:\x1b[0m standard input: linux.seccomp.") {
		t.Errorf("%q", stderr)
	}
}

// ownTerminal makes standard output the controlling terminal, as a login shell has it.
func ownTerminal() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
}

// onTerminal runs sealctl as a process whose standard output and error are a terminal
// of its own, and returns what that shows, with plain newlines.
func onTerminal(t *testing.T, stdin string, env []string, args ...string) string {
	t.Helper()
	screen := ptytest.New(t, 24, 80)
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), append([]string{mainVariable + "=1", "TERM=xterm", "NO_COLOR="}, env...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), screen.Terminal, screen.Terminal
	cmd.SysProcAttr = ownTerminal()
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return drawn.ReplaceAllString(strings.ReplaceAll(screen.Close(), "\r\n", "\n"), "")
}

// drawn is the line of a verb that takes its time, which it does on a busy machine: drawn
// some times, and cleared.
var drawn = regexp.MustCompile(`(\r\x1b\[K[^\r\n]*)*\r\x1b\[K`)

func TestColoursOnTerminal(t *testing.T) {
	for _, verb := range textVerbs {
		args := strings.Fields(verb)
		_, coloured, _ := sealctl(byArgs, append([]string{"--color", "always"}, args...)...)
		_, plain, _ := sealctl(byArgs, args...)
		for _, c := range []struct {
			env, flags []string
			want       string
		}{
			{nil, nil, coloured},
			{[]string{"NO_COLOR=1"}, nil, plain},
			{[]string{"TERM=dumb"}, nil, plain},
			{nil, []string{"--color", "never"}, plain},
			{[]string{"NO_COLOR=1"}, []string{"--color", "always"}, coloured},
		} {
			if got := onTerminal(t, byArgs, c.env, append(c.flags, args...)...); got != c.want {
				t.Errorf("%s %v %v: the terminal shows\n%.2000q, want\n%.2000q", verb, c.env, c.flags, got, c.want)
			}
		}
	}
	if got := onTerminal(t, "", nil, "no-such-verb"); !strings.HasPrefix(got, "\x1b[1m\x1b[31msealctl:\x1b[0m unknown command ") {
		t.Errorf("an error: %q", got)
	}
}

// Where only one of the two streams is a terminal, only that one has colours.
func TestColoursByStream(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	in := strings.Replace(byArgs, "reboot", "reboots", 1)
	args := []string{"sealctl", "explain", "-", "personality"}
	screen, file := ptytest.New(t, 24, 80), new(bytes.Buffer)
	if status := run(args, strings.NewReader(in), file, screen.Terminal); status != 0 {
		t.Errorf("status %d", status)
	}
	if shown := screen.Close(); !strings.Contains(shown, "\x1b[33mwarning:") || file.Len() == 0 || strings.Contains(file.String(), "\x1b") {
		t.Errorf("the terminal shows %q, the file has %q", shown, file)
	}
	screen, file = ptytest.New(t, 24, 80), new(bytes.Buffer)
	if status := run(args, strings.NewReader(in), screen.Terminal, file); status != 0 {
		t.Errorf("status %d", status)
	}
	if shown := screen.Close(); !strings.Contains(shown, "\x1b[33mSCMP_ACT_ERRNO") || file.Len() == 0 || strings.Contains(file.String(), "\x1b") {
		t.Errorf("the terminal shows %q, the file has %q", shown, file)
	}
}

// A verb that takes its time shows progress on standard error, if that is a terminal,
// and leaves nothing of it there.
func TestProgress(t *testing.T) {
	t.Setenv("TERM", "xterm")
	nap := func(screen *ptytest.Screen, args ...string) (stdout string) {
		app := newApp()
		app.Commands = append(app.Commands, &cli.Command{Name: "nap", Action: func(c *cli.Context) error {
			p := startProgress(c, "napping", 2)
			p.Add(1)
			time.Sleep(650 * time.Millisecond)
			p.Done()
			_, err := c.App.Writer.Write([]byte("slept\n"))
			return err
		}})
		var out bytes.Buffer
		if status := runApp(app, append([]string{"sealctl", "nap"}, args...), strings.NewReader(""), &out, screen.Terminal); status != 0 {
			t.Errorf("%v: status %d", args, status)
		}
		return out.String()
	}
	const erase = "\r\x1b[K"
	screen, quiet := ptytest.New(t, 24, 80), ptytest.New(t, 24, 80)
	var quietly sync.WaitGroup
	quietly.Go(func() { // at the same time
		if stdout := nap(quiet, "--quiet"); stdout != "slept\n" {
			t.Errorf("--quiet: %q", stdout)
		}
	})
	stdout := nap(screen)
	quietly.Wait()
	shown := screen.Close()
	if stdout != "slept\n" || !strings.HasPrefix(shown, erase+"napping [##########..........] 1/2, 0s"+erase) || !strings.HasSuffix(shown, erase) {
		t.Errorf("%q, and the terminal shows %q", stdout, shown)
	}
	if shown := quiet.Close(); shown != "" {
		t.Errorf("--quiet: the terminal shows %q", shown)
	}
}

// The verbs with something to wait for. Whether they take long enough depends on the
// machine; that they say so if they do does not.
func TestProgressOfVerbs(t *testing.T) {
	t.Setenv("TERM", "xterm")
	file := filepath.Join(t.TempDir(), "profile")
	if err := os.WriteFile(file, []byte(byArgs), 0o600); err != nil {
		t.Fatal(err)
	}
	_, resolved, _ := sealctl("", "resolve", "docker/default")
	long := filepath.Join(t.TempDir(), "resolved")
	if err := os.WriteFile(long, []byte(resolved), 0o600); err != nil {
		t.Fatal(err)
	}
	list := []string{"list", long}
	for _, a := range arch.All()[:10] {
		list = append(list, "--arch", a.Scmp)
	}
	for what, args := range map[string][]string{
		"listing [":  list,
		"comparing ": {"diff", file, "docker/default"},
	} {
		var out bytes.Buffer
		screen := ptytest.New(t, 24, 80)
		began := time.Now()
		run(append([]string{"sealctl"}, args...), strings.NewReader(""), &out, screen.Terminal)
		took, shown := time.Since(began), screen.Close()
		if took > 700*time.Millisecond && !strings.HasPrefix(shown, "\r\x1b[K"+what) || took < 500*time.Millisecond && shown != "" {
			t.Errorf("%v: after %v the terminal shows %q", args, took, shown)
		}
		if shown != "" && !strings.HasSuffix(shown, "\r\x1b[K") {
			t.Errorf("%v: left on the terminal: %q", args, shown)
		}
	}
}
