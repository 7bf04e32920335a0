package plan

import (
	"encoding/binary"
	"fmt"
	"path"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/spec"
)

// process gives the child what config.json's process says, in the order that
// the kernel's permission checks demand: limits and directory first, then the
// bounding set, the ids, and the capability sets last.
func (p *planner) process(pr *specs.Process) error {
	if !p.byParent {
		p.rlimits(pr, false)
	}
	p.workingDirectory(pr)
	p.stdio(pr)
	caps, err := capabilitySets(pr, p.in.Withheld)
	if err != nil {
		return err
	}
	p.credentials(pr, caps)
	p.guardAgain()
	p.lateDirectory(pr)
	p.umask(pr)
	p.descriptors()
	p.lookup(pr)
	return nil
}

// guardAgain asks for the parent-death signal once more: a change of
// credentials has cleared it.
func (p *planner) guardAgain() {
	p.Step("", "die with the parent")
	p.prctl(unix.PR_SET_PDEATHSIG, nsenter.Imm(int(unix.SIGKILL)))
}

// Rlimits returns process.rlimits as numbers, for the parent to set on a
// process in a user namespace.
func Rlimits(pr *specs.Process, set func(field string, resource int, limit unix.Rlimit) error) error {
	for i, l := range pr.Rlimits {
		res, ok := spec.RlimitByName(l.Type)
		if !ok {
			return fmt.Errorf("process.rlimits[%d].type: %q: unknown", i, l.Type)
		}
		if err := set(field("process.rlimits", i), res, unix.Rlimit{Cur: l.Soft, Max: l.Hard}); err != nil {
			return err
		}
	}
	return nil
}

// rlimits sets the limits; with late only those that had to wait. A program that
// still forks as the process's user must not do it under a lower RLIMIT_NPROC,
// which counts this process and the next for a moment. Lowering it later needs
// no privilege, raising it does.
func (p *planner) rlimits(pr *specs.Process, late bool) {
	_ = Rlimits(pr, func(name string, resource int, l unix.Rlimit) error {
		if waits := p.lateProcs && resource == unix.RLIMIT_NPROC && l.Max <= p.in.MaxProcs; waits != late {
			return nil
		}
		p.Step(name, "set a resource limit")
		b := binary.NativeEndian.AppendUint64(nil, l.Cur)
		b = binary.NativeEndian.AppendUint64(b, l.Max)
		p.Sys(unix.SYS_PRLIMIT64, nsenter.Imm(0), nsenter.Imm(resource), p.Bytes(b), nsenter.Imm(0))
		return nil
	}) // unknown names were refused by validation
}

// workingDirectory enters process.cwd inside the root; magic links such as
// /proc/self/fd/7, which could lead out of it, are not followed. The attempt
// is made as root, and again as the user if root may not (a FUSE mount).
func (p *planner) workingDirectory(pr *specs.Process) {
	p.Step("process.cwd", "enter the working directory %q", pr.Cwd)
	p.Move(regCwd, nsenter.Imm(-1))
	denied, later := p.NewLabel(), p.NewLabel()
	p.openCwd(pr).On(uint16(unix.EACCES), later)
	p.Sys(unix.SYS_FCHDIR, nsenter.Val(regCwd)).On(uint16(unix.EACCES), denied)
	p.Jump(later)
	p.Place(denied)
	p.closeReg(regCwd)
	p.Move(regCwd, nsenter.Imm(-1))
	p.Place(later)
}

// lateDirectory is for the attempt as the user: regCwd is negative if root's has failed.
func (p *planner) lateDirectory(pr *specs.Process) {
	p.Step("process.cwd", "enter the working directory %q", pr.Cwd)
	retry, done := p.NewLabel(), p.NewLabel()
	p.JumpNegative(regCwd, retry)
	p.closeReg(regCwd)
	p.Jump(done)
	p.Place(retry)
	p.openCwd(pr)
	p.Sys(unix.SYS_FCHDIR, nsenter.Val(regCwd))
	p.closeReg(regCwd)
	p.Place(done)
}

