package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/cmd/sealctl/internal/plain"
	"github.com/runseal/runseal/cmd/sealctl/internal/procs"
	"github.com/runseal/runseal/cmd/sealctl/internal/runtimes"
	"github.com/runseal/runseal/runtime/policy"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/state"
	"github.com/runseal/runseal/seccomp"
)

// process is a process, or a thread, whose filters are looked at.
type process struct {
	pid       int
	container string              // id; empty if the command line gave a number
	profile   *specs.LinuxSeccomp // of the container's config.json; nil if it has none
	seal      *policy.Seal        // what the node policy has made of it; nil if there was none

	startTime uint64 // of a container's process, which tells it from a later one

	runtime, engine string // as far as they are known
	config          *containerConfig
	in              string // of a process by number: the container that it is in

	installed []seccomp.InstalledFilter // as they were read
}

// containerConfig is the seccomp part of a config.json.
type containerConfig struct {
	path    string
	seccomp json.RawMessage // linux.seccomp as it is there; nil if it is absent
	policy  json.RawMessage // what the node policy decided, as runseal has recorded it; nil if nothing
	err     error           // why it is not known
}

func (p *process) String() string {
	if p.container == "" {
		return fmt.Sprintf("process %d", p.pid)
	}
	return fmt.Sprintf("container %s (process %d)", plain.Text(p.container), p.pid)
}

// rootFlag says where the state of runseal's containers is.
func rootFlag() cli.Flag {
	return &cli.StringFlag{Name: "root", Usage: "`DIR` with the state of runseal's containers", Value: "/run/runseal"}
}

// findProcess takes a number for the id of a process, and everything else for the id of
// a container: of runseal below root, or else of any runtime, whose ids may be
// shortened.
func findProcess(name, root string) (*process, error) {
	if name != "" && strings.Trim(name, "0123456789") == "" {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == 0 {
			return nil, fmt.Errorf("%q: expected the positive id of a process", name)
		}
		return &process{pid: pid}, nil
	}
	p, err := findContainer(name, root)
	// The ids of ps for what has none are no ids for a runtime.
	unnamed := strings.HasPrefix(name, procs.NamedByNamespace) || strings.HasPrefix(name, procs.NamedByInit)
	if errors.Is(err, state.ErrNotExist) || errors.Is(err, fs.ErrPermission) || unnamed {
		return findAnywhere(name, runtimes.Host{Runseal: root}, err)
	}
	return p, err
}

// findContainer reads the state of a container of runseal whose program runs. Before
// that there is no filter: it is installed as the program is executed.
func findContainer(id, root string) (*process, error) {
	d, err := state.Open(root, id, false)
	if err != nil {
		return nil, fmt.Errorf("container %q below %s: %w", id, root, err)
	}
	defer d.Close()
	s, err := d.Load()
	if err != nil {
		return nil, fmt.Errorf("container %q: %w", id, err)
	}
	if s.Pid == 0 {
		return nil, fmt.Errorf("container %q is being created, expected a running one", id)
	}
	alive, err := state.Alive(s.Pid, s.StartTime)
	if err != nil {
		return nil, fmt.Errorf("container %q: %w", id, err)
	}
	if !alive {
		return nil, fmt.Errorf("container %q has stopped, expected a running one", id)
	}
	if waits(d) {
		return nil, fmt.Errorf("container %q is not started, expected a running one: its filter is installed at start", id)
	}
	p := &process{pid: s.Pid, startTime: s.StartTime, container: id, runtime: procs.Runseal}
	p.config = &containerConfig{path: filepath.Join(d.Path(), "state.json")}
	config, err := spec.Parse(s.Config)
	if err == nil {
		p.config.seccomp, p.profile, err = seccompText(config, s.Config)
	}
	if err != nil {
		return nil, fmt.Errorf("container %q: config.json: %w", id, err)
	}
	if len(s.Policy) > 0 {
		if p.seal, err = policy.Restore(s.Policy, config, false); err != nil {
			return nil, fmt.Errorf("container %q: %w", id, err)
		}
		p.config.policy = s.Policy
	}
	return p, nil
}

// waits says whether a container is created and not yet started.
func waits(d *state.Dir) bool {
	dir, fifo := filepath.Split(d.FifoPath())
	for _, name := range []string{fifo, "." + fifo} { // with the dot until create is done
		var st unix.Stat_t
		if unix.Lstat(dir+name, &st) == nil {
			return true
		}
	}
	return false
}

