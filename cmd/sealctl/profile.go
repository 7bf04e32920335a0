package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/profiles"
	"github.com/runseal/runseal/seccomp/strictjson"
)

// readProfile reads the profile in the named file, or in stdin if the name is
// "-". Errors begin with the name.
func readProfile(name string, stdin io.Reader, caps []string) (*specs.LinuxSeccomp, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	} else {
		name = "standard input"
	}
	data, err := io.ReadAll(io.LimitReader(in, spec.MaxSize+1)) // the parser reports the excess
	if err != nil {
		return nil, err
	}
	profile, err := parseProfile(data, caps)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return profile, nil
}

// parseProfile tells the three forms of a profile apart and reads them.
func parseProfile(data []byte, caps []string) (*specs.LinuxSeccomp, error) {
	if len(data) > spec.MaxSize {
		_, err := seccomp.ParseProfile(data) // states the limit
		return nil, err
	}
	switch formOf(data) {
	case wholeConfig:
		s, err := spec.Parse(data)
		if err != nil {
			return nil, err
		}
		if s.Linux == nil || s.Linux.Seccomp == nil {
			return nil, errors.New("linux.seccomp: missing, so a container would run without a filter")
		}
		return s.Linux.Seccomp, nil
	case dockerFormat:
		// What it shares with the specification is held to the same rules.
		if _, err := strictjson.Parse(data, seccomp.DecodeProfile); err != nil {
			return nil, strictjson.Under("linux", strictjson.Under("seccomp", err))
		}
		return profiles.Resolve(data, caps)
	}
	return seccomp.ParseProfile(data)
}

type form int

const (
	ociSeccomp form = iota
	wholeConfig
	dockerFormat
)

// formOf looks only at which keys are there. What is not JSON, or not an
// object, counts as the specification's form, whose parser says what is wrong.
func formOf(data []byte) form {
	var top map[string]json.RawMessage
	if json.Unmarshal(data, &top) != nil {
		return ociSeccomp
	}
	for _, key := range []string{"ociVersion", "process", "root", "linux"} {
		if _, ok := top[key]; ok {
			return wholeConfig
		}
	}
	if _, ok := top["archMap"]; ok {
		return dockerFormat
	}
	var rules []map[string]json.RawMessage
	if json.Unmarshal(top["syscalls"], &rules) != nil {
		return ociSeccomp
	}
	for _, rule := range rules {
		for _, key := range []string{"includes", "excludes", "name"} {
			if _, ok := rule[key]; ok {
				return dockerFormat
			}
		}
	}
	return ociSeccomp
}
