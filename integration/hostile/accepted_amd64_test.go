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

func arg(index uint, op specs.LinuxSeccompOperator, value uint64) specs.LinuxSeccompArg {
	return specs.LinuxSeccompArg{Index: index, Value: value, Op: op}
}

// Row 8: a name that no table has is a warning, and the rest is enforced.
func TestUnknownNameIsAWarning(t *testing.T) {
	for _, name := range []string{"no_such_call", "CLOSE", " close", "close ", "3"} {
		t.Run(fmt.Sprintf("%q", name), func(t *testing.T) {
			r := expect(t, box.Seccomp(specs.ActAllow, box.Errno(1, name), onClose(70, arg(0, specs.OpEqualTo, 1000))), closes(1000, 1001), -70, ebadf)
			if n := strings.Count(r.Stderr, "\n"); n != 1 {
				t.Errorf("stderr is %d lines, expected one: %q", n, r.Stderr)
			}
			for _, text := range []string{"linux.seccomp.syscalls[0].names[0]", name} {
				if !strings.Contains(r.Stderr, text) {
					t.Errorf("the warning %q does not contain %q", r.Stderr, text)
				}
			}
		})
	}
}

// Row 14: an index that occurs twice makes alternatives of the conditions.
func TestDuplicateArgumentIndexIsOr(t *testing.T) {
	p := box.Seccomp(specs.ActAllow, onClose(71, arg(0, specs.OpEqualTo, 1000), arg(0, specs.OpEqualTo, 1002)))
	expect(t, p, closes(1000, 1001, 1002), -71, ebadf, -71)
}

// Row 15: the first matching rule wins.
func TestConflictingRules(t *testing.T) {
	p := box.Seccomp(specs.ActAllow, onClose(72, arg(0, specs.OpGreaterEqual, 1001)), onClose(73, arg(0, specs.OpGreaterEqual, 1000)))
	expect(t, p, closes(999, 1000, 1001), ebadf, -73, -72)
	p = box.Seccomp(specs.ActAllow, onClose(72), onClose(73))
	expect(t, p, closes(1000), -72)
}

// Rows 16 and 17: only foreign architectures, and one that occurs twice.
func TestArchitectureLists(t *testing.T) {
	for _, list := range [][]specs.Arch{
		{specs.ArchAARCH64, specs.ArchARM}, {specs.ArchX86}, {specs.ArchX86_64, specs.ArchX86_64}, {specs.ArchX86, specs.ArchX86, specs.ArchX86_64},
	} {
		t.Run(fmt.Sprint(list), func(t *testing.T) {
			p := box.Seccomp(specs.ActAllow, onClose(74))
			p.Architectures = list
			expect(t, p, closes(1000), -74)
		})
	}
}

// Row 18: thousands of rules. Values in a row collapse into ranges; scattered
// ones may be too many for the kernel, which is then said with a number.
func TestThousandsOfRules(t *testing.T) {
	for i, n := range []int{4200, 20000} {
		for j, c := range []struct {
			name  string
			value func(i int) uint64
		}{
			{"in a row", func(i int) uint64 { return uint64(1000 + i) }},
			{"scattered", func(i int) uint64 { return uint64(i+1) * 0x9e3779b97f4a7c15 }},
		} {
			if !box.Sampled(2 * (i + j)) {
				continue
			}
			t.Run(fmt.Sprintf("%d %s", n, c.name), func(t *testing.T) {
				p := box.Seccomp(specs.ActAllow)
				for i := range n {
					p.Syscalls = append(p.Syscalls, onClose(75, arg(0, specs.OpEqualTo, c.value(i))))
				}
				got, r := results(t, p, closes(c.value(0), c.value(n/2), c.value(n-1), 500))
				if r.Took >= box.Slow(time.Second) {
					t.Errorf("took %v, expected less than a second", r.Took)
				}
				if r.Status == 0 {
					if !slices.Equal(got, []int64{-75, -75, -75, ebadf}) {
						t.Errorf("compiled, but the results are %d", got)
					}
					return
				}
				if !strings.Contains(r.Stderr, "linux.seccomp") || !regexp.MustCompile(`\d+ instructions|4096`).MatchString(r.Stderr) || strings.Count(r.Stderr, "\n") != 1 {
					t.Errorf("exit status %d, stderr %.500q; expected one line with linux.seccomp and the number of instructions", r.Status, r.Stderr)
				}
			})
		}
	}
}
