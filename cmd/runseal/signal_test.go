package main

import (
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseSignal(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want syscall.Signal
	}{
		{"0", 0}, {"9", unix.SIGKILL}, {"15", unix.SIGTERM}, {"34", 34}, {"64", 64}, {"09", unix.SIGKILL},
		{"KILL", unix.SIGKILL}, {"SIGKILL", unix.SIGKILL}, {"sigkill", unix.SIGKILL}, {"Term", unix.SIGTERM},
		{"HUP", unix.SIGHUP}, {"USR1", unix.SIGUSR1}, {"SIGWINCH", unix.SIGWINCH}, {"SYS", unix.SIGSYS},
		{"IOT", unix.SIGABRT}, {"ABRT", unix.SIGABRT}, {"CLD", unix.SIGCHLD}, {"SIGPOLL", unix.SIGIO},
		{"RTMIN", 34}, {"SIGRTMIN", 34}, {"SIGRTMIN+3", 37}, {"RTMIN+30", 64},
		{"RTMAX", 64}, {"rtmax-1", 63}, {"RTMAX-30", 34},
	} {
		got, err := parseSignal(tc.in)
		if err != nil || got != tc.want {
			t.Errorf("%q: got %d, %v, want %d", tc.in, got, err, tc.want)
		}
	}
	for _, in := range []string{
		"", "FOO", "SIG", "SIGSIGKILL", "-9", "+9", "65", "256", "9 ", " KILL", "0x9", "9.0", "KILL\n",
		"RTMIN+31", "RTMAX-31", "RTMIN-1", "RTMAX+1", "RTMIN+", "RTMIN+-1", "SIG9", "18446744073709551625",
	} {
		got, err := parseSignal(in)
		if err == nil {
			t.Errorf("%q: got %d, want an error", in, got)
		} else if !strings.Contains(err.Error(), "expected a name such as TERM or SIGTERM") {
			t.Errorf("%q: the error does not say what is expected: %v", in, err)
		}
	}
}

func TestKillUnknownSignal(t *testing.T) {
	r := &recorder{}
	got := command(t, r, "kill", "c1", "FOO")
	want := result{1, "", "runseal: unknown signal \"FOO\": expected a name such as TERM or SIGTERM, RTMIN+n, RTMAX-n, or a number from 0 to 64\n"}
	if got != want || len(r.calls) != 0 {
		t.Errorf("%d calls, got %+v", len(r.calls), got)
	}
}
