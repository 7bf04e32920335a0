// Package machine starts a Linux kernel in qemu and hands out what it says.
//
// Emulation is qemu's own (TCG), so the tests need nothing of the host's
// processor; with RUNSEAL_VM_ACCEL=kvm it is the processor's.
package machine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/runseal/runseal/integration/vm/internal/wire"
)

// Machine describes what is started.
type Machine struct {
	Arch    string // GOARCH's name: "amd64", "arm64"
	QEMU    string // program; "" for the usual name, looked up in PATH
	Kernel  string // path of the image
	Initrd  string // path of the initial file system
	Append  string // further kernel parameters
	Memory  int    // MiB
	CPUs    int
	Disks   []string      // raw images, attached as NVMe disks; writes are thrown away
	Console string        // file for the kernel's console
	Timeout time.Duration // for the machine's whole life
}

// ErrTimeout is returned by Run when the machine had to be stopped.
var ErrTimeout = errors.New("the machine did not end in time")

// Run starts the machine and calls report for each event until it ends. It
// returns an error if the machine ends without wire.Done, with the end of what
// the kernel has written to the console.
func (m *Machine) Run(ctx context.Context, report func(wire.Event)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, m.Timeout, ErrTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, m.program(), m.args()...)
	cmd.WaitDelay = 5 * time.Second
	var words strings.Builder
	cmd.Stderr = &words
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	done, err := events(out, report)
	if err == nil {
		// What follows the last event is the machine's shutdown.
		_, err = io.Copy(io.Discard, out)
	}
	err = errors.Join(err, cmd.Wait())
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err == nil && !done:
		err = errors.New("the machine ended before its tests did")
	}
	if done || err == nil {
		return nil
	}
	return fmt.Errorf("%w%s\n%s", err, indent(words.String()), indent(tail(m.Console, 40)))
}

// events reads lines until wire.Done or the end.
func events(r io.Reader, report func(wire.Event)) (done bool, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return false, nil // end of file: no Done
		}
		var e wire.Event
		if json.Unmarshal(line, &e) != nil {
			continue // firmware and loader write to the same line
		}
		report(e)
		if e.Kind == wire.Done {
			return true, nil
		}
	}
}

func (m *Machine) program() string {
	if m.QEMU != "" {
		return m.QEMU
	}
	if m.Arch == "arm64" {
		return "qemu-system-aarch64"
	}
	return "qemu-system-x86_64"
}

func (m *Machine) args() []string {
	accel := "tcg,thread=multi"
	if m.CPUs == 1 {
		accel = "tcg,thread=single" // nobody else looks at memory: no atomic instructions for the guest's
	}
	if a := os.Getenv("RUNSEAL_VM_ACCEL"); a != "" {
		accel = a
	}
	args := []string{
		"-accel", accel, "-smp", strconv.Itoa(m.CPUs), "-m", strconv.Itoa(m.Memory),
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-kernel", m.Kernel, "-initrd", m.Initrd,
		"-chardev", "file,id=console,path=" + m.Console,
		"-chardev", "stdio,id=results,signal=off",
	}
	// oops=panic and panic=-1: a kernel that has a bug ends the machine at once. A huge
	// page is cleared by emulated stores, 2 MiB for a program that needs 50 KiB.
	params := "mitigations=off transparent_hugepage=never rcupdate.rcu_expedited=1 panic=-1 oops=panic quiet loglevel=4 " + m.Append
	switch m.Arch {
	case "arm64":
		args = append(args, "-M", "virt", "-cpu", "cortex-a57", "-serial", "chardev:console",
			"-device", "virtio-serial-device", "-device", "virtconsole,chardev=results",
			"-append", "console=ttyAMA0 vm.results=/dev/hvc0 "+params)
	default:
		// no_timer_check: on a loaded machine an emulated timer can be so late that
		// the kernel believes it has none.
		args = append(args, "-M", "pc", "-cpu", "max,-erms,-fsrm,-la57", "-serial", "chardev:console", "-serial", "chardev:results",
			"-append", "console=ttyS0 vm.results=/dev/ttyS1 no_timer_check "+params)
	}
	for i, d := range m.Disks {
		args = append(args, "-drive", fmt.Sprintf("file=%s,format=raw,if=none,id=disk%d,snapshot=on", d, i),
			"-device", fmt.Sprintf("nvme,drive=disk%d,serial=disk%d", i, i))
	}
	return args
}

// tail returns the last lines of a file, or why it cannot be read.
func tail(path string, n int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(text), "\r\n"), "\n")
	return "the end of " + filepath.Base(path) + ":\n" + strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func indent(s string) string {
	if s = strings.TrimRight(s, "\r\n"); s == "" {
		return ""
	}
	return "\n    " + strings.ReplaceAll(s, "\n", "\n    ")
}
