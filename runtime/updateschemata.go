package runtime

import (
	"fmt"

	"github.com/runseal/runseal/runtime/resctrl"
	"github.com/runseal/runseal/runtime/spec"
)

// UpdateSchemata changes the share of cache and memory bandwidth of a container that has
// linux.intelRdt and not stopped: lines as in l3CacheSchema and memBwSchema, "" for one
// that stays as it is.
func (r *Runtime) UpdateSchemata(id, cache, bandwidth string) error {
	if err := spec.ValidateSchemata(cache, bandwidth); err != nil {
		return err
	}
	d, s, err := r.open(id, true)
	if err != nil {
		return err
	}
	defer d.Close()
	if st, err := status(d, s); err != nil {
		return fmt.Errorf("update %w", err)
	} else if st == StatusStopped || st == StatusCreating {
		return fmt.Errorf("update container %q: container not running (it is %s)", id, st)
	}
	cfg, err := spec.Parse(s.Config)
	if err != nil {
		return fmt.Errorf("update container %q: the recorded configuration: %w", id, err)
	}
	var g *resctrl.Group
	if cfg.Linux != nil {
		g = resctrl.New(cfg.Linux.IntelRdt, id)
	}
	var lines []string
	for _, line := range []string{cache, bandwidth} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	if err := g.Change(lines...); err != nil {
		return fmt.Errorf("update container %q: Intel RDT: %w", id, err)
	}
	return nil
}
