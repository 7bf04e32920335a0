package cri

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/internal/box"
)

// statistics are the kubelet's: of one container, and of all.
func statistics(s *subject) {
	pod := s.pod(s, s.runtime)
	id := pod.up(s, []string{"/bin/sh", "-c", "head -c 8m /dev/zero > /dev/shm/x; exec sleep 600"})
	one, err := call(s.ContainerStats, &cri.ContainerStatsRequest{ContainerId: id})
	all, err2 := call(s.ListContainerStats, &cri.ListContainerStatsRequest{Filter: &cri.ContainerStatsFilter{PodSandboxId: pod.id}})
	if name := notMounted(s.T); name != "" {
		// containerd's shim asks for each hierarchy of its own, so it fails with any runtime.
		s.Logf("no statistics here: the hierarchy %s is in /proc/self/cgroup and mounted nowhere: %v, %v", name, err, err2)
		s.keep("statistics of one", err)
		s.keep("statistics of all", err2)
		return
	}
	if err != nil || err2 != nil {
		s.Fatal(err, err2)
	}
	if len(all.Stats) != 1 || all.Stats[0].Attributes.Id != id {
		s.Fatalf("statistics of all: %v", all)
	}
	for _, st := range []*cri.ContainerStats{one.Stats, all.Stats[0]} {
		if st.GetMemory().GetWorkingSetBytes().GetValue() == 0 || st.GetCpu().GetUsageCoreNanoSeconds().GetValue() == 0 {
			s.Errorf("statistics: %v", st)
		}
	}
}

// outOfMemory is the reason that kubectl describe shows. The shim listens for it when the
// runtime's start has returned, and needs a moment before the container ends.
func outOfMemory(s *subject) {
	id := s.pod(s, s.runtime).up(s, []string{"/bin/sh", "-c", "until [ -e /tmp/go ]; do sleep 0.05; done; head -c 200m /dev/zero | tail; s=$?; sleep 0.5; exit $s"}, func(c *cri.ContainerConfig) {
		c.Linux.Resources.MemoryLimitInBytes = 24 << 20
	})
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/root/tmp/go", s.pid(s, id)), nil, 0o644); err != nil {
		s.Fatal(err)
	}
	st := s.ended(s, id)
	if !box.Eventually(func() bool { st, _ = s.status(s, id); return st.GetReason() == "OOMKilled" }) {
		s.Errorf("reason %q, exit status %d; expected OOMKilled", st.GetReason(), st.GetExitCode())
	}
	s.keep("exit status", st.GetExitCode())
}

// signals are the ends of containers: by themselves, by others, and by StopContainer.
func signals(s *subject) {
	pod := s.pod(s, s.runtime)
	for _, signal := range []unix.Signal{unix.SIGKILL, unix.SIGSEGV, unix.SIGABRT, unix.SIGTERM} {
		// The first process of a pid namespace would not end by its own.
		id := pod.up(s, []string{"/bin/sleep", "600"}, func(c *cri.ContainerConfig) {
			c.Linux.SecurityContext.NamespaceOptions = &cri.NamespaceOption{Network: cri.NamespaceMode_NODE, Pid: cri.NamespaceMode_NODE}
		})
		// Until runc has executed the program it is deaf to some of them.
		pid := s.node.pid(s, id)
		if !box.Eventually(func() bool {
			comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
			return string(comm) == "sleep\n"
		}) {
			s.Fatal("no sleep")
		}
		if err := unix.Kill(pid, signal); err != nil {
			s.Fatal(err)
		}
		st := s.ended(s, id)
		if st.ExitCode != 128+int32(signal) {
			s.Errorf("%v: exit status %d", signal, st.ExitCode)
		}
		s.keep(signal.String(), fmt.Sprint(st.ExitCode, st.Reason, st.Message))
	}
	for _, tc := range []struct {
		name, script string
		timeout      int64
		status       int32
		least, most  time.Duration
	}{
		{"polite", "trap 'exit 4' TERM; echo; while :; do sleep 0.05; done", 20, 4, 0, 10 * time.Second},
		{"deaf", "trap '' TERM; echo; while :; do sleep 0.05; done", 1, 137, time.Second, 15 * time.Second},
		{"no time", "trap 'exit 4' TERM; echo; while :; do sleep 0.05; done", 0, 137, 0, 10 * time.Second},
	} {
		id := pod.up(s, []string{"/bin/sh", "-c", tc.script})
		st, _ := s.status(s, id)
		if !box.Eventually(func() bool { f, err := os.Stat(st.LogPath); return err == nil && f.Size() > 0 }) {
			s.Fatal("no output")
		}
		began := time.Now()
		if _, err := call(s.StopContainer, &cri.StopContainerRequest{ContainerId: id, Timeout: tc.timeout}); err != nil {
			s.Errorf("%s: %v", tc.name, err)
		}
		if took := time.Since(began); took < tc.least || took > tc.most {
			s.Errorf("%s: stopped after %v", tc.name, took)
		}
		if st := s.ended(s, id); st.ExitCode != tc.status {
			s.Errorf("%s: exit status %d, expected %d", tc.name, st.ExitCode, tc.status)
		}
		// And once more, as the kubelet may.
		if _, err := call(s.StopContainer, &cri.StopContainerRequest{ContainerId: id}); err != nil {
			s.Errorf("%s: stop of one that has ended: %v", tc.name, err)
		}
	}
}

// removal is that of a pod with what runs in it.
func removal(s *subject) {
	pod := s.pod(s, s.runtime, networked)
	ids := []string{pod.id, pod.up(s, []string{"/bin/sleep", "600"}), pod.up(s, []string{"/bin/sh", "-c", "sleep 600 & exec sleep 600"})}
	pids := []int{pod.pid(s), s.node.pid(s, ids[1]), s.node.pid(s, ids[2])}
	if _, err := call(s.RemovePodSandbox, &cri.RemovePodSandboxRequest{PodSandboxId: pod.id}); err != nil {
		s.Fatal(err)
	}
	for _, id := range ids {
		for _, pattern := range []string{"/sys/fs/cgroup/*/" + s.Cgroup + "/" + id, "/sys/fs/cgroup/" + s.Cgroup + "/" + id, s.Path("runtime/k8s.io/" + id), s.Path("runc/k8s.io/" + id)} {
			if left, _ := filepath.Glob(pattern); len(left) > 0 {
				s.Errorf("left: %q", left)
			}
		}
	}
	for _, pid := range pids {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil {
			s.Errorf("process %d is left", pid)
		}
	}
}
