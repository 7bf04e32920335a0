package cri

import (
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// A sandbox is a pod on a node, without containers at first.
type sandbox struct {
	*node
	id      string
	config  *cri.PodSandboxConfig
	created uint32 // containers so far
}

// sandbox runs one and returns RunPodSandbox's error. It has the network, the IPC and the
// UTS namespace of the daemon's or of its own as the kubelet would ask for them: the
// daemon's network unless prepare changes that. The caller removes it.
func (n *node) sandbox(handler, name string, prepare ...func(*cri.PodSandboxConfig)) (*sandbox, error) {
	s := &sandbox{node: n, config: &cri.PodSandboxConfig{
		Metadata:     &cri.PodSandboxMetadata{Name: name, Uid: name, Namespace: "default"},
		LogDirectory: n.Path("logs/" + name),
		DnsConfig:    &cri.DNSConfig{Servers: []string{"127.0.0.1"}},
		Linux: &cri.LinuxPodSandboxConfig{
			CgroupParent: "/" + n.Cgroup,
			SecurityContext: &cri.LinuxSandboxSecurityContext{
				NamespaceOptions: &cri.NamespaceOption{Network: cri.NamespaceMode_NODE, Pid: cri.NamespaceMode_CONTAINER},
				// The kubelet asks for RuntimeDefault whatever the containers have.
				Seccomp: n.securityProfile(runtimeDefault),
			},
		},
	}}
	for _, f := range prepare {
		f(s.config)
	}
	r, err := call(n.RunPodSandbox, &cri.RunPodSandboxRequest{Config: s.config, RuntimeHandler: handler})
	if err != nil {
		return nil, err
	}
	s.id = r.PodSandboxId
	return s, nil
}

// masked and readonly are the kubelet's for procMount Default: containerd has none of its
// own, and below the daemon's network a container has the machine's names to write.
var (
	masked = []string{"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
		"/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"}
	readonly = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
)

// serialName is a pod's name that no other pod has.
func serialName() string { return fmt.Sprintf("pod-%d", serial.Add(1)) }

// pod is a sandbox for a test, which its clean-up removes.
func (n *node) pod(t testing.TB, handler string, prepare ...func(*cri.PodSandboxConfig)) *sandbox {
	t.Helper()
	s, err := n.sandbox(handler, serialName(), prepare...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// remove stops and removes the pod with its containers, as the kubelet does. One that is
// gone is no error.
func (s *sandbox) remove() error {
	_, err := call(s.StopPodSandbox, &cri.StopPodSandboxRequest{PodSandboxId: s.id})
	if status.Code(err) == codes.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = call(s.RemovePodSandbox, &cri.RemovePodSandboxRequest{PodSandboxId: s.id})
	return err
}

// create creates a container, for which no runtime is called. Unless prepare changes it,
// it has containerd's seccomp profile and the namespaces that the pod has.
func (s *sandbox) create(argv []string, prepare ...func(*cri.ContainerConfig)) (string, error) {
	s.created++
	c := &cri.ContainerConfig{
		Metadata: &cri.ContainerMetadata{Name: fmt.Sprint("c", s.created), Attempt: s.created},
		Image:    &cri.ImageSpec{Image: image},
		Command:  argv,
		LogPath:  fmt.Sprint("c", s.created),
		Linux: &cri.LinuxContainerConfig{
			Resources: &cri.LinuxContainerResources{},
			SecurityContext: &cri.LinuxContainerSecurityContext{
				NamespaceOptions: s.config.Linux.SecurityContext.NamespaceOptions,
				Seccomp:          s.securityProfile(runtimeDefault),
				MaskedPaths:      masked,
				ReadonlyPaths:    readonly,
			},
		},
	}
	for _, f := range prepare {
		f(c)
	}
	if x := c.Linux.SecurityContext; x.Privileged {
		x.MaskedPaths, x.ReadonlyPaths = nil, nil // as the kubelet does
	}
	r, err := call(s.CreateContainer, &cri.CreateContainerRequest{PodSandboxId: s.id, SandboxConfig: s.config, Config: c})
	if err != nil {
		return "", err
	}
	return r.ContainerId, nil
}

// launch creates a container and starts it.
func (s *sandbox) launch(argv []string, prepare ...func(*cri.ContainerConfig)) (string, error) {
	id, err := s.create(argv, prepare...)
	if err != nil {
		return "", err
	}
	_, err = call(s.StartContainer, &cri.StartContainerRequest{ContainerId: id})
	return id, err
}

// up is launch for a container that has to start.
func (s *sandbox) up(t testing.TB, argv []string, prepare ...func(*cri.ContainerConfig)) string {
	t.Helper()
	id, err := s.launch(argv, prepare...)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
