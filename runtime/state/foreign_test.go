package state

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A file of runc's is nothing that is damaged; one of runseal's with that member besides,
// of whatever version, stays runseal's.
func TestForeign(t *testing.T) {
	d := create(t, t.TempDir(), "x")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(d.Path(), stateName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"id":"x","init_process_pid":7,"init_process_start":8,"created":"2026-11-22T13:37:24.93Z","config":{"rootfs":"/r"},"rootless":false,"cgroup_paths":{"cpu":"/c"}}`)
	_, err := d.Load()
	if !errors.Is(err, ErrForeign) || errors.Is(err, ErrDamaged) {
		t.Errorf("runc's: %v, expected ErrForeign only", err)
	}
	const want = `container "x" is another runtime's, which has to be asked: state.json: it has init_process_pid, as runc's`
	if err == nil || err.Error() != want {
		t.Errorf("runc's: %v, expected %s", err, want)
	}
	write(`{"id":"x","init_process_pid":7,"pid":4,"startTime":5,"cgroupPaths":{}}`)
	if s, err := d.Load(); err != nil || s.Pid != 4 {
		t.Errorf("runseal's: %v, %+v", err, s)
	}
}
