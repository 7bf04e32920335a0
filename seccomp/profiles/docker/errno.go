package docker

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// maxErrno is the largest that the kernel lets a filter return (MAX_ERRNO).
const maxErrno = 4095

// mergeErrno joins the two spellings of one errno. Docker's code reads the number
// only and that of containers/common prefers the name, which is why a profile in
// which they differ means two things and is refused. An empty name is none.
func mergeErrno(number *uint, name string) (*uint, error) {
	if name == "" {
		return number, nil
	}
	n, ok := errnoOf(name)
	if !ok {
		return nil, fmt.Errorf("%s: expected the name of an errno, such as \"ENOSYS\", or its number", strictjson.Quote(name))
	}
	if number != nil && *number != n {
		return nil, fmt.Errorf("%s is %d but the number beside it is %d, expected the same", strictjson.Quote(name), n, *number)
	}
	return &n, nil
}

// errnoOf gives the number of an errno on this architecture; see Host.check. A
// number in quotes counts, as in containers/common.
func errnoOf(name string) (uint, bool) {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return uint(n), true // its range is checked with the rest of the profile
	}
	switch name { // second names, which the search does not find
	case "EWOULDBLOCK":
		return uint(unix.EWOULDBLOCK), true
	case "EDEADLOCK":
		return uint(unix.EDEADLOCK), true
	case "ENOTSUP":
		return uint(unix.ENOTSUP), true
	case "EOPNOTSUPP":
		return uint(unix.EOPNOTSUPP), true
	}
	for n := range uint(maxErrno) {
		if found := unix.ErrnoName(unix.Errno(n + 1)); found == name && found != "" {
			return n + 1, true
		}
	}
	return 0, false
}
