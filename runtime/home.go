package runtime

import (
	"bytes"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// maxPasswd bounds what is read of a container's /etc/passwd.
const maxPasswd = 1 << 20

// home returns the value of HOME for a process whose environment has none, as
// engines expect it of a runtime: the home directory of its user in the
// container's /etc/passwd, or "/". It is "" if the environment has a HOME that is not
// empty; of several the last one counts (plan.environment).
//
// root is an open directory, the container's root; mounts are those that are
// not there yet. The file is the container's and is not trusted: it decides
// nothing but this string, and no user or group is ever taken from it.
func home(root int, pr *specs.Process, mounts []specs.Mount) string {
	for _, e := range slices.Backward(pr.Env) {
		if value, is := strings.CutPrefix(e, "HOME="); is && value != "" {
			return ""
		} else if is {
			break
		}
	}
	if dir := passwdField(readPasswd(root, mounts), pr.User.UID, 5); path.IsAbs(dir) && !strings.ContainsRune(dir, 0) {
		return dir
	}
	return "/"
}

// readPasswd reads /etc/passwd as the container will see it. Whatever goes
// wrong, there is then no such file.
func readPasswd(root int, mounts []specs.Mount) []byte {
	const flags = unix.O_PATH | unix.O_CLOEXEC
	fd, err := -1, error(unix.ENOENT)
	for _, m := range mounts {
		if path.Clean("/"+m.Destination) == "/etc/passwd" && path.IsAbs(m.Source) {
			fd, err = unix.Open(m.Source, flags, 0)
		}
	}
	if err != nil {
		fd, err = unix.Openat2(root, "etc/passwd", &unix.OpenHow{Flags: flags, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS})
	}
	if err != nil {
		return nil
	}
	fd, st, err := openRegular(fd)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	if st.Size > maxPasswd {
		return nil
	}
	data := make([]byte, st.Size)
	n, err := unix.Pread(fd, data, 0)
	if err != nil {
		return nil
	}
	return data[:n]
}

// passwdField returns a field, from 0 (the name) to 5 (the home directory), of
// the first line for uid (passwd(5)).
func passwdField(passwd []byte, uid uint32, field int) string {
	want := strconv.FormatUint(uint64(uid), 10)
	for line := range bytes.Lines(passwd) {
		f := bytes.Split(bytes.TrimRight(line, "\n"), []byte{':'})
		if len(f) >= 6 && string(f[2]) == want {
			return string(f[field])
		}
	}
	return ""
}
