package cgroup

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"unsafe"

	"github.com/moby/sys/userns"
	"golang.org/x/sys/unix"
)

// insn is struct bpf_insn (linux/bpf.h), 8 bytes: opcode, two registers of four
// bits (dst low on little endian, high on big endian: see encode), offset of a
// jump counted from the next instruction, and a constant.
type insn struct {
	op       uint8
	dst, src uint8
	off      int16
	imm      int32
}

// The opcodes used here, spelled from their parts in linux/bpf_common.h.
const (
	opLoad32  = unix.BPF_LDX | unix.BPF_MEM | unix.BPF_W   // dst = *(u32 *)(src + off)
	opMovReg  = unix.BPF_ALU | unix.BPF_MOV | unix.BPF_X   // dst = (u32)src
	opMovImm  = unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_K // dst = imm
	opAndImm  = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K   // dst &= imm
	opShrImm  = unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K   // dst >>= imm
	opJneImm  = unix.BPF_JMP | unix.BPF_JNE | unix.BPF_K   // if dst != imm
	opJeqImm  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K   // if dst == imm
	opExit    = unix.BPF_JMP | unix.BPF_EXIT               // return r0
	regResult = 0
	regCtx    = 1 // struct bpf_cgroup_dev_ctx { u32 access_type, major, minor }
	regKind   = 2
	regAccess = 3
	regMajor  = 4
	regMinor  = 5
	regTmp    = 6
)

// program returns the policy as a program of type BPF_PROG_TYPE_CGROUP_DEVICE
// (Linux 4.15). The kernel runs it at each open(2) and mknod(2) of a device in
// the cgroup; result 1 grants, 0 is EPERM. access_type is the kind of device in
// its low half and the access asked for in its high half.
func (p *devicePolicy) program() []insn {
	code := []insn{
		{op: opLoad32, dst: regKind, src: regCtx, off: 0},
		{op: opMovReg, dst: regAccess, src: regKind},
		{op: opAndImm, dst: regKind, imm: 0xffff},
		{op: opShrImm, dst: regAccess, imm: 16},
		{op: opLoad32, dst: regMajor, src: regCtx, off: 4},
		{op: opLoad32, dst: regMinor, src: regCtx, off: 8},
	}
	for _, r := range p.except {
		kind := int32(unix.BPF_DEVCG_DEV_CHAR)
		if r.kind == 'b' {
			kind = unix.BPF_DEVCG_DEV_BLOCK
		}
		block := []insn{{op: opJneImm, dst: regKind, imm: kind}}
		switch {
		case p.allow:
			// Some of what is asked for is denied: refuse.
			block = append(block,
				insn{op: opMovReg, dst: regTmp, src: regAccess},
				insn{op: opAndImm, dst: regTmp, imm: int32(r.access)},
				insn{op: opJeqImm, dst: regTmp, imm: 0})
		case r.access != accAll:
			// All of what is asked for must be allowed.
			block = append(block,
				insn{op: opMovReg, dst: regTmp, src: regAccess},
				insn{op: opAndImm, dst: regTmp, imm: int32(accAll &^ r.access)},
				insn{op: opJneImm, dst: regTmp, imm: 0})
		}
		if r.major >= 0 {
			block = append(block, insn{op: opJneImm, dst: regMajor, imm: int32(r.major)})
		}
		if r.minor >= 0 {
			block = append(block, insn{op: opJneImm, dst: regMinor, imm: int32(r.minor)})
		}
		block = append(block, verdict(!p.allow)...)
		// Each comparison that fails goes to the next exception.
		for i := range block {
			if block[i].op == opJneImm || block[i].op == opJeqImm {
				block[i].off = int16(len(block) - i - 1)
			}
		}
		code = append(code, block...)
	}
	return append(code, verdict(p.allow)...)
}

func verdict(grant bool) []insn {
	v := int32(0)
	if grant {
		v = 1
	}
	return []insn{{op: opMovImm, dst: regResult, imm: v}, {op: opExit}}
}

// encode returns the bytes that bpf(2) takes.
func encode(code []insn) []byte {
	b := make([]byte, 0, 8*len(code))
	little := binary.NativeEndian.Uint16([]byte{1, 0}) == 1
	for _, i := range code {
		regs := i.dst | i.src<<4
		if !little {
			regs = i.dst<<4 | i.src
		}
		b = append(b, i.op, regs)
		b = binary.NativeEndian.AppendUint16(b, uint16(i.off))
		b = binary.NativeEndian.AppendUint32(b, uint32(i.imm))
	}
	return b
}

