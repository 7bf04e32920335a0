package runtime

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/spec"
)

// execProcess is what exec runs: --process as it is, or the container's own
// process with the command line's changes.
func execProcess(cfg *specs.Spec, o ExecOptions) (*specs.Process, error) {
	pr := o.Process
	if pr == nil {
		own := *cfg.Process
		pr = &own
		pr.Args, pr.Terminal, pr.ConsoleSize = o.Args, o.Tty, nil
		pr.Env = append(slices.Clone(pr.Env), o.Env...)
		if o.Cwd != "" {
			pr.Cwd = o.Cwd
		}
		if o.NoNewPrivs {
			pr.NoNewPrivileges = true
		}
		if o.ProcessLabel != "" {
			pr.SelinuxLabel = o.ProcessLabel
		}
		if o.AppArmor != "" {
			pr.ApparmorProfile = o.AppArmor
		}
		pr.User.AdditionalGids = append(slices.Clone(pr.User.AdditionalGids), o.AdditionalGids...)
		if err := setUser(&pr.User, o.User); err != nil {
			return nil, err
		}
		pr.Capabilities = addCaps(pr.Capabilities, o.Caps)
	} else if o.Tty {
		own := *pr
		own.Terminal = true
		pr = &own
	}
	pr = inherit(pr, cfg.Process)
	return pr, spec.ValidateProcess(pr)
}

// inherit gives the process of --process what it does not say itself and what the
// container's has: the members that other runtimes take from there too, its capabilities
// and how the kernel treats a process beside others.
func inherit(pr, from *specs.Process) *specs.Process {
	own := *pr
	if own.Capabilities == nil {
		own.Capabilities = from.Capabilities
	}
	if own.OOMScoreAdj == nil {
		own.OOMScoreAdj = from.OOMScoreAdj
	}
	if own.Scheduler == nil {
		own.Scheduler = from.Scheduler
	}
	if own.IOPriority == nil {
		own.IOPriority = from.IOPriority
	}
	if own.ExecCPUAffinity == nil {
		own.ExecCPUAffinity = from.ExecCPUAffinity
	}
	return &own
}

// setUser understands "uid" and "uid:gid", decimal, without names: the
// container's /etc/passwd is not consulted.
func setUser(u *specs.User, text string) error {
	if text == "" {
		return nil
	}
	uid, gid, both := strings.Cut(text, ":")
	for _, x := range []struct {
		text string
		to   *uint32
		want bool
	}{{uid, &u.UID, true}, {gid, &u.GID, both}} {
		if !x.want {
			continue
		}
		n, err := strconv.ParseUint(x.text, 10, 32)
		if err != nil || n == 1<<32-1 {
			return fmt.Errorf("--user: %q: expected UID or UID:GID, each from 0 to 4294967294", text)
		}
		*x.to = uint32(n)
	}
	return nil
}

// addCaps adds to the sets that a process starts from. Not to the inheritable
// and ambient ones: those would pass capabilities on to every program that the
// process executes.
func addCaps(c *specs.LinuxCapabilities, names []string) *specs.LinuxCapabilities {
	if len(names) == 0 {
		return c
	}
	var own specs.LinuxCapabilities
	if c != nil {
		own = *c
	}
	for _, set := range []*[]string{&own.Bounding, &own.Effective, &own.Permitted} {
		*set = append(slices.Clone(*set), names...)
	}
	return &own
}
