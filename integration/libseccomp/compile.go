//go:build libseccomp

package libseccomp

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	scmp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/bpf"
)

// Filter is a profile compiled by the library.
type Filter struct {
	Instructions []bpf.Instruction
	// Unknown are the names in the profile that the library does not know.
	Unknown []string

	vm     *bpf.VM
	future []lastCall
}

// Version is the library's, as 2.5.4.
func Version() string {
	major, minor, micro := scmp.GetLibraryVersion()
	return fmt.Sprintf("%d.%d.%d", major, minor, micro)
}

// Compile gives the profile to the library. native is the architecture of the
// pretended machine; level is SCMP_FLTATR_CTL_OPTIMIZE: 1 for one rule after the
// other, 2 for a binary tree.
func Compile(p *specs.LinuxSeccomp, native specs.Arch, level int) (*Filter, error) {
	b := &builder{}
	err := b.begin(p, native)
	if b.filter != nil {
		defer b.filter.Release()
	}
	if err != nil {
		return nil, err
	}
	if err := b.filter.SetOptimize(level); err != nil {
		return nil, fmt.Errorf("SCMP_FLTATR_CTL_OPTIMIZE=%d: %w", level, err)
	}
	if err := b.rules(p); err != nil {
		return nil, err
	}
	f := &Filter{Unknown: b.unknown}
	if f.Instructions, err = export(b.filter); err != nil {
		return nil, err
	}
	if f.vm, err = bpf.NewVM(f.Instructions); err != nil {
		return nil, fmt.Errorf("libseccomp's program: %w", err)
	}
	f.future = lastCalls(p, b.archs)
	return f, nil
}

// builder holds a filter of the library while it is made.
type builder struct {
	filter  *scmp.ScmpFilter
	archs   []scmp.ScmpArch
	unknown []string
	def     scmp.ScmpAction
}

// begin makes an empty filter for the architectures.
func (b *builder) begin(p *specs.LinuxSeccomp, native specs.Arch) error {
	var err error
	if b.def, err = action(p.DefaultAction, p.DefaultErrnoRet); err != nil {
		return err
	}
	if b.filter, err = scmp.NewFilter(b.def); err != nil {
		return fmt.Errorf("seccomp_init: %w", err)
	}
	machine, err := scmp.GetNativeArch()
	if err != nil {
		return err
	}
	for _, name := range slices.Concat([]specs.Arch{native}, p.Architectures) {
		a, err := archOf(name)
		if err != nil {
			return err
		}
		if slices.Contains(b.archs, a) {
			continue
		}
		b.archs = append(b.archs, a)
		if err := b.filter.AddArch(a); err != nil {
			return fmt.Errorf("seccomp_arch_add(%s): %w", name, err)
		}
	}
	// The library begins with the machine's own.
	if !slices.Contains(b.archs, machine) {
		if err := b.filter.RemoveArch(machine); err != nil {
			return fmt.Errorf("seccomp_arch_remove: %w", err)
		}
	}
	if err := b.filter.SetNoNewPrivsBit(false); err != nil {
		return fmt.Errorf("SCMP_FLTATR_CTL_NNP=0: %w", err)
	}
	return nil
}

// rules adds all rules of the profile in its order.
func (b *builder) rules(p *specs.LinuxSeccomp) error {
	for i, s := range p.Syscalls {
		act, err := action(s.Action, s.ErrnoRet)
		if err != nil {
			return fmt.Errorf("syscalls[%d]: %w", i, err)
		}
		var conds []scmp.ScmpCondition
		for _, a := range s.Args {
			c, err := condition(a)
			if err != nil {
				return fmt.Errorf("syscalls[%d]: %w", i, err)
			}
			conds = append(conds, c)
		}
		for _, name := range s.Names {
			nr, err := scmp.GetSyscallFromName(name)
			if err != nil {
				if !slices.Contains(b.unknown, name) {
					b.unknown = append(b.unknown, name)
				}
				continue
			}
			if act == b.def {
				continue
			}
			if err := b.rule(nr, act, conds); err != nil {
				return fmt.Errorf("syscalls[%d]: %s: %w", i, name, err)
			}
		}
	}
	return nil
}

