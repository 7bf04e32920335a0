package policy

import "testing"

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"kube-system", "kube-system", true},
		{"kube-system", "kube-system-2", false},
		{"kube-system", "", false},
		{"kube-*", "kube-system", true},
		{"kube-*", "kube-", true},
		{"kube-*", "akube-", false},
		{"*-system", "kube-system", true},
		{"*-system", "kube-systems", false},
		{"*", "", true},
		{"**", "x", true},
		{"a*b*c", "abc", true},
		{"a*b*c", "aXbYc", true},
		{"a*b*c", "acb", false},
		{"a*bc", "abcbc", true},
		{"a*a", "a", false},
		{"a*b*b", "ab", false},
		{"[a]?", "a?", false},
		{"[a]?", "[a]?", true},
	} {
		if got := glob(c.pattern, c.text); got != c.want {
			t.Errorf("glob(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
}

func TestSelector(t *testing.T) {
	containerd := map[string]string{"io.kubernetes.cri.sandbox-namespace": "kube-system", "io.kubernetes.cri.sandbox-name": "cni-x7", "io.kubernetes.cri.container-name": "agent", "app": "cni"}
	crio := map[string]string{"io.kubernetes.pod.namespace": "kube-system", "io.kubernetes.pod.name": "cni-x7", "io.kubernetes.container.name": "agent"}
	forged := map[string]string{"io.kubernetes.cri.sandbox-namespace": "default", "io.kubernetes.pod.namespace": "kube-system"}
	forgedToo := map[string]string{"io.kubernetes.cri.sandbox-namespace": "kube-system", "io.kubernetes.pod.namespace": "default"}
	sandbox := map[string]string{"io.kubernetes.cri.sandbox-namespace": "kube-system", "io.kubernetes.cri.sandbox-name": "cni-x7"}
	for _, c := range []struct {
		name        string
		selector    Selector
		annotations map[string]string
		want        bool
	}{
		{"containerd", Selector{Namespace: "kube-system"}, containerd, true},
		{"CRI-O", Selector{Namespace: "kube-system"}, crio, true},
		{"all of it", Selector{Namespace: "kube-*", Pod: "cni-*", Container: "agent", Annotations: map[string]string{"app": "c*"}}, containerd, true},
		{"one is wrong", Selector{Namespace: "kube-system", Pod: "other"}, containerd, false},
		{"container", Selector{Container: "agent"}, crio, true},
		{"a sandbox has no container name", Selector{Namespace: "kube-system", Container: "*"}, sandbox, false},
		{"no annotations", Selector{Namespace: "*"}, nil, false},
		{"forged for containerd", Selector{Namespace: "kube-system"}, forged, false},
		{"forged for CRI-O", Selector{Namespace: "kube-system"}, forgedToo, false},
		{"annotation missing", Selector{Annotations: map[string]string{"x": "*"}}, containerd, false},
		{"annotation differs", Selector{Annotations: map[string]string{"app": "x"}}, containerd, false},
	} {
		if got := c.selector.matches(c.annotations); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
