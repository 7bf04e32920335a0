// Gen writes ../ztables.go, the system call tables of package arch, from the
// zsysnum_linux_*.go files of the golang.org/x/sys version in go.mod. Run it by
// go generate in the package's folder.
//
// The output depends on that module version alone, so that a test can make it
// again and compare.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// target is one architecture that gets a table.
type target struct {
	scmp  string // suffix of SCMP_ARCH_
	goos  string // suffix of zsysnum_linux_*.go
	audit string // suffix of unix.AUDIT_ARCH_
	bits  int
	fix   func(map[string]uint32) // corrections, or nil
}

// targets: one line is all that a further little-endian architecture without
// multiplexed calls needs.
var targets = []target{
	{"X86_64", "amd64", "X86_64", 64, nil},
	{"X86", "386", "I386", 32, nil},
	{"X32", "amd64", "X86_64", 32, x32},
	{"AARCH64", "arm64", "AARCH64", 64, nil},
	{"ARM", "arm", "ARM", 32, armPrivate},
}

// pseudo says whether a constant of zsysnum_linux_*.go is not a call: a
// reserved slot of mips, the start of an architecture's own block, arm's mask.
func pseudo(name string) bool {
	return name == "arch_specific_syscall" || name == "syscall_mask" ||
		strings.HasPrefix(name, "reserved") || strings.HasPrefix(name, "unused")
}

// armPrivate adds the calls of asm/unistd.h that x/sys does not list
// (__ARM_NR_BASE = 0x0f0000).
func armPrivate(t map[string]uint32) {
	for i, name := range []string{"breakpoint", "cacheflush", "usr26", "usr32", "set_tls", "get_tls"} {
		t[name] = 0x0f0001 + uint32(i)
	}
}

const x32Bit = 0x40000000

// x32 turns the amd64 table into that of x32 (asm/unistd_x32.h).
func x32(t map[string]uint32) {
	for _, name := range []string{
		"_sysctl", "create_module", "epoll_ctl_old", "epoll_wait_old", "get_kernel_syms", "get_thread_area",
		"nfsservctl", "query_module", "set_thread_area", "uselib", "vserver",
	} {
		delete(t, name)
	}
	// Calls whose structures differ from amd64's got numbers of their own,
	// in this order, from 512 on.
	for i, name := range []string{
		"rt_sigaction", "rt_sigreturn", "ioctl", "readv", "writev", "recvfrom", "sendmsg", "recvmsg", "execve",
		"ptrace", "rt_sigpending", "rt_sigtimedwait", "rt_sigqueueinfo", "sigaltstack", "timer_create",
		"mq_notify", "kexec_load", "waitid", "set_robust_list", "get_robust_list", "vmsplice", "move_pages",
		"preadv", "pwritev", "rt_tgsigqueueinfo", "recvmmsg", "sendmmsg", "process_vm_readv",
		"process_vm_writev", "setsockopt", "getsockopt", "io_setup", "io_submit", "execveat", "preadv2", "pwritev2",
	} {
		t[name] = 512 + uint32(i)
	}
	for name := range t {
		t[name] |= x32Bit
	}
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	out, err := generate()
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("ztables.go", out, 0o644); err != nil {
		log.Fatal(err)
	}
}

// generate returns the contents of ztables.go.
func generate() ([]byte, error) {
	list, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}\n{{.Version}}", "golang.org/x/sys").Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m golang.org/x/sys: %w", err)
	}
	dir, version, _ := strings.Cut(strings.TrimSpace(string(list)), "\n")

	files, err := filepath.Glob(filepath.Join(dir, "unix", "zsysnum_linux_*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no zsysnum_linux_*.go in %s: %v", dir, err)
	}
	// The names of every architecture, so that a name that is known only
	// elsewhere can be told from a misspelt one.
	known := map[string]bool{}
	for _, f := range files {
		t, err := parse(f)
		if err != nil {
			return nil, err
		}
		for name := range t {
			known[name] = true
		}
	}
	tables := make([]map[string]uint32, len(targets))
	for i, t := range targets {
		if tables[i], err = parse(filepath.Join(dir, "unix", "zsysnum_linux_"+t.goos+".go")); err != nil {
			return nil, err
		}
		if t.fix != nil {
			t.fix(tables[i])
		}
		for name := range tables[i] {
			known[name] = true
		}
	}
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	sort.Strings(names)
	return write(version, names, tables)
}

