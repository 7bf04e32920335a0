package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// A MemoryMode is one of linux.memoryPolicy.mode, for set_mempolicy(2).
type MemoryMode struct {
	Name   specs.MemoryPolicyModeType
	Number int    // linux/mempolicy.h
	Since  string // the kernel that it came with; "": every supported one has it
	Nodes  int    // linux.memoryPolicy.nodes: -1 must be empty, 1 must not
}

// MemoryModes has all modes of the specification, by number.
var MemoryModes = [...]MemoryMode{
	{specs.MpolDefault, 0, "", -1},
	{specs.MpolPreferred, 1, "", 0},
	{specs.MpolBind, 2, "", 1},
	{specs.MpolInterleave, 3, "", 1},
	{specs.MpolLocal, 4, "", -1},
	{specs.MpolPreferredMany, 5, "5.15", 1},
	{specs.MpolWeightedInterleave, 6, "6.9", 1},
}

// A MemoryFlag is one of linux.memoryPolicy.flags.
type MemoryFlag struct {
	Name  specs.MemoryPolicyFlagType
	Bit   int    // linux/mempolicy.h
	Since string // as in MemoryMode
}

// MemoryFlags has all flags of the specification.
var MemoryFlags = [...]MemoryFlag{
	{specs.MpolFNumaBalancing, 1 << 13, "5.12"},
	{specs.MpolFRelativeNodes, 1 << 14, ""},
	{specs.MpolFStaticNodes, 1 << 15, ""},
}

// MemoryModeByName finds a mode; nil if there is none of the name.
func MemoryModeByName(name specs.MemoryPolicyModeType) *MemoryMode {
	for i := range MemoryModes {
		if MemoryModes[i].Name == name {
			return &MemoryModes[i]
		}
	}
	return nil
}

// MemoryFlagByName finds a flag; nil if there is none of the name.
func MemoryFlagByName(name specs.MemoryPolicyFlagType) *MemoryFlag {
	for i := range MemoryFlags {
		if MemoryFlags[i].Name == name {
			return &MemoryFlags[i]
		}
	}
	return nil
}

// validateMemoryPolicy checks linux.memoryPolicy by the rules of set_mempolicy(2), which
// the kernel would answer with a bare EINVAL, and refuses flags that it would not look at.
func validateMemoryPolicy(p *specs.LinuxMemoryPolicy) error {
	if p == nil {
		return nil
	}
	mode := MemoryModeByName(p.Mode)
	if mode == nil {
		return bad("mode", "%s: expected one of MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL, MPOL_PREFERRED_MANY, MPOL_WEIGHTED_INTERLEAVE", quote(string(p.Mode)))
	}
	switch {
	case p.Nodes == "" && mode.Nodes > 0:
		return bad("nodes", "empty or missing, expected a list such as 0-3,7 with %s", p.Mode)
	case p.Nodes != "" && mode.Nodes < 0:
		return bad("nodes", "%s: expected none with %s", quote(p.Nodes), p.Mode)
	case p.Nodes != "":
		if _, err := ParseList(p.Nodes, MaxNode); err != nil {
			return under("nodes", err)
		}
	}
	set := 0
	for i, name := range p.Flags {
		f := MemoryFlagByName(name)
		switch {
		case f == nil:
			return bad(index("flags", i), "%s: expected one of MPOL_F_NUMA_BALANCING, MPOL_F_RELATIVE_NODES, MPOL_F_STATIC_NODES", quote(string(name)))
		case p.Nodes == "":
			return bad(index("flags", i), "%s: expected no flags without nodes", name)
		case name == specs.MpolFNumaBalancing && p.Mode != specs.MpolBind && p.Mode != specs.MpolPreferredMany:
			return bad(index("flags", i), "%s: expected MPOL_BIND or MPOL_PREFERRED_MANY with it, not %s", name, p.Mode)
		}
		set |= f.Bit
	}
	if set&(1<<14) != 0 && set&(1<<15) != 0 {
		return bad("flags", "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES: expected at most one of them")
	}
	return nil
}
