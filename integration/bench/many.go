package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/runseal/runseal/integration/bundle"
)

// workers is how many commands of the runtime run at a time in part many.
const workers = 8

// settling is how many pauses long it waits before containers are made and before they
// are deleted: the kernel is clearing up after those of the runtime before, and after the
// processes that were ended, 200 times what it does between two other commands.
const settling = 15

// manyRounds is how often all the containers are made: that is a median over many
// containers already.
const manyRounds = 3

// many measures how fast containers come and go when several are made at a time. They
// all exist at the same time, and their process sleeps.
func (m *measurement) many() (err error) {
	dirs, err := m.manyBundles()
	if err != nil {
		return err
	}
	var pool []*worker
	defer func() {
		for _, w := range pool {
			err = errors.Join(err, w.close())
		}
	}()
	for i := range workers {
		w, err := newWorker(filepath.Join(m.s.dir, fmt.Sprintf("stderr-%d", i)))
		if err != nil {
			return err
		}
		pool = append(pool, w)
	}
	var subjects []subject
	for _, r := range m.s.runtimes {
		subjects = append(subjects, subject{r.Name, func() ([]time.Duration, error) { return r.crowd(m.ctx, pool, dirs, settling*m.o.pause) }})
	}
	o := m.o
	o.n, o.warmup = min(o.n, manyRounds), 0
	got, err := interleave(m.ctx, o, subjects)
	if err != nil {
		return err
	}
	for row, name := range []string{rowMany, rowManyStart, rowManyDelete} {
		rates := make([][]float64, len(got))
		for k := range got {
			rates[k] = perSecond(len(dirs), got[k][row])
		}
		m.rep.add(sectionMain, name, rate, rates)
	}
	m.rep.Many = len(dirs)
	return nil
}

// manyBundles writes as many configurations, which have a root file system in common
// and a cgroup each.
func (m *measurement) manyBundles() ([]string, error) {
	long := m.s.runtimes[0].long
	var dirs []string
	for i := range m.o.many {
		dir := filepath.Join(m.s.dir, "many", fmt.Sprint(i))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		spec, root := *long.Spec, *long.Spec.Root
		root.Path = long.Rootfs()
		spec.Root = &root
		linux := *spec.Linux
		spec.Linux = &linux
		b := &bundle.Bundle{Dir: dir, Spec: &spec}
		cgroup := bundle.CgroupsPath(fmt.Sprintf("%s/%d-many-%d", cgroupParent, os.Getpid(), i))
		if err := b.Set(cgroup); err != nil {
			return nil, err
		}
		dirs = append(dirs, dir)
	}
	return dirs, nil
}

// crowd waits for some time, makes a container of each bundle, ends their processes, waits
// again, and deletes them. It returns the time of both, of create and start, and of
// delete.
func (r *runtime) crowd(ctx context.Context, pool []*worker, dirs []string, wait time.Duration) ([]time.Duration, error) {
	var begin, end [][][]string
	for i, dir := range dirs {
		id := manyID(i)
		begin = append(begin, [][]string{r.argv(r.createArgs(dir, id)...), r.argv("start", id)})
		end = append(end, [][]string{r.argv("delete", id)})
	}
	if err := rest(ctx, wait); err != nil {
		return nil, err
	}
	start, err := all(ctx, pool, begin)
	if err != nil {
		return nil, err
	}
	for i := range dirs {
		if err := r.track(manyID(i)); err != nil {
			return nil, err
		}
		if err := syscall.Kill(r.pid(manyID(i)), syscall.SIGKILL); err != nil {
			return nil, fmt.Errorf("kill the process of %s: %w", manyID(i), err)
		}
	}
	for i := range dirs {
		if err := r.reap(manyID(i)); err != nil {
			return nil, err
		}
	}
	if err := rest(ctx, wait); err != nil {
		return nil, err
	}
	del, err := all(ctx, pool, end)
	return []time.Duration{start + del, start, del}, err
}

func manyID(i int) string { return fmt.Sprintf("%smany-%d", prefix, i) }

// all deals the items, each a list of commands, to the workers, and returns the time until
// the last one is done. An error of one, or the end of ctx, stops all of them behind the
// command that is running, for good.
func all(ctx context.Context, pool []*worker, items [][][]string) (time.Duration, error) {
	hands := make([][][]string, len(pool))
	for i, item := range items {
		k := i % len(pool)
		hands[k] = append(hands[k], item...)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() {
		for _, w := range pool {
			w.stop()
		}
	})()
	var wg sync.WaitGroup
	start := time.Now()
	for k, w := range pool {
		wg.Go(func() {
			if err := w.run(hands[k]); err != nil {
				cancel(err) // the first one counts: the others were stopped
			}
		})
	}
	wg.Wait()
	return time.Since(start), context.Cause(ctx)
}