// rule adds one name with its conditions.
func (b *builder) rule(nr scmp.ScmpSyscall, act scmp.ScmpAction, conds []scmp.ScmpCondition) error {
	if len(conds) == 0 {
		return b.filter.AddRule(nr, act)
	}
	if !repeats(conds) {
		return b.filter.AddRuleConditional(nr, act, conds)
	}
	for i := range conds {
		if err := b.filter.AddRuleConditional(nr, act, conds[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// repeats says whether two conditions are about the same argument.
func repeats(conds []scmp.ScmpCondition) bool {
	seen := map[uint]bool{}
	for _, c := range conds {
		if seen[c.Argument] {
			return true
		}
		seen[c.Argument] = true
	}
	return false
}

// archOf returns the library's name of an architecture of the tests.
func archOf(name specs.Arch) (scmp.ScmpArch, error) {
	switch name {
	case specs.ArchX86_64:
		return scmp.ArchAMD64, nil
	case specs.ArchX86:
		return scmp.ArchX86, nil
	case specs.ArchX32:
		return scmp.ArchX32, nil
	case specs.ArchAARCH64:
		return scmp.ArchARM64, nil
	case specs.ArchARM:
		return scmp.ArchARM, nil
	}
	return scmp.ArchInvalid, fmt.Errorf("architecture %q is not among those compared", name)
}

func action(a specs.LinuxSeccompAction, errno *uint) (scmp.ScmpAction, error) {
	data := int16(unix.EPERM)
	if errno != nil {
		data = int16(*errno)
	}
	switch a {
	case specs.ActKill, specs.ActKillThread:
		return scmp.ActKillThread, nil
	case specs.ActKillProcess:
		return scmp.ActKillProcess, nil
	case specs.ActTrap:
		return scmp.ActTrap, nil
	case specs.ActErrno:
		return scmp.ActErrno.SetReturnCode(data), nil
	case specs.ActTrace:
		return scmp.ActTrace.SetReturnCode(data), nil
	case specs.ActLog:
		return scmp.ActLog, nil
	case specs.ActAllow:
		return scmp.ActAllow, nil
	case specs.ActNotify:
		return scmp.ActNotify, nil
	}
	return scmp.ActInvalid, fmt.Errorf("action %q is not known", a)
}

func condition(a specs.LinuxSeccompArg) (scmp.ScmpCondition, error) {
	var op scmp.ScmpCompareOp
	switch a.Op {
	case specs.OpNotEqual:
		op = scmp.CompareNotEqual
	case specs.OpLessThan:
		op = scmp.CompareLess
	case specs.OpLessEqual:
		op = scmp.CompareLessOrEqual
	case specs.OpEqualTo:
		op = scmp.CompareEqual
	case specs.OpGreaterEqual:
		op = scmp.CompareGreaterEqual
	case specs.OpGreaterThan:
		op = scmp.CompareGreater
	case specs.OpMaskedEqual:
		op = scmp.CompareMaskedEqual
	default:
		return scmp.ScmpCondition{}, fmt.Errorf("operator %q is not known", a.Op)
	}
	return scmp.MakeCondition(a.Index, op, a.Value, a.ValueTwo)
}

// export returns the program. The library writes it to a descriptor (into memory
// only from version 2.6 on).
func export(filter *scmp.ScmpFilter) ([]bpf.Instruction, error) {
	fd, err := unix.MemfdCreate("filter", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	file := os.NewFile(uintptr(fd), "filter")
	defer file.Close()
	if err := filter.ExportBPF(file); err != nil {
		return nil, fmt.Errorf("seccomp_export_bpf: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	data := make([]byte, info.Size())
	if _, err := file.ReadAt(data, 0); err != nil {
		return nil, err
	}
	prog := make([]bpf.Instruction, len(data)/8)
	for i := range prog {
		b := data[8*i:]
		prog[i] = bpf.Instruction{Op: binary.NativeEndian.Uint16(b), Jt: b[2], Jf: b[3], K: binary.NativeEndian.Uint32(b[4:])}
	}
	return prog, nil
}
