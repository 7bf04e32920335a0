package scenario

import (
	"os"
	"strings"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// signals are those that people send.
func signals(r *Run) {
	id := r.Up(r.New("trap", Sh("trap 'exit 5' TERM; trap 'echo > /tmp/hup' HUP; echo > /tmp/ready; while :; do sleep 0.05; done")...))
	in := root(r.Pid(r, id))
	r.appears(in + "/tmp/ready")
	r.OK("kill HUP", r.Signal(r, id, "HUP"))
	r.appears(in + "/tmp/hup")
	r.OK("kill TERM", r.Signal(r, id, "TERM"))
	if status := r.Wait(r, id); status != 5 {
		r.Errorf("the trap's exit status is %d, expected 5", status)
	}
	r.Fails("kill of one that has ended", r.Signal(r, id, "TERM"))
	r.Remove(r, id)
}

// stop is SIGTERM, and SIGKILL for those that do not hear it.
func stop(r *Run) {
	deaf := r.Up(r.New("deaf", Sh("trap '' TERM; echo > /tmp/ready; while :; do sleep 0.05; done")...))
	r.appears(root(r.Pid(r, deaf)) + "/tmp/ready")
	began := time.Now()
	r.OK("stop", r.Stop(r, deaf, 1))
	if took := time.Since(began); took < 900*time.Millisecond {
		r.Errorf("stopped after %v, expected a second between SIGTERM and SIGKILL", took)
	}
	if status := r.Wait(r, deaf); status != 137 {
		r.Errorf("one that ignores SIGTERM: exit status %d, expected 137", status)
	}
}

// appears waits for a file.
func (r *Run) appears(name string) {
	r.Helper()
	if !box.Eventually(func() bool { _, err := os.Stat(name); return err == nil }) {
		r.Fatalf("no file %s", name[strings.Index(name, "/root/")+5:])
	}
}
