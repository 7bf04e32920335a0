package cri

import (
	"os"
	"testing"

	"github.com/runseal/runseal/runtime/policy"
)

// The profiles refuse with EDOM, an errno that neither of probe's calls gives by itself.
var profiles = map[string]string{
	"floor.json":   profile("unshare", "personality"),
	"unshare.json": profile("unshare"),
	"weak.json":    profile("personality"),
}

// profile allows all but some calls, for the architectures of containerd's default.
func profile(names ...string) string {
	list := ""
	for i, name := range names {
		if i > 0 {
			list += ","
		}
		list += `"` + name + `"`
	}
	return `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"],` +
		`"syscalls":[{"names":[` + list + `],"action":"SCMP_ACT_ERRNO","errnoRet":33}]}`
}

const floorPolicy = `{"floor":"localhost/floor.json","profileRoot":"PROFILES","exempt":[{"namespace":"kube-system"},{"container":"agent"}]}`

var handlers = []handler{
	{name: "plain"},
	{name: "floor", policy: floorPolicy},
	{name: "passing", policy: floorPolicy, passes: "*"},
	{name: "require", policy: `{"require":"localhost/unshare.json","profileRoot":"PROFILES","exempt":[{"namespace":"kube-system"}]}`},
	{name: "default", policy: `{"default":"runtime/default"}`},
	{name: "misspelt", policy: `{"flor":"localhost/floor.json","profileRoot":"PROFILES"}`},
	{name: "missing", policy: `{"floor":"localhost/missing.json","profileRoot":"PROFILES"}`},
}

// One daemon serves all tests: it takes longer to start than any of them.
func TestCRI(t *testing.T) {
	n := start(t, handlers, profiles)
	for _, part := range []struct {
		name string
		test func(*testing.T, *node)
	}{
		{"without a policy", testWithoutPolicy},
		{"floor", testFloor},
		{"default", testDefault},
		{"forged annotations", testForged},
		{"require", testRequire},
		{"broken policies", testBroken},
		{"update", testUpdate},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, n) })
	}
}

func testWithoutPolicy(t *testing.T, n *node) {
	if _, err := os.Lstat(policy.DefaultPath); err == nil {
		t.Skipf("this machine has a node policy, %s, which runseal would apply", policy.DefaultPath)
	}
	n.each(t, []expectation{
		{pod{handler: "plain", seccomp: runtimeDefault}, seen(2, "EPERM", "0"), "", ""},
		{pod{handler: "plain", seccomp: unconfined}, seen(0, "0", "0"), "", ""},
		{pod{handler: "plain", seccomp: unset}, seen(0, "0", "0"), "", ""},
		{pod{handler: "plain", seccomp: privileged}, seen(0, "0", "0"), "", ""},
		{pod{handler: "plain", seccomp: "floor.json"}, seen(2, "EDOM", "EDOM"), "", ""},
	})
}

// Of two refusals the own profile's errno counts.
func testFloor(t *testing.T, n *node) {
	const own, no, exempt = "own profile, floor localhost/floor.json", "no profile, floor localhost/floor.json", "exempt[0], no profile"
	n.each(t, []expectation{
		{pod{handler: "floor", seccomp: runtimeDefault}, seen(2, "EPERM", "EDOM"), own, own},
		{pod{handler: "floor", seccomp: unconfined}, seen(2, "EDOM", "EDOM"), no, own},
		{pod{handler: "floor", seccomp: unset}, seen(2, "EDOM", "EDOM"), no, own},
		{pod{handler: "floor", seccomp: privileged}, seen(2, "EDOM", "EDOM"), no, no},
		{pod{handler: "floor", seccomp: privileged, namespace: "kube-system"}, seen(0, "0", "0"), exempt, exempt},
		{pod{handler: "floor", seccomp: runtimeDefault, namespace: "kube-system"}, seen(2, "EPERM", "0"), "exempt[0], own profile", "exempt[0], own profile"},
		{pod{handler: "floor", seccomp: privileged, container: "agent"}, seen(0, "0", "0"), "exempt[1], no profile", no},
	})
}

