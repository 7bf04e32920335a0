package compose

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
)

// prove reads the result again and compares it with what is wanted, for all calls of
// all architectures with all arguments.
func (c *composer) prove() error {
	p, err := seccomp.NewPolicy(c.out, seccomp.Options{Native: c.options.Native, Strict: true, KillThread: c.options.KillThread})
	if err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	want, err := c.wanted(func(p *seccomp.Policy, leaf func(seccomp.Action, seccomp.Cause) uint32) (bdd.Ref, error) {
		return p.Diagram(c.d, leaf)
	})
	if err != nil {
		return err
	}
	got, err := p.Diagram(c.d, action)
	if err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	want = c.exceptNoCall(want, got)
	if c.d.Full() {
		return fmt.Errorf("the profiles: %w", bpf.ErrComplex)
	}
	words, differ := c.d.Differ(want, got, bpf.NumWords)
	if !differ {
		return nil
	}
	call := bpf.FromWords(words)
	should, does := seccomp.Action(c.d.Eval(want, words)), p.Decide(call.Arch, call.Nr, call.Args)
	if should == does {
		return errors.New("internal error: the proof and the definition of a profile disagree")
	}
	reason := "that does not fit what other calls and architectures should get"
	if a := arch.ByCall(call.Arch, call.Nr); a != nil && a.Name(call.Nr) == "" {
		reason = "a number without a name has no rule of its own"
	}
	return fmt.Errorf("%s: it should get %s, but %s: it would get %s", text(&call), should, reason, does)
}

// noCall is the number by which a tracer suppresses a call (ptrace(2)).
const noCall = 1<<32 - 1

// exceptNoCall returns want with the errno that got has for no call at all on x86_64.
// Whether x32 is listed decides it, and no program can tell.
func (c *composer) exceptNoCall(want, got bdd.Ref) bdd.Ref {
	words := make([]uint32, bpf.NumWords)
	words[bpf.WordArch], words[bpf.WordNr] = unix.AUDIT_ARCH_X86_64, noCall
	if seccomp.Action(c.d.Eval(want, words)).Kind() != seccomp.Action(c.d.Eval(got, words)).Kind() {
		return want
	}
	here := c.d.And(c.d.Equal(c.d.Word(bpf.WordArch), c.d.Const(unix.AUDIT_ARCH_X86_64)), c.d.Equal(c.d.Word(bpf.WordNr), c.d.Const(noCall)))
	return c.d.If(here, got, want)
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
