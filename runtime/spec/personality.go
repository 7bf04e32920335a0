package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// PersonalityByName gives a domain of linux.personality as personality(2) takes it
// (PER_LINUX, PER_LINUX32 of linux/personality.h).
func PersonalityByName(d specs.LinuxPersonalityDomain) (persona uint32, ok bool) {
	switch d {
	case specs.PerLinux:
		return 0, true
	case specs.PerLinux32:
		return 8, true
	}
	return 0, false
}

// validatePersonality checks linux.personality. The specification defines no flag:
// most of personality(2)'s take a protection away.
func validatePersonality(p *specs.LinuxPersonality) error {
	if p == nil {
		return nil
	}
	if _, ok := PersonalityByName(p.Domain); !ok {
		return bad("linux.personality.domain", "%s: expected LINUX or LINUX32", quote(string(p.Domain)))
	}
	if len(p.Flags) > 0 {
		return bad("linux.personality.flags[0]", "%s: expected no flags, for the specification defines none", quote(string(p.Flags[0])))
	}
	return nil
}
