package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/runseal/runseal/integration/vm/internal/archive"
	"github.com/runseal/runseal/integration/vm/node"
)

// A target is one machine of the matrix.
type target struct {
	name   string
	kernel string   // name in sources and in pins.json
	append string   // kernel parameters
	node   string   // Debian's name for the system on the disk (package node); "": no disk
	jobs   []string // names of suites; empty: all
	env    []string // what the tests may know of the machine
	same   string   // the machine with the same version on another processor; it asks that
	about  string   // for the table's legend and docs/kernels.md
}

// pinned is a package of the archive; pins.json says which version it is.
type pinned struct {
	name   string
	arch   string // GOARCH's name
	source archive.Source
}

// only2 leaves cgroup version 1 out, as on the distributions of today.
const only2 = "cgroup_no_v1=all "

var i386 = []string{"RUNSEAL_ABIS=i386"}

// targets are the kernels that the runtime supports at its edges: the oldest,
// Debian's stable ones, long-term ones, the newest, and what can be switched off
// or on in one of them.
var targets = []target{
	{name: "5.10", kernel: "5.10", append: only2, env: i386, about: "the minimum"},
	{name: "6.1", kernel: "6.1", append: only2, env: i386, about: "Debian 12"},
	{name: "6.12", kernel: "6.12", append: only2, env: i386, about: "Debian 13"},
	{name: "6.18", kernel: "6.18", append: only2, env: i386, about: "long-term"},
	{name: "newest", kernel: "newest", append: only2, env: i386, about: "the newest that Debian has"},
	{name: "6.12-x32", kernel: "6.12-full", append: only2 + "syscall.x32=y", jobs: []string{"integration/x86"}, env: []string{"RUNSEAL_ABIS=i386 x32"}, about: "x32 programs run"},
	{name: "6.12-noia32", kernel: "6.12", append: only2 + "ia32_emulation=0", jobs: []string{"integration/x86"}, env: []string{"RUNSEAL_ABIS="}, about: "32-bit programs do not run"},
	{name: "6.12-apparmor", kernel: "6.12", append: only2 + "security=apparmor", jobs: []string{"integration/labels"}, env: []string{"RUNSEAL_LSM=apparmor"}, about: "AppArmor profiles"},
	{name: "6.12-selinux", kernel: "6.12", append: only2 + "security=selinux selinux=1", jobs: []string{"integration/labels"}, env: []string{"RUNSEAL_LSM=selinux"}, about: "SELinux labels"},
	{name: "6.12-arm64", kernel: "6.12-arm64", append: only2, same: "6.12", about: "AArch64"},
	{name: "trixie", kernel: "6.1", append: only2, node: "trixie", env: []string{"RUNSEAL_IT_ORACLE=cgroupfs"}, about: "a node: Debian 13's systemd and containerd 1.7"},
	{name: "forky", kernel: "newest", append: only2, node: "forky", env: []string{"RUNSEAL_IT_ORACLE=systemd"}, about: "a node: Debian testing's systemd and containerd 2"},
}

// sources are the kernels, and what else comes from the archive.
var sources = []pinned{
	{"5.10", "amd64", cloud("amd64", `5\.10\..*`, "bullseye-security", "bullseye")},
	{"6.1", "amd64", cloud("amd64", `6\.1\..*`, "bookworm-security", "bookworm")},
	{"6.12", "amd64", cloud("amd64", `6\.12\..*`, "trixie-security", "trixie")},
	{"6.18", "amd64", cloud("amd64", `6\.18\..*`, "trixie-backports")},
	{"newest", "amd64", cloud("amd64", `[0-9].*`, "sid", "trixie-backports")},
	// X86_X32_ABI is only in the kernels that are not made for the cloud.
	{"6.12-full", "amd64", archive.Source{Suites: []string{"trixie-security", "trixie"}, Arch: "amd64", Name: `linux-image-6\.12\.[0-9]+\+deb13-amd64`, Follow: "linux-"}},
	{"6.12-arm64", "arm64", cloud("arm64", `6\.12\..*`, "trixie-security", "trixie")},
	// No kernel, but fetched and pinned in the same way.
	{"busybox-arm64", "arm64", archive.Source{Suites: []string{"bookworm"}, Arch: "arm64", Name: "busybox-static"}},
}

// cloud is Debian's kernel without drivers for real hardware: small, and with
// NVMe and ext4 built in.
func cloud(arch, version string, suites ...string) archive.Source {
	return archive.Source{Suites: suites, Arch: arch, Name: "linux-image-" + version + "-cloud-" + arch, Follow: "linux-"}
}

func names() string {
	var list []string
	for _, t := range targets {
		list = append(list, t.name)
	}
	return strings.Join(list, ", ")
}

func (t target) arch() string { return source(t.kernel).arch }

// disks returns what the machine needs beside its initial file system, which is made
// if need be: that takes minutes.
func (t target) disks(ctx context.Context, o options) ([]string, error) {
	if t.node == "" {
		return nil, nil
	}
	image, err := node.Build(ctx, o.cache, t.node)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "vm: %s: %s\n", t.name, image)
	return []string{image.Disk}, nil
}

func source(name string) pinned {
	for _, k := range sources {
		if k.name == name {
			return k
		}
	}
	panic("no kernel " + name)
}
