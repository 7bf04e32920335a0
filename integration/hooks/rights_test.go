package hooks

import (
	"fmt"
	"os"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// status writes what /proc/self/status says of the shell that runs it, and the limit of
// open files, to a file.
const status = `while read -r a b; do case $a in Uid:|Gid:|Groups:|Cap*|NoNewPrivs:|Seccomp:|Seccomp_filters:) echo $a $b;; esac; done </proc/self/status >$OUT; ulimit -n >>$OUT; umask >>$OUT; readlink /proc/self/root >>$OUT; cat /proc/self/oom_score_adj >>$OUT`

// The hooks startContainer have exactly what the container's process has: user, groups,
// capabilities, no_new_privs, filter, limits.
func TestStartContainerRights(t *testing.T) {
	for _, user := range []specs.User{{}, {UID: 1000, GID: 1001, AdditionalGids: []uint32{5, 6}}} {
		for _, nnp := range []bool{true, false} {
			h := newHooked(t, "OUT=/out/program; "+status)
			h.File("out/x", "", 0o644)
			must(t, os.Chmod(h.Path("out"), 0o777))
			score := 321
			h.Spec.Process.User, h.Spec.Process.NoNewPrivileges, h.Spec.Process.OOMScoreAdj = user, nnp, &score
			h.Spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 77, Hard: 88}}
			h.Spec.Linux.Seccomp = &specs.LinuxSeccomp{
				DefaultAction: specs.ActAllow, Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchAARCH64},
				Syscalls: []specs.LinuxSyscall{{Names: []string{"mkdir", "mkdirat"}, Action: specs.ActErrno, ErrnoRet: new(uint)}},
			}
			*h.Spec.Linux.Seccomp.Syscalls[0].ErrnoRet = uint(unix.EXDEV)
			h.add("startContainer", "OUT=/out/hook; "+status+"; mkdir /out/made 2>/out/refused; exit 0")
			h.run()
			read := func(name string) string {
				data, err := os.ReadFile(h.Path("out", name))
				must(t, err)
				return string(data)
			}
			hook, program := read("hook"), read("program")
			if hook != program || !strings.Contains(hook, "Seccomp: 2\n") || !strings.Contains(hook, "\n77\n") || !strings.Contains(hook, fmt.Sprintf("Uid: %d", user.UID)) {
				t.Errorf("the hook has\n%s\nthe program\n%s", hook, program)
			}
			if got := read("refused"); !strings.Contains(got, "Invalid cross-device link") && !strings.Contains(got, "cross-device") {
				t.Errorf("the filter does not count for the hook: %q", got)
			}
		}
	}
}

// A filter that the hook's own execve does not pass, and a hook that it kills.
func TestStartContainerKilled(t *testing.T) {
	h := newHooked(t, "true")
	h.Spec.Linux.Seccomp = &specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow, Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchAARCH64},
		Syscalls: []specs.LinuxSyscall{{Names: []string{"mkdir", "mkdirat"}, Action: specs.ActKillProcess}},
	}
	h.add("startContainer", "exec mkdir /made")
	if r := h.Run(); r.Status != 1 || !strings.Contains(r.Stderr, `hooks.startContainer[0]: "/bin/sh" was ended by signal 31`) {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	h.NothingLeft()
}

// In a user namespace createContainer is its root, with all capabilities there and none
// on the host; what it mounts and makes in the root is the container's.
func TestUserNamespace(t *testing.T) {
	const first = 300000
	ids := []specs.LinuxIDMapping{{ContainerID: 0, HostID: first, Size: 65536}}
	h := newHooked(t, "cat /mnt/by-hook /made >>/log; id -u >>/log; touch /made 2>/dev/null || echo read-only >>/log")
	must(t, os.Chown(h.Rootfs, first, first))
	h.SetNamespace(specs.LinuxNamespace{Type: specs.UserNamespace})
	h.Spec.Linux.UIDMappings, h.Spec.Linux.GIDMappings = ids, ids
	h.Spec.Root.Readonly = true
	h.File("mnt/x", "", 0o644)
	k := h.add("createContainer", `id -u >>$LOG; grep CapEff /proc/self/status >>$LOG; cat /proc/self/uid_map >>$LOG
mount -t tmpfs tmpfs $ROOTFS/mnt && echo mounted >$ROOTFS/mnt/by-hook && echo made >made; for f in /etc/shadow $PRIVATE; do cat $f >/dev/null 2>&1 && echo reads $f >>$LOG; done; exit 0`)
	private := h.Dir + "/private"
	must(t, os.WriteFile(private, nil, 0o600))
	k.Env = append(k.Env, "ROOTFS="+h.Rootfs, "PRIVATE="+private)
	h.add("createRuntime", "id -u >>$LOG; cut -f1 -d' ' /proc/$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/')/uid_map >/dev/null && echo mapped >>$LOG")
	h.run()
	h.expect("run", fmt.Sprintf("0 mapped 0 CapEff: %s 0 %d 65536 mounted made 0 read-only", allCaps(t), first))
	var st unix.Stat_t
	if err := unix.Stat(h.Path("made"), &st); err != nil || st.Uid != first {
		t.Errorf("a file that the hook has made belongs to %d (%v), expected %d", st.Uid, err, first)
	}
}

// allCaps is the mask of all capabilities that the kernel has.
func allCaps(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	must(t, err)
	var last uint
	if _, err := fmt.Sscan(string(text), &last); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%016x", uint64(1)<<(last+1)-1)
}

// While a hook of start runs inside, the runtime's own binary cannot be written to.
func TestStartIsProtected(t *testing.T) {
	h := newHooked(t, "sleep 600")
	h.add("startContainer", "echo here >>$LOG; until test -e /go; do sleep 0.01; done")
	h.Create()
	p := h.Start(nil, "start", h.ID)
	if !box.Eventually(func() bool { return h.written() == "here" }) {
		t.Fatal("the hook does not run")
	}
	// That it cannot be opened for writing while it runs says nothing: no program can.
	exe := fmt.Sprintf("/proc/%d/exe", p.Process.Pid)
	fd, err := unix.Open(exe, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	var fs unix.Statfs_t
	must(t, unix.Fstatfs(fd, &fs))
	// EINVAL for a file that is no memfd.
	seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if fs.Flags&unix.ST_RDONLY == 0 && (err != nil || seals&unix.F_SEAL_WRITE == 0) {
		t.Error("the binary is neither on a read-only mount nor sealed")
	}
	h.File("go", "", 0o644)
	if r := p.Wait(); r.Status != 0 {
		t.Errorf("start: exit status %d, stderr %q", r.Status, r.Stderr)
	}
}

// The path of a hook startContainer is the container's: what is there on the host does
// not matter, and a link does not lead out.
func TestStartContainerPath(t *testing.T) {
	h := newHooked(t, "true")
	must(t, os.WriteFile(h.Dir+"/host-only", []byte("#!/bin/sh\necho host >>"+h.log+"\n"), 0o755))
	must(t, os.Symlink(h.Dir+"/host-only", h.Path("link")))
	for _, path := range []string{h.Dir + "/host-only", "/link", "/../../../../../.." + h.Dir + "/host-only"} {
		h.Spec.Hooks.StartContainer = []specs.Hook{{Path: path}}
		if r := h.Run(); r.Status != 1 || !strings.Contains(r.Stderr, "hooks.startContainer[0].path") || !strings.Contains(r.Stderr, "no such file") {
			t.Errorf("%s: exit status %d, stderr %q", path, r.Status, r.Stderr)
		}
	}
	h.expect("after it", "")
}
