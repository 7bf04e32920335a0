package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// host is what several probes share.
type host struct {
	listener int      // of a seccomp filter, or -1
	cgroup   string   // a new cgroup of version 2; "" if there is none
	enabled  []string // controllers that were enabled for it below the root
	root     string
}

// look prepares the probes.
func look() *host {
	h := &host{listener: listener()}
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var fs unix.Statfs_t
		if unix.Statfs(root, &fs) == nil && fs.Type == unix.CGROUP2_SUPER_MAGIC {
			h.makeCgroup(root)
			break
		}
	}
	return h
}

func (h *host) makeCgroup(root string) {
	h.root = root
	on := words(root + "/cgroup.subtree_control")
	for _, c := range words(root + "/cgroup.controllers") {
		if !slices.Contains(on, c) && os.WriteFile(root+"/cgroup.subtree_control", []byte("+"+c), 0) == nil {
			h.enabled = append(h.enabled, c)
		}
	}
	dir := filepath.Join(root, fmt.Sprintf("runseal-probe-%d", os.Getpid()))
	if os.Mkdir(dir, 0o755) == nil {
		h.cgroup = dir
	}
}

// close takes back what look has done.
func (h *host) close() {
	if h.cgroup != "" {
		os.Remove(h.cgroup)
	}
	for _, c := range h.enabled {
		os.WriteFile(h.root+"/cgroup.subtree_control", []byte("-"+c), 0)
	}
	if h.listener >= 0 {
		unix.Close(h.listener)
	}
}

func words(name string) []string {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}

// cgroupFile asks for a file of every cgroup that is not the root.
func cgroupFile(name string) func(*host) bool {
	return func(h *host) bool {
		return h.cgroup != "" && unix.Access(filepath.Join(h.cgroup, name), unix.F_OK) == nil
	}
}

// controller asks for a controller of version 2.
func controller(name string) func(*host) bool {
	return func(h *host) bool {
		return h.cgroup != "" && slices.Contains(words(h.cgroup+"/cgroup.controllers"), name)
	}
}
