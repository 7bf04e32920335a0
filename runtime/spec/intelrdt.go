package spec

import (
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// maxSchema bounds what is written to resctrl's file schemata at once, in bytes: the
// kernel takes one page.
const maxSchema = 4095

// validateIntelRdt checks linux.intelRdt. What the limits mean is for the kernel to say,
// which knows what the processor has.
func validateIntelRdt(r *specs.LinuxIntelRdt) error {
	if r == nil {
		return nil
	}
	if err := validateClosID(r.ClosID); err != nil {
		return err
	}
	if err := validateSchema("l3CacheSchema", r.L3CacheSchema, "L3"); err != nil {
		return err
	}
	if err := validateSchema("memBwSchema", r.MemBwSchema, "MB:"); err != nil {
		return err
	}
	size := 0
	for i, line := range r.Schemata {
		if line == "" {
			return bad(index("schemata", i), `"": expected a line such as L3:0=ff`)
		}
		if err := validateSchema(index("schemata", i), line, ""); err != nil {
			return err
		}
		if size += len(line) + 1; size > maxSchema {
			return bad("schemata", "more than %d bytes", maxSchema)
		}
	}
	return nil
}

// validateClosID checks the name of a group, which becomes that of a directory. "" is the
// container's own, "/" the root of the file system; what else is in there is no group.
func validateClosID(id string) error {
	switch id {
	case "", "/":
		return nil
	case ".", "..", "info", "mon_data", "mon_groups":
		return bad("closID", "%s: expected another name, resctrl has this one itself", quote(id))
	}
	if len(id) > 255 || strings.ContainsAny(id, "/\n\x00") {
		return bad("closID", "%s: expected a name of at most 255 bytes without slash, line break and NUL, or / itself", quote(id))
	}
	return nil
}

// ValidateSchemata checks what update --l3-cache-schema and --mem-bw-schema are given.
func ValidateSchemata(cache, bandwidth string) error {
	if err := validateSchema("--l3-cache-schema", cache, "L3"); err != nil {
		return err
	}
	return validateSchema("--mem-bw-schema", bandwidth, "MB:")
}

// validateSchema checks a line for the file schemata, "" for none. prefix is what the
// specification has it begin with; L3 may be L3:, L3CODE: and L3DATA:.
func validateSchema(field, line, prefix string) error {
	switch {
	case line == "":
		return nil
	case !strings.HasPrefix(line, prefix):
		return bad(field, "%s: expected a line that begins with %s", quote(line), prefix)
	case strings.ContainsAny(line, "\n\x00"):
		return bad(field, "%s: expected one line without NUL", quote(line))
	case len(line) >= maxSchema:
		return bad(field, "%d bytes: expected less than %d", len(line), maxSchema)
	}
	return nil
}