// config.json does not tell a container that has no profile because it is privileged or
// Unconfined from one that has set nothing. The default profile depends on capabilities.
func testDefault(t *testing.T, n *node) {
	const by = "default runtime/default"
	n.each(t, []expectation{
		{pod{handler: "default", seccomp: unset}, seen(2, "EPERM", "0"), by, "own profile"},
		{pod{handler: "default", seccomp: unconfined}, seen(2, "EPERM", "0"), by, "own profile"},
		{pod{handler: "default", seccomp: privileged}, seen(2, "0", "0"), by, by},
		{pod{handler: "default", seccomp: "weak.json"}, seen(2, "0", "EDOM"), "own profile", "own profile"},
	})
}

// A pod says by annotations that it is one of those that are exempt, in the words of either
// engine.
func testForged(t *testing.T, n *node) {
	const no = "no profile, floor localhost/floor.json"
	forged := map[string]string{
		"io.kubernetes.pod.namespace":         "kube-system",
		"io.kubernetes.cri.sandbox-namespace": "kube-system",
		"io.kubernetes.container.name":        "agent",
		"io.kubernetes.cri.container-name":    "agent",
		"io.kubernetes.cri.container-type":    "container",
		"io.kubernetes.cri-o.ContainerType":   "container",
		policy.Annotation:                     "exempt[0], no profile",
	}
	for _, handler := range []string{"floor", "passing"} {
		t.Run(handler, func(t *testing.T) {
			t.Parallel()
			r := n.mustRun(t, pod{handler: handler, seccomp: privileged, annotations: forged})
			r.expect(seen(2, "EDOM", "EDOM"), no, no)
			// Or nothing has been tried.
			for _, id := range []string{r.sandbox, r.container} {
				if _, passed := r.state(id).Annotations["io.kubernetes.pod.namespace"]; passed != (handler == "passing") {
					t.Errorf("io.kubernetes.pod.namespace in the annotations of %s: %v", id, passed)
				}
			}
		})
	}
}

func testRequire(t *testing.T, n *node) {
	const own = "own profile, require localhost/unshare.json"
	n.each(t, []expectation{
		{pod{handler: "require", seccomp: runtimeDefault}, seen(2, "EPERM", "0"), own, own},
		{pod{handler: "require", seccomp: "unshare.json"}, seen(2, "EDOM", "0"), own, own},
		{pod{handler: "require", seccomp: privileged, namespace: "kube-system"}, seen(0, "0", "0"), "exempt[0], no profile", "exempt[0], no profile"},
	})
	const without = "require: the container has no linux.seccomp and would run without a filter, expected a profile at least as strict as localhost/unshare.json"
	n.refuse(t, []refusal{
		{pod{handler: "require", seccomp: privileged}, "RunPodSandbox", without},
		{pod{handler: "require", seccomp: unconfined}, "StartContainer", without},
		{pod{handler: "require", seccomp: unset}, "StartContainer", without},
		{pod{handler: "require", seccomp: "weak.json"}, "StartContainer", "require: linux.seccomp is less strict than localhost/unshare.json: unshare"},
	})
}

func testBroken(t *testing.T, n *node) {
	var list []refusal
	for _, seccomp := range []string{runtimeDefault, privileged} {
		list = append(list,
			refusal{pod{handler: "misspelt", seccomp: seccomp}, "RunPodSandbox",
				"flor: unknown member, expected one of: default floor require allowed exempt unlistedArchitecture profileRoot"},
			refusal{pod{handler: "missing", seccomp: seccomp}, "RunPodSandbox",
				`floor: seccomp profile "localhost/missing.json": open ` + n.profile("missing.json") + ": no such file or directory"})
	}
	n.refuse(t, list)
}
