// Package sealctl tests what sealctl says about real containers: of runseal, and of runc
// where that is installed. It needs root.
//
// crun is left out: Debian's (1.8) refuses the hybrid cgroup layout, and mounts of
// hugetlb, on machines that these tests run on. What is read of its state is tested
// without it in cmd/sealctl/internal/runtimes.
package sealctl
