package kube

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is the minor version of Kubernetes 1.
type Version int

// Versions at which something about seccomp changed.
const (
	// firstVersion has the fields and copies annotations to them (KEP-135, pull
	// request 91408 of kubernetes). Before there were only the annotations.
	firstVersion Version = 19
	// seccompDefaultVersion has the kubelet's --seccomp-default (KEP-2413).
	seccompDefaultVersion Version = 22
	// fieldsOnlyVersion does not copy annotations any more (pull request 114947).
	fieldsOnlyVersion Version = 27
	// Newest is the version that the golden file of today's rules is from.
	Newest Version = 36
)

// ParseVersion reads 1.N, with or without a v in front and a patch level behind.
func ParseVersion(s string) (Version, error) {
	parts := strings.Split(strings.TrimPrefix(s, "v"), ".")
	if len(parts) == 2 || len(parts) == 3 {
		minor, err := strconv.ParseUint(parts[1], 10, 16)
		if err == nil && parts[0] == "1" && Version(minor) >= firstVersion {
			return Version(minor), nil
		}
	}
	return 0, fmt.Errorf("version %q: expected 1.%d or later, such as 1.26: before there were no fields for seccomp", s, firstVersion)
}

func (v Version) String() string { return "1." + strconv.Itoa(int(v)) }

// copiesAnnotations says whether the API server copies the annotations to the fields.
func (v Version) copiesAnnotations() bool { return v < fieldsOnlyVersion }

// HasSeccompDefault says whether the kubelet knows --seccomp-default.
func (v Version) HasSeccompDefault() bool { return v >= seccompDefaultVersion }
