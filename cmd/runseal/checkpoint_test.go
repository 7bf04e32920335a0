package main

import (
	"strings"
	"testing"
)

// TestNotDone: what runc has and runseal does not is one line and status 1, also where
// engines ask by --help whether it is there.
func TestNotDone(t *testing.T) {
	for line, want := range map[string]string{
		"checkpoint --help":                    "checkpoint: runseal cannot save the processes of a container (CRIU is not supported)",
		"help checkpoint":                      "checkpoint: runseal cannot save the processes of a container (CRIU is not supported)",
		"--debug=false checkpoint --what c1 x": "checkpoint: runseal cannot save the processes of a container (CRIU is not supported)",
		"restore --bundle /b --detach c1":      "restore: runseal cannot make a container from saved processes (CRIU is not supported)",
		"restore --lsm-mount-context":          "restore: runseal cannot make a container from saved processes (CRIU is not supported)",
	} {
		r := &recorder{}
		if got := command(t, r, strings.Fields(line)...); got != (result{1, "", "runseal: " + want + "\n"}) || len(r.calls) != 0 {
			t.Errorf("%s: got %+v", line, got)
		}
	}
}
