package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"time"

	"github.com/runseal/runseal/integration/bundle"
)

// floor measures what every runtime needs before its own work: programs that do nothing.
func (m *measurement) floor() error {
	busybox := m.busybox()
	idle := filepath.Join(m.s.dir, "idle")
	if err := compileIdle(idle); err != nil {
		return err
	}
	err := m.floors([]floorRow{
		{"empty Go program", []string{m.s.launch}},
		{"the same with runseal's start", []string{idle}},
		{"busybox true", []string{busybox, "true"}},
	})
	if err != nil {
		return err
	}
	// No peak below that of the program launch can be measured.
	kib, err := m.s.spawner.peak(m.s.launch, busybox, "true")
	if err != nil {
		return err
	}
	m.rep.add(sectionFloor, "peak memory that can be measured", mib, [][]float64{{float64(kib) / 1024}})
	return nil
}

// compileIdle makes the program of folder idle, as the Makefile does runseal, and installs it
// as dst.
func compileIdle(dst string) error {
	root, err := bundle.ModuleRoot()
	if err != nil {
		return err
	}
	flags := "-s -w"
	if goruntime.GOARCH == "amd64" {
		flags += " -E runseal_entry"
	}
	for _, experiment := range []string{"nogreenteagc", ""} { // which another Go may not have
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags="+flags, "-o", dst+".linked", "./integration/bench/idle")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOEXPERIMENT="+experiment)
		out, e := cmd.CombinedOutput()
		if e == nil {
			return install(dst+".linked", dst)
		}
		err = fmt.Errorf("go build ./integration/bench/idle: %w\n%s", e, out)
	}
	return err
}

// sandbox measures what comes nearest to a container without being one.
func (m *measurement) sandbox() error {
	bwrap, err := exec.LookPath("bwrap")
	if err != nil {
		return fmt.Errorf("%w (Debian package bubblewrap)", err)
	}
	version, err := firstLine(bwrap, "--version")
	if err != nil {
		return err
	}
	m.rep.Tools = append(m.rep.Tools, version)
	bare := filepath.Join(m.s.dir, "floor")
	if err := compileFloor(bare); err != nil {
		return err
	}
	root := m.s.runtimes[0].short.Rootfs()
	return m.floors([]floorRow{
		{"bare unshare+exec in C", []string{bare, root, "/bin/true"}},
		{"bubblewrap", []string{bwrap, "--unshare-all", "--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "/bin/true"}},
	})
}

// compileFloor compiles floor/floor.c to the file dst, static as the runtimes are not
// all: a dynamic loader takes longer than what the program does.
func compileFloor(dst string) error {
	root, err := bundle.ModuleRoot()
	if err != nil {
		return err
	}
	source := filepath.Join(root, "integration", "bench", "floor", "floor.c")
	if out, err := exec.Command("gcc", "-O2", "-Wall", "-static", "-o", dst, source).CombinedOutput(); err != nil {
		return fmt.Errorf("gcc %s: %w (Debian packages gcc and libc6-dev)\n%s", source, err, out)
	}
	return nil
}

type floorRow struct {
	name string
	argv []string
}

// floors measures programs that are no runtime against each other.
func (m *measurement) floors(rows []floorRow) error {
	var subjects []subject
	for _, r := range rows {
		subjects = append(subjects, subject{r.name, func() ([]time.Duration, error) { return one(m.s.spawner.run(r.argv...)) }})
	}
	got, err := interleave(m.ctx, m.o, subjects)
	if err != nil {
		return err
	}
	for i, r := range rows {
		m.rep.add(sectionFloor, r.name, ms, [][]float64{milliseconds(got[i][0])})
	}
	return nil
}
