package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime/spec"
	"github.com/urfave/cli/v2"
)

// update is `runseal update`.
func (in *invocation) update() *cli.Command {
	var (
		file, kernel, kernelTCP, cache, bandwidth string
		given                                     []string // the flags that name limits

		cpu   specs.LinuxCPU
		mem   specs.LinuxMemory
		pids  specs.LinuxPids
		block specs.LinuxBlockIO
	)
	limit := func(name, arg, usage string, value settable) cli.Flag {
		return &option{name: name, arg: arg, usage: usage, value: &limit{name, &given, value}}
	}
	return &cli.Command{
		Usage:     "change the limits of a container",
		UsageText: "runseal update [flags] " + idArgument,
		Description: `Only what is named changes. Sizes are in bytes, or have one of the units K, M,
G, T and P (powers of 1024); times are in microseconds. -1 takes a limit of
memory, processes or CPU time away; 0 leaves it as it is, but for --cpu-burst
and --cpu-idle.

The file of --resources has a linux.resources object as in config.json. Its
devices are ignored.

The limits of Intel RDT are changed alone, and of a container that has a group
of its own: linux.intelRdt without closID.`,
		Flags: []cli.Flag{
			&option{name: "resources", short: "r", arg: "FILE", usage: "JSON file with the limits, - for standard input; not with other flags", value: (*text)(&file)},
			limit("memory", "SIZE", "limit of memory", size{&mem.Limit}),
			limit("memory-reservation", "SIZE", "memory that the container keeps when the host runs short", size{&mem.Reservation}),
			limit("memory-swap", "SIZE", "limit of memory and swap together", size{&mem.Swap}),
			limit("pids-limit", "N", "limit of processes and threads", signed{&pids.Limit}),
			limit("cpu-share", "N", "weight against other cgroups, 2 to 262144", unsigned{&cpu.Shares}),
			limit("cpu-quota", "TIME", "limit of processor time in a period", signed{&cpu.Quota}),
			limit("cpu-period", "TIME", "length of the period, 1000 to 1000000", unsigned{&cpu.Period}),
			limit("cpu-burst", "TIME", "unused time that may be saved up, at most the quota", unsigned{&cpu.Burst}),
			limit("cpu-rt-period", "TIME", "length of the period of realtime processes (v1)", unsigned{&cpu.RealtimePeriod}),
			limit("cpu-rt-runtime", "TIME", "limit of processor time of realtime processes in it (v1)", signed{&cpu.RealtimeRuntime}),
			limit("cpu-idle", "0|1", "1: run when nothing else does (SCHED_IDLE)", signed{&cpu.Idle}),
			limit("cpuset-cpus", "LIST", "processors to run on, such as 0-3,7", words{&cpu.Cpus}),
			limit("cpuset-mems", "LIST", "memory nodes to use", words{&cpu.Mems}),
			limit("blkio-weight", "N", "weight of block I/O, 10 to 1000", weight{&block.Weight}),
			&option{name: "kernel-memory", arg: "SIZE", usage: "ignored, as by runc", value: (*text)(&kernel)},
			&option{name: "kernel-memory-tcp", arg: "SIZE", usage: "ignored, as by runc", value: (*text)(&kernelTCP)},
			&option{name: "l3-cache-schema", arg: "TEXT", usage: "share of the L3 cache, such as L3:0=ff (Intel RDT)", value: (*text)(&cache)},
			&option{name: "mem-bw-schema", arg: "TEXT", usage: "share of memory bandwidth, such as MB:0=50 (Intel RDT)", value: (*text)(&bandwidth)},
		},
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, idArgument); err != nil {
				return err
			}
			switch {
			case (cache != "" || bandwidth != "") && (file != "" || len(given) > 0):
				// There would be two things to undo if the second failed.
				return wrongUsage(c, "--l3-cache-schema and --mem-bw-schema cannot be combined with other limits")
			case cache != "" || bandwidth != "":
				return in.containers(true).UpdateSchemata(c.Args().First(), cache, bandwidth)
			case file != "" && len(given) > 0:
				return wrongUsage(c, "--%s cannot be combined with --resources, whose file has all that is to change", given[0])
			case kernel != "" || kernelTCP != "":
				in.log.trace("limits of kernel memory are ignored")
			}
			if pids.Limit != nil && *pids.Limit == 0 {
				pids.Limit = nil // as with runc; in a file it is a limit
			}
			r := &specs.LinuxResources{Memory: &mem, CPU: &cpu, Pids: &pids, BlockIO: &block}
			if file != "" {
				var err error
				if r, err = readResources(file); err != nil {
					return err
				}
			}
			return in.containers(true).Update(c.Args().First(), r)
		},
	}
}

// readResources reads the file of --resources, which is often a pipe.
func readResources(path string) (*specs.LinuxResources, error) {
	f := os.Stdin
	if path != "-" {
		var err error
		if f, err = os.Open(path); err != nil {
			return nil, fmt.Errorf("--resources: %w", err)
		}
		defer f.Close()
	}
	data, err := io.ReadAll(io.LimitReader(f, spec.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("--resources: %w", err)
	}
	r, err := spec.ParseResources(data)
	if err != nil {
		return nil, fmt.Errorf("resources: %w", err)
	}
	return r, nil
}

// settable is where the value of a limit goes.
type settable interface{ Set(text string) error }

// limit is a flag that names a limit. An empty value is none, as with runc.
type limit struct {
	name  string
	given *[]string
	settable
}

func (l *limit) String() string { return "" }
func (l *limit) Set(text string) error {
	if text == "" {
		return nil
	}
	*l.given = append(*l.given, l.name)
	return l.settable.Set(text)
}

type (
	signed   struct{ to **int64 }
	unsigned struct{ to **uint64 }
	weight   struct{ to **uint16 }
	size     struct{ to **int64 }
	words    struct{ to *string }
)

func (v words) Set(text string) error { *v.to = text; return nil }

func (v signed) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return errors.New("expected a whole number")
	}
	*v.to = &n
	return nil
}

func (v unsigned) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return errors.New("expected a whole number that is not negative")
	}
	*v.to = &n
	return nil
}

func (v weight) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return errors.New("expected a number from 10 to 1000")
	}
	w := uint16(n)
	*v.to = &w
	return nil
}

func (v size) Set(text string) error {
	n, ok := parseSize(text)
	if !ok {
		return errors.New("expected a number of bytes, or with a unit such as 512K, 100M or 1.5G, or -1 for no limit")
	}
	*v.to = &n
	return nil
}
