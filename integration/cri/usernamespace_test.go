package cri

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/internal/box"
)

// idsOfPod are those that the kubelet gives to a pod with hostUsers: false.
var idsOfPod = []*cri.IDMapping{{HostId: 1 << 17, ContainerId: 0, Length: 1 << 16}}

// hostless gives a pod a user namespace, and with it a network of its own: the kubelet
// allows none with the machine's.
func hostless(c *cri.PodSandboxConfig) {
	networked(c)
	c.Linux.SecurityContext.NamespaceOptions.UsernsOptions = &cri.UserNamespace{Mode: cri.NamespaceMode_POD, Uids: idsOfPod, Gids: idsOfPod}
}

// inside is what a process of the pod finds: who it is, whose the files are.
const inside = `cat /proc/self/uid_map /proc/self/gid_map | tr -s ' '
id -u
stat -c '%n %u:%g' / /bin/busybox /etc/hostname /etc/resolv.conf /dev/shm /volume /volume/given /fixed
cat /volume/given /fixed/given
echo made > /volume/made && chown 7:8 /volume/made && echo own > /own && chown 7:8 /own
echo x > /fixed/made
mknod /node c 1 3
hostname other && hostname`

// found is what it prints. containerd leaves /dev/shm, of mode 1777, with the machine's root.
const found = ` 0 131072 65536
 0 131072 65536
0
/ 0:0
/bin/busybox 0:0
/etc/hostname 0:0
/etc/resolv.conf 0:0
/dev/shm 65534:65534
/volume 0:0
/volume/given 0:0
/fixed 0:0
given
given
`

// userNamespace is a pod with hostUsers: false, from containerd 2 on. Its volumes keep
// their owners, because the kubelet asks for mounts that map ids.
func userNamespace(s *subject) {
	volume := s.Path("volume-" + s.runtime)
	s.write(s, filepath.Join(volume, "given"), "given\n", 0o600)
	pod := s.pod(s, s.runtime, hostless)
	id := pod.up(s, []string{"/bin/sleep", "600"}, func(c *cri.ContainerConfig) {
		mapped := func(path string) *cri.Mount {
			return &cri.Mount{HostPath: volume, ContainerPath: path, UidMappings: idsOfPod, GidMappings: idsOfPod}
		}
		fixed := mapped("/fixed")
		fixed.Readonly, fixed.RecursiveReadOnly = true, true
		c.Mounts = []*cri.Mount{mapped("/volume"), fixed}
	})
	// And one that is not root, in the same namespace.
	other := pod.up(s, []string{"/bin/sh", "-c", "id -u; exec sleep 600"}, func(c *cri.ContainerConfig) {
		c.Linux.SecurityContext.RunAsUser, c.Linux.SecurityContext.RunAsGroup = ids("1000:1000")
	})
	status, i := s.status(s, id)
	ours, others := i.Pid, s.node.pid(s, other)

	r := s.execSync(id, 20, "/bin/sh", "-c", inside)
	if !strings.HasPrefix(r.Stdout, found) {
		s.Errorf("a process of the pod has found %q, expected %q", r.Stdout, found)
	}
	for _, text := range []string{"/fixed/made: Read-only file system", "mknod: /node: Operation not permitted"} {
		if !strings.Contains(r.Stderr, text) {
			s.Errorf("standard error %q, expected %q", r.Stderr, text)
		}
	}
	s.keep("inside", fmt.Sprint(r))
	s.want("exec in the other", s.execSync(other, 20, "/bin/sh", "-c", "id -u; tr -s ' ' </proc/self/uid_map"), 0, "1000\n 0 131072 65536\n", "")

	// The same from outside.
	for what, x := range map[string]struct{ pid, uid int }{"the pod": {pod.pid(s), 1 << 17}, "root": {ours, 1 << 17}, "the other": {others, 1<<17 + 1000}} {
		if got, want := statusLine(s, x.pid, "Uid"), strings.TrimSuffix(strings.Repeat(fmt.Sprint(x.uid, "\t"), 4), "\t"); got != want {
			s.Errorf("%s: Uid %q in /proc/PID/status, expected %q", what, got, want)
		}
		if got := seccompMode(s.T, x.pid); got != "2" {
			s.Errorf("%s: Seccomp %s in /proc/PID/status, expected 2", what, got)
		}
		s.keep("status of "+what, statusLine(s, x.pid, "CapEff")+statusLine(s, x.pid, "CapBnd")+statusLine(s, x.pid, "NoNewPrivs")+statusLine(s, x.pid, "Gid")+statusLine(s, x.pid, "Groups"))
	}
	for file, want := range map[string]string{
		filepath.Join(volume, "given"):               "0:0",
		filepath.Join(volume, "made"):                "7:8",
		fmt.Sprintf("/proc/%d/root/own", ours):       fmt.Sprintf("%d:%d", 1<<17+7, 1<<17+8),
		fmt.Sprintf("/proc/%d/root/bin/sleep", ours): fmt.Sprintf("%d:%d", 1<<17, 1<<17),
	} {
		var st unix.Stat_t
		if err := unix.Stat(file, &st); err != nil {
			s.Error(err)
		} else if got := fmt.Sprintf("%d:%d", st.Uid, st.Gid); got != want {
			s.Errorf("%s is of %s on the machine, expected %s", file, got, want)
		}
	}
	s.keep("root and the other", s.shared(ours, others))
	s.keep("root and the pod", s.shared(ours, pod.pid(s)))
	if got := s.shared(ours, os.Getpid()); got != "" {
		s.Errorf("the container and the machine have %q in common", got)
	}

	// What crictl inspect shows.
	if i.RuntimeSpec.Linux.Seccomp == nil || len(i.RuntimeSpec.Linux.UIDMappings) != 1 {
		s.Errorf("ContainerStatus: seccomp %v, uidMappings %v; expected both", i.RuntimeSpec.Linux.Seccomp, i.RuntimeSpec.Linux.UIDMappings)
	}
	s.keep("status", fmt.Sprint(status.State, len(status.Mounts)))

	// Its end.
	if _, err := call(s.StopContainer, &cri.StopContainerRequest{ContainerId: id}); err != nil {
		s.Error(err)
	}
	s.keep("stopped", s.ended(s, id).ExitCode)
	if err := pod.remove(); err != nil {
		s.Fatal(err)
	}
	for _, pid := range []int{ours, others} {
		if !box.Eventually(func() bool { _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); return err != nil }) {
			s.Errorf("process %d is left", pid)
		}
	}
}

// statusLine is a line of /proc/PID/status without its name.
func statusLine(s *subject, pid int, name string) string {
	s.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		s.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^` + name + `:\t(.*)$`).FindSubmatch(data)
	if m == nil {
		s.Fatalf("no %s in %s", name, data)
	}
	return string(m[1])
}
