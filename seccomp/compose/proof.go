package compose

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// prove reads the profile and compares it with what is wanted, for all calls of all
// architectures with all arguments.
func (s *finder) prove(profile *specs.LinuxSeccomp) error {
	p, err := seccomp.NewPolicy(profile, seccomp.Options{Native: s.Archs[0].Scmp, Strict: true, KillThread: s.KillThread, AsRunc: s.AsRunc})
	if err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	got, err := p.Diagram(s.d, action)
	if err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	want := s.exceptNoCall(s.Function, got)
	if s.CallsOnly {
		want = s.d.If(s.d.AtLeast(s.d.Word(bpf.WordNr), s.d.Const(NoCalls)), got, want)
	}
	if s.d.Full() {
		return fmt.Errorf("the result: %w", bpf.ErrComplex)
	}
	words, differ := s.d.Differ(want, got, bpf.NumWords)
	if !differ {
		return nil
	}
	call := bpf.FromWords(words)
	should, does := seccomp.Action(s.d.Eval(want, words)), p.Decide(call.Arch, call.Nr, call.Args)
	if should == does {
		return errors.New("internal error: the proof and the definition of a profile disagree")
	}
	reason := "that does not fit what other calls and architectures should get"
	if a := arch.ByCall(call.Arch, call.Nr); a != nil && a.Name(call.Nr) == "" {
		reason = "a number without a name has no rule of its own"
	}
	if list, err := p.Explain(call.Arch, call.Nr); err == nil && slices.ContainsFunc(list, func(o seccomp.Outcome) bool { return o.Cause.By == seccomp.ByNewer }) {
		reason = "it is beyond all calls that would have rules"
	}
	return fmt.Errorf("%s: it should get %s, but %s: it would get %s", text(&call), should, reason, does)
}

// noCall is the number by which a tracer suppresses a call (ptrace(2)).
const noCall = 1<<32 - 1

// exceptNoCall returns want with the errno that got has for no call at all on x86_64.
// Whether x32 is listed decides it, and no program can tell.
func (s *finder) exceptNoCall(want, got bdd.Ref) bdd.Ref {
	words := make([]uint32, bpf.NumWords)
	words[bpf.WordArch], words[bpf.WordNr] = unix.AUDIT_ARCH_X86_64, noCall
	if seccomp.Action(s.d.Eval(want, words)).Kind() != seccomp.Action(s.d.Eval(got, words)).Kind() {
		return want
	}
	here := s.d.And(s.d.Equal(s.d.Word(bpf.WordArch), s.d.Const(unix.AUDIT_ARCH_X86_64)), s.d.Equal(s.d.Word(bpf.WordNr), s.d.Const(noCall)))
	return s.d.If(here, got, want)
}

// text is "SCMP_ARCH_X86_64 socket(0x28, 0)".
func text(d *bpf.Data) string {
	where, name := fmt.Sprintf("architecture %#x", d.Arch), fmt.Sprintf("call %d", d.Nr)
	if d.Nr == noCall && d.Arch == unix.AUDIT_ARCH_X86_64 {
		return "SCMP_ARCH_X86_64 no call (-1)" // despite x32's bit
	}
	if a := arch.ByCall(d.Arch, d.Nr); a != nil {
		where = a.Scmp
		if n := a.Name(d.Nr); n != "" {
			name = n
		}
	}
	last := 0
	for i, v := range d.Args {
		if v != 0 {
			last = i + 1
		}
	}
	var args []string
	for _, v := range d.Args[:last] {
		args = append(args, fmt.Sprintf("%#x", v))
	}
	return fmt.Sprintf("%s %s(%s)", where, name, strings.Join(args, ", "))
}
