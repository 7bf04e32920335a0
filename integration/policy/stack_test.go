//go:build linux && amd64

package policy

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	goruntime "runtime"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

// stacked names the profiles, floor first, that a child of the test installs one after the
// other.
const stacked = "RUNSEAL_TEST_STACKED"

// init is on the thread whose filters are read.
func init() {
	text := os.Getenv(stacked)
	if text == "" {
		return
	}
	goruntime.LockOSThread()
	fail := func(err error) {
		if err != nil {
			os.Stdout.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
	}
	var list []*specs.LinuxSeccomp
	fail(json.Unmarshal([]byte(text), &list))
	fail(seccomp.NoNewPrivs())
	for _, p := range list {
		f, err := seccomp.Compile(p, seccomp.Options{})
		fail(err)
		fail(f.Install())
	}
	for {
		unix.RawSyscall(unix.SYS_PAUSE, 0, 0, 0)
	}
}

// touching is a random profile that lets a Go program install another one.
func touching(rng *rand.Rand) *specs.LinuxSeccomp {
	p := &specs.LinuxSeccomp{DefaultAction: []specs.LinuxSeccompAction{specs.ActAllow, specs.ActLog}[rng.IntN(2)], Flags: []specs.LinuxSeccompFlag{}}
	p.Architectures = [][]specs.Arch{nil, {specs.ArchX86_64, specs.ArchX86}, {specs.ArchX86_64, specs.ArchX32, specs.ArchX86}}[rng.IntN(3)]
	actions := []specs.LinuxSeccompAction{specs.ActErrno, specs.ActErrno, specs.ActErrno, specs.ActAllow, specs.ActKillProcess, specs.ActKill, specs.ActTrap, specs.ActTrace, specs.ActLog}
	ops := []specs.LinuxSeccompOperator{specs.OpEqualTo, specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpGreaterThan, specs.OpGreaterEqual, specs.OpMaskedEqual}
	names := []string{"socket", "accept", "personality", "mseal", "shmat", "mount", "socketcall"}
	for range 1 + rng.IntN(8) {
		r := specs.LinuxSyscall{Names: []string{names[rng.IntN(len(names))], names[rng.IntN(len(names))]}, Action: actions[rng.IntN(len(actions))]}
		if errno := uint(rng.IntN(9)); r.Action == specs.ActErrno && errno > 0 {
			r.ErrnoRet = &errno
		}
		for i := range uint(rng.IntN(3)) {
			r.Args = append(r.Args, specs.LinuxSeccompArg{Index: i, Value: uint64(rng.IntN(4)), ValueTwo: uint64(rng.IntN(4)), Op: ops[rng.IntN(len(ops))]})
		}
		p.Syscalls = append(p.Syscalls, r)
	}
	return p
}

// The filter of a container under a floor decides as two filters do that a process has
// installed one after the other: all three are read back from the kernel.
func TestFloorIsStack(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	n := newNode(t)
	policy := n.policy(`"floor": "localhost/floor.json",`)
	decided := map[seccomp.Action]int{}
	for range max(3, box.Rounds(12)) {
		pair := []*specs.LinuxSeccomp{touching(rng), touching(rng)}
		text, err := json.Marshal(pair[0])
		if err != nil {
			t.Fatal(err)
		}
		n.write("floor.json", string(text))
		b := shell(t, policy)
		b.Spec.Linux.Seccomp = pair[1]
		b.Spec.Process.Args = []string{"/bin/sleep", "600"}
		pid := b.Up()
		one := installed(t, pid, 1)

		if text, err = json.Marshal(pair); err != nil {
			t.Fatal(err)
		}
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), stacked+"="+string(text))
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		two := installed(t, child.Process.Pid, 2)
		child.Process.Kill()
		child.Wait()
		b.Must("kill", b.ID, "KILL")
		b.WaitPid(pid)

		for _, a := range []string{"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64"} {
			a := arch.Lookup(a)
			for id := range arch.ID(arch.NumIDs) {
				nr, ok := a.NumberOf(id)
				for v := uint64(0); ok && v < 6*6*6; v++ {
					call := bpf.Data{Arch: a.Audit, Nr: nr, Args: [6]uint64{v % 6, v / 6 % 6, v / 36}}
					got, want := seccomp.Action(one[0].Run(&call)), seccomp.Action(two[0].Run(&call))
					// The kernel: the newest first, an older one if it is stricter.
					if older := seccomp.Action(two[1].Run(&call)); older.StricterThan(want) {
						want = older
					}
					if decided[got.Kind()]++; got != want {
						t.Fatalf("%s %s %d: %s, two filters: %s\n%s", a.Scmp, id, call.Args[:3], got, want, text)
					}
				}
			}
		}
	}
	if len(decided) < 6 {
		t.Errorf("%v, expected more kinds of decisions", decided)
	}
}

// installed reads a process's filters, the newest first, as soon as it has n of them.
func installed(t *testing.T, pid, n int) (list []*bpf.VM) {
	t.Helper()
	var filters []seccomp.InstalledFilter
	var err error
	box.Eventually(func() bool {
		filters, err = seccomp.ReadFilters(pid)
		return len(filters) >= n
	})
	if err != nil || len(filters) != n {
		t.Fatalf("%d filters, %v, expected %d", len(filters), err, n)
	}
	for _, f := range filters {
		vm, err := bpf.NewVM(f.Instructions)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, vm)
	}
	return list
}
