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
	if s.Process != nil {
		if err := UnsupportedProcess(s.Process); err != nil {
			return err
		}
	}
	if h := s.Hooks; h != nil {
		if err := firstSet("hooks", []asked{
			//lint:ignore SA1019 deprecated, and still asked for by engines
			{"prestart", len(h.Prestart) > 0},
			{"createRuntime", len(h.CreateRuntime) > 0},
			{"createContainer", len(h.CreateContainer) > 0},
			{"startContainer", len(h.StartContainer) > 0},
			{"poststart", len(h.Poststart) > 0},
			{"poststop", len(h.Poststop) > 0},
		}); err != nil {
			return err
		}
	}
	l := s.Linux
	if l == nil {
		return nil
	}
	return firstSet("linux", []asked{
		{"intelRdt", l.IntelRdt != nil},
		{"memoryPolicy", l.MemoryPolicy != nil},
		{"personality", l.Personality != nil},
	})
}

// UnsupportedProcess is Unsupported for a process object alone, as exec
// --process reads one.
func UnsupportedProcess(p *specs.Process) error {
	return firstSet("process", []asked{
		{"scheduler", p.Scheduler != nil},
		{"ioPriority", p.IOPriority != nil},
		{"execCPUAffinity", p.ExecCPUAffinity != nil},
	})
}

const notYet = "not supported yet by this version of runseal, expected it to be absent"

// asked says of a field whether the configuration sets it.
type asked struct {
	field string
	set   bool
}

// firstSet gives an error for the first field of parent that is set.
func firstSet(parent string, list []asked) error {
	for _, f := range list {
		if f.set {
			return bad(parent+"."+f.field, "%s", notYet)
		}
	}
	return nil
}
