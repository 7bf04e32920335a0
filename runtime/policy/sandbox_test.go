package policy

import "testing"

// The annotations are those that containerd 1.6 with pod_annotations = ["*"] and CRI-O
// (sandbox_run_linux.go, the kubelet's labels last) write for a pod named web in namespace
// default, which has added what is forged.
func TestSelectorAndSandbox(t *testing.T) {
	const (
		containerd = "io.kubernetes.cri."
		crio       = "io.kubernetes."
	)
	for _, tc := range []struct {
		name        string
		selector    Selector
		annotations map[string]string
		want        bool
	}{
		{"containerd's container", Selector{Container: "agent"},
			map[string]string{containerd + "container-type": "container", containerd + "container-name": "agent"}, true},
		{"CRI-O's container", Selector{Container: "agent"},
			map[string]string{crio + "cri-o.ContainerType": "container", crio + "container.name": "agent"}, true},
		{"containerd's sandbox, forged name", Selector{Container: "agent"},
			map[string]string{containerd + "container-type": "sandbox", containerd + "container-name": "agent"}, false},
		{"containerd's sandbox, forged name and type of CRI-O", Selector{Container: "agent"},
			map[string]string{containerd + "container-type": "sandbox", crio + "cri-o.ContainerType": "container", crio + "container.name": "agent"}, false},
		{"CRI-O's sandbox, forged type", Selector{Container: "*"},
			map[string]string{crio + "cri-o.ContainerType": "container", crio + "container.name": "POD"}, false},
		{"CRI-O's container, forged type of containerd", Selector{Container: "agent"},
			map[string]string{crio + "cri-o.ContainerType": "container", crio + "container.name": "agent", containerd + "container-type": "sandbox"}, false},
		{"sandbox by its pod", Selector{Namespace: "default", Pod: "web"},
			map[string]string{containerd + "container-type": "sandbox", containerd + "sandbox-namespace": "default", containerd + "sandbox-name": "web"}, true},
		{"sandbox, forged namespace", Selector{Namespace: "kube-system"},
			map[string]string{containerd + "container-type": "sandbox", containerd + "sandbox-namespace": "default", crio + "pod.namespace": "kube-system"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.selector.matches(tc.annotations); got != tc.want {
				t.Errorf("matches: %v, expected %v", got, tc.want)
			}
		})
	}
}
