// Package runtimes finds what OCI runtimes and engines keep on disk about containers: the
// first process, and the config.json that the container was made from.
//
//	host := runtimes.Host{Runseal: "/run/runseal"}
//	for _, c := range host.Containers() { ... }       // of runseal, runc and crun
//	config, path, err := host.Config(id, c.Bundle)    // the text of config.json
//
// The places are those of the programs' own documentation and defaults; another --root
// of a runtime is not found. Only root can read them. What is read is not trusted: a
// process counts with its start time only, and a file that is not what it should be is
// skipped, as if the container were not known.
package runtimes

import (
	"cmp"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/cmd/sealctl/internal/procs"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
)

// Host is where to look.
type Host struct {
	// Root is put before all paths but Runseal; empty for this machine.
	Root string
	// Runseal is the state root of runseal, its --root.
	Runseal string
}

// Container is what a runtime remembers.
type Container struct {
	ID      string
	Runtime string // procs.Runseal, procs.Runc, procs.Crun
	Pid     int    // of its first process; 0: not yet there
	Start   uint64 // of that process, in clock ticks since boot
	Bundle  string // empty if it is not known
	State   string // the directory of its state
	Root    string // the directory of that one: the runtime's --root
	Waiting bool   // created and not started: the process is the runtime's own yet
}

// roots are the state roots of runtimes: their defaults, and those that containerd and
// dockerd pass to whatever runtime they use. A * stands for one name.
var roots = []string{
	"/run/runseal", "/run/runc", "/run/crun",
	"/run/containerd/runc/*", "/run/k3s/containerd/runc/*", // a containerd namespace each
	"/run/docker/runtime-*/*", "/run/docker/containerd/runc/*",
}

// Roots lists where Containers looks.
func (h Host) Roots() []string {
	list := []string{h.Runseal}
	for _, pattern := range roots {
		if dir := h.Root + pattern; dir != h.Runseal {
			list = append(list, dir)
		}
	}
	return list
}

// Containers lists the containers of all state roots that can be read, by id.
func (h Host) Containers() []Container {
	var list []Container
	for _, pattern := range h.Roots() {
		dirs := []string{pattern}
		if strings.Contains(pattern, "*") && pattern != h.Runseal {
			dirs, _ = filepath.Glob(pattern) // the patterns are valid
		}
		for _, dir := range dirs {
			entries, err := os.ReadDir(dir)
			if err != nil {
				continue
			}
			for _, e := range entries {
				if c := read(dir, e.Name()); c != nil {
					// All three runtimes wait on a FIFO of this name.
					_, err := os.Lstat(filepath.Join(c.State, "exec.fifo"))
					c.Waiting = err == nil
					list = append(list, *c)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Container) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// read returns the container whose state is root/id, whichever runtime keeps it.
func read(root, id string) *Container {
	if state.ValidID(id) != nil {
		return nil
	}
	dir := filepath.Join(root, id)
	c := &Container{ID: id, State: dir, Root: root}
	if text, err := readFile(filepath.Join(dir, "status")); err == nil {
		var s struct {
			Pid    int    `json:"pid"`
			Start  uint64 `json:"process-start-time"`
			Bundle string `json:"bundle"`
		}
		if json.Unmarshal(text, &s) != nil || s.Pid <= 0 {
			return nil
		}
		c.Runtime, c.Pid, c.Start, c.Bundle = procs.Crun, s.Pid, s.Start, s.Bundle
		return c
	}
	text, err := readFile(filepath.Join(dir, "state.json"))
	if err != nil {
		return nil
	}
	var s struct {
		Pid    int    `json:"init_process_pid"`
		Start  uint64 `json:"init_process_start"`
		Config struct {
			Labels []string `json:"labels"`
		} `json:"config"`
	}
	if json.Unmarshal(text, &s) == nil && s.Pid > 0 {
		c.Runtime, c.Pid, c.Start = procs.Runc, s.Pid, s.Start
		for _, l := range s.Config.Labels {
			if bundle, ok := strings.CutPrefix(l, "bundle="); ok {
				c.Bundle = bundle
			}
		}
		return c
	}
	d, err := state.Open(root, id, false)
	if err != nil {
		return nil
	}
	defer d.Close()
	own, err := d.Load()
	if err != nil {
		return nil
	}
	c.Runtime, c.Pid, c.Start, c.Bundle = procs.Runseal, own.Pid, own.StartTime, own.Bundle
	return c
}

// bundles are where engines keep the bundle of a container, by its id. A * stands for
// one name, of a containerd namespace (docker's is moby).
var bundles = []string{
	"/run/containerd/io.containerd.runtime.v2.task/*/ID",
	"/run/k3s/containerd/io.containerd.runtime.v2.task/*/ID",
	"/run/docker/containerd/daemon/io.containerd.runtime.v2.task/*/ID",
	"/run/containers/storage/overlay-containers/ID/userdata",     // CRI-O, podman: what is thrown away at boot
	"/var/lib/containers/storage/overlay-containers/ID/userdata", // and what is not
}

// Bundles lists where Config looks for the bundle of a container.
func (h Host) Bundles(id string) []string {
	var list []string
	for _, pattern := range bundles {
		list = append(list, h.Root+strings.Replace(pattern, "ID", id, 1))
	}
	return list
}

// Config reads the config.json of a container, from its bundle if that is known and
// from where engines keep bundles otherwise. The error is [fs.ErrNotExist] if there is
// none.
func (h Host) Config(id, bundle string) (text []byte, path string, err error) {
	var dirs []string
	if bundle != "" {
		dirs = append(dirs, h.Root+bundle)
	}
	if state.ValidID(id) == nil { // it becomes part of a path
		for _, pattern := range h.Bundles(id) {
			found, _ := filepath.Glob(pattern)
			dirs = append(dirs, found...)
		}
	}
	err = fs.ErrNotExist
	for _, dir := range dirs {
		path := filepath.Join(dir, spec.ConfigName)
		text, e := readFile(path)
		if e == nil {
			return text, path, nil
		}
		if !os.IsNotExist(e) {
			err = e
		}
	}
	return nil, "", err
}

// readFile reads a regular file of at most twice spec.MaxSize bytes: some states have
// a config.json in them.
func readFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > 2*spec.MaxSize {
		return nil, &fs.PathError{Op: "read", Path: path, Err: unix.EINVAL}
	}
	return io.ReadAll(io.LimitReader(f, 2*spec.MaxSize))
}
