package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// validateAffinity checks process.execCPUAffinity, of which each part may be missing.
// Which processors the machine has is for the kernel to say, when exec uses them.
func validateAffinity(a *specs.CPUAffinity) error {
	if a == nil {
		return nil
	}
	for _, f := range [...]struct{ name, list string }{{"initial", a.Initial}, {"final", a.Final}} {
		if f.list == "" {
			continue
		}
		if _, err := ParseList(f.list, MaxCPU); err != nil {
			return under("execCPUAffinity."+f.name, err)
		}
	}
	return nil
}
