//go:build libseccomp && amd64

package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/libseccomp"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
)

// The compilers, by level: 0 is this project's, 1 and 2 are libseccomp's levels.
const compilers = 3

func subjectName(level int) string {
	if level == 0 {
		return "runseal"
	}
	return fmt.Sprintf("level %d", level)
}

// compile returns what the compiler of a level makes of the profile.
func compile(level int, p *specs.LinuxSeccomp) ([]bpf.Instruction, error) {
	if level == 0 {
		f, err := seccomp.Compile(p, seccomp.Options{Native: string(specs.ArchX86_64)})
		if err != nil {
			return nil, err
		}
		return f.Instructions, nil
	}
	f, err := libseccomp.Compile(p, specs.ArchX86_64, level)
	if err != nil {
		return nil, err
	}
	return f.Instructions, nil
}

func threeProfiles() ([]libseccomp.Profile, error) {
	list, err := libseccomp.Profiles(false)
	for i := range list {
		list[i].Architectures = []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}
	}
	return list, err
}

// steps returns the mean and the largest number of instructions that run for the
// calls of x86_64.
func steps(prog []bpf.Instruction) (mean, most float64, err error) {
	vm, err := bpf.NewVM(prog)
	if err != nil {
		return 0, 0, err
	}
	const numbers = 471
	sum, longest := 0, 0
	for nr := range uint32(numbers) {
		_, n := vm.Trace(&bpf.Data{Nr: nr, Arch: unix.AUDIT_ARCH_X86_64}, nil)
		sum, longest = sum+n, max(longest, n)
	}
	return float64(sum) / numbers, float64(longest), nil
}

// warm times compilations in n rounds, in which the compilers take turns. Each
// compiles a few times in a row, so that the median is that of one that has found its
// own code and data in the caches.
func warm(n int, p *specs.LinuxSeccomp) (times [compilers][]float64, err error) {
	inARow := [compilers]int{50, 3, 3}
	for round := range n {
		for i := range compilers {
			level := (i + round) % compilers
			runtime.GC()
			for range inARow[level] {
				start := time.Now()
				if _, err := compile(level, p); err != nil {
					return times, err
				}
				times[level] = append(times[level], float64(time.Since(start)))
			}
		}
	}
	return times, nil
}

// proofs times seccomp.Verify: a proof for the project's own program, and for
// libseccomp's the way to the first call that the two decide differently, which is one
// of the documented differences.
func proofs(n int, p *specs.LinuxSeccomp, progs [][]bpf.Instruction) (times [compilers][]float64, err error) {
	policy, err := seccomp.NewPolicy(p, seccomp.Options{Native: string(specs.ArchX86_64)})
	if err != nil {
		return times, err
	}
	for range n {
		for level := range compilers {
			start := time.Now()
			err := seccomp.Verify(progs[level], policy)
			times[level] = append(times[level], float64(time.Since(start)))
			var differs *seccomp.Counterexample
			if err != nil && (level == 0 || !errors.As(err, &differs)) {
				return times, err
			}
		}
	}
	return times, nil
}

// allocations returns the number of allocations of one compilation and their bytes.
func allocations(p *specs.LinuxSeccomp) (count, size float64, err error) {
	const n = 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		if _, err := compile(0, p); err != nil {
			return 0, 0, err
		}
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / n, float64(after.TotalAlloc-before.TotalAlloc) / n, nil
}

// The three calls whose cost is measured.
const (
	callAllowed = iota // always allowed: getppid(2)
	callRefused        // refused by all profiles: lookup_dcookie, gone since Linux 6.7
	callChecked        // allowed for some values of its argument: personality(2)
	callKinds
)

// theCall returns the call's number and its argument. None of them has an effect.
func theCall(kind int) (nr, arg uintptr) {
	switch kind {
	case callAllowed:
		return unix.SYS_GETPPID, 0
	case callRefused:
		return unix.SYS_LOOKUP_DCOOKIE, 0
	default:
		return unix.SYS_PERSONALITY, 0xffffffff // asks
	}
}

// checkCalls makes sure that the program decides the three calls as their names
// say.
func checkCalls(prog []bpf.Instruction) error {
	vm, err := bpf.NewVM(prog)
	if err != nil {
		return err
	}
	for kind := range callKinds {
		nr, arg := theCall(kind)
		got := seccomp.Action(vm.Run(&bpf.Data{Nr: uint32(nr), Arch: unix.AUDIT_ARCH_X86_64, Args: [6]uint64{uint64(arg)}}))
		if got.Passes() != (kind != callRefused) || !got.Passes() && got.Kind() != seccomp.Errno(0) {
			return fmt.Errorf("the call %d with argument %#x gives %s", nr, arg, got)
		}
	}
	return nil
}
