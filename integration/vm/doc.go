package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

const docPath = "docs/kernels.md"

// doc writes docs/kernels.md from what the last run of all machines has seen.
func doc(opt options) error {
	if err := atModuleRoot(); err != nil {
		return err
	}
	r, err := load(opt)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: it is written by a run of all targets without a failure (make test-vm)", err)
	}
	if err != nil {
		return err
	}
	var text strings.Builder
	page(&text, r)
	return os.WriteFile(docPath, []byte(text.String()), 0o644)
}

// page prints the page. Times are left out: they are of one machine on one day.
func page(w io.Writer, r record) {
	fmt.Fprint(w, `# Kernels

<!-- Written by make docs-kernels from a run of make test-vm; do not edit. -->

runseal needs Linux 5.10 or newer. This page says which kernels it is tested on, what it uses of each, and what it does
where something is missing. The tables come from a run of the tests in virtual machines: integration/vm.

## What is tested

All of these are Debian's kernels with cgroup version 2 alone (`+"`cgroup_no_v1=all`"+`); version 1 and the hybrid layout
are tested on the machine that runs `+"`make test`"+`. What asks the kernel for something that differs from one to the other
runs on all of them; with `+"`make test-vm VMFLAGS=-all`"+` all other tests do so too.

| | kernel | about | tests |
|---|---|---|---|
`)
	for _, m := range r.Machines {
		fmt.Fprintf(w, "| %s | %s | %s | %d of %d |\n", m.Name, m.Release, m.About, m.Passed, m.Tests)
	}
	var with []machineRecord
	for _, m := range r.Machines {
		if len(m.Probes) > 0 {
			with = append(with, m)
		}
	}
	if len(with) > 0 {
		used(w, with)
	}
	fmt.Fprint(w, `
## On an older kernel

runseal looks at no version number. It makes its calls, and a call that the kernel does not have is an error which names
the call, the version that brought it and the field of config.json that asked for it; the container is not started, and
nothing is left behind:

    runseal: create the container's process: clone3: function not implemented (came with Linux 5.3; runseal needs 5.10 or newer) (config.json: linux.namespaces)
`)
}

// used prints what each kernel has of what runseal uses.
func used(w io.Writer, list []machineRecord) {
	fmt.Fprint(w, "\n## What runseal uses, and what it does without\n\n| | Linux |")
	for _, m := range list {
		fmt.Fprintf(w, " %s |", m.Name)
	}
	fmt.Fprint(w, " used for | without it |\n|---|---|")
	for range list {
		fmt.Fprint(w, "---|")
	}
	fmt.Fprint(w, "---|---|\n")
	for _, p := range list[0].Probes {
		fmt.Fprintf(w, "| %s | %s |", p.Name, p.Since)
		for _, m := range list {
			i := slices.IndexFunc(m.Probes, func(q probe) bool { return q.Name == p.Name })
			switch {
			case i < 0:
				fmt.Fprint(w, " |")
			case m.Probes[i].Here:
				fmt.Fprint(w, " yes |")
			default:
				fmt.Fprint(w, " - |")
			}
		}
		fmt.Fprintf(w, " %s | %s |\n", p.UsedFor, p.Without)
	}
}
