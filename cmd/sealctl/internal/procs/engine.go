package procs

import "strings"

// Engines and runtimes as [ContainerOf] names them.
const (
	Docker     = "docker"
	Containerd = "containerd"
	CRIO       = "cri-o"
	Podman     = "podman"
	Nerdctl    = "nerdctl"
	Kubernetes = "kubernetes" // a pod's cgroup that says no more
	Runseal    = "runseal"
	Runc       = "runc"
	Crun       = "crun"
)

// scopes are the prefixes of a container's cgroup in systemd's naming,
// PREFIX-ID.scope, and of CRI-O's and podman's also without systemd, PREFIX-ID. They
// are what the programs pass to systemd as the middle part of SLICE:PREFIX:NAME in
// linux.cgroupsPath.
var scopes = [...]struct{ prefix, engine string }{
	{"docker-", Docker},
	{"cri-containerd-", Containerd},
	{"containerd-", Containerd},
	{"nerdctl-", Nerdctl},
	{"crio-", CRIO},
	{"libpod-", Podman},
	{"runseal-", Runseal},
	{"runc-", Runc},
	{"crun-", Crun},
}

// parents are the directories below which containers lie under their own id.
var parents = [...]struct{ name, engine string }{
	{"docker", Docker},
	{"runseal", Runseal},
	{"k8s.io", Containerd},  // containerd's namespace of Kubernetes
	{"default", Containerd}, // and that of ctr and nerdctl
	{"libpod_parent", Podman},
}

// ContainerOf recognises the path of a cgroup that an engine has made for a container,
// and returns the engine, the container's id and the path up to the container's own
// cgroup. Of containers in containers it is the innermost one: path[len(up):] is below
// it. ok is false for every other path, those of the engines' own helpers (conmon) and
// of pods among them.
//
// Known are, with and without slices above:
//
//	/docker/ID                                     docker-ID.scope
//	/kubepods/QOS/podUID/ID                        cri-containerd-ID.scope, crio-ID.scope, docker-ID.scope
//	/kubepods/QOS/podUID/crio-ID                   SLICE:cri-containerd:ID
//	/libpod_parent/libpod-ID                       libpod-ID.scope
//	/k8s.io/ID, /default/ID (containerd)           nerdctl-ID.scope
//	/runseal/ID                                    runc-ID.scope, crun-ID.scope
//
// An ID below /docker, /default, /k8s.io and a pod has at least 12 hexadecimal digits,
// but ctr's may be any valid id.
func ContainerOf(path string) (engine, id, up string, ok bool) {
	parts := strings.Split(path, "/")
	for i := len(parts) - 1; i >= 1; i-- {
		engine, id, ok = component(parts, i)
		if ok {
			return engine, id, strings.Join(parts[:i+1], "/"), true
		}
	}
	return "", "", "", false
}

// component says whether parts[i] is the cgroup of a container.
func component(parts []string, i int) (engine, id string, ok bool) {
	name := parts[i]
	if before, last, found := cutLast(name, ":"); found { // a slice's name that was taken for a path
		for _, s := range scopes {
			if strings.HasSuffix(before, ":"+strings.TrimSuffix(s.prefix, "-")) && hexID(last) {
				return s.engine, last, true
			}
		}
		return "", "", false
	}
	plain, scope := strings.CutSuffix(name, ".scope")
	for _, s := range scopes {
		id, found := strings.CutPrefix(plain, s.prefix)
		// Without .scope docker- and the others may be anybody's. What is left of
		// crio-conmon-ID is no id.
		if !found || !scope && s.engine != CRIO && s.engine != Podman {
			continue
		}
		if !validID(id) || !hexID(id) && s.engine != Runseal && s.engine != Runc && s.engine != Crun {
			return "", "", false
		}
		return s.engine, id, true
	}
	if scope || !validID(name) {
		return "", "", false
	}
	parent := parts[i-1]
	if inPod(parts[:i]) {
		return Kubernetes, name, hexID(name)
	}
	for _, p := range parents {
		if parent != p.name {
			continue
		}
		switch {
		case p.engine == Runseal || p.name == "default" && i == 2:
			return p.engine, name, true
		case hexID(name):
			return p.engine, name, true
		}
	}
	return "", "", false
}

// inPod says whether the last of the parts is a pod's directory, below kubepods.
func inPod(parts []string) bool {
	last := parts[len(parts)-1]
	if !strings.HasPrefix(last, "pod") && !strings.Contains(last, "-pod") {
		return false
	}
	for _, p := range parts {
		if p == "kubepods" || strings.HasPrefix(p, "kubepods.") || strings.HasPrefix(p, "kubepods-") || strings.HasSuffix(p, "-kubepods.slice") {
			return true
		}
	}
	return false
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// hexID says whether s is an id as engines generate them.
func hexID(s string) bool {
	return len(s) >= 12 && len(s) <= 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// validID says whether s may be a container's id for a runtime, and so a part of a path.
func validID(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-"
	return s != "" && len(s) <= 255 && s != "." && s != ".." && strings.Trim(s, allowed) == ""
}