// setDevicesV2 loads the policy's program and attaches it to the version 2
// cgroup, where it stays as long as the cgroup does. Programs of parent cgroups,
// and any that somebody else attached to this one, keep their say: every one has
// to grant.
func setDevicesV2(dir string, p *devicePolicy) error {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return fmt.Errorf("linux.resources.devices: %w", &os.PathError{Op: "open", Path: dir, Err: err})
	}
	defer unix.Close(fd)
	code := encode(p.program())
	prog, err := loadDeviceProgram(code)
	if err != nil {
		if errors.Is(err, unix.EPERM) && userns.RunningInUserNS() {
			return nil // as in setDevicesV1
		}
		return fmt.Errorf("linux.resources.devices: loading the device filter (%d instructions): %w; expected %s", len(code)/8, err, needForPrograms(err))
	}
	defer unix.Close(prog)
	attr := struct{ target, prog, kind, flags uint32 }{
		uint32(fd), uint32(prog), unix.BPF_CGROUP_DEVICE, unix.BPF_F_ALLOW_MULTI,
	}
	if _, err := bpf(unix.BPF_PROG_ATTACH, unsafe.Pointer(&attr), unsafe.Sizeof(attr)); err != nil {
		hint := ""
		if errors.Is(err, unix.EPERM) {
			hint = "; expected no cgroup above it with a device filter that bars others (attached without BPF_F_ALLOW_MULTI)"
		}
		return fmt.Errorf("linux.resources.devices: attaching the device filter to %s: %w%s", dir, err, hint)
	}
	return nil
}

// needForPrograms names what loading a program has failed for.
func needForPrograms(err error) string {
	switch {
	case errors.Is(err, unix.ENOSYS):
		return "a kernel with CONFIG_BPF_SYSCALL"
	case errors.Is(err, unix.EPERM):
		return "CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN"
	}
	return "a kernel with CONFIG_CGROUP_BPF (Linux 4.15)"
}

// loadDeviceProgram returns a descriptor of the program. Before Linux 5.11 its
// memory counts against RLIMIT_MEMLOCK, which the container inherits from this
// process, so it is only raised if it has to be, and put back.
func loadDeviceProgram(code []byte) (int, error) {
	fd, err := tryLoad(code, nil)
	if errors.Is(err, unix.EPERM) {
		var old unix.Rlimit
		if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &old) == nil &&
			unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}) == nil {
			fd, err = tryLoad(code, nil)
			if rerr := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &old); rerr != nil && err == nil {
				unix.Close(fd)
				return -1, fmt.Errorf("restoring RLIMIT_MEMLOCK: %w", rerr)
			}
		}
	}
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EACCES) {
		// The verifier says what it does not like, if asked.
		log := make([]byte, 4096)
		if fd2, err2 := tryLoad(code, log); err2 == nil {
			return fd2, nil
		}
		if n := bytes.IndexByte(log, 0); n > 0 {
			return -1, fmt.Errorf("%w (%s)", err, strconv.Quote(cut(string(log[:n]))))
		}
	}
	return fd, err
}

func tryLoad(code, log []byte) (int, error) {
	license := [...]byte{'A', 'p', 'a', 'c', 'h', 'e', '-', '2', '.', '0', 0}
	// union bpf_attr for BPF_PROG_LOAD, as far as it is used.
	var pin runtime.Pinner // the kernel gets addresses as numbers
	defer pin.Unpin()
	attr := struct {
		kind, count      uint32
		code, license    uint64
		logLevel, logLen uint32
		log              uint64
	}{kind: unix.BPF_PROG_TYPE_CGROUP_DEVICE, count: uint32(len(code) / 8)}
	pin.Pin(&code[0])
	pin.Pin(&license[0])
	attr.code = uint64(uintptr(unsafe.Pointer(&code[0])))
	attr.license = uint64(uintptr(unsafe.Pointer(&license[0])))
	if len(log) > 0 {
		pin.Pin(&log[0])
		attr.logLevel, attr.logLen, attr.log = 1, uint32(len(log)), uint64(uintptr(unsafe.Pointer(&log[0])))
	}
	for try := 0; ; try++ {
		fd, err := bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
		// The verifier gives up when a signal comes in, such as those by which
		// the Go runtime preempts goroutines.
		if err != unix.EAGAIN || try == 10 {
			return fd, err
		}
	}
}

// bpf returns an error of type unix.Errno, or nil. New descriptors are
// close-on-exec.
func bpf(cmd uintptr, attr unsafe.Pointer, size uintptr) (int, error) {
	r, _, errno := unix.Syscall(unix.SYS_BPF, cmd, uintptr(attr), size)
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}
