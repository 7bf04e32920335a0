package plan

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
	"github.com/runseal/runseal/runtime/spec"
)

// personality sets linux.personality, which fork and execve(2) hand on, but for a
// 32-bit program's own (personality(2)). It is the container's, so exec's process has it
// too.
func (p *planner) personality() {
	if p.spec.Linux == nil || p.spec.Linux.Personality == nil {
		return
	}
	domain := p.spec.Linux.Personality.Domain
	persona, _ := spec.PersonalityByName(domain) // validated
	what := "have the personality " + string(domain)
	if domain == specs.PerLinux32 {
		what += " (on arm64 for processors that run 32-bit programs)" // else EINVAL
	}
	p.Step("linux.personality", "%s", what)
	p.Sys(unix.SYS_PERSONALITY, nsenter.Imm(persona))
}
