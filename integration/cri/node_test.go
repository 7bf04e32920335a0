package cri

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/containerd"
)

const image = "localhost/busybox:test"

// A handler is a runtime handler: a runtime class of Kubernetes, runseal with one policy.
type handler struct {
	name   string
	policy string // content of its file; empty: runseal without --policy
	// passes is containerd's pod_annotations and container_annotations: what of a pod's
	// annotations comes to config.json.
	passes string
}

// A node is a containerd with its CRI plugin and the handlers.
type node struct {
	*containerd.Daemon
	cri.RuntimeServiceClient
}

// start makes a node. profiles are files by name, for localhost/NAME of pods and policies;
// in a policy PROFILES stands for their directory.
func start(t *testing.T, handlers []handler, profiles map[string]string) *node {
	t.Helper()
	n := &node{}
	n.Daemon = containerd.Start(t, containerd.Options{
		Namespace: "k8s.io",
		Cgroup:    fmt.Sprintf("runseal-cri-%d", os.Getpid()),
		Image: containerd.Image{
			Name:     image,
			Cmd:      []string{"/bin/sleep", "600"}, // for the sandbox
			Programs: map[string]string{"/bin/call": "./integration/demo/call"},
		},
		CRI: func(d *containerd.Daemon) string {
			n.Daemon = d
			for name, text := range profiles {
				n.write(t, n.profile(name), text, 0o644)
			}
			return n.config(t, handlers)
		},
	})
	conn, err := grpc.NewClient("unix:"+n.Socket(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	n.RuntimeServiceClient = cri.NewRuntimeServiceClient(conn)
	// The CRI plugin hears of an image that ctr has imported a little later.
	images := cri.NewImageServiceClient(conn)
	if !box.Eventually(func() bool {
		s, err := call(images.ImageStatus, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: image}})
		return err == nil && s.Image != nil
	}) {
		t.Fatalf("the CRI plugin has no image %s", image)
	}
	return n
}

// profile and policyPath are the paths of what start writes.
func (n *node) profile(name string) string    { return n.Path("profiles/" + name) }
func (n *node) policyPath(name string) string { return n.Path("policies/" + name + ".json") }

// config is the CRI plugin's configuration. containerd passes the runtime no flag of
// one's own, so a handler with a policy is a script.
func (n *node) config(t *testing.T, handlers []handler) string {
	t.Helper()
	const plugin = `plugins."io.containerd.grpc.v1.cri"`
	var b strings.Builder
	fmt.Fprintf(&b, "[plugins.\"io.containerd.internal.v1.opt\"]\npath = %q\n", n.Path("opt"))
	fmt.Fprintf(&b, "[%s]\nsandbox_image = %q\nrestrict_oom_score_adj = true\ndisable_apparmor = true\n", plugin, image)
	fmt.Fprintf(&b, "[%s.cni]\nbin_dir = %q\nconf_dir = %q\n", plugin, n.Path("cni"), n.Path("cni"))
	fmt.Fprintf(&b, "[%s.containerd]\nsnapshotter = \"native\"\ndefault_runtime_name = %q\n", plugin, handlers[0].name)
	for _, h := range handlers {
		binary := box.Binary()
		if h.policy != "" {
			n.write(t, n.policyPath(h.name), strings.ReplaceAll(h.policy, "PROFILES", n.Path("profiles")), 0o644)
			binary = n.Path("bin/" + h.name)
			n.write(t, binary, fmt.Sprintf("#!/bin/sh\nexec %s --policy %s \"$@\"\n", box.Binary(), n.policyPath(h.name)), 0o755)
		}
		section := plugin + ".containerd.runtimes." + h.name
		fmt.Fprintf(&b, "[%s]\nruntime_type = \"io.containerd.runc.v2\"\n", section)
		if h.passes != "" {
			fmt.Fprintf(&b, "pod_annotations = [%q]\ncontainer_annotations = [%q]\n", h.passes, h.passes)
		}
		fmt.Fprintf(&b, "[%s.options]\nBinaryName = %q\nRoot = %q\n", section, binary, n.Path("runtime"))
	}
	return b.String()
}

func (n *node) write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
