package lint

import (
	"testing"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/bpf"

	"github.com/runseal/runseal/seccomp/arch"
)

func TestSuggest(t *testing.T) {
	archs := []*arch.Arch{arch.Lookup("SCMP_ARCH_X86_64")}
	for name, want := range map[string]string{
		"openatt": "openat", "opneat": "openat", "OPENAT": "openat", " openat ": "openat", "sys_openat": "openat", "__NR_openat": "openat",
		"mmpa": "mmap", "getdents65": "getdents64", "futex_waitt": "futex_wait", "raed": "read", "foo": "", "xyz": "", "": "", "a": "",
		"completelyunknown": "",
	} {
		if got := suggest(name, archs); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	// Of equally near names the one that the architecture has.
	if got := suggest("umount3", archs); got != "umount2" {
		t.Errorf("umount3 on x86_64: %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"ab", "ba", 1}, {"abc", "abc", 0}, {"kitten", "sitting", 3}, {"read", "raed", 1}} {
		if got := distance(c.a, c.b); got != c.want || distance(c.b, c.a) != got {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// The longest way is one that some call takes, and none takes a longer one.
func TestLongestPath(t *testing.T) {
	p := parse(t, deny(x86, rule("socket", "ALLOW", "0 LT 38"), rule("socket", "ALLOW", "0 GT 40"), rule("clone", "ALLOW", "0 MASKED_EQ 2114060288")))
	f, err := seccomp.Compile(p, seccomp.Options{Native: onX86.Native})
	if err != nil {
		t.Fatal(err)
	}
	vm, err := bpf.NewVM(f.Instructions)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for i := range arch.All() {
		a := &arch.All()[i]
		for nr := a.Base; nr < a.Base+600; nr++ {
			for _, v := range []uint64{0, 38, 39, 40, 41, 1 << 32, 1<<32 | 40, 1<<64 - 1} {
				_, steps := vm.Trace(&bpf.Data{Arch: a.Audit, Nr: nr, Args: [6]uint64{v, v}}, nil)
				most = max(most, steps)
			}
		}
	}
	if got := longestPath(f.Instructions); got != most {
		t.Errorf("%d, and calls take up to %d", got, most)
	}
}
