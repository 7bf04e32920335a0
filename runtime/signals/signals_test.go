package signals

import (
	"os/exec"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestForward sends signals to this process and sees another one end of them,
// whether they came before or after the other one was known.
func TestForward(t *testing.T) {
	for _, early := range []bool{true, false} {
		for _, sig := range []syscall.Signal{unix.SIGHUP, unix.SIGTERM, unix.SIGUSR1, unix.SIGALRM, 40, 64} {
			cmd := exec.Command("/bin/sleep", "60")
			Catch()
			if early {
				raise(t, sig)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			pidfd, err := unix.PidfdOpen(cmd.Process.Pid, 0)
			if err != nil {
				t.Fatal(err)
			}
			To(pidfd)
			if !early {
				raise(t, sig)
			}
			timeout := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
			cmd.Wait()
			timeout.Stop()
			Restore()
			unix.Close(pidfd)
			if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != sig {
				t.Errorf("early %v, signal %d: the process ended with %v", early, sig, cmd.ProcessState)
			}
		}
	}
}

// raise sends a signal to this process; by the time kill(2) returns some thread
// has it pending at least.
func raise(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := unix.Kill(unix.Getpid(), sig); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if pending>>(sig%numSignals)&1 != 0 || time.Now().After(deadline) {
			return
		}
	}
}

// TestManyThreads lets a flood of signals hit a busy, allocating program.
func TestManyThreads(t *testing.T) {
	Catch()
	defer Restore()
	stop := make(chan struct{})
	for range 8 {
		go func() {
			var keep [][]byte
			for {
				select {
				case <-stop:
					return
				default:
					keep = append(keep, make([]byte, 512))
					if len(keep) > 1000 {
						keep = nil
					}
				}
			}
		}()
	}
	for range 3000 {
		unix.Kill(unix.Getpid(), unix.SIGUSR1)
	}
	close(stop)
	if pending>>unix.SIGUSR1&1 == 0 {
		t.Error("no signal was caught")
	}
}

func TestRestore(t *testing.T) {
	var before, during, after sigaction
	act(unix.SIGTERM, nil, &before)
	Catch()
	act(unix.SIGTERM, nil, &during)
	Restore()
	act(unix.SIGTERM, nil, &after)
	if during.handler != handlerPC || before.handler == handlerPC || after != before {
		t.Errorf("handlers %#x, %#x, %#x (ours is %#x)", before.handler, during.handler, after.handler, handlerPC)
	}
}

func TestLayout(t *testing.T) {
	if s := unsafe.Sizeof(sigaction{}); s != 32 {
		t.Errorf("struct sigaction has %d bytes, want 32", s)
	}
}
