// Gen writes ../ztables.go, the system call tables of package arch, from the
// zsysnum_linux_*.go files of the golang.org/x/sys version in go.mod and from
// intargs.txt. Run it by go generate in the package's folder.
//
// The output depends on these alone, so that a test can make it again and
// compare.
package main

import (
	_ "embed"
	"fmt"
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

//go:embed intargs.txt
var intArgsText string

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
	narrow, err := intArgs(names)
	if err != nil {
		return nil, err
	}
	return write(version, names, tables, narrow)
}

// intArgs reads intargs.txt: by position in names a bit for each argument.
func intArgs(names []string) ([]uint8, error) {
	masks := make([]uint8, len(names))
	last := ""
	for line := range strings.Lines(intArgsText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		at, ok := slices.BinarySearch(names, name)
		switch {
		case !ok:
			return nil, fmt.Errorf("intargs.txt: unknown system call %q", name)
		case name <= last:
			return nil, fmt.Errorf("intargs.txt: %q is not in order", name)
		case args == "":
			return nil, fmt.Errorf("intargs.txt: %s has no arguments", name)
		}
		last = name
		for i := range len(args) {
			if args[i] < '0' || args[i] > '5' || i > 0 && args[i] <= args[i-1] {
				return nil, fmt.Errorf("intargs.txt: %s: arguments %q, expected ascending digits from 0 to 5", name, args)
			}
			masks[at] |= 1 << (args[i] - '0')
		}
	}
	return masks, nil
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
