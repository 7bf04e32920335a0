// Package cri holds tests of runseal below Kubernetes' Container Runtime Interface: pods as
// the kubelet asks for them, in Debian's containerd, with seccomp profiles of every type
// and with node policies (package runtime/policy); the table of integration/engines/scenario;
// what CRI has for itself, with runc beside; crashes of containerd and its shims; a load.
// TestInstall is for a machine whose containerd may be changed: deploy/node/install.sh, and
// pods with user namespaces, which containerd has from 2.0 on (integration/vm).
//
// It is a module of its own so that gRPC stays out of runseal's go.mod. It needs root and
// containerd, and of containernetworking-plugins ptp and host-local:
//
//	cd integration/cri && go test -count=1 -parallel 4 ./...
//	go test -run TestLoad -long -v # the table of docs/engines.md, in three minutes
package cri
