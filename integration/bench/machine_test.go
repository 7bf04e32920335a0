package main

import "testing"

func TestValue(t *testing.T) {
	const text = "processor\t: 0\nmodel name\t: AMD EPYC: x\nmodel name\t: other\n"
	if got := value(text, "model name", ":"); got != "AMD EPYC: x" {
		t.Errorf("got %q", got)
	}
	if got := value(text, "model", ":"); got != "" {
		t.Errorf("no such key: got %q", got)
	}
}

func TestMachineString(t *testing.T) {
	m := machine{Cores: 2, Kernel: "6.1", Cgroup: "cgroup v1"}
	if got := m.String(); got != "2 cores, Linux 6.1, cgroup v1" {
		t.Errorf("got %q", got)
	}
}

func TestIsZombie(t *testing.T) {
	for _, c := range []struct {
		stat string
		want bool
	}{
		{"7 (containerd-shim) Z 12 7 7 0 -1", true},
		{"7 (containerd-shim) S 12 7 7 0 -1", false},
		{"7 (containerd-shim) Z 13 7 7 0 -1", false},
		{"7 (sleep) Z 12 7 7 0 -1", false},
		{"7 (a) Z 12 (b) R 1 7", false},
		{"", false},
	} {
		if got := isZombie(c.stat, "containerd-shim-runc-v2", 12); got != c.want {
			t.Errorf("%q: got %v", c.stat, got)
		}
	}
}
