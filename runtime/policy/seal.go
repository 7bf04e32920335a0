package policy

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
)

// Seal is what is enforced on one container.
type Seal struct {
	// Decision is what the node policy did, in one line for people, such as
	// "own profile, floor localhost/floor.json". Empty if there is no policy.
	Decision string
	// Profile is the container's own profile, or the policy's default for one that
	// has none; nil is no profile.
	Profile *specs.LinuxSeccomp
	// Default says that Profile is not from config.json.
	Default bool
	// Floor is intersected with it; nil if there is none.
	Floor *specs.LinuxSeccomp
	// KillThread is [seccomp.Options].KillThread.
	KillThread bool

	policy *seccomp.Policy
	agent  *specs.LinuxSeccomp
}

// Policy is what Profile and Floor mean together, nil for no filter at all. It lets
// some execve pass.
func (s *Seal) Policy() *seccomp.Policy { return s.policy }

// Agent is the one of Profile and Floor that names the agent for SCMP_ACT_NOTIFY; nil
// if none is needed.
func (s *Seal) Agent() *specs.LinuxSeccomp { return s.agent }

// Plain is the seal of a container on a node without a policy.
func Plain(config *specs.Spec, strict bool) (*Seal, error) {
	s := &Seal{Profile: ownProfile(config)}
	return s, s.build(strict)
}

func ownProfile(config *specs.Spec) *specs.LinuxSeccomp {
	if config.Linux == nil {
		return nil
	}
	return config.Linux.Seccomp
}

// build compiles the profiles and joins them. strict is for the container's own profile:
// an unknown name in a default or a floor is no fault of the container.
func (s *Seal) build(strict bool) (err error) {
	var own, floor *seccomp.Policy
	if s.Profile != nil {
		if own, err = newPolicy(s.Profile, strict && !s.Default, s.KillThread); err != nil {
			return err
		}
	}
	if s.Floor != nil {
		if floor, err = newPolicy(s.Floor, false, s.KillThread); err != nil {
			return fmt.Errorf("node policy: floor: %w", err)
		}
	}
	if own != nil {
		if err := own.AllowsExecve(); err != nil {
			return err
		}
	}
	if err := s.join(own, floor); err != nil {
		return fmt.Errorf("node policy: %w", err)
	}
	return nil
}

// traces says whether a profile has SCMP_ACT_TRACE anywhere.
func traces(p *specs.LinuxSeccomp) bool {
	return p.DefaultAction == specs.ActTrace || slices.ContainsFunc(p.Syscalls, func(r specs.LinuxSyscall) bool { return r.Action == specs.ActTrace })
}

func newPolicy(p *specs.LinuxSeccomp, strict, killThread bool) (*seccomp.Policy, error) {
	return seccomp.NewPolicy(p, seccomp.Options{Strict: strict, KillThread: killThread})
}

// join makes one policy of what Profile and Floor have become. Its errors are the
// floor's.
func (s *Seal) join(own, floor *seccomp.Policy) (err error) {
	s.policy = own
	if own != nil && own.Listener() {
		s.agent = s.Profile
	}
	if floor == nil {
		return nil
	}
	for i, w := range floor.Warnings {
		floor.Warnings[i] = "node policy: floor: " + w
	}
	if traces(s.Floor) {
		floor.Warnings = append(floor.Warnings, "node policy: floor: SCMP_ACT_TRACE denies nothing to a process that is traced, and every container can trace its own; expected SCMP_ACT_ERRNO or stricter")
	}
	if floor.Listener() {
		s.agent = s.Floor
	}
	if own == nil {
		s.policy = floor
	} else if s.policy, err = seccomp.Intersect(floor, own); err != nil {
		return fmt.Errorf("floor: with the container's own profile: %w", err)
	}
	if err := s.policy.AllowsExecve(); err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	return nil
}
