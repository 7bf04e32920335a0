package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// measurement is the state that the parts share.
type measurement struct {
	ctx context.Context
	o   options
	s   *setup
	rep *report
}

// A part is what -only can name.
type part struct {
	name string
	long bool // needs the container that runs already
	run  func(*measurement) error
}

// parts are in the order in which they are measured.
func parts() []part {
	return []part{
		{name: "floor", run: (*measurement).floor},
		{name: "sandbox", run: (*measurement).sandbox},
		{name: "run", run: timed((*runtime).run, rowRun)},
		{name: "cycle", run: timed((*runtime).cycle, rowCycle, "  create", "  start", "  delete")},
		{name: "exec", long: true, run: timed((*runtime).exec, rowExec)},
		{name: "exec-detached", long: true, run: timed((*runtime).execDetached, rowExecDetached)},
		{name: "state", long: true, run: timed((*runtime).state, rowState)},
		{name: "kill", long: true, run: timed((*runtime).kill, rowKill)},
		{name: "policy", run: (*measurement).policy},
		{name: "peak", long: true, run: (*measurement).peak},
		{name: "charged", run: (*measurement).charged},
		{name: "many", run: (*measurement).many},
		{name: "ctr", run: (*measurement).ctr},
	}
}

func partNames() []string {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return names
}

// measureAll runs the chosen parts.
func measureAll(ctx context.Context, o options, s *setup) (*report, error) {
	m := &measurement{ctx: ctx, o: o, s: s, rep: newReport(o, s.runtimes)}
	chosen := map[string]bool{}
	for _, name := range o.only {
		chosen[name] = true
	}
	for _, p := range parts() {
		if !chosen[p.name] {
			continue
		}
		start := time.Now()
		if p.long {
			for _, r := range s.runtimes {
				if err := r.startLong(); err != nil {
					return nil, fmt.Errorf("%s: %s: %w", p.name, r.Name, err)
				}
			}
		}
		if err := p.run(m); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		m.rep.Parts = append(m.rep.Parts, partTime{p.name, time.Since(start).Seconds()})
	}
	m.rep.judge(targets())
	return m.rep, nil
}

// timed is the part that measures commands of every runtime, with pauses and in a hot
// loop. once returns one time for each row.
func timed(once func(*runtime) ([]time.Duration, error), rows ...string) func(*measurement) error {
	return func(m *measurement) error {
		if !m.o.hotOnly() {
			if err := m.times(sectionMain, m.o, rows, once); err != nil {
				return err
			}
		}
		if m.o.hotOnly() || m.o.hot {
			hot := m.o
			hot.pause = 0
			return m.times(sectionHot, hot, rows, once)
		}
		return nil
	}
}

func (m *measurement) times(s section, o options, rows []string, once func(*runtime) ([]time.Duration, error)) error {
	var subjects []subject
	for _, r := range m.s.runtimes {
		subjects = append(subjects, subject{r.Name, func() ([]time.Duration, error) { return once(r) }})
	}
	got, err := interleave(m.ctx, o, subjects)
	if err != nil {
		return err
	}
	for i, name := range rows {
		var perRuntime [][]time.Duration
		for k := range subjects {
			perRuntime = append(perRuntime, got[k][i])
		}
		m.rep.addTimes(s, name, perRuntime)
	}
	return nil
}

// busybox is the path of one that is static.
func (m *measurement) busybox() string {
	return filepath.Join(m.s.runtimes[0].short.Rootfs(), "bin", "busybox")
}
