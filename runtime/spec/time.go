package spec

import (
	"maps"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// maxOffset is the largest offset of a clock that the kernel takes in either direction, in
// seconds (KTIME_SEC_MAX, 292 years). What it allows of that depends on the time.
const maxOffset = (1<<63 - 1) / 1_000_000_000

// validateTimeOffsets checks linux.timeOffsets. The offsets are those of a new namespace:
// nobody can change them when there is a process in it (time_namespaces(7)).
func validateTimeOffsets(offsets map[string]specs.LinuxTimeOffset, created namespaces) error {
	if len(offsets) == 0 {
		return nil
	}
	const field = "linux.timeOffsets"
	for _, clock := range slices.Sorted(maps.Keys(offsets)) {
		if err := validateTimeOffset(clock, offsets[clock]); err != nil {
			return under(field, under(member(clock), err))
		}
	}
	if !created.has(nsTime) {
		return bad(field, `set without a new time namespace: expected an entry of type "time" without a path in linux.namespaces`)
	}
	return nil
}

func validateTimeOffset(clock string, o specs.LinuxTimeOffset) error {
	switch {
	case clock != "monotonic" && clock != "boottime":
		return bad("", "expected a clock that a time namespace has, monotonic or boottime")
	case o.Secs < -maxOffset || o.Secs > maxOffset:
		return bad("secs", "%d: expected %d to %d", o.Secs, int64(-maxOffset), int64(maxOffset))
	case o.Nanosecs > 999_999_999:
		return bad("nanosecs", "%d: expected 0 to 999999999", o.Nanosecs)
	}
	return nil
}
