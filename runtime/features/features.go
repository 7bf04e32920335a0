// Package features answers the question what runseal can do, in the form that
// engines understand: the features structure of the OCI runtime specification
// (features.md).
//
// Every entry is a promise. containerd, for example, uses recursive read-only
// mounts when mountOptions has "rro", and CRI-O takes user namespaces with
// id-mapped mounts for granted when mountExtensions.idmap is enabled. So what is
// absent or false here is refused with an error when config.json asks for it,
// and what is listed comes from the tables that the runtime itself works with.
//
// In the structure a missing member means "unknown". A list of which nothing is
// supported is therefore written as [], not left out.
package features

import (
	"encoding/json"
	"io"

	"github.com/opencontainers/runtime-spec/specs-go/features"

	"github.com/runseal/runseal/runtime/kernel"
	"github.com/runseal/runseal/runtime/plan"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/systemd"
)

// Range of config.json's ociVersion that is understood.
const (
	VersionMin = "1.0.0"
	VersionMax = spec.SpecVersion
)

// Keys of Document.Annotations. The last is runc's, which others write too, crun for
// one: "false" says that `checkpoint` and `restore` are not there.
const (
	AnnotationVersion    = "org.runseal.version"
	AnnotationCommit     = "org.runseal.commit"
	AnnotationCheckpoint = "org.opencontainers.runc.checkpoint.enabled"
)

// Document is the features structure. Members whose empty list says something
// stand here again, without omitempty: encoding/json prefers the outer ones.
type Document struct {
	features.Features
	Hooks []string `json:"hooks"`
}

// New describes this build. version and commit are for the annotations; an
// empty commit is left out. SupportedFlags and MountOptions ask the running kernel.
func New(version, commit string) *Document {
	yes, no := true, false
	d := &Document{Hooks: spec.HookNames()}
	d.Linux = new(features.Linux)
	d.OCIVersionMin = VersionMin
	d.OCIVersionMax = VersionMax
	d.MountOptions = plan.MountOptions(kernel.Lacks())
	d.Annotations = map[string]string{AnnotationVersion: version, AnnotationCheckpoint: "false"}
	if commit != "" {
		d.Annotations[AnnotationCommit] = commit
	}
	d.PotentiallyUnsafeConfigAnnotations = []string{systemd.AnnotationPrefix}
	d.Linux.Namespaces = []string{"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"}
	d.Linux.Capabilities = capabilities()
	d.Linux.Cgroup = &features.Cgroup{V1: &yes, V2: &yes, Systemd: &yes, SystemdUser: &no, Rdma: &yes}
	d.Linux.Seccomp = seccompFeatures()
	d.Linux.Apparmor = &features.Apparmor{Enabled: &yes}
	d.Linux.Selinux = &features.Selinux{Enabled: &yes}
	d.Linux.IntelRdt = &features.IntelRdt{Enabled: &yes, Schemata: &yes, Monitoring: &yes}
	d.Linux.MemoryPolicy = memoryPolicy()
	d.Linux.MountExtensions = &features.MountExtensions{IDMap: &features.IDMap{Enabled: &yes}}
	d.Linux.NetDevices = &features.NetDevices{Enabled: &yes}
	return d
}

// Write writes the document of [New] as indented JSON and a line end.
func Write(w io.Writer, version, commit string) error {
	text, err := json.MarshalIndent(New(version, commit), "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// memoryPolicy lists the names that linux.memoryPolicy may have. That the running kernel
// has them is not said.
func memoryPolicy() *features.MemoryPolicy {
	p := new(features.MemoryPolicy)
	for _, m := range spec.MemoryModes {
		p.Modes = append(p.Modes, string(m.Name))
	}
	for _, f := range spec.MemoryFlags {
		p.Flags = append(p.Flags, string(f.Name))
	}
	return p
}

// capabilities lists the names that process.capabilities may have, by number.
func capabilities() []string {
	names := make([]string, 0, spec.LastCap+1)
	for n := 0; n <= spec.LastCap; n++ {
		names = append(names, spec.CapName(n))
	}
	return names
}
