package cri

import (
	"fmt"
	"os"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
)

// seccompProfiles are the types of a securityContext's seccompProfile: what a process sees,
// what the kernel says, and what `crictl inspect` shows.
func seccompProfiles(s *subject) {
	pod := s.pod(s, s.runtime, func(c *cri.PodSandboxConfig) { c.Linux.SecurityContext.Privileged = true })
	for _, tc := range []struct{ profile, mode, unshare, personality string }{
		{runtimeDefault, "2", "EPERM", "0"},
		{unconfined, "0", "0", "0"},
		{unset, "0", "0", "0"},
		{"floor.json", "2", "EDOM", "EDOM"},
		{privileged, "0", "0", "0"},
	} {
		id, err := pod.launch([]string{"/bin/sh", "-c", probe + "; exec sleep 600"}, func(c *cri.ContainerConfig) {
			c.Linux.SecurityContext.Seccomp = s.securityProfile(tc.profile)
			c.Linux.SecurityContext.Privileged = tc.profile == privileged
		})
		if err != nil {
			// The host may not allow what containerd means by privileged.
			s.Fatalf("%s: %v", tc.profile, err)
		}
		status, i := s.status(s, id)
		// What the start has let go still has its filter to install.
		if !box.Eventually(func() bool { f, err := os.Stat(status.LogPath); return err == nil && f.Size() > 0 }) {
			s.Fatalf("%s: no output", tc.profile)
		}
		if got := seccompMode(s.T, i.Pid); got != tc.mode {
			s.Errorf("%s: Seccomp %s in /proc/PID/status, expected %s", tc.profile, got, tc.mode)
		}
		if has := i.RuntimeSpec.Linux.Seccomp != nil; has != (tc.mode == "2") {
			s.Errorf("%s: a profile in ContainerStatus: %v", tc.profile, has)
		}
		var mode int
		fmt.Sscan(tc.mode, &mode)
		s.want(tc.profile, s.execSync(id, 20, "/bin/sh", "-c", probe), 0, seen(mode, tc.unshare, tc.personality)+"\n", "")
		caps := s.execSync(id, 20, "/bin/grep", "-E", "^(Cap|NoNewPrivs|Seccomp)", "/proc/1/status")
		s.keep(tc.profile, fmt.Sprint(caps, status.State))
	}
}

// profileErrors are what a pod's events show, after "Error: failed to create containerd
// task: ..." of the kubelet.
func profileErrors(s *subject) {
	pod := s.pod(s, s.runtime)
	for _, tc := range []struct {
		name, text string
		ours, runc []string // words
	}{
		{"missing", "", []string{"missing.json", "no such file or directory"}, nil},
		{"no JSON", `{"defaultAction": `, []string{"unexpected end of JSON input"}, nil},
		{"unknown action", `{"defaultAction":"SCMP_ACT_SUSPICIOUS"}`, []string{"linux.seccomp.defaultAction", `"SCMP_ACT_SUSPICIOUS"`}, []string{"SCMP_ACT_SUSPICIOUS"}},
		{"unknown architecture", `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_PDP11"]}`, []string{"linux.seccomp.architectures[0]", `"SCMP_ARCH_PDP11"`}, []string{"SCMP_ARCH_PDP11"}},
		{"no execve", `{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"]}`, []string{"execve"}, nil},
	} {
		path := s.profile(s.runtime + "-" + tc.name + ".json")
		if tc.name == "missing" {
			path = s.profile("missing.json")
		} else if err := os.WriteFile(path, []byte(tc.text), 0o644); err != nil {
			s.Fatal(err)
		}
		_, err := pod.launch([]string{"/bin/sleep", "600"}, func(c *cri.ContainerConfig) {
			c.Linux.SecurityContext.Seccomp = &cri.SecurityProfile{ProfileType: cri.SecurityProfile_Localhost, LocalhostRef: path}
		})
		words := tc.ours
		if s.runtime == scenario.Runc {
			words = tc.runc
		}
		s.fails(tc.name, err, words...)
	}
}