// openCwd resolves process.cwd from the process's own root, which is the
// container's by now.
func (p *planner) openCwd(pr *specs.Process) nsenter.Call {
	return p.Sys(unix.SYS_OPENAT2, atCwd, p.String(path.Clean(pr.Cwd)), p.how(openHow{openDir, 0, unix.RESOLVE_NO_MAGICLINKS}), nsenter.Imm(openHowSize)).Into(regCwd)
}

// stdio gives the standard streams to the user, who could not open
// /dev/stdout otherwise. Devices of major 1 (/dev/null of the host) stay as
// they are, and what does not let itself be given away is left alone.
func (p *planner) stdio(pr *specs.Process) {
	if pr.Terminal || pr.User.UID == 0 && !p.inUserNS() {
		return
	}
	p.Step("process.user.uid", "give the standard streams to the user")
	for fd := range 3 {
		next := p.NewLabel()
		buf := p.statxBuffer()
		p.Sys(unix.SYS_STATX, nsenter.Imm(fd), p.String(""), nsenter.Imm(unix.AT_EMPTY_PATH), nsenter.Imm(unix.STATX_BASIC_STATS), buf).
			On(nsenter.AnyErrno, next)
		p.Deny(buf.At(statxMajor), ^uint32(0), 1, uint16(unix.EINVAL)).On(nsenter.AnyErrno, next)
		p.Sys(unix.SYS_FCHOWN, nsenter.Imm(fd), nsenter.Imm(pr.User.UID), nsenter.Imm(-1)).On(nsenter.AnyErrno, next)
		p.Place(next)
	}
}

func (p *planner) umask(pr *specs.Process) {
	mask := uint32(0o022)
	if pr.User.Umask != nil {
		mask = *pr.User.Umask
	}
	p.Step("process.user.umask", "set the file mode creation mask")
	p.Sys(unix.SYS_UMASK, nsenter.Imm(mask))
}

// descriptors makes everything but the standard streams and the preserved
// descriptors close on execve. The caller has checked that 3 ... 3+n-1 were
// open before runseal opened anything itself.
func (p *planner) descriptors() {
	n := p.in.PreserveFDs
	if n > 0 {
		p.Step("", "preserve %d descriptors", n)
		for fd := 3; fd < 3+n; fd++ {
			p.Sys(unix.SYS_FCNTL, nsenter.Imm(fd), nsenter.Imm(unix.F_SETFD), nsenter.Imm(0))
		}
	}
	p.Step("", "close all other descriptors on execve")
	if p.in.Lacks.CloexecRange {
		p.Cloexec(3 + n)
		return
	}
	p.Sys(unix.SYS_CLOSE_RANGE, nsenter.Imm(3+n), nsenter.Imm(^uint32(0)), nsenter.Imm(unix.CLOSE_RANGE_CLOEXEC))
}

// capSets is process.capabilities as bit masks.
type capSets struct{ bounding, effective, permitted, inheritable, ambient uint64 }

// capabilitySets leaves out of all sets what is in withheld, and out of the ambient set what
// the kernel cannot raise there: PR_CAP_AMBIENT(2const) wants it in permitted and inheritable.
func capabilitySets(pr *specs.Process, withheld uint64) (s capSets, err error) {
	c := pr.Capabilities
	if c == nil {
		return s, nil // none at all: the specification's default
	}
	for _, set := range [...]struct {
		name string
		list []string
		mask *uint64
	}{
		{"bounding", c.Bounding, &s.bounding}, {"effective", c.Effective, &s.effective},
		{"permitted", c.Permitted, &s.permitted}, {"inheritable", c.Inheritable, &s.inheritable},
		{"ambient", c.Ambient, &s.ambient},
	} {
		for i, name := range set.list {
			n, ok := spec.CapByName(name)
			if !ok {
				return s, fmt.Errorf("process.capabilities.%s[%d]: %q: unknown capability", set.name, i, name)
			}
			*set.mask |= 1 << n &^ withheld
		}
	}
	s.ambient &= s.permitted & s.inheritable
	return s, nil
}

