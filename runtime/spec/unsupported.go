package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// Unsupported returns an error that names the first field of s which asks for
// something that this version of runseal does not do, or nil. A container that
// runs without what its configuration asks for looks like success; therefore
// everything in the schema is either done, or listed here, or ignored because
// the specification says so (process.user.username, process.commandLine and the
// sections of other platforms). Actions of seccomp are package seccomp's.
//
// A line leaves this table in the commit that implements its field.
func Unsupported(s *specs.Spec) error {
	for i := range s.Mounts {
		if err := firstSet("mounts", i, []asked{
			{"uidMappings", len(s.Mounts[i].UIDMappings) > 0},
			{"gidMappings", len(s.Mounts[i].GIDMappings) > 0},
		}); err != nil {
			return err
		}
	}
	l := s.Linux
	if l == nil {
		return nil
	}
	return firstSet("linux", -1, []asked{
		{"netDevices", len(l.NetDevices) > 0},
	})
}

const notYet = "not supported yet by this version of runseal, expected it to be absent"

// asked says of a field whether the configuration sets it.
type asked struct {
	field string
	set   bool
}

// firstSet gives an error for the first field of parent that is set; i is the
// index if parent is a list, else -1.
func firstSet(parent string, i int, list []asked) error {
	for _, f := range list {
		if f.set {
			if i >= 0 {
				parent = index(parent, i)
			}
			return bad(parent+"."+f.field, "%s", notYet)
		}
	}
	return nil
}
