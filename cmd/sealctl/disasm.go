package main

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"
)

// disasmCommand prints the text of a filter.
func disasmCommand() *cli.Command {
	return &cli.Command{
		Name:      "disasm",
		Usage:     "print the text of a filter, from a file or from a process",
		ArgsUsage: "FILE",
		Description: "FILE, or - for standard input, is an array of struct sock_filter in the byte order of this machine, 8\n" +
			"bytes for each instruction, as sealctl compile --output raw writes it. With --pid the filters of a\n" +
			"process or thread are read back from the kernel, the newest first; that stops it for a moment, and needs\n" +
			"CAP_SYS_ADMIN in the initial user namespace.\n\n" +
			"   sealctl compile -o raw profile.json | sealctl disasm -\n" +
			"   sealctl disasm --pid 4711",
		Flags:        []cli.Flag{&cli.IntFlag{Name: "pid", Usage: "read the filters of the process `PID`"}},
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.IsSet("pid") {
				if c.NArg() != 0 {
					return fmt.Errorf("disasm takes --pid or a FILE, got both")
				}
				return disasmProcess(c, c.Int("pid"))
			}
			if c.NArg() != 1 {
				return fmt.Errorf("disasm takes one FILE, or --pid, got %d arguments", c.NArg())
			}
			prog, err := readProgram(c.Args().First(), c.App.Reader)
			if err != nil {
				return err
			}
			if err := bpf.Check(prog); err != nil {
				warn(c, fmt.Sprintf("the kernel would not take this filter: %s", err))
			}
			return (&seccomp.Filter{Instructions: prog}).WriteListing(c.App.Writer)
		},
	}
}

// disasmProcess prints all filters of a process, each below a line of its own.
func disasmProcess(c *cli.Context, pid int) error {
	filters, err := seccomp.ReadFilters(pid)
	if err != nil {
		return err
	}
	if len(filters) == 0 {
		return fmt.Errorf("process %d has no seccomp filter", pid)
	}
	for i, f := range filters {
		if _, err := fmt.Fprintf(c.App.Writer, "filter %d of %d, %d instructions:\n", len(filters)-i, len(filters), len(f.Instructions)); err != nil {
			return err
		}
		if err := (&seccomp.Filter{Instructions: f.Instructions}).WriteListing(c.App.Writer); err != nil {
			return err
		}
	}
	return nil
}

// instructionSize is the size of struct sock_filter (linux/filter.h).
const instructionSize = 8

// readProgram reads an array of struct sock_filter from the named file, or from
// stdin if the name is "-".
func readProgram(name string, stdin io.Reader) ([]bpf.Instruction, error) {
	const limit = bpf.MaxInstructions * instructionSize
	data, name, err := readInput(name, stdin, limit)
	switch {
	case err != nil:
		return nil, err
	case len(data) > limit:
		return nil, fmt.Errorf("%s: more than %d instructions, the kernel's limit", name, bpf.MaxInstructions)
	case len(data) == 0 || len(data)%instructionSize != 0:
		return nil, fmt.Errorf("%s: %d bytes, expected instructions of %d bytes each", name, len(data), instructionSize)
	}
	var prog []bpf.Instruction
	for ; len(data) > 0; data = data[instructionSize:] {
		prog = append(prog, bpf.Instruction{
			Op: binary.NativeEndian.Uint16(data), Jt: data[2], Jf: data[3], K: binary.NativeEndian.Uint32(data[4:]),
		})
	}
	return prog, nil
}
