package lint

import (
	"errors"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/strictjson"
)

// Options change what is checked.
type Options struct {
	// Native is the architecture of the kernel, such as SCMP_ARCH_X86_64. Empty: the
	// one this program was built for.
	Native string
	// Source is the text that the profile was read from, if there is one, for what is
	// lost by reading.
	Source *Source
	// Skip says which rules are left out; nil: none.
	Skip func(*Rule) bool
}

var profileRules = []*Rule{invalidProfile, Resolved, UnknownCapability}

// Resolved is for whoever reads a profile in Docker's format; Check does not know of
// that.
var Resolved = &Rule{
	ID: "docker-format", Severity: Note,
	Title: "a profile in Docker's format was resolved before it was checked",
	Help: `Which entries of such a profile apply depends on the machine, its kernel and the capabilities of the container.
Findings are about the entries that apply: check the profile for other capabilities (--cap), too.`,
}

// UnknownCapability is for whoever reads a profile in Docker's format, too.
var UnknownCapability = &Rule{
	ID: "unknown-capability", Severity: Warning,
	Title: "a condition on a capability that does not exist",
	Help: `No container has a capability of this name. An entry of Docker's format that includes it never applies: what it
allows is denied, or what it denies passes. One that excludes it always applies: what was to be allowed only without the
capability is allowed with it.`,
}

var invalidProfile = &Rule{
	ID: "invalid-profile", Severity: Error,
	Title: "the profile cannot be read, or not be compiled",
	Help: `The text is no JSON, or a value is not what the specification asks for: an unknown action, operator,
architecture or flag, an errnoRet on an action that returns none or beyond 4095, an argument index above 5, an entry
without names, SCMP_ACT_NOTIFY as the default or without listenerPath, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV without
SCMP_ACT_NOTIFY. An architecture without a system call table here (SCMP_ARCH_S390, SCMP_ARCH_MIPS64N32 and others) is
one of them, too. The first such error is reported, and nothing else is checked. Other runtimes accept some of
this in silence, and then enforce something else than what is written.`,
}

// Invalid makes a finding of an error of a parser or of [seccomp.NewPolicy].
func Invalid(err error) Finding {
	f := Finding{Rule: invalidProfile, Path: root, Message: err.Error()}
	if field := (*strictjson.FieldError)(nil); errors.As(err, &field) {
		f.Message = field.Problem
		if field.Field != "" {
			f.Path = field.Field
		}
	} else if path, text, ok := strings.Cut(err.Error(), ": "); ok && (path == root || strings.HasPrefix(path, root+".")) {
		f.Path, f.Message = path, text
	}
	return f
}

// Check returns the findings about a profile, ordered by their paths. It changes nothing.
func Check(profile *specs.LinuxSeccomp, o Options) []Finding {
	skip := o.Skip
	if skip == nil {
		skip = func(*Rule) bool { return false }
	}
	m := &model{profile: profile, source: o.Source, skip: skip}
	policy, err := seccomp.NewPolicy(profile, seccomp.Options{Native: o.Native})
	if err != nil {
		if !skip(invalidProfile) {
			return []Finding{Invalid(err)}
		}
		return nil
	}
	m.init(policy)
	for _, check := range []func(*model){
		checkMembers, checkNames, checkArchs, checkArguments, checkIntArguments, checkModes, checkOrder, checkMux, checkGaps, checkActions, checkDefault,
		checkSiblings, checkDanger, checkFlags, checkStart, checkSize,
		checkWork, // what the others could not do
	} {
		check(m)
	}
	byPath(m.findings)
	return m.findings
}
