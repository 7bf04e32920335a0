package main

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// record is what a whole run leaves in results.json, of which `vm doc` makes
// docs/kernels.md.
type record struct {
	Machines []machineRecord `json:"machines"`
}

type machineRecord struct {
	Name    string         `json:"name"`
	About   string         `json:"about"`
	Release string         `json:"release"`
	Tests   int            `json:"tests"`  // top-level tests that ran
	Passed  int            `json:"passed"` // of these
	Suites  map[string]int `json:"suites"` // tests by suite
	Probes  []probe        `json:"probes,omitempty"`
}

// probe is one line of what integration/vm/probe says about a kernel.
type probe struct {
	Name    string `json:"name"`
	Since   string `json:"since"`    // version of Linux
	UsedFor string `json:"used_for"` // by runseal
	Without string `json:"without"`  // what runseal does on a kernel that lacks it
	Here    bool   `json:"here"`
}

const probeSuite = "integration/vm/probe"

// save writes results.json.
func save(opt options, all []*outcome) error {
	var r record
	for _, o := range all {
		m := machineRecord{Name: o.target.name, About: o.target.about, Release: o.release, Suites: map[string]int{}}
		for _, s := range o.suites {
			if s.name == probeSuite {
				if err := json.Unmarshal([]byte(s.text.String()), &m.Probes); err != nil {
					return err
				}
				continue
			}
			if s.program {
				continue
			}
			passed, all := s.counts()
			m.Passed, m.Tests = m.Passed+passed, m.Tests+all
			m.Suites[s.name] = all
		}
		r.Machines = append(r.Machines, m)
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(opt.out, "results.json"), append(text, '\n'), 0o644)
}

func load(opt options) (r record, err error) {
	text, err := os.ReadFile(filepath.Join(opt.out, "results.json"))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}
