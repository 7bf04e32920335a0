package cri

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/busybox"
	"github.com/runseal/runseal/integration/internal/containerd"
)

const image = "localhost/busybox:test"

// snapshotter is containerd's default one: copies of the image for each container took half
// of the tests' time.
const snapshotter = "overlayfs"

// A handler is a runtime handler: a runtime class of Kubernetes, runseal with one policy
// or another runtime.
type handler struct {
	name   string
	binary string // empty: runseal
	policy string // content of its file; empty: runseal without --policy
	// passes is containerd's pod_annotations and container_annotations: what of a pod's
	// annotations comes to config.json.
	passes string
}

// both are the runtime under test and the one that is its oracle.
var both = []handler{{name: scenario.Runseal}, {name: scenario.Runc, binary: "runc"}}

// A node is a containerd with its CRI plugin and the handlers.
type node struct {
	*containerd.Daemon
	cri.RuntimeServiceClient
	images cri.ImageServiceClient
}

// start makes a node. profiles are files by name, for localhost/NAME of pods and policies;
// in a policy PROFILES stands for their directory.
func start(t testing.TB, handlers []handler, profiles map[string]string) *node {
	t.Helper()
	n := &node{}
	n.Daemon = containerd.Start(t, containerd.Options{
		Namespace:   "k8s.io",
		Cgroup:      fmt.Sprintf("runseal-cri-%d", os.Getpid()),
		Snapshotter: snapshotter,
		Image: busybox.Image{
			Name:     image,
			Cmd:      []string{"/bin/sleep", "600"}, // for the sandbox
			Programs: map[string]string{"/bin/call": "./integration/demo/call"},
		},
		// A network of its own, so that no interface of a pod is one of the machine's.
		Wrap: []string{"unshare", "--net", "busybox", "sh", "-c", `busybox ip link set lo up && exec "$@"`, "sh"},
		CRI: func(d *containerd.Daemon) string {
			n.Daemon = d
			d.States = append(d.States, "runc/*/*")
			for name, text := range profiles {
				n.write(t, n.profile(name), text, 0o644)
			}
			return n.config(t, handlers)
		},
	})
	n.dial(t, n.Socket())
	n.recovered(t)
	n.knows(t, image)
	return n
}

// dial makes the client of a containerd.
func (n *node) dial(t testing.TB, socket string) {
	t.Helper()
	conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()),
		// Calls outlive a restart of the daemon, and ExecSync's output may have 16 MB.
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true), grpc.MaxCallRecvMsgSize(32<<20)),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1, MaxDelay: 50 * time.Millisecond}}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	n.RuntimeServiceClient, n.images = cri.NewRuntimeServiceClient(conn), cri.NewImageServiceClient(conn)
}

// knows waits for an image: the CRI plugin hears of one that ctr has imported a little later.
func (n *node) knows(t testing.TB, image string) {
	t.Helper()
	if !box.Eventually(func() bool {
		s, err := call(n.images.ImageStatus, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: image}})
		return err == nil && s.Image != nil
	}) {
		t.Fatalf("the CRI plugin has no image %s", image)
	}
}

// recovered waits until the CRI plugin knows what there is, which is later than the daemon
// answers.
func (n *node) recovered(t testing.TB) {
	t.Helper()
	var err error
	if !box.Eventually(func() bool { _, err = call(n.Version, &cri.VersionRequest{}); return err == nil }) {
		t.Fatal(err)
	}
}

// network is the pods', with addresses on links to the daemon's.
const network = `{"cniVersion":"0.4.0","name":"pods","plugins":[{"type":"ptp","ipam":{"type":"host-local","subnet":"10.88.0.0/16","dataDir":%q}}]}`

// profile and policyPath are the paths of what start writes.
func (n *node) profile(name string) string    { return n.Path("profiles/" + name) }
func (n *node) policyPath(name string) string { return n.Path("policies/" + name + ".json") }

// config is the CRI plugin's configuration. containerd passes the runtime no flag of
// one's own, so a handler with a policy is a script.
func (n *node) config(t testing.TB, handlers []handler) string {
	t.Helper()
	const plugin = `plugins."io.containerd.grpc.v1.cri"`
	var b strings.Builder
	fmt.Fprintf(&b, "[plugins.\"io.containerd.internal.v1.opt\"]\npath = %q\n", n.Path("opt"))
	fmt.Fprintf(&b, "[%s]\nsandbox_image = %q\nrestrict_oom_score_adj = true\ndisable_apparmor = true\n", plugin, image)
	b.WriteString("netns_mounts_under_state_dir = true\nstream_server_address = \"127.0.0.1\"\nstream_server_port = \"0\"\n")
	fmt.Fprintf(&b, "[%s.cni]\nbin_dir = \"/usr/lib/cni\"\nconf_dir = %q\n", plugin, n.Path("cni"))
	n.write(t, n.Path("cni/10-pods.conflist"), fmt.Sprintf(network, n.Path("cni-data")), 0o644)
	fmt.Fprintf(&b, "[%s.containerd]\nsnapshotter = %q\ndefault_runtime_name = %q\n", plugin, snapshotter, handlers[0].name)
	for _, h := range handlers {
		binary, root := box.Binary(), n.Path("runtime")
		if h.binary != "" {
			binary, root = h.binary, n.Path(h.name)
		}
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
		fmt.Fprintf(&b, "[%s.options]\nBinaryName = %q\nRoot = %q\n", section, binary, root)
	}
	return b.String()
}

func (n *node) write(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
