package compose

import (
	"errors"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bdd"
	"github.com/runseal/runseal/seccomp/bpf"
	"github.com/runseal/runseal/seccomp/internal/dice"
)

// wantedOf is what a profile decides, without the profile.
func wantedOf(t testing.TB, p *specs.LinuxSeccomp) Wanted {
	t.Helper()
	q := policy(t, p)
	d := bdd.New(maxNodes)
	f, err := q.Diagram(d, action)
	if err != nil {
		t.Fatal(err)
	}
	return Wanted{Diagram: d, Function: f, Archs: q.Archs(), Default: actionOf(p.DefaultAction, p.DefaultErrnoRet)}
}

// What a profile decides is decided by the one that is made of that alone.
func TestProfile(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many cases in one goroutine")
	}
	made := 0
	const n = 80
	for seed := range uint64(n) {
		source := dice.Random(5000+seed, 120).Profile()
		p, err := Profile(wantedOf(t, source))
		if err != nil {
			if strings.Contains(err.Error(), "internal") || strings.Contains(err.Error(), "the result") {
				t.Errorf("seed %d: %v", seed, err)
			}
			continue
		}
		made++
		if notifies(p) {
			p.ListenerPath = anyAgent
		}
		if c, err := seccomp.Compare(policy(t, p), policy(t, source)); err != nil || len(c.Differences) > 0 {
			t.Errorf("seed %d: %v, %v", seed, c, err)
		}
	}
	t.Logf("%d of %d", made, n)
	if made < n*3/4 {
		t.Errorf("only %d of %d", made, n)
	}
	dockers, containerd := real(t)
	for _, source := range []*specs.LinuxSeccomp{dockers, containerd} {
		p, err := Profile(wantedOf(t, source))
		if err != nil {
			t.Error(err)
		} else if len(p.Syscalls) > len(source.Syscalls) {
			t.Errorf("%d entries of %d", len(p.Syscalls), len(source.Syscalls))
		}
	}
}

// Rules for calls of 64 and of 32 bits at once.
func TestProfileOfTwoWidths(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		// Conditions on the upper half of a mask always hold for X32.
		{"LOG X32; TRAP socket 2 LE 6 2 NE 17179869185", "SCMP_ACT_LOG; socket: SCMP_ACT_TRAP 2 MASKED_EQ 4294967295 0; "},
		// The lower halves overlap, and the first rule counts.
		{"LOG X32; TRACE=0 read 1 EQ 64424509440; TRACE=17 read 1 LE 9", "SCMP_ACT_LOG; read: SCMP_ACT_TRACE(0) 1 EQ 64424509440; read: SCMP_ACT_TRACE(17) 1 LE 9"},
		{"LOG X32; TRACE=17 read 1 EQ 64424509440; TRACE=0 read 1 LE 9", "SCMP_ACT_LOG; read: SCMP_ACT_TRACE(17) 1 EQ 64424509440; read: SCMP_ACT_TRACE(0) 1 LE 9"},
	} {
		source := object(t, c.source)
		p, err := Profile(wantedOf(t, source))
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		check(t, c.source, true, p, source)
		if got := strings.Join(lines(p), "; "); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s:\n%s, want\n%s", c.source, got, c.want)
		}
	}
}

// The same where the upper half of an argument comes first.
func TestProfileBigEndian(t *testing.T) {
	o := seccomp.Options{Native: "SCMP_ARCH_PPC64"}
	source := object(t, "LOG PPC; TRAP socket 2 LE 6 2 NE 17179869185; ERRNO=5 ioctl 1 EQ 21505")
	q, err := seccomp.NewPolicy(source, o)
	if err != nil {
		t.Fatal(err)
	}
	d := bdd.New(maxNodes)
	f, err := q.Diagram(d, action)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Profile(Wanted{Diagram: d, Function: f, Archs: q.Archs(), Default: seccomp.Log})
	if err != nil {
		t.Fatal(err)
	}
	got, err := seccomp.NewPolicy(p, o)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := seccomp.Compare(got, q); err != nil || len(c.Differences) > 0 {
		t.Errorf("%v, %v", c, err)
	}
}

// The error names the call, and says why.
func TestNoProfile(t *testing.T) {
	native := arch.Lookup("SCMP_ARCH_X86_64")
	read, _ := native.Number("read")
	ip := bpf.WordAt(bpf.OffArgHigh(5, true)) + 2
	for _, c := range []struct {
		what string
		of   func(d *bdd.Diagram) bdd.Ref // what read gets
		want string
		hard bool
	}{
		{"an action with data", func(d *bdd.Diagram) bdd.Ref { return d.Leaf(uint32(seccomp.Allow) | 7) },
			"call read on SCMP_ARCH_X86_64: 0x7fff0007 is SCMP_ACT_ALLOW with the data 7, for which profiles have no field", false},
		{"the instruction pointer", func(d *bdd.Diagram) bdd.Ref {
			return d.If(d.Equal(d.Word(ip), d.Const(1)), d.Leaf(uint32(seccomp.Log)), d.Leaf(uint32(seccomp.Allow)))
		}, "call read on SCMP_ARCH_X86_64: it depends on the instruction pointer, for which profiles have no condition", false},
		{"a sum", func(d *bdd.Diagram) bdd.Ref {
			low := d.Word(bpf.WordAt(bpf.OffArgLow(0, false)))
			odd := bdd.False
			for _, bit := range low[:12] {
				odd = d.If(bit, d.Not(odd), odd)
			}
			return d.If(odd, d.Leaf(uint32(seccomp.Log)), d.Leaf(uint32(seccomp.Allow)))
		}, "call read on SCMP_ARCH_X86_64: its conditions: ", true},
		{"beyond", nil, "SCMP_ARCH_X86_64 exit(): it should get SCMP_ACT_ERRNO(1 EPERM), but it is beyond all calls that would have rules: it would get SCMP_ACT_ERRNO(38 ENOSYS)", false},
	} {
		p := object(t, "ERRNO; ALLOW read,fanotify_init,mseal,listns")
		if c.of == nil {
			p = object(t, "ERRNO; ALLOW read,execve")
		}
		w := wantedOf(t, p)
		d := w.Diagram
		here := d.Equal(d.Word(bpf.WordArch), d.Const(native.Audit))
		if c.of != nil {
			w.Function = d.If(d.And(here, d.Equal(d.Word(bpf.WordNr), d.Const(read))), c.of(d), w.Function)
		} else { // no ENOSYS
			enosys := d.AtLeast(d.Word(bpf.WordNr), d.Const(60))
			w.Function = d.If(d.And(here, d.And(enosys, d.Not(d.AtLeast(d.Word(bpf.WordNr), d.Const(arch.X32Bit))))), d.Leaf(uint32(seccomp.Errno(1))), w.Function)
		}
		if _, err := Profile(w); err == nil || !strings.HasPrefix(err.Error(), c.want) || errors.Is(err, bpf.ErrComplex) != c.hard {
			t.Errorf("%s: %v, want %s", c.what, err, c.want)
		}
	}
}
