package policy

import (
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/profiles"
)

// Decide gives what is enforced on a container. Every profile that the policy names is
// loaded and checked for every container, also where it does not matter: a broken
// policy is noticed with the first container, not with the first one that it is for.
//
// Errors begin with "node policy", its path and the member, except those about the
// container's own linux.seccomp. A container that the policy does not admit is an error
// that names calls.
func (p *Policy) Decide(config *specs.Spec, strict bool) (*Seal, error) {
	if p == nil {
		return Plain(config, strict)
	}
	named, err := p.resolve(config)
	if err != nil {
		return nil, p.fault(err)
	}
	s := &Seal{KillThread: p.KillThread, Profile: ownProfile(config)}
	text := "own profile"
	if s.Profile == nil {
		text = "no profile"
	}
	for i := range p.Exempt {
		if p.Exempt[i].matches(config.Annotations) {
			s.Decision = fmt.Sprintf("exempt[%d], %s", i, text) + p.unlisted()
			return s, s.build(strict)
		}
	}
	var own *seccomp.Policy
	if s.Profile != nil {
		if own, err = newPolicy(s.Profile, strict, s.KillThread); err != nil {
			return nil, err
		}
		if err := own.AllowsExecve(); err != nil {
			return nil, err
		}
	} else if name, member := p.implied(); member != "" {
		text = member + " " + name
		own, s.Profile, s.Default = named.implied.policy, named.implied.profile, named.implied.profile != nil
		if own != nil {
			if err := own.AllowsExecve(); err != nil {
				return nil, p.fault(fmt.Errorf("%s: %w", text, err))
			}
		}
	}
	decision := []string{text}
	var scan *seccomp.Scanner
	if own != nil && (p.Allowed != nil || p.Require != "") {
		scan = seccomp.NewScanner(own)
	}
	if p.Allowed != nil && ownProfile(config) != nil {
		entry, err := p.admit(s.Profile, own, named.allowed, scan)
		if err != nil {
			return nil, p.fault(err)
		}
		decision = append(decision, entry)
	}
	if p.Require != "" {
		who := "linux.seccomp"
		if s.Default {
			who = text
		}
		if err := p.demand(who, s.Profile, own, named.require, scan); err != nil {
			return nil, p.fault(err)
		}
		decision = append(decision, "require "+p.Require)
	}
	if p.Floor != "" {
		s.Floor = named.floor.profile
		decision = append(decision, "floor "+p.Floor)
	}
	s.Decision = strings.Join(decision, ", ") + p.unlisted()
	if err := s.join(own, named.floor.policy); err != nil {
		return nil, p.fault(err)
	}
	return s, nil
}

// unlisted is the end of a decision where calls of other architectures are not killed
// with their whole process.
func (p *Policy) unlisted() string {
	if !p.KillThread {
		return ""
	}
	return ", unlistedArchitecture " + string(specs.ActKillThread)
}

func (p *Policy) fault(err error) error { return fmt.Errorf("node policy %s: %w", p.Path, err) }

// loaded is a profile that the policy names. Of "*" and of unconfined it is zero.
type loaded struct {
	profile *specs.LinuxSeccomp
	policy  *seccomp.Policy
}

// named are all profiles of the policy, resolved for one container.
type named struct {
	implied, floor, require loaded
	allowed                 []loaded // as Policy.Allowed
}

func (p *Policy) resolve(config *specs.Spec) (n named, err error) {
	o := p.options(config)
	load := func(member, name string) (l loaded) {
		if err == nil && name != "" && name != wildcard {
			if l, err = loadProfile(name, o, p.KillThread); err != nil {
				err = fmt.Errorf("%s: %w", member, err)
			}
		}
		return l
	}
	n.floor = load("floor", p.Floor)
	n.require = load("require", p.Require)
	for i, name := range p.Allowed {
		n.allowed = append(n.allowed, load(fmt.Sprintf("allowed[%d]", i), name))
	}
	name, member := p.implied()
	n.implied = load(member, name)
	return n, err
}

func loadProfile(name string, o profiles.Options, killThread bool) (l loaded, err error) {
	l.profile, err = profiles.Load(name, o)
	if err != nil || l.profile == nil {
		return l, err
	}
	if l.policy, err = newPolicy(l.profile, false, killThread); err != nil {
		return l, fmt.Errorf("seccomp profile %q: %w", name, err)
	}
	return l, nil
}