// lastCap is the highest number that a capability can ever have.
const lastCap = 63

const linuxCapabilityVersion3 = 0x20080522

// credentials sets capabilities and ids.
//
// seccomp(2) as the last call before execve needs either no_new_privs or
// CAP_SYS_ADMIN. In the second case the process keeps that one capability
// effective until execve itself takes it away: execve computes the new sets
// from the bounding, inheritable and ambient sets, which are final here, and
// not from the old permitted set (capabilities(7), "Transformation of
// capabilities during execve"). With no_new_privs the old permitted set does
// count, but there CAP_SYS_ADMIN is not needed.
func (p *planner) credentials(pr *specs.Process, s capSets) {
	p.Step("process.capabilities.bounding", "drop capabilities from the bounding set")
	known := p.NewLabel()
	for c := range lastCap + 1 {
		if s.bounding>>c&1 == 0 {
			call := p.prctl(unix.PR_CAPBSET_DROP, nsenter.Imm(c))
			if c > unix.CAP_CHECKPOINT_RESTORE {
				// Beyond what this kernel knows, and so are the rest.
				call.On(uint16(unix.EINVAL), known)
			}
		}
	}
	p.Place(known)
	p.Step("process.user", "become user %d, group %d", pr.User.UID, pr.User.GID)
	p.prctl(unix.PR_SET_KEEPCAPS, nsenter.Imm(1))
	groups := []byte(nil)
	for _, g := range pr.User.AdditionalGids {
		groups = binary.NativeEndian.AppendUint32(groups, g)
	}
	setgroups := p.Sys(unix.SYS_SETGROUPS, nsenter.Imm(len(pr.User.AdditionalGids)), p.Bytes(groups))
	if len(groups) == 0 && p.inUserNS() {
		setgroups.Ignore(uint16(unix.EPERM)) // /proc/PID/setgroups says deny
	}
	gid, uid := nsenter.Imm(pr.User.GID), nsenter.Imm(pr.User.UID)
	p.Sys(unix.SYS_SETRESGID, gid, gid, gid)
	p.Sys(unix.SYS_SETRESUID, uid, uid, uid)

	until := uint64(0)
	what := "set the capabilities"
	if p.in.Filter != nil && !pr.NoNewPrivileges {
		until = 1 << unix.CAP_SYS_ADMIN
		what = "set the capabilities, with SYS_ADMIN until execve"
	}
	p.Step("process.capabilities", what)
	head := binary.NativeEndian.AppendUint32(nil, linuxCapabilityVersion3)
	head = binary.NativeEndian.AppendUint32(head, 0)
	var data []byte
	for shift := 0; shift < 64; shift += 32 {
		for _, set := range []uint64{s.effective | until, s.permitted | until, s.inheritable} {
			data = binary.NativeEndian.AppendUint32(data, uint32(set>>shift))
		}
	}
	p.Sys(unix.SYS_CAPSET, p.Bytes(head), p.Bytes(data))
	// A change of ids resets this to what fs.suid_dumpable says.
	p.outOfReach()
	p.Step("process.capabilities.ambient", "set the ambient capabilities")
	p.prctl(unix.PR_CAP_AMBIENT, nsenter.Imm(unix.PR_CAP_AMBIENT_CLEAR_ALL))
	for c := range lastCap + 1 {
		if s.ambient>>c&1 != 0 {
			p.prctl(unix.PR_CAP_AMBIENT, nsenter.Imm(unix.PR_CAP_AMBIENT_RAISE), nsenter.Imm(c))
		}
	}
	if pr.NoNewPrivileges {
		p.Step("process.noNewPrivileges", "set no_new_privs")
		p.prctl(unix.PR_SET_NO_NEW_PRIVS, nsenter.Imm(1))
	}
}