// parse reads one zsysnum file: the calls by their names in lower case.
func parse(file string) (map[string]uint32, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t := map[string]uint32{}
	for _, m := range regexp.MustCompile(`(?m)^\s+SYS_(\w+)\s*=\s*(\d+)`).FindAllSubmatch(src, -1) {
		name := strings.ToLower(string(m[1]))
		if pseudo(name) {
			continue
		}
		n, err := strconv.ParseUint(string(m[2]), 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, name, err)
		}
		t[name] = uint32(n)
	}
	if len(t) < 250 {
		return nil, fmt.Errorf("%s: only %d system calls found", file, len(t))
	}
	return t, nil
}

func write(version string, names []string, tables []map[string]uint32) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated by seccomp/arch/gen from golang.org/x/sys %s; DO NOT EDIT.\n\npackage arch\n\n", version)
	fmt.Fprintf(&b, "import \"golang.org/x/sys/unix\"\n\n")
	fmt.Fprintf(&b, "// Source names the module version that the tables were made from.\nconst Source = %q\n\n", "golang.org/x/sys "+version)
	fmt.Fprintf(&b, "const nameCount = %d\n\n", len(names))

	fmt.Fprintf(&b, "var all = [...]Arch{\n")
	for i, t := range targets {
		var top uint32
		for _, nr := range tables[i] {
			top = max(top, nr)
		}
		fmt.Fprintf(&b, "{%q, unix.AUDIT_ARCH_%s, %d, %d, &numbers%s},\n", "SCMP_ARCH_"+t.scmp, t.audit, t.bits, top, t.scmp)
	}
	fmt.Fprintf(&b, "}\n\n")

	fmt.Fprintf(&b, "// names is every name, sorted, without separators; name i is names[nameStart[i]:nameStart[i+1]].\nconst names = \"\" +\n")
	starts := []int{0}
	for _, n := range names {
		starts = append(starts, starts[len(starts)-1]+len(n))
	}
	for chunk := range slices.Chunk(names, 8) {
		fmt.Fprintf(&b, "\t%q +\n", strings.Join(chunk, ""))
	}
	fmt.Fprintf(&b, "\t\"\"\n\nvar nameStart = [nameCount + 1]uint16{\n")
	for chunk := range slices.Chunk(starts, 16) {
		for _, s := range chunk {
			fmt.Fprintf(&b, "%d, ", s)
		}
		fmt.Fprintln(&b)
	}
	fmt.Fprintf(&b, "}\n\n")

	fmt.Fprintf(&b, "// firstByte is, for the bytes '_' to 'z', the first name that begins with it or a later one.\n")
	fmt.Fprintf(&b, "var firstByte = [...]uint16{\n")
	for c := byte('_'); c <= 'z'+1; c++ {
		at, _ := slices.BinarySearch(names, string(c))
		fmt.Fprintf(&b, "%d, ", at)
	}
	fmt.Fprintf(&b, "\n}\n\n")
	if names[0][0] < '_' || names[len(names)-1][0] > 'z' {
		return nil, fmt.Errorf("a name begins with something else than a letter or _: %s, %s", names[0], names[len(names)-1])
	}

	for i, t := range targets {
		seen := map[uint32]string{}
		fmt.Fprintf(&b, "// numbers%s has %d calls.\nvar numbers%s = [nameCount]uint32{\n", t.scmp, len(tables[i]), t.scmp)
		for chunk := range slices.Chunk(names, 16) {
			for _, n := range chunk {
				nr, ok := tables[i][n]
				if !ok {
					fmt.Fprintf(&b, "none, ")
					continue
				}
				if other, dup := seen[nr]; dup {
					return nil, fmt.Errorf("%s: %s and %s both have number %d", t.scmp, other, n, nr)
				}
				seen[nr] = n
				fmt.Fprintf(&b, "%d, ", nr)
			}
			fmt.Fprintln(&b)
		}
		fmt.Fprintf(&b, "}\n\n")
	}
	return format.Source(b.Bytes())
}
