package policy

import "strings"

// Selector matches containers by what the engine has written into the annotations of
// config.json. All that is given must match; "*" in a pattern stands for any text.
//
// Namespace, Pod and Container are looked up under the keys of containerd's CRI and of
// CRI-O. A container may have both, since engines can be told to pass a pod's own
// annotations on; then both must match, so that a pod which forges the other engine's key
// wins nothing. Container never matches a pod's sandbox: containerd gives it no name, so
// the key would be the pod's own. Annotations are any keys, and worth
// as much as the engine's promise that no pod can write them.
type Selector struct {
	Namespace   string // of the pod, such as kube-system
	Pod         string // its name
	Container   string // its name in the pod; never a sandbox
	Annotations map[string]string
}

func (s *Selector) empty() bool {
	return s.Namespace == "" && s.Pod == "" && s.Container == "" && len(s.Annotations) == 0
}

// sandbox says whether these annotations are those of a pod's sandbox, by what the engines
// write last: containerd the type, CRI-O the name POD, which no container can have (its own
// ContainerType gives way to a pod's annotation). A pod on the other engine that forges one
// of them only loses an exemption.
func sandbox(annotations map[string]string) bool {
	return annotations["io.kubernetes.cri.container-type"] == "sandbox" || annotations["io.kubernetes.container.name"] == "POD"
}

// matches says whether the selector matches a container with these annotations.
func (s *Selector) matches(annotations map[string]string) bool {
	if s.Container != "" && sandbox(annotations) {
		return false
	}
	for _, x := range []struct {
		pattern string
		keys    [2]string // of containerd and CRI-O
	}{
		{s.Namespace, [2]string{"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"}},
		{s.Pod, [2]string{"io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"}},
		{s.Container, [2]string{"io.kubernetes.cri.container-name", "io.kubernetes.container.name"}},
	} {
		if x.pattern == "" {
			continue
		}
		found := false
		for _, key := range x.keys {
			value, ok := annotations[key]
			if ok && !glob(x.pattern, value) {
				return false
			}
			found = found || ok
		}
		if !found {
			return false
		}
	}
	for key, pattern := range s.Annotations {
		if value, ok := annotations[key]; !ok || !glob(pattern, value) {
			return false
		}
	}
	return true
}

// glob matches the whole text; "*" stands for any number of characters.
func glob(pattern, text string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	if !more {
		return pattern == text
	}
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	for {
		part, next, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(text, part)
		}
		i := strings.Index(text, part) // the leftmost leaves most for the others
		if i < 0 {
			return false
		}
		text, rest = text[i+len(part):], next
	}
}
