package spec

import "strings"

// The checks of this package return a *FieldError whose path begins at the value
// that they were given; callers put their part in front with under. So a path is
// only put together when there is an error.

// noNUL refuses a string that the kernel would see only the beginning of:
// system calls end a string at its first NUL.
func noNUL(field, s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return bad(field, "%s: expected a string without NUL", quote(s))
	}
	return nil
}

// noNULs is noNUL for a list.
func noNULs(field string, list []string) error {
	for i, s := range list {
		if strings.IndexByte(s, 0) >= 0 {
			return noNUL(index(field, i), s)
		}
	}
	return nil
}

// maxPath is the longest path that system calls take, in bytes without the NUL (PATH_MAX,
// linux/limits.h). One that is longer could still be made, a directory at a time, and then
// not be used.
const maxPath = 4095

// pathLength refuses a path that no system call takes.
func pathLength(field, path string) error {
	if len(path) > maxPath {
		return bad(field, "%d bytes: expected at most %d", len(path), maxPath)
	}
	return nil
}

// absolute demands a path that begins with a slash.
func absolute(field, path string) error {
	if path == "" || path[0] != '/' {
		return bad(field, "%s: expected an absolute path", quote(path))
	}
	if err := pathLength(field, path); err != nil {
		return err
	}
	return noNUL(field, path)
}

// absolutes is absolute for a list.
func absolutes(field string, list []string) error {
	for i, path := range list {
		if err := absolute("", path); err != nil {
			return under(index(field, i), err)
		}
	}
	return nil
}

// equal says whether two optional values are the same.
func equal[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
