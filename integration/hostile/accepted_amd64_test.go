package hostile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/integration/internal/tinyelf"
)

// results runs a program that makes the calls and returns their results.
func results(t *testing.T, p *specs.LinuxSeccomp, calls func(*tinyelf.Prog)) ([]int64, box.Result) {
	t.Helper()
	b := box.NewEmpty(t, "/prog")
	b.Spec.Linux.Seccomp = p
	prog := tinyelf.New()
	calls(prog)
	prog.WriteResults()
	prog.Exit(0)
	if err := prog.WriteFile(b.Path("prog")); err != nil {
		t.Fatal(err)
	}
	r := b.Run()
	return tinyelf.Results(r.Stdout), r
}

func expect(t *testing.T, p *specs.LinuxSeccomp, calls func(*tinyelf.Prog), want ...int64) box.Result {
	t.Helper()
	got, r := results(t, p, calls)
	if r.Status != 0 || !slices.Equal(got, want) {
		t.Errorf("exit status %d, results %d, stderr %q; expected 0 and %d", r.Status, got, r.Stderr, want)
	}
	return r
}

// close calls close(2) on descriptors that are not open, each saved.
func closes(fds ...uint64) func(*tinyelf.Prog) {
	return func(p *tinyelf.Prog) {
		for _, fd := range fds {
			p.Syscall(unix.SYS_CLOSE, fd)
			p.Save()
		}
	}
}

const ebadf = -int64(unix.EBADF)

func onClose(errno uint, args ...specs.LinuxSeccompArg) specs.LinuxSyscall {
	r := box.Errno(errno, "close")
	r.Args = args
	return r
}

const amd64 = true

// acceptedRows are what of 8 and 14 to 18 is no error: what the container does then, and
// what sealctl lint has to say.
func acceptedRows() []row {
	var all []row
	for _, name := range unknownNames {
		all = append(all, row{n: 8, name: fmt.Sprintf("warning for %q", name), accepted: func(t *testing.T) { warned(t, name) }})
	}
	same := box.Seccomp(specs.ActAllow, onClose(71, arg(0, specs.OpEqualTo, 1000), arg(0, specs.OpEqualTo, 1002)))
	decides := func(p *specs.LinuxSeccomp, lints []string, fds []uint64, want ...int64) func(*testing.T) {
		return func(t *testing.T) {
			for _, id := range lints {
				found(t, p, id)
			}
			expect(t, p, closes(fds...), want...)
		}
	}
	all = append(all,
		row{n: 14, name: "the same index twice is or", accepted: decides(same, []string{"duplicate-argument"}, []uint64{1000, 1001, 1002}, -71, ebadf, -71)},
		row{n: 15, name: "overlapping conditions", accepted: decides(
			box.Seccomp(specs.ActAllow, onClose(72, arg(0, specs.OpGreaterEqual, 1001)), onClose(73, arg(0, specs.OpGreaterEqual, 1000))),
			[]string{"overlapping-rules"}, []uint64{999, 1000, 1001}, ebadf, -73, -72)},
		row{n: 15, name: "two rules without conditions", accepted: decides(
			box.Seccomp(specs.ActAllow, onClose(72), onClose(73)), []string{"shadowed-rule"}, []uint64{1000}, -72)},
	)
	for _, c := range []struct {
		n     int
		list  []specs.Arch
		lints []string
	}{
		{16, []specs.Arch{specs.ArchAARCH64, specs.ArchARM}, []string{"native-architecture-missing"}},
		{16, []specs.Arch{specs.ArchX86}, []string{"native-architecture-missing"}},
		{17, []specs.Arch{specs.ArchX86_64, specs.ArchX86_64}, []string{"duplicate-architecture"}},
		{17, []specs.Arch{specs.ArchX86, specs.ArchX86, specs.ArchX86_64}, []string{"duplicate-architecture"}},
	} {
		p := box.Seccomp(specs.ActAllow, onClose(74))
		p.Architectures = c.list
		all = append(all, row{n: c.n, name: fmt.Sprint(c.list), accepted: decides(p, c.lints, []uint64{1000}, -74)})
	}
	// Values in a row collapse into ranges; scattered ones are too many for the kernel, which
	// is said with a number unless compiling was given up long before the end.
	tooMany := map[int]string{
		4200:  `^runseal: linux\.seccomp: the profile needs \d+ instructions, \d+ more than the kernel's limit of 4096\b.*\n$`,
		20000: `^runseal: linux\.seccomp: the profile needs more than 4096 instructions, the kernel's limit\n$`,
	}
	for _, n := range []int{4200, 20000} {
		all = append(all,
			row{n: 18, name: fmt.Sprintf("%d in a row", n), accepted: func(t *testing.T) { many(t, n, "", func(i int) uint64 { return uint64(1000 + i) }) }},
			row{n: 18, name: fmt.Sprintf("%d scattered (GHSA-46fr, GHSA-2hqh)", n), accepted: func(t *testing.T) {
				many(t, n, tooMany[n], func(i int) uint64 { return uint64(i+1) * 0x9e3779b97f4a7c15 })
			}},
		)
	}
	return all
}

// warned: a name that no table has is a warning, and the rest is enforced.
func warned(t *testing.T, name string) {
	p := box.Seccomp(specs.ActAllow, box.Errno(1, name), onClose(70, arg(0, specs.OpEqualTo, 1000)))
	found(t, p, "unknown-call")
	r := expect(t, p, closes(1000, 1001), -70, ebadf)
	if n := strings.Count(r.Stderr, "\n"); n != 1 {
		t.Errorf("stderr is %d lines, expected one: %q", n, r.Stderr)
	}
	for _, text := range []string{"linux.seccomp.syscalls[0].names[0]", name} {
		if !strings.Contains(r.Stderr, text) {
			t.Errorf("the warning %q does not contain %q", r.Stderr, text)
		}
	}
}

// many is a profile with n rules, which compiles or is refused with these words.
func many(t *testing.T, n int, refusal string, value func(i int) uint64) {
	p := box.Seccomp(specs.ActAllow)
	for i := range n {
		p.Syscalls = append(p.Syscalls, onClose(75, arg(0, specs.OpEqualTo, value(i))))
	}
	got, r := results(t, p, closes(value(0), value(n/2), value(n-1), 500))
	if r.CPU >= box.Slow(time.Second) || r.Took >= box.Slow(10*time.Second) {
		t.Errorf("took %v, and %v of processor time, expected less than a second", r.Took, r.CPU)
	}
	if refusal != "" {
		if r.Status == 0 || !regexp.MustCompile(refusal).MatchString(r.Stderr) {
			t.Errorf("exit status %d, stderr %.500q; expected %s", r.Status, r.Stderr, refusal)
		}
		return
	}
	if r.Status != 0 || !slices.Equal(got, []int64{-75, -75, -75, ebadf}) {
		t.Errorf("exit status %d, results %d, stderr %.500q", r.Status, got, r.Stderr)
	}
}
