package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ctr measures `ctr run --rm`, from the start of ctr to its end, with each runtime below
// the same containerd.
func (m *measurement) ctr() (err error) {
	daemon, err := startContainerd(filepath.Join(m.s.dir, "ctr"))
	defer func() {
		if daemon != nil {
			err = errors.Join(err, daemon.close())
		}
	}()
	if err != nil {
		return err
	}
	version, err := firstLine(daemon.ctr, "--version")
	if err != nil {
		return err
	}
	m.rep.Tools = append(m.rep.Tools, version+" with "+ctrSnapshotter+" on tmpfs")
	var subjects []subject
	for _, r := range m.s.runtimes {
		argv := daemon.argv("run", "--rm", "--snapshotter", ctrSnapshotter,
			"--runc-binary", r.program, "--runc-root", filepath.Join(daemon.dir, "runtime-"+r.Name),
			"--cgroup", fmt.Sprintf("%s/%d-%s-ctr", cgroupParent, os.Getpid(), r.Name),
			ctrImage, "bench-"+r.Name, "/bin/true")
		subjects = append(subjects, subject{r.Name, func() ([]time.Duration, error) { return one(m.s.spawner.run(argv...)) }})
	}
	got, err := interleave(m.ctx, m.o, subjects)
	if err != nil {
		return err
	}
	m.rep.addTimes(sectionMain, rowCtr, firsts(got))
	return nil
}

// firsts picks the first row of each subject.
func firsts(got [][][]time.Duration) [][]time.Duration {
	var times [][]time.Duration
	for _, rows := range got {
		times = append(times, rows[0])
	}
	return times
}
