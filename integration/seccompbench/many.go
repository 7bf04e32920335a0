//go:build libseccomp && amd64

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/arch"
)

// manyRules compiles profiles of 20,000 rules in processes of their own. libseccomp
// gets no more time than limit.
func (rep *report) manyRules(ctx context.Context, limit time.Duration) error {
	const rules = 20000
	for _, c := range []struct {
		name string
		rule func(i int) specs.LinuxSyscall
	}{
		{"20,000 rules without conditions", func(i int) specs.LinuxSyscall {
			return specs.LinuxSyscall{Names: []string{nameOf(i)}, Action: specs.ActAllow}
		}},
		{"20,000 rules for 1,000 values of 20 calls", func(i int) specs.LinuxSyscall {
			return specs.LinuxSyscall{Names: []string{nameOf(i % 20)}, Action: specs.ActAllow,
				Args: []specs.LinuxSeccompArg{{Index: 1, Value: uint64(i/20) * 3, Op: specs.OpEqualTo}}}
		}},
	} {
		p := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}}
		for i := range rules {
			p.Syscalls = append(p.Syscalls, c.rule(i))
		}
		t := &table{name: c.name}
		rep.tables = append(rep.tables, t)
		times, peaks, result := &row{name: "compile, fresh process", unit: duration, limit: 0.5e9, below: true, target: "< 0.5 s"},
			&row{name: "memory", unit: size}, &row{name: "instructions"}
		t.rows = append(t.rows, times, peaks, result)
		for level := range compilers {
			wait := limit
			if level == 0 {
				wait = childLimit
			}
			res, err := compileOnce(ctx, wait, "grow", level, p)
			switch {
			case errors.Is(err, errTooLong) && level > 0:
				times.cell("> ", float64(limit))
				peaks.cell("", math.NaN())
				result.cell("none", math.NaN())
				continue
			case err != nil:
				return fmt.Errorf("%s: %w", c.name, err)
			}
			times.cell("", float64(res.Ns))
			peaks.cell("", float64(res.PeakKiB)*1024)
			if res.Error == "" {
				result.cell("", float64(res.Instructions))
				continue
			}
			result.cell("error", math.NaN())
			t.notes = append(t.notes, fmt.Sprintf("%s: %s", subjectName(level), res.Error))
		}
	}
	return nil
}

// nameOf returns the i-th of the calls that X86_64 has, again and again.
func nameOf(i int) string {
	a := arch.Lookup(string(specs.ArchX86_64))
	for nr := uint32(i) % (a.Max + 1); ; nr = (nr + 1) % (a.Max + 1) {
		if name := a.Name(nr); name != "" {
			return name
		}
	}
}
