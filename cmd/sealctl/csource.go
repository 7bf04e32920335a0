package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/runseal/runseal/seccomp"
)

// writeC writes the filter as a C array for struct sock_fprog, with the listing as
// comments. It is for machines with the byte order of the profile's architectures.
func writeC(w io.Writer, f *seccomp.Filter) error {
	lines := strings.Split(strings.TrimSuffix(f.Disassemble(), "\n"), "\n")
	var b strings.Builder
	fmt.Fprintf(&b, "/* %d instructions, to be installed with flags %#x (SECCOMP_FILTER_FLAG_*). */\n", len(f.Instructions), f.Flags)
	b.WriteString("#include <linux/filter.h>\n\nstatic const struct sock_filter filter[] = {\n")
	for i, ins := range f.Instructions {
		fmt.Fprintf(&b, "\t{ %#04x, %3d, %3d, %#08x }, /* %s */\n", ins.Op, ins.Jt, ins.Jf, ins.K, lines[i])
	}
	b.WriteString("};\n")
	_, err := io.WriteString(w, b.String())
	return err
}
