package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/enforced"
	"github.com/runseal/runseal/runtime/policy"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// recognizer tells which known profile a filter or a configuration is. The default
// profiles depend on the capabilities of the container, so that there is a list of
// profiles for each set of them.
type recognizer struct {
	options profiles.Options
	given   []string // --profile
	local   []string // localhost/NAME, all files below the profile root
	warn    func(string)
	warned  map[string]bool
	lists   map[uint64][]namedProfile
	proofs  map[proofKey]recognized
}

type namedProfile struct {
	name    string
	profile *specs.LinuxSeccomp
}

type proofKey struct {
	program string
	flags   uint
	caps    uint64
}

// recognized is the name of a profile, and how far the filter is that profile.
type recognized struct {
	Name       string `json:"name"`                 // "unknown" if it is none that is known
	KillThread bool   `json:"killThread,omitempty"` // other architectures: the thread is killed
	// Newer calls on 32-bit ARM and x32, and versions of ipc(2), are as runc has it.
	AsRunc    bool   `json:"asRunc,omitempty"`
	CallsUpTo uint32 `json:"callsUpTo,omitempty"` // later ones were not known to who made the filter
	Negative  bool   `json:"negative,omitempty"`  // numbers from 0x80000000 on are left out
	Floor     bool   `json:"floor,omitempty"`     // intersected with the floor of a node policy
}

const (
	unknownProfile = "unknown"
	unconfined     = "unconfined"
)

// defaultNames are the profiles that engines give to containers unless told otherwise.
var defaultNames = []string{"runtime/default", "containerd/default", "crio/default"}

// maxLocal bounds the files below the profile root that are looked at.
const maxLocal = 1000

func newRecognizer(c *cli.Context) (*recognizer, error) {
	r := &recognizer{
		options: profileOptions(c), given: c.StringSlice("profile"), warned: map[string]bool{},
		lists: map[uint64][]namedProfile{}, proofs: map[proofKey]recognized{},
	}
	r.options.Text = nil // each profile is read for each container, and none of them has to be the right one
	r.warn = func(text string) {
		if !r.warned[text] {
			r.warned[text] = true
			warn(c, text)
		}
	}
	for _, name := range r.given { // a mistake here is one of the command line
		if name == "-" {
			return nil, errors.New("--profile -: expected a file or a name: it is read for each container")
		}
		if _, err := readProfile(name, c.App.Reader, r.options); err != nil {
			return nil, err
		}
	}
	root := r.options.Root
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Type().IsRegular() && strings.HasSuffix(path, ".json") {
			name, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			if len(r.local) == maxLocal {
				r.warn(fmt.Sprintf("%s: more than %d profiles, the rest is not looked at", root, maxLocal))
				return fs.SkipAll
			}
			r.local = append(r.local, "localhost/"+name)
		}
		return nil
	})
	if err != nil && !(errors.Is(err, fs.ErrNotExist) && !c.IsSet("seccomp-profile-root")) {
		r.warn(err.Error())
	}
	return r, nil
}

// known lists the profiles as they are for a container with these capabilities.
func (r *recognizer) known(caps uint64) []namedProfile {
	if list, ok := r.lists[caps]; ok {
		return list
	}
	o := r.options
	o.Host = docker.Host{Caps: capNames(caps)}
	var list []namedProfile
	for _, name := range r.given {
		p, err := readProfile(name, nil, o)
		if err != nil {
			r.warn(err.Error())
			continue
		}
		list = append(list, namedProfile{name, p})
	}
	var unread int // files that are no profiles
	var first error
	for i, name := range append(append([]string(nil), defaultNames...), r.local...) {
		p, err := profiles.Load(name, o)
		switch {
		case err == nil && p != nil:
			list = append(list, namedProfile{name, p})
		case i < len(defaultNames) && (errors.Is(err, fs.ErrNotExist) || name == "containerd/default"):
			// This machine, or this program, does not have it.
		case err != nil && i < len(defaultNames):
			r.warn(err.Error())
		case err != nil:
			if unread++; first == nil {
				first = err
			}
		}
	}
	switch { // people keep other things below the root as well
	case unread == 1:
		r.warn(first.Error())
	case unread > 1:
		r.warn(fmt.Sprintf("%s (and %d more files below the profile root are no profiles)", first, unread-1))
	}
	r.lists[caps] = list
	return list
}

func capNames(set uint64) (names []string) {
	for bit := range 64 {
		if name := spec.CapName(bit); set>>bit&1 != 0 && name != "" {
			names = append(names, name)
		}
	}
	return names
}

// sealed says which known profile a node policy has let a container have, or has given
// it.
func (r *recognizer) sealed(s *policy.Seal, caps uint64) recognized {
	found := r.config(s.Profile, caps)
	found.Floor = s.Floor != nil
	return found
}

// filter proves which known profile a filter is.
func (r *recognizer) filter(f seccomp.InstalledFilter, caps uint64) recognized {
	key := proofKey{string(bpf.Bytes(f.Instructions)), f.Flags, caps}
	if found, ok := r.proofs[key]; ok {
		return found
	}
	found := recognized{Name: unknownProfile}
	for _, k := range r.known(caps) {
		m, err := enforced.Matches(f, k.profile)
		if err != nil {
			r.warn(fmt.Sprintf("%s: %s", k.name, err))
		} else if m != nil {
			found = recognized{Name: k.name, KillThread: m.KillThread, AsRunc: m.AsRunc, CallsUpTo: m.UpTo, Negative: m.Negative}
			break
		}
	}
	r.proofs[key] = found
	return found
}

// config says which known profile a container's configuration has.
func (r *recognizer) config(p *specs.LinuxSeccomp, caps uint64) recognized {
	if p == nil {
		return recognized{Name: unconfined}
	}
	a, err := seccomp.NewPolicy(p, seccomp.Options{})
	if err != nil {
		r.warn(err.Error())
		return recognized{Name: unknownProfile}
	}
	for _, k := range r.known(caps) {
		b, err := seccomp.NewPolicy(k.profile, seccomp.Options{})
		if err != nil {
			r.warn(fmt.Sprintf("%s: %s", k.name, err))
			continue
		}
		if diff, err := seccomp.Compare(a, b); err == nil && len(diff.Differences) == 0 {
			return recognized{Name: k.name}
		}
	}
	return recognized{Name: unknownProfile}
}

func (r recognized) String() string {
	text := r.Name
	if r.Floor {
		text += " under a floor"
	}
	if r.CallsUpTo != 0 {
		text += fmt.Sprintf(" (calls to %d)", r.CallsUpTo)
	}
	return text
}
