// Command probe says which of the things that runseal uses, or could profit of, the
// running kernel has: as JSON, one object for each, in the order of table.go.
//
//	[{"name": "mount_setattr(2)", "since": "5.12", "used_for": "...", "without": "...", "here": true}, ...]
//
// Each answer comes from a call or a file and none from the version, which says little
// about distributions' kernels and nothing about configurations. The calls have no
// effect; for files of cgroups a cgroup is made and removed again, and controllers are
// enabled for that time below the root (version 2 only: false on other hosts). It needs
// root and a kernel that nobody else depends on, as in the machines of the package above.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// answer is a line of the output.
type answer struct {
	Name    string `json:"name"`
	Since   string `json:"since"`
	UsedFor string `json:"used_for"`
	Without string `json:"without"`
	Here    bool   `json:"here"`
}

func main() {
	h := look()
	defer h.close()
	all := make([]answer, len(table))
	for i, f := range table {
		all[i] = answer{f.name, f.since, f.usedFor, f.without, f.here(h)}
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(all); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}
