package room

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// A Daemon is a program that runs in a room until the room is closed.
type Daemon struct {
	t     testing.TB
	argv  []string
	env   []string
	ready func() error
	log   *os.File
	cmd   *exec.Cmd
	ended chan struct{}
}

// Daemon starts a program and waits until ready succeeds. Its output goes to the file
// log in the room; env is added to this process's environment.
func (r *Room) Daemon(log string, ready func() error, env []string, argv ...string) *Daemon {
	r.t.Helper()
	d := &Daemon{t: r.t, argv: argv, env: env, ready: ready}
	var err error
	if d.log, err = os.OpenFile(r.Path(log), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.daemons = append(r.daemons, d)
	d.start()
	return d
}

func (d *Daemon) start() {
	d.t.Helper()
	d.cmd = exec.Command(d.argv[0], d.argv[1:]...)
	d.cmd.Env = append(os.Environ(), d.env...)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	// Its own process group: a signal to the tests' does not end it before its containers.
	d.cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	box.Pass()
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	ended := make(chan struct{})
	d.ended = ended
	go func(cmd *exec.Cmd) { cmd.Wait(); close(ended) }(d.cmd)
	for deadline := time.Now().Add(Limit); ; time.Sleep(50 * time.Millisecond) {
		err := d.ready()
		if err == nil {
			return
		}
		select {
		case <-ended:
			d.t.Fatalf("%s has ended:\n%s", d.argv[0], d.LogTail())
		default:
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("%s does not answer: %v\n%s", d.argv[0], err, d.LogTail())
		}
	}
}

// Pid is the daemon's process id.
func (d *Daemon) Pid() int { return d.cmd.Process.Pid }

// Stop ends the daemon with a signal and waits for its end.
func (d *Daemon) Stop(signal unix.Signal) {
	d.t.Helper()
	d.cmd.Process.Signal(signal)
	select {
	case <-d.ended:
	case <-time.After(Limit):
		d.t.Errorf("%s has not ended after %s\n%s", d.argv[0], unix.SignalName(signal), d.LogTail())
		d.cmd.Process.Kill()
		<-d.ended
	}
}

// Start starts a daemon again that has been stopped.
func (d *Daemon) Start() {
	d.t.Helper()
	d.start()
}

// Restart ends the daemon with a signal and starts it again.
func (d *Daemon) Restart(signal unix.Signal) {
	d.t.Helper()
	d.Stop(signal)
	d.start()
}

// LogTail is the end of what the daemon has logged.
func (d *Daemon) LogTail() string {
	data, _ := os.ReadFile(d.log.Name())
	return string(data[max(0, len(data)-1500):])
}
