package cri

import (
	"fmt"
	"os"
	"strings"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/internal/box"
)

// networked gives a pod a network of its own.
func networked(c *cri.PodSandboxConfig) {
	c.Hostname = "networked"
	c.Linux.SecurityContext.NamespaceOptions = &cri.NamespaceOption{Network: cri.NamespaceMode_POD, Pid: cri.NamespaceMode_CONTAINER}
}

// shared says which namespaces two processes have in common.
func (s *subject) shared(a, b int) string {
	s.Helper()
	var list []string
	for _, ns := range []string{"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"} {
		var links [2]string
		for i, pid := range []int{a, b} {
			var err error
			if links[i], err = os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, ns)); err != nil {
				s.Fatal(err)
			}
		}
		if links[0] == links[1] {
			list = append(list, ns)
		}
	}
	return strings.Join(list, " ")
}

// namespaces are those of a pod, which its containers join.
func namespaces(s *subject) {
	pod := s.pod(s, s.runtime, networked, func(c *cri.PodSandboxConfig) {
		c.Linux.Sysctls = map[string]string{"net.ipv4.ip_unprivileged_port_start": "80", "kernel.shm_rmid_forced": "1"}
	})
	a := pod.up(s, []string{"/bin/sleep", "600"})
	b := pod.up(s, []string{"/bin/sleep", "600"})
	for what, got := range map[string][2]int{
		"two containers":          {s.node.pid(s, a), s.node.pid(s, b)},
		"a container and its pod": {s.node.pid(s, a), pod.pid(s)},
		"the other and the pod":   {s.node.pid(s, b), pod.pid(s)},
	} {
		if got := s.shared(got[0], got[1]); got != "cgroup ipc net user uts" && got != "ipc net user uts" {
			s.Errorf("%s have %q in common", what, got)
		}
	}
	s.keep("two containers", s.shared(s.node.pid(s, a), s.node.pid(s, b)))
	s.keep("a pod and the daemon", s.shared(pod.pid(s), s.Process().Pid()))
	s.keep("a container and the daemon", s.shared(s.node.pid(s, a), s.Process().Pid()))
	// What is in them.
	s.want("write", s.execSync(a, 0, "/bin/sh", "-c", "echo shared > /dev/shm/file"), 0, "", "")
	s.want("read", s.execSync(b, 0, "/bin/cat", "/dev/shm/file"), 0, "shared\n", "")
	s.want("names and sysctls", s.execSync(b, 0, "/bin/sh", "-c", "hostname; cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced; ls /sys/class/net | sort"),
		0, "networked\n80\n1\neth0\nlo\n", "")
	// One container's end leaves the other one alone.
	if _, err := call(s.StopContainer, &cri.StopContainerRequest{ContainerId: a}); err != nil {
		s.Error(err)
	}
	s.want("after the other's end", s.execSync(b, 0, "/bin/cat", "/dev/shm/file"), 0, "shared\n", "")
}

// onePidNamespace is shareProcessNamespace, and what an ephemeral container of kubectl
// debug sees. The end of a container's first process has to be that of the others, which
// the kernel does only for the first process of a namespace.
func onePidNamespace(s *subject) {
	pod := s.pod(s, s.runtime, func(c *cri.PodSandboxConfig) {
		c.Linux.SecurityContext.NamespaceOptions.Pid = cri.NamespaceMode_POD
	})
	many := []string{"/bin/sh", "-c", "sleep 600 & sleep 600 & trap 'exit 3' TERM; wait; wait"}
	a, b := pod.up(s, many), pod.up(s, many)
	if got := s.shared(s.node.pid(s, a), pod.pid(s)); !strings.Contains(got, "pid") {
		s.Errorf("a container and its pod have %q in common", got)
	}
	three := func(id string) bool { return len(s.processes(s, id)) == 3 }
	if !box.Eventually(func() bool { return three(a) && three(b) }) {
		s.Fatalf("processes %v and %v, expected three of each", s.processes(s, a), s.processes(s, b))
	}
	s.want("the first process", s.execSync(a, 0, "/bin/cat", "/proc/1/cmdline"), 0, "/bin/sleep\x00600\x00", "")
	s.want("all processes", s.execSync(a, 0, "/bin/sh", "-c", "cat /proc/[0-9]*/comm | grep -c sleep"), 0, "5\n", "")
	pids := s.processes(s, a)
	if _, err := call(s.StopContainer, &cri.StopContainerRequest{ContainerId: a, Timeout: 10}); err != nil {
		s.Error(err)
	}
	s.keep("stopped", s.ended(s, a).ExitCode)
	for _, pid := range pids {
		// Here the first process of the namespace is sleep, which collects no children.
		if !box.Eventually(func() bool { st := procState(pid); return st == "" || st == "Z" }) {
			s.Errorf("process %d is in state %s after the end of its container", pid, procState(pid))
		}
	}
	if !three(b) {
		s.Errorf("the other container has processes %v, expected three", s.processes(s, b))
	}
	// A container with a pid namespace of its own, and one that joins that.
	alone := func(c *cri.ContainerConfig) {
		c.Linux.SecurityContext.NamespaceOptions = &cri.NamespaceOption{Network: cri.NamespaceMode_NODE, Pid: cri.NamespaceMode_CONTAINER}
	}
	target := pod.up(s, []string{"/bin/sleep", "601"}, alone)
	debug := pod.up(s, []string{"/bin/sleep", "602"}, func(c *cri.ContainerConfig) {
		c.Linux.SecurityContext.NamespaceOptions = &cri.NamespaceOption{Network: cri.NamespaceMode_NODE, Pid: cri.NamespaceMode_TARGET, TargetId: target}
	})
	s.keep("a target", s.shared(s.node.pid(s, target), s.node.pid(s, debug)))
	s.want("the target", s.execSync(debug, 0, "/bin/cat", "/proc/1/cmdline"), 0, "/bin/sleep\x00601\x00", "")
}

// procState is the letter in /proc/PID/stat, "" for a process that there is not.
func procState(pid int) string {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(data), ") ")
	return rest[:min(1, len(rest))]
}
