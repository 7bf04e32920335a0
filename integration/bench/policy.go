package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A floor of the kind that a node has: it denies what no container needs, two calls
// by their arguments.
const floorProfile = `{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], "syscalls": [
	{"names": ["kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "bpf", "open_by_handle_at",
		"reboot", "swapon", "swapoff", "iopl", "ioperm", "keyctl", "add_key", "request_key"], "action": "SCMP_ACT_ERRNO"},
	{"names": ["unshare", "clone"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 268435456, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ"}]}]}`

// policy measures what a node policy adds to runseal's create: each round creates one
// container without and one with a floor under Docker's profile.
func (m *measurement) policy() error {
	r := m.s.runtimes[0]
	dir := filepath.Dir(r.root)
	path := filepath.Join(dir, "policy.json")
	for name, text := range map[string]string{
		path:                             fmt.Sprintf(`{"floor": "localhost/floor.json", "profileRoot": %q}`, dir),
		filepath.Join(dir, "floor.json"): floorProfile,
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	create := func(global ...string) func() ([]time.Duration, error) {
		return func() ([]time.Duration, error) {
			r.global = global
			defer func() { r.global = nil }()
			times, err := r.cycle()
			if err != nil {
				return nil, err
			}
			return times[1:2], nil
		}
	}
	got, err := interleave(m.ctx, m.o, []subject{{"without a floor", create()}, {"with a floor", create("--policy", path)}})
	if err != nil {
		return err
	}
	without, with := got[0][0], got[1][0]
	m.rep.addTimes(sectionMain, "create, no node policy", [][]time.Duration{without})
	m.rep.addTimes(sectionMain, "create, policy with a floor", [][]time.Duration{with})
	// Of each round's two, so that a drift of the machine counts for both.
	cost := make([]time.Duration, len(with))
	for i := range cost {
		cost[i] = with[i] - without[i]
	}
	m.rep.addTimes(sectionMain, "  what the floor costs", [][]time.Duration{cost})
	return nil
}
