package main

import (
	"fmt"
	"os"
	"os/exec"
	goruntime "runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// machine says where figures come from. What cannot be found out is empty.
type machine struct {
	Cores  int    `json:"cores"` // that this process may use
	CPU    string `json:"cpu"`
	Kernel string `json:"kernel"`
	System string `json:"system"` // the distribution
	Cgroup string `json:"cgroup"`
}

func thisMachine() machine {
	m := machine{Cores: goruntime.NumCPU(), Cgroup: cgroupLayout()}
	var u unix.Utsname
	if err := unix.Uname(&u); err == nil {
		m.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPU = value(string(text), "model name", ":")
	}
	if text, err := os.ReadFile("/etc/os-release"); err == nil {
		m.System = strings.Trim(value(string(text), "PRETTY_NAME", "="), `"`)
	}
	return m
}

func cgroupLayout() string {
	var st unix.Statfs_t
	if err := unix.Statfs(cgroupRoot, &st); err != nil {
		return ""
	}
	if st.Type == unix.CGROUP2_SUPER_MAGIC {
		return "cgroup v2"
	}
	if err := unix.Statfs(cgroupRoot+"/unified", &st); err == nil && st.Type == unix.CGROUP2_SUPER_MAGIC {
		return "cgroup v1 hybrid"
	}
	return "cgroup v1"
}

// value is that of the first line KEY separator VALUE in a text, or "".
func value(text, key, separator string) string {
	for l := range strings.Lines(text) {
		if k, v, ok := strings.Cut(l, separator); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// String is "2 cores (CPU), Linux 6.18.1, cgroup v2, Debian GNU/Linux 13".
func (m machine) String() string {
	s := fmt.Sprintf("%d cores", m.Cores)
	if m.CPU != "" {
		s += " (" + m.CPU + ")"
	}
	for _, part := range []string{"Linux " + m.Kernel, m.Cgroup, m.System} {
		if part != "" {
			s += ", " + part
		}
	}
	return s
}

// firstLine is that of a program's output.
func firstLine(argv ...string) (string, error) {
	out, err := exec.Command(argv[0], argv[1:]...).Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(argv, " "), err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line, nil
}
