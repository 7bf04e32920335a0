// Package cri holds tests of runseal below Kubernetes' Container Runtime Interface: pods as
// the kubelet asks for them, in Debian's containerd, with seccomp profiles of every type
// and with node policies (package runtime/policy).
//
// It is a module of its own so that gRPC stays out of runseal's go.mod. It needs root and
// containerd, as integration/engines does:
//
//	cd integration/cri && go test -count=1 ./...
package cri
