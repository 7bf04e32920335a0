package runtime

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter/inherited"
	"github.com/runseal/runseal/runtime/plan"
)

// A mapper writes the mapping of user or of group ids of a new user namespace.
type mapper struct {
	file, field string
	list        []specs.LinuxIDMapping
	program     string // newuidmap(1) or newgidmap(1); "": the kernel takes it from this process
	deny        bool   // only once setgroups(2) is denied in there (user_namespaces(7))
}

// mappers decides how the mappings will be written. Without privileges a process may map
// its own id to one id of the namespace; for more there are set-user-ID programs, which
// let a user map what /etc/subuid and /etc/subgid give to the user.
func (c caller) mappers(l *specs.Linux) ([]mapper, error) {
	list := []mapper{
		{file: "uid_map", field: "linux.uidMappings", list: l.UIDMappings},
		{file: "gid_map", field: "linux.gidMappings", list: l.GIDMappings},
	}
	if c.uid == 0 || plan.Created(l)&unix.CLONE_NEWUSER == 0 {
		return list, nil
	}
	for i := range list {
		m := &list[i]
		own, name := c.uid, "newuidmap"
		if m.file == "gid_map" {
			own, name = c.gid, "newgidmap"
		}
		if len(m.list) == 1 && int(m.list[0].HostID) == own && m.list[0].Size == 1 {
			m.deny = m.file == "gid_map"
			continue
		}
		if m.program = LookPath(name); m.program == "" {
			return nil, fmt.Errorf("%s: %d entries: without root expected one entry with hostID %d and size 1, or the program %s (Debian package uidmap), which is not in PATH", m.field, len(m.list), own, name)
		}
	}
	return list, nil
}

// mapUsers writes the mappings of the child's new user namespace.
func (c *created) mapUsers() error {
	list, err := c.who.mappers(c.spec.Linux)
	if err != nil {
		return err
	}
	for i := range list {
		if err := list[i].write(c.child.Pid); err != nil {
			return err
		}
	}
	return nil
}

// write writes one mapping file with a single write(2), which is all that
// user_namespaces(7) allows.
func (m *mapper) write(pid int) error {
	proc := "/proc/" + strconv.Itoa(pid) + "/"
	if m.program != "" {
		if err := m.call(pid); err != nil {
			return fmt.Errorf("%s: %w", m.field, err)
		}
		return nil
	}
	if m.deny {
		if err := os.WriteFile(proc+"setgroups", []byte("deny"), 0); err != nil {
			return fmt.Errorf("%s: %w", m.field, err)
		}
	}
	var text []byte
	for _, r := range m.list {
		text = strconv.AppendUint(text, uint64(r.ContainerID), 10)
		text = append(text, ' ')
		text = strconv.AppendUint(text, uint64(r.HostID), 10)
		text = append(text, ' ')
		text = strconv.AppendUint(text, uint64(r.Size), 10)
		text = append(text, '\n')
	}
	if page := os.Getpagesize(); len(text) >= page {
		return fmt.Errorf("%s: %d entries are %d bytes of text, expected less than a page, %d bytes, which is what the kernel takes", m.field, len(m.list), len(text), page)
	}
	if err := os.WriteFile(proc+m.file, text, 0); err != nil {
		return fmt.Errorf("%s: %w", m.field, err)
	}
	return nil
}

// call executes newuidmap(1) or newgidmap(1). What it says goes into the error.
func (m *mapper) call(pid int) error {
	argv := []string{m.program, strconv.Itoa(pid)}
	for _, r := range m.list {
		for _, n := range []uint32{r.ContainerID, r.HostID, r.Size} {
			argv = append(argv, strconv.FormatUint(uint64(n), 10))
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	unlock := inherited.Thread(false)
	child, err := syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, w.Fd(), w.Fd()}})
	unlock()
	w.Close()
	if err != nil {
		return fmt.Errorf("%s: %w", m.program, err)
	}
	said, _ := io.ReadAll(io.LimitReader(r, 1000)) // until it has ended
	var ws syscall.WaitStatus
	for {
		if _, err = syscall.Wait4(child, &ws, 0, nil); err != syscall.EINTR {
			break
		}
	}
	if err == nil && ws.ExitStatus() != 0 {
		err = errors.New(strings.TrimSpace(string(said)))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(argv, " "), err)
	}
	return nil
}

// setRlimits sets process.rlimits on a process that cannot do it itself.
func setRlimits(pid int, pr *specs.Process) error {
	return plan.Rlimits(pr, func(field string, resource int, limit unix.Rlimit) error {
		if err := unix.Prlimit(pid, resource, &limit, nil); err != nil {
			return fmt.Errorf("%s: set a resource limit: %w", field, err)
		}
		return nil
	})
}
