package scenario

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// root is the root directory of a process, seen from the host.
func root(pid int) string { return proc(pid, "root") }

func proc(pid int, name string) string { return fmt.Sprintf("/proc/%d/%s", pid, name) }

// alive tells whether there is a process that is no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(proc(pid, "stat"))
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}

// cgroupFile is the content of a file of the process's cgroup: HIERARCHY/NAME of version 1,
// or another name of version 2.
func cgroupFile(r *Run, pid int, one, two string) string {
	r.Helper()
	list, err := os.ReadFile(proc(pid, "cgroup"))
	if err != nil {
		r.Fatal(err)
	}
	controller, name := filepath.Split(one)
	controller = strings.TrimSuffix(controller, "/")
	path := ""
	for line := range strings.Lines(string(list)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case f[1] == controller:
			path = filepath.Join("/sys/fs/cgroup", controller, f[2], name)
		case f[1] == "" && path == "" && !hybrid():
			path = filepath.Join("/sys/fs/cgroup", f[2], two)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		r.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// hybrid tells whether the machine has hierarchies of version 1.
func hybrid() bool {
	_, err := os.Stat("/sys/fs/cgroup/cgroup.controllers")
	return err != nil
}

// mountIDs are the numbers of peer groups in mountinfo.
var mountIDs = regexp.MustCompile(`(master|shared):\d+ `)

// layerDirs are where an overlay mount has its layers, which are other ones in each
// container.
var layerDirs = regexp.MustCompile(`\b((?:lower|upper|work)dir)=[^, \n]*`)
