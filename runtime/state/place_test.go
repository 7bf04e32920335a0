package state

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPlaceRoundTrip(t *testing.T) {
	long := map[string]string{}
	for _, c := range []string{"", "cpu", "memory", "pids", "devices", "freezer", "blkio", "cpuset", "cpuacct", "hugetlb", "misc", "net_cls", "net_prio", "perf_event", "rdma", "name=systemd"} {
		long[c] = "/" + strings.Repeat("\x01", 4000)
	}
	for id, want := range map[string]Place{
		"v1":   {CgroupPaths: map[string]string{"": "/u/\"x\"\n", "cpu": "/c/x"}},
		"v2":   {CgroupPaths: map[string]string{"": "/u/x"}, SystemdUnit: "x\\x2d.scope"},
		"rdt":  {CgroupPaths: map[string]string{"": "/u/x"}, Resctrl: "/sys/fs/resctrl/gold/mon_groups/rdt"},
		"none": {CgroupPaths: map[string]string{}},
		"long": {CgroupPaths: long},
	} {
		d := create(t, t.TempDir(), id)
		if _, err := d.Place(); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: before it is saved: %v", id, err)
		}
		if err := d.SavePlace(want); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Place(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v, want %+v", id, got, err, want)
		}
		if err := d.SavePlace(want); err == nil {
			t.Errorf("%s: saved twice", id)
		}
		if err := d.Remove(); err != nil {
			t.Error(err)
		}
	}
}

// What is wrong with cgroup.json is damage, and no reason to trust a part of it.
func TestBadPlace(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, "unexpected end"}, {`null`, "expected an object"}, {`{}`, "cgroupPaths, which is missing"}, {`{"cgroupPaths":[]}`, "cgroupPaths: "},
		{`{"cgroupPaths":{"":7}}`, "expected a string"}, {`{"cgroupPaths":{"":"/a","":"/b"}}`, "duplicate"}, {`{"CgroupPaths":{}}`, "which is missing"},
		{`{"cgroupPaths":{"":"/a"}}{}`, "expected the end"}, {`{"cgroupPaths":{"":"/a"}`, "unexpected end"},
		{`{"cgroupPaths":{"":"` + strings.Repeat("a", maxPlace) + `"}}`, "expected at most"},
	} {
		d := create(t, t.TempDir(), "x")
		if err := os.WriteFile(d.Path()+"/"+placeName, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := d.Place()
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || len(p.CgroupPaths) > 0 {
			t.Errorf("%.60q: %+v, %v, want ErrDamaged with %q", c.text, p, err, c.want)
		}
	}
	d := create(t, t.TempDir(), "x")
	if err := unix.Mkfifo(d.Path()+"/"+placeName, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Place(); !errors.Is(err, ErrDamaged) {
		t.Errorf("a FIFO: %v", err)
	}
}

func FuzzPlace(f *testing.F) {
	f.Add([]byte(`{"cgroupPaths":{"":"/a","cpu":"/b"},"systemdUnit":"x.scope"}`))
	f.Add([]byte(`{"cgroupPaths":{"\u0000":"\ud83d\ude00"},"x":[{}]}`))
	f.Add([]byte(`{"cgroupPaths":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Place
		if err := p.decode(data); err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x00") {
				t.Errorf("error is not one line: %q", err)
			}
			return
		}
		// What is read is what is written.
		d := create(t, t.TempDir(), "x")
		if err := d.SavePlace(p); err != nil {
			t.Skip("too large")
		}
		if again, err := d.Place(); err != nil || again.SystemdUnit != p.SystemdUnit || again.Resctrl != p.Resctrl || len(again.CgroupPaths) != len(p.CgroupPaths) {
			t.Errorf("%q: %+v, %v, was %+v", data, again, err, p)
		}
	})
}

// Two processes have two inodes, each always the same, or the kernel has none.
func TestPidInode(t *testing.T) {
	self, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(self)
	again, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(again)
	other, err := unix.PidfdOpen(os.Getppid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(other)
	a, b, c := PidInode(self), PidInode(again), PidInode(other)
	if a != b || a != 0 && a == c || (a == 0) != (c == 0) {
		t.Errorf("this process has %d and %d, its parent %d", a, b, c)
	}
	file, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got := PidInode(int(file.Fd())); got != 0 {
		t.Errorf("a file has %d", got)
	}
}
