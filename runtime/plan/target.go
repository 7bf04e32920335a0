package plan

import (
	"encoding/binary"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// openHow is struct open_how of openat2(2).
type openHow struct{ flags, mode, resolve uint64 }

const openHowSize = 24

const (
	inRoot  = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS
	openAny = unix.O_PATH | unix.O_CLOEXEC
	openDir = openAny | unix.O_DIRECTORY
)

// how puts an open_how into the arena, once for each value.
func (p *planner) how(h openHow) nsenter.Arg {
	a, ok := p.howTo[h]
	if !ok {
		var b []byte
		for _, v := range []uint64{h.flags, h.mode, h.resolve} {
			b = binary.NativeEndian.AppendUint64(b, v)
		}
		a = p.Bytes(b)
		p.howTo[h] = a
	}
	return a
}

// openIn opens a path of the container inside its root and nowhere else.
func (p *planner) openIn(name string, flags uint64, into nsenter.Reg) nsenter.Call {
	return p.Sys(unix.SYS_OPENAT2, nsenter.Val(regRoot), p.String(rel(name)), p.how(openHow{flags, 0, inRoot}), nsenter.Imm(openHowSize)).Into(into)
}

// rel is a container path as openat2 takes it: relative to the root.
func rel(name string) string {
	if r := strings.TrimPrefix(path.Clean("/"+name), "/"); r != "" {
		return r
	}
	return "."
}

// target opens name in regTarget, as a directory or as something else, and
// makes it first, with its parents, if it is not there. flags are further open
// flags (O_NOFOLLOW).
//
// Parents are made one component at a time: mkdirat(2) in a directory whose
// descriptor was resolved inside the root does not follow a symlink, and the
// longer path is then resolved again inside the root. So whatever the root
// holds, or somebody swaps meanwhile, nothing is made outside of it.
func (p *planner) target(name string, dir bool, flags uint64) {
	p.targetFound(name, dir, flags, func() {})
}

// targetFound is target with something to be done if it need not be made.
func (p *planner) targetFound(name string, dir bool, flags uint64, found func()) {
	flags |= openAny
	if dir {
		flags |= unix.O_DIRECTORY
	}
	missing, dangling, done := p.NewLabel(), p.NewLabel(), p.NewLabel()
	p.openIn(name, flags, regTarget).On(uint16(unix.ENOENT), missing)
	found()
	p.Jump(done)

	p.Place(missing)
	parts := strings.Split(rel(name), "/")
	parent := regRoot
	have := p.known(parts)
	if have > 0 {
		p.openIn(strings.Join(parts[:have], "/"), openDir, regDir)
		parent = regDir
	}
	for i := have; i < len(parts)-1; i++ {
		p.Sys(unix.SYS_MKDIRAT, nsenter.Val(parent), p.String(parts[i]), nsenter.Imm(0o755)).Ignore(uint16(unix.EEXIST))
		if parent == regDir {
			p.closeReg(regDir)
		}
		p.openIn(strings.Join(parts[:i+1], "/"), openDir, regDir).On(uint16(unix.ENOENT), dangling)
		parent = regDir
	}
	last := p.String(parts[len(parts)-1])
	if dir {
		p.Sys(unix.SYS_MKDIRAT, nsenter.Val(parent), last, nsenter.Imm(0o755)).Ignore(uint16(unix.EEXIST))
	} else {
		made := p.NewLabel()
		p.Sys(unix.SYS_OPENAT, nsenter.Val(parent), last, nsenter.Imm(unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_CLOEXEC), nsenter.Imm(0o644)).
			Into(regTarget).On(uint16(unix.EEXIST), made)
		p.closeReg(regTarget)
		p.Place(made)
	}
	if parent != regRoot {
		p.closeReg(parent)
	}
	p.openIn(name, flags, regTarget).On(uint16(unix.ENOENT), dangling)
	p.Jump(done)

	// A symlink of the root leads to something that does not exist, such as
	// /etc/resolv.conf into an empty /run. Only the parent can follow it.
	p.Place(dangling)
	p.Move(RegPath, nsenter.Imm(len(p.paths)))
	p.paths = append(p.paths, Path{rel(name), dir, p.Current().Field})
	p.Report(MarkMakePath, regRoot)
	p.Hold()
	p.openIn(name, flags, regTarget)
	p.Place(done)
	if dir {
		p.made = append(p.made, rel(name))
	}
}

// known returns how many of a path's parents are a directory that an earlier
// target has made sure of.
func (p *planner) known(parts []string) int {
	for n := len(parts) - 1; n > 0; n-- {
		if slices.Contains(p.made, strings.Join(parts[:n], "/")) {
			return n
		}
	}
	return 0
}

// statx fields used by checks; the layout is the same on every architecture.
const (
	statxSize  = 256
	statxMode  = 28 // u16, followed by 16 bits of zero
	statxMajor = 128
	statxMinor = 132
)

// checkNode fails with EEXIST unless what lies at (dir, name) is a device node
// of this type and number.
func (p *planner) checkNode(dir nsenter.Arg, name string, mode, major, minor uint32) {
	buf := p.statxBuffer()
	p.Sys(unix.SYS_STATX, dir, p.String(name), nsenter.Imm(unix.AT_SYMLINK_NOFOLLOW), nsenter.Imm(unix.STATX_BASIC_STATS), buf)
	p.Check(buf.At(statxMode), unix.S_IFMT, mode&unix.S_IFMT, uint16(unix.EEXIST))
	p.Check(buf.At(statxMajor), ^uint32(0), major, uint16(unix.EEXIST))
	p.Check(buf.At(statxMinor), ^uint32(0), minor, uint16(unix.EEXIST))
}

// statxBuffer returns the one buffer that all statx and statfs calls share.
func (p *planner) statxBuffer() nsenter.Arg {
	if p.stat == nil {
		a := p.Zeros(statxSize)
		p.stat = &a
	}
	return *p.stat
}