// seccompOf returns linux.seccomp of a config.json, as its text and decoded.
func seccompOf(config []byte) (json.RawMessage, *specs.LinuxSeccomp, error) {
	s, err := spec.Parse(config)
	if err != nil {
		return nil, nil, err
	}
	return seccompText(s, config)
}

// seccompText is seccompOf for a text that has been decoded.
func seccompText(s *specs.Spec, config []byte) (json.RawMessage, *specs.LinuxSeccomp, error) {
	if s.Linux == nil || s.Linux.Seccomp == nil {
		return nil, nil, nil
	}
	var raw struct {
		Linux struct {
			Seccomp json.RawMessage `json:"seccomp"`
		} `json:"linux"`
	}
	if err := json.Unmarshal(config, &raw); err != nil {
		return nil, nil, err
	}
	return raw.Linux.Seccomp, s.Linux.Seccomp, nil
}

// findAnywhere looks for a running container whose id is name or begins with it.
func findAnywhere(name string, host runtimes.Host, missing error) (*process, error) {
	kept := host.Containers()
	scan, err := procs.Scan("/proc", procs.Options{Known: known(kept)})
	if err != nil {
		return nil, errors.Join(missing, err)
	}
	var found []*procs.Container
	for _, c := range scan.Containers() {
		if c.ID == name {
			found = []*procs.Container{c}
			break
		}
		if name != "" && strings.HasPrefix(c.ID, name) {
			found = append(found, c)
		}
	}
	switch {
	case len(found) > 1:
		var ids []string
		for _, c := range found {
			ids = append(ids, c.ID)
		}
		return nil, fmt.Errorf("container %q: %d ids begin with it, expected one: %s", name, len(ids), strings.Join(ids, ", "))
	case len(found) == 0:
		return nil, fmt.Errorf("%w; nor is there a running container of another runtime whose id is or begins with it (sealctl ps lists them)", missing)
	}
	return ofContainer(found[0], host, keptOf(found[0], kept))
}

// ofContainer returns the first process of a container, with its configuration. kept is
// what a runtime keeps of it, or nil.
func ofContainer(c *procs.Container, host runtimes.Host, kept *runtimes.Container) (*process, error) {
	if kept != nil && kept.Runtime == procs.Runseal {
		p, err := findContainer(kept.ID, kept.Root)
		if err == nil {
			p.engine = c.Engine
		}
		return p, err
	}
	if kept != nil && kept.Waiting {
		return nil, fmt.Errorf("container %q is not started, expected a running one: its filter is installed at start", c.ID)
	}
	p := &process{pid: c.First.Pid, startTime: c.First.Start, container: c.ID, runtime: c.Runtime, engine: c.Engine}
	bundle := ""
	if kept != nil {
		bundle = kept.Bundle
	}
	text, path, err := host.Config(c.ID, bundle)
	p.config = &containerConfig{path: path, err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist) && state.ValidID(c.ID) != nil:
		p.config.err = fmt.Errorf("%s has no id by which a config.json could be found", c.ID)
	case errors.Is(err, fs.ErrNotExist):
		p.config.err = fmt.Errorf("no config.json of it was found in %s (--root DIR: where its engine keeps runseal's containers, if that is another place)", strings.Join(host.Bundles(c.ID), ", "))
	case err == nil:
		if p.config.seccomp, p.profile, err = seccompOf(text); err != nil {
			p.config.err = fmt.Errorf("%s: %w", path, err)
		}
	}
	return p, nil
}

// known returns the containers that have a first process.
func known(kept []runtimes.Container) (list []procs.Known) {
	for _, c := range kept {
		if c.Pid != 0 {
			list = append(list, procs.Known{ID: c.ID, Runtime: c.Runtime, Pid: c.Pid, Start: c.Start})
		}
	}
	return list
}

// keptOf returns what a runtime keeps of the container, or nil.
func keptOf(c *procs.Container, kept []runtimes.Container) *runtimes.Container {
	for i := range kept {
		if k := &kept[i]; k.Pid == c.First.Pid && k.Start == c.First.Start {
			return k
		}
	}
	return nil
}

// filters reads the filters in force, the newest first.
func (p *process) filters() ([]seccomp.InstalledFilter, error) {
	filters, err := seccomp.ReadFilters(p.pid)
	if err != nil {
		return nil, err
	}
	if p.container == "" {
		return filters, nil
	}
	alive, err := state.Alive(p.pid, p.startTime)
	if err == nil && !alive { // perhaps it was another's
		err = errors.New(p.String() + " ended while its filters were read")
	}
	if err != nil {
		return nil, err
	}
	return filters, nil
}
