package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/runseal/runseal/integration/vm/internal/kernel"
	"github.com/runseal/runseal/integration/vm/internal/machine"
	"github.com/runseal/runseal/integration/vm/internal/wire"
)

// test runs the matrix.
func test(ctx context.Context, o options) error {
	if err := atModuleRoot(); err != nil {
		return err
	}
	list, err := o.chosen()
	if err != nil {
		return err
	}
	began := time.Now()
	// One after the other: downloads and compilers use all of the machine anyway.
	ready := make([]func(context.Context) *outcome, len(list))
	for i, t := range list {
		if ready[i], err = prepare(ctx, o, t); err != nil {
			return err
		}
	}
	fmt.Printf("prepared %d machines in %.0f s\n", len(list), time.Since(began).Seconds())
	outcomes := make([]*outcome, len(list))
	var wg sync.WaitGroup
	next := make(chan int)
	for range max(1, o.at) {
		wg.Go(func() {
			for i := range next {
				outcomes[i] = ready[i](ctx)
				fmt.Println(outcomes[i].line(o))
			}
		})
	}
	for _, i := range longestFirst(list) {
		next <- i
	}
	close(next)
	wg.Wait()
	err = report(os.Stdout, o, outcomes)
	if err == nil && o.run == "" && o.kernel == "" {
		err = save(o, outcomes) // for docs/kernels.md, which is about all of them
	}
	return err
}

// longestFirst returns the indices of targets in the order in which they are to be
// started, so that the last to end is a short one.
func longestFirst(list []target) []int {
	weight := func(t target) int {
		switch {
		case t.node != "":
			return 2
		case len(t.jobs) > 0:
			return 0
		}
		return 1
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return weight(list[b]) - weight(list[a]) })
	return order
}

// prepare fetches, compiles and packs what a target needs, and returns what
// boots it.
func prepare(ctx context.Context, o options, t target) (func(context.Context) *outcome, error) {
	k, err := getKernel(ctx, o.cache, t.kernel)
	if err != nil {
		return nil, err
	}
	disks, err := t.disks(ctx, o)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(t.suites(), func(s suite) bool { return !o.runs(s, t) })
	b, err := build(ctx, o.out, t.arch(), list)
	if err != nil {
		return nil, err
	}
	var jobs []wire.Job
	for _, s := range list {
		jobs = append(jobs, s.job(t, b, o))
	}
	return func(ctx context.Context) *outcome { return boot(ctx, o, t, k, disks, b, list, jobs) }, nil
}

// boot packs, starts the machine and collects what it says.
func boot(ctx context.Context, o options, t target, k *kernel.Kernel, disks []string, b *built, list []suite, jobs []wire.Job) *outcome {
	out := &outcome{target: t}
	began := time.Now()
	var also io.Writer
	if o.verbose {
		also = os.Stdout
	}
	out.err = out.run(ctx, o, k, disks, b, list, jobs, also)
	out.seconds = time.Since(began).Seconds()
	return out
}

// run boots the machine and fills in the outcome. What the tests print goes to a
// file beside the console's, and to also.
func (o *outcome) run(ctx context.Context, opt options, k *kernel.Kernel, disks []string, b *built, list []suite, jobs []wire.Job, also io.Writer) (err error) {
	t := o.target
	file := func(suffix string) string { return filepath.Join(opt.out, fileName(t.name)+suffix) }
	log, err := os.Create(file(".log"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	w := io.Writer(log)
	if also != nil {
		w = io.MultiWriter(log, also)
	}
	for i, j := range jobs {
		o.suites = append(o.suites, &suiteOutcome{name: j.Name, log: w, head: log, program: list[i].program, show: list[i].show})
	}
	busybox, err := busyboxOf(ctx, opt.cache, t.arch())
	if err != nil {
		return err
	}
	defer os.Remove(file(".cpio"))
	size, err := pack(file(".cpio"), k, b, busybox, t, list, jobs)
	if err != nil {
		return err
	}
	m := machine.Machine{
		Arch: t.arch(), Kernel: k.Image, Initrd: file(".cpio"), Append: t.append, CPUs: 1, // two spin for each other while the host runs something else
		Memory:  max(768, int(3*size>>20)+256),
		Disks:   disks,
		Console: file(".console"),
		Timeout: timeout(jobs),
	}
	return m.Run(ctx, o.take)
}

// timeout of a machine: its suites' limits added up would allow a machine that
// hangs in each to run for an hour; what is meant is one that hangs in one.
func timeout(jobs []wire.Job) time.Duration {
	longest := 0
	for _, j := range jobs {
		longest = max(longest, j.Seconds)
	}
	return time.Duration(longest+60)*time.Second + 5*time.Minute
}

// suites of a target.
func (t target) suites() (list []suite) {
	for _, s := range suites {
		if (s.arch == "" || s.arch == t.arch()) && s.node == (t.node != "") && (s.only == "" || s.only == t.name) && (len(t.jobs) == 0 || slices.Contains(t.jobs, s.pkg)) {
			list = append(list, s)
		}
	}
	return list
}
