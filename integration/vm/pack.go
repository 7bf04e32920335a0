package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/runseal/runseal/integration/vm/internal/initramfs"
	"github.com/runseal/runseal/integration/vm/internal/kernel"
	"github.com/runseal/runseal/integration/vm/internal/wire"
	"github.com/runseal/runseal/integration/vm/node"
)

// Where things are in the machine.
const (
	inSource   = "/src" // the module's root: go.mod and testdata, no code
	inTests    = "/vm/tests"
	inPrograms = "/vm/programs"
	inFiles    = "/vm/files"
	inRuntime  = "/usr/local/sbin/runseal"
)

// env is what the tests are told.
var env = []string{"RUNSEAL_PROGRAMS=" + inPrograms, "RUNSEAL_VM=1"}

// runtime returns what the tests are told of the runtime. Where it could be written to it
// makes a read-only clone of itself at each start, and on Linux before 5.12 a copy: code
// that the emulator has never seen, which takes ten times as long. So most suites have it
// where that is not needed.
func (s suite) runtime(t target) string {
	if s.writable || t.node != "" {
		return "RUNSEAL=" + inRuntime
	}
	return "RUNSEAL=" + wire.ReadOnly + "/" + filepath.Base(inRuntime)
}

// pack writes the initial file system and returns its size in bytes.
func pack(path string, k *kernel.Kernel, b *built, busybox string, t target, list []suite, jobs []wire.Job) (size int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := initramfs.New(f)
	w.File("/init", b.path("init"))
	w.File("/bin/busybox", busybox)
	w.File(inRuntime, b.path("runseal"))
	w.Tree(inPrograms, b.path("programs"))
	w.Tree(inFiles, b.path("files"))
	w.Data("/etc/passwd", []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"), 0o644)
	w.Data("/etc/group", []byte("root:x:0:\nnogroup:x:65534:\n"), 0o644)
	w.File(inSource+"/go.mod", "go.mod")
	for _, s := range list {
		w.File(s.inMachine(b), b.test(s))
		w.Dir(inSource + "/" + s.pkg)
		if data := s.pkg + "/testdata"; exists(data) {
			w.Tree(inSource+"/"+data, data)
		}
		for _, data := range s.data {
			w.Tree(inSource+"/"+data, data)
		}
	}
	need := modules
	if t.node != "" {
		w.Data(wire.DiskPath, []byte(node.Device), 0o644)
		w.File(node.Init, b.path("init"))
		need = slices.Concat(modules, node.Modules)
	}
	mods, err := k.Modules(need...)
	if err != nil {
		return 0, err
	}
	for i, m := range mods {
		w.Data(fmt.Sprintf("/vm/modules/%02d-%s.ko", i, m.Name), m.Data, 0o644)
	}
	text, err := json.Marshal(jobs)
	if err != nil {
		return 0, err
	}
	w.Data(wire.JobsPath, text, 0o644)
	err = w.Close()
	return w.Size(), err
}

// inMachine is where the machine has a suite's test binary.
func (s suite) inMachine(b *built) string { return inTests + "/" + filepath.Base(b.test(s)) }

// job is how a suite is run in the machine.
func (s suite) job(t target, b *built, o options) wire.Job {
	if s.program {
		return wire.Job{Name: s.pkg, Dir: "/", Args: append([]string{s.inMachine(b)}, s.args...), Env: slices.Concat(env, []string{s.runtime(t)}, t.env, s.env), Seconds: s.seconds}
	}
	args := append([]string{s.inMachine(b), "-test.v=test2json", "-test.count=1", "-test.short",
		fmt.Sprintf("-test.timeout=%ds", s.seconds)}, s.args...)
	if o.run != "" {
		args = append(args, "-test.run="+o.run)
	}
	asks := s.asksOf(t, o.all || o.run != "")
	return wire.Job{Name: s.pkg, Dir: inSource + "/" + s.pkg, Args: args, Env: slices.Concat(env, []string{s.runtime(t)}, t.env, s.env), Seconds: s.seconds + 10, List: true, Asks: asks}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// fileName makes a target's name one for files.
func fileName(name string) string { return strings.ReplaceAll(name, "/", "-") }
