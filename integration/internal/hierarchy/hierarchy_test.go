package hierarchy

import "testing"

func TestLine(t *testing.T) {
	type found struct {
		enabled bool
		cgroups int
	}
	for text, want := range map[string]found{
		"hugetlb\t0\t1\t1\n":                              {true, 1},
		"cpu\t1\t9\t1\nhugetlb\t9\t4\t1\n":                {true, 4},
		"hugetlb\t0\t1\t0\n":                              {false, 1},
		"hugetlb2\t0\t1\t1\n":                             {},
		"#subsys_name\thierarchy\tnum_cgroups\tenabled\n": {},
	} {
		if enabled, n := line(text, "hugetlb"); (found{enabled, n}) != want {
			t.Errorf("%q: %v %d, want %v", text, enabled, n, want)
		}
	}
}

// What /proc/cgroups says of a hierarchy's number is no sign of a mount.
func TestMounted(t *testing.T) {
	for text, want := range map[string]bool{
		"36 35 0:30 / /sys/fs/cgroup/hugetlb rw - cgroup cgroup rw,hugetlb": true,
		"36 35 0:30 / /sys/fs/cgroup/x rw - cgroup cgroup rw,cpu,hugetlb":   true,
		"36 35 0:30 / /sys/fs/cgroup/hugetlb rw - cgroup cgroup rw,cpu":     false,
		"36 35 0:30 / /sys/fs/cgroup/hugetlb rw - cgroup2 cgroup2 rw":       false,
		"36 35 0:30 / /hugetlb rw - tmpfs cgroup rw,hugetlb":                false,
	} {
		if got := mounted(text+"\n", "hugetlb"); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
