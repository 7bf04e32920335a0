package resctrl

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// TestNew: which group, who removes what, and what is written in which order.
func TestNew(t *testing.T) {
	lines := []string{"L3:0=f", "L2:0=f"}
	for _, tc := range []struct {
		rdt   specs.LinuxIntelRdt
		want  Group
		owned string
	}{
		{specs.LinuxIntelRdt{}, Group{dir: "/sys/fs/resctrl/box", own: true}, "/sys/fs/resctrl/box"},
		{specs.LinuxIntelRdt{EnableMonitoring: true}, Group{
			dir: "/sys/fs/resctrl/box", own: true, monitor: "/sys/fs/resctrl/box/mon_groups/box",
		}, "/sys/fs/resctrl/box"},
		{specs.LinuxIntelRdt{ClosID: "gold"}, Group{dir: "/sys/fs/resctrl/gold"}, ""},
		{specs.LinuxIntelRdt{ClosID: "gold", EnableMonitoring: true}, Group{
			dir: "/sys/fs/resctrl/gold", monitor: "/sys/fs/resctrl/gold/mon_groups/box",
		}, "/sys/fs/resctrl/gold/mon_groups/box"},
		{specs.LinuxIntelRdt{ClosID: "/", EnableMonitoring: true}, Group{
			dir: "/sys/fs/resctrl", monitor: "/sys/fs/resctrl/mon_groups/box",
		}, "/sys/fs/resctrl/mon_groups/box"},
		{specs.LinuxIntelRdt{ClosID: "a", L3CacheSchema: "L3:0=1", MemBwSchema: "MB:0=20", Schemata: lines}, Group{
			dir: "/sys/fs/resctrl/a", writes: []string{"L3:0=1\n", "MB:0=20\n", "L3:0=f\nL2:0=f\n"},
		}, ""},
	} {
		got := New(&tc.rdt, "box")
		if !reflect.DeepEqual(*got, tc.want) || got.Owned() != tc.owned {
			t.Errorf("%+v: %+v, owned %q, want %+v, %q", tc.rdt, *got, got.Owned(), tc.want, tc.owned)
		}
	}
	none := New(nil, "box")
	if none != nil || none.Owned() != "" || none.Check() != nil || none.Make() != nil || none.Join(1) != nil {
		t.Error("no group is not nothing")
	}
}

// has is a file schemata as the kernel writes it.
const has = "    MB:0= 20;1=100\n    L3:0=7f0;1=00f\n"

func TestDiffers(t *testing.T) {
	for want, line := range map[string]string{
		"L3:0=7f0;1=f\n":               "",
		"L3:0=0x7F0; 1 = 0f\nMB:1=100": "",
		"L3:00=7f0":                    "",
		"L3:0=7f1":                     "L3:0=7f1",
		"L3:1=f\nMB:0=20;1=90\n":       "MB:0=20;1=90",
		"L3:2=f":                       "L3:2=f",
		"L2:0=f":                       "L2:0=f",
		"L3:":                          "L3:",
		"MB:0=0":                       "MB:0=0",
		"L3":                           "L3",
	} {
		if got := differs(has, want); got != line {
			t.Errorf("%q: %q, want %q", want, got, line)
		}
	}
}

// TestRemove: nothing but a directory of this file system is ever removed.
func TestRemove(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{dir, "/sys/fs/resctrl", "/sys/fs/resctrl/", "/sys/fs/resctrl/../../../" + dir, "relative", "/sys/fs/resctrl2/x"} {
		if err := Remove(name); err == nil || !strings.Contains(err.Error(), "expected a directory below /sys/fs/resctrl") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"", "/sys/fs/resctrl/runseal-no-such-group"} {
		if err := Remove(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestHalfMade: a group that cannot be made as a whole is not there. The directory without
// mon_groups stands for a processor that cannot watch what it shares out.
func TestHalfMade(t *testing.T) {
	for _, own := range []bool{true, false} {
		g := &Group{dir: t.TempDir() + "/box", own: own}
		g.monitor = g.dir + "/mon_groups/box"
		if err := g.Make(); err == nil || !strings.Contains(err.Error(), "linux.intelRdt.enableMonitoring: ") {
			t.Errorf("own %v: %v", own, err)
		}
		if _, err := os.Stat(g.dir); !os.IsNotExist(err) {
			t.Errorf("own %v: the directory is there still: %v", own, err)
		}
	}
	// What others have made stays.
	g := &Group{dir: t.TempDir()}
	g.monitor = g.dir + "/mon_groups/box"
	if err := g.Make(); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(g.dir); err != nil {
		t.Error(err)
	}
}
