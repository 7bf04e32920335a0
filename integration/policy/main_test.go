package policy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestMain(m *testing.M) { box.Main(m) }

// node is a directory with a policy and the profiles that it names localhost/NAME.
type node struct {
	t    *testing.T
	root string
}

func newNode(t *testing.T) *node { return &node{t, t.TempDir()} }

// write writes a file of the node and returns its path.
func (n *node) write(name, text string) string {
	n.t.Helper()
	path := filepath.Join(n.root, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		n.t.Fatal(err)
	}
	return path
}

// policy writes the policy with these members, each followed by a comma.
func (n *node) policy(members string) string {
	n.t.Helper()
	return n.write("policy.json", `{`+members+` "profileRoot": "`+n.root+`"}`)
}

// privileged makes the box what engines make of a privileged container: no profile,
// and capabilities (not all: a test machine may lack some itself).
func privileged(b *box.Box) {
	b.Spec.Process.Capabilities = box.Capabilities(append(box.DefaultCaps(), "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_NET_ADMIN")...)
	b.Spec.Process.NoNewPrivileges = false
	b.Spec.Linux.Seccomp = nil
}
