package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/busybox"
)

const (
	ctrNamespace = "runseal-bench"
	ctrImage     = "localhost/busybox:bench"
	// The files of a container, on a file system in memory that can be an overlay's
	// upper layer wherever the benchmark itself runs.
	ctrSnapshotter = "overlayfs"
	// A loaded machine takes a while to probe all of containerd's plugins.
	daemonTimeout = 60 * time.Second
	// Where shims have their sockets and ctr its FIFOs, whatever the daemon's
	// configuration says.
	runContainerd = "/run/containerd"
)

// containerd is a daemon that only the benchmark has to do with.
type containerd struct {
	dir     string // a tmpfs with all that it has
	made    bool   // runContainerd was not there before
	hidden  bool   // a tmpfs is on it
	ctr     string // path of the program
	log     *os.File
	process *os.Process
	ended   chan struct{}
}

// startContainerd starts one below dir and imports the image. The result is not nil once
// there is something to close.
func startContainerd(dir string) (*containerd, error) {
	path, err := exec.LookPath("containerd")
	if err != nil {
		return nil, fmt.Errorf("%w (Debian package containerd)", err)
	}
	ctr, err := exec.LookPath("ctr")
	if err != nil {
		return nil, fmt.Errorf("%w (Debian package containerd)", err)
	}
	if err := os.Mkdir(dir, 0o711); err != nil {
		return nil, err
	}
	if err := mountTmpfs(dir); err != nil {
		return nil, err
	}
	c := &containerd{dir: dir, ctr: ctr}
	switch err := os.Mkdir(runContainerd, 0o711); {
	case err == nil:
		c.made = true
	case !errors.Is(err, fs.ErrExist):
		return c, err
	}
	// What an interruption leaves there is then not left on the machine.
	if err := mountTmpfs(runContainerd); err != nil {
		return c, err
	}
	c.hidden = true
	if c.log, err = os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		return c, err
	}
	config := filepath.Join(dir, "config.toml")
	text := fmt.Sprintf("version = 2\nroot = %q\nstate = %q\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = %q\n",
		filepath.Join(dir, "root"), filepath.Join(dir, "state"), c.socket())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return c, err
	}
	cmd := exec.Command(path, "--config", config)
	cmd.Stdout, cmd.Stderr = c.log, c.log
	// A SIGINT for the benchmark must not end it before its containers.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return c, err
	}
	c.process, c.ended = cmd.Process, make(chan struct{})
	go func() { cmd.Wait(); close(c.ended) }()
	if err := c.waitReady(); err != nil {
		return c, err
	}
	archive := filepath.Join(dir, "image.tar")
	image := busybox.Image{Name: ctrImage, Cmd: []string{"/bin/true"}}
	if err := image.Write(archive); err != nil {
		return c, err
	}
	_, err = c.do("images", "import", "--snapshotter", ctrSnapshotter, archive)
	return c, err
}

func mountTmpfs(dir string) error {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=711"); err != nil {
		return fmt.Errorf("mount a tmpfs on %s: %w", dir, err)
	}
	return nil
}

func unmount(dir string) error {
	// Snapshots may be mounted below it in this mount namespace.
	if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount %s: %w", dir, err)
	}
	return nil
}

func (c *containerd) socket() string { return filepath.Join(c.dir, "sock") }

// argv is the command line of a ctr command.
func (c *containerd) argv(args ...string) []string {
	return append([]string{c.ctr, "--address", c.socket(), "--namespace", ctrNamespace}, args...)
}

func (c *containerd) do(args ...string) (string, error) {
	argv := c.argv(args...)
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, bytes.TrimSpace(out))
	}
	return string(out), nil
}

func (c *containerd) waitReady() error {
	for deadline := time.Now().Add(daemonTimeout); ; time.Sleep(20 * time.Millisecond) {
		_, err := c.do("version")
		if err == nil {
			return nil
		}
		select {
		case <-c.ended:
			return fmt.Errorf("containerd has ended: %s", c.logTail())
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("containerd does not answer: %w: %s", err, c.logTail())
		}
	}
}

func (c *containerd) logTail() string {
	data, err := os.ReadFile(c.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-1500):])
}

// close removes the containers that an error or an interruption left, ends the daemon
// and its shims, and unmounts its files. A container that is left is no error here: what
// left it is.
func (c *containerd) close() error {
	var errs []error
	if c.process != nil {
		errs = append(errs, c.empty(), c.stop())
	}
	errs = append(errs, c.endShims())
	if c.log != nil {
		errs = append(errs, c.log.Close())
	}
	if c.hidden {
		errs = append(errs, unmount(runContainerd))
	}
	if c.made {
		errs = append(errs, os.Remove(runContainerd))
	}
	errs = append(errs, unmount(c.dir))
	return errors.Join(errs...)
}

func (c *containerd) empty() error {
	select {
	case <-c.ended:
		return fmt.Errorf("containerd has ended by itself: %s", c.logTail())
	default:
	}
	ids, err := c.do("containers", "ls", "-q")
	if err != nil {
		return err
	}
	for _, id := range strings.Fields(ids) {
		// Without a task this fails, and the next says what is wrong, if anything.
		c.do("tasks", "rm", "--force", id)
		if _, err := c.do("containers", "rm", id); err != nil {
			return err
		}
	}
	return nil
}

func (c *containerd) stop() error {
	c.process.Signal(syscall.SIGTERM)
	select {
	case <-c.ended:
		return nil
	case <-time.After(exitTimeout):
	}
	c.process.Kill()
	<-c.ended
	return fmt.Errorf("containerd had to be killed %v after SIGTERM: %s", exitTimeout, c.logTail())
}

// endShims waits until no process has the daemon's directory on its command line, as
// shims have, which end a moment after their container, and kills what stays. Shims have
// lost their parent, so this process gets them; it waits for them here.
func (c *containerd) endShims() error {
	for deadline := time.Now().Add(exitTimeout); ; time.Sleep(5 * time.Millisecond) {
		left := processesOf(c.dir)
		for _, pid := range left {
			if time.Now().After(deadline) {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		for _, pid := range zombies("containerd-shim") {
			syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline.Add(time.Second)) {
			return fmt.Errorf("processes %v of containerd did not end in %v", left, exitTimeout)
		}
	}
}
