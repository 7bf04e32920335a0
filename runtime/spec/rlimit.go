package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// RlimitByName gives the number of a resource limit for prlimit(2), as in
// asm-generic/resource.h, which amd64, arm64, riscv64, ppc64le, s390x and
// loong64 share (mips and sparc number five of them differently). The name has
// the form RLIMIT_NOFILE.
func RlimitByName(name string) (resource int, ok bool) {
	switch name {
	case "RLIMIT_CPU":
		return 0, true
	case "RLIMIT_FSIZE":
		return 1, true
	case "RLIMIT_DATA":
		return 2, true
	case "RLIMIT_STACK":
		return 3, true
	case "RLIMIT_CORE":
		return 4, true
	case "RLIMIT_RSS":
		return 5, true
	case "RLIMIT_NPROC":
		return 6, true
	case "RLIMIT_NOFILE":
		return 7, true
	case "RLIMIT_MEMLOCK":
		return 8, true
	case "RLIMIT_AS":
		return 9, true
	case "RLIMIT_LOCKS":
		return 10, true
	case "RLIMIT_SIGPENDING":
		return 11, true
	case "RLIMIT_MSGQUEUE":
		return 12, true
	case "RLIMIT_NICE":
		return 13, true
	case "RLIMIT_RTPRIO":
		return 14, true
	case "RLIMIT_RTTIME":
		return 15, true
	}
	return 0, false
}

// rlimitNames is every name of RlimitByName, for errors.
const rlimitNames = "RLIMIT_AS, RLIMIT_CORE, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_LOCKS, " +
	"RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RSS, " +
	"RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIMIT_SIGPENDING, RLIMIT_STACK"

// validateRlimits checks process.rlimits. The specification makes a duplicate
// an error, even one with the same values.
func validateRlimits(list []specs.POSIXRlimit) error {
	const field = "rlimits"
	var seen uint32
	for i := range list {
		r := &list[i]
		n, ok := RlimitByName(r.Type)
		switch {
		case !ok:
			return bad(index(field, i)+".type", "%s: expected one of %s", quote(r.Type), rlimitNames)
		case seen>>n&1 != 0:
			return bad(index(field, i)+".type", "%s: duplicate, expected every type only once", quote(r.Type))
		case r.Soft > r.Hard:
			return bad(index(field, i)+".soft", "%d: expected at most the hard limit, %d", r.Soft, r.Hard)
		}
		seen |= 1 << n
	}
	return nil
}
