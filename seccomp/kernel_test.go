package seccomp

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/bpf"
)

// The tests in this file install filters for real, in a copy of the test binary
// that sets no_new_privs and therefore needs no root.

const victimEnv = "RUNSEAL_SECCOMP_VICTIM"

func TestMain(m *testing.M) {
	if src := os.Getenv(victimEnv); src != "" {
		victim(src)
	}
	if mode := os.Getenv(execEnv); mode != "" {
		execVictim(mode)
	}
	os.Exit(m.Run())
}

// victim installs the profile, makes one call that it is about (getppid, or a
// number that no kernel has), and prints what it saw.
func victim(src string) {
	runtime.LockOSThread()
	fail := func(err error) {
		fmt.Println("failed:", err)
		os.Exit(3)
	}
	var p specs.LinuxSeccomp
	if err := json.Unmarshal([]byte(src), &p); err != nil {
		fail(err)
	}
	f, err := Compile(&p, Options{})
	if err != nil {
		fail(err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		fail(err)
	}
	if os.Getenv("HIDE_SECCOMP") != "" {
		// As under an outer filter that hides seccomp(2).
		outer, err := Compile(&specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{
			{Names: []string{"seccomp"}, Action: specs.ActErrno, ErrnoRet: ptr(uint(unix.ENOSYS))}}}, Options{})
		if err != nil {
			fail(err)
		}
		if err := outer.Install(); err != nil {
			fail(err)
		}
	}
	parent := os.Getppid() // the filters may be about this call
	if older := os.Getenv("OLDER"); older != "" {
		var q specs.LinuxSeccomp
		if err := json.Unmarshal([]byte(older), &q); err != nil {
			fail(err)
		}
		first, err := Compile(&q, Options{})
		if err != nil {
			fail(err)
		}
		if err := first.Install(); err != nil {
			fail(err)
		}
	}
	if err := f.Install(); err != nil {
		fail(err)
	}
	nr := uintptr(unix.SYS_GETPPID)
	var arg uintptr
	if os.Getenv("BEYOND") != "" {
		nr = 999
	}
	if v := os.Getenv("ARG"); v != "" {
		if _, err := fmt.Sscan(v, &arg); err != nil {
			fail(err)
		}
	}
	ret, _, errno := unix.RawSyscall(nr, arg, 0, 0)
	fmt.Println("ret", int(ret) == parent, "errno", int(errno), "mode", mode())
	os.Exit(0)
}

func ptr[T any](v T) *T { return &v }

// mode returns the Seccomp line of this thread: 2 is filter mode.
func mode() string {
	f, err := os.Open("/proc/thread-self/status")
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), "Seccomp:\t"); ok {
			return v
		}
	}
	return "?"
}

func TestKernel(t *testing.T) {
	const getppid = `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getppid"],"action":"%s"%s}]}`
	rule := func(action, rest string) string { return fmt.Sprintf(getppid, action, rest) }
	docker, err := json.Marshal(realProfiles(t)["docker"])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, profile string
		env           []string
		out           string         // standard output, if it ends by itself
		signal        syscall.Signal // that ends it
	}{
		{"errno", rule("SCMP_ACT_ERRNO", `,"errnoRet":77`), nil, "ret false errno 77 mode 2\n", 0},
		{"default errno", rule("SCMP_ACT_ERRNO", ""), nil, "ret false errno 1 mode 2\n", 0},
		{"log lets pass", rule("SCMP_ACT_LOG", ""), nil, "ret true errno 0 mode 2\n", 0},
		{"trace without tracer", rule("SCMP_ACT_TRACE", ""), nil, "ret false errno 38 mode 2\n", 0},
		{"kill process", rule("SCMP_ACT_KILL_PROCESS", ""), nil, "", unix.SIGSYS},
		{"trap", rule("SCMP_ACT_TRAP", ""), nil, "", unix.SIGSYS},
		{"condition holds", rule("SCMP_ACT_ERRNO", `,"args":[{"index":0,"value":4294967298,"op":"SCMP_CMP_GE"}]`), []string{"ARG=4294967298"}, "ret false errno 1 mode 2\n", 0},
		{"condition fails", rule("SCMP_ACT_ERRNO", `,"args":[{"index":0,"value":4294967298,"op":"SCMP_CMP_GE"}]`), []string{"ARG=4294967297"}, "ret true errno 0 mode 2\n", 0},
		{"docker allows", string(docker), nil, "ret true errno 0 mode 2\n", 0},
		{"docker and the future", string(docker), []string{"BEYOND=1"}, "ret false errno 38 mode 2\n", 0},
		{"flags", `{"flags":["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_SPEC_ALLOW"],` + rule("SCMP_ACT_ERRNO", "")[1:], nil, "ret false errno 1 mode 2\n", 0},
		{"prctl", rule("SCMP_ACT_ERRNO", `,"errnoRet":78`), []string{"HIDE_SECCOMP=1"}, "ret false errno 78 mode 2\n", 0},
		{"prctl cannot take flags", `{"flags":["SECCOMP_FILTER_FLAG_LOG"],` + rule("SCMP_ACT_ERRNO", "")[1:], []string{"HIDE_SECCOMP=1"},
			"failed: linux.seccomp.flags: seccomp(2), which flags 0x2 need, is missing in this kernel (Linux 3.17): function not implemented\n", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(append(os.Environ(), c.env...), victimEnv+"="+c.profile, "GOTRACEBACK=none", "GORACE=atexit_sleep_ms=0")
			out, err := cmd.Output()
			if cmd.ProcessState == nil {
				t.Fatal(err)
			}
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if c.signal == 0 {
				if string(out) != c.out {
					t.Errorf("printed %q (%v), want %q", out, cmd.ProcessState, c.out)
				}
				return
			}
			// Go's runtime turns a SIGSYS that it can handle (TRAP) into an exit
			// with status 2; one that the kernel forces (KILL) ends the process.
			if c.name == "trap" {
				if status.ExitStatus() != 2 || !strings.Contains(stderr(err), "SIGSYS") {
					t.Errorf("%v, printed %q and %q, want a crash by SIGSYS", cmd.ProcessState, out, stderr(err))
				}
				return
			}
			if !status.Signaled() || status.Signal() != c.signal {
				t.Errorf("%v, printed %q, want signal %v", cmd.ProcessState, out, c.signal)
			}
		})
	}
}

// Two filters on one thread do what Intersect says of their policies: the
// kernel's order of actions, and whose errno counts.
func TestKernelIntersect(t *testing.T) {
	actions := []string{`"SCMP_ACT_KILL_PROCESS"`, `"SCMP_ACT_TRAP"`, `"SCMP_ACT_ERRNO","errnoRet":71`, `"SCMP_ACT_ERRNO","errnoRet":72`,
		`"SCMP_ACT_TRACE"`, `"SCMP_ACT_LOG"`, `"SCMP_ACT_ALLOW"`}
	for _, older := range actions {
		for _, newer := range actions {
			profile := func(action string) string {
				// The rule must differ from the default to be one.
				def := "SCMP_ACT_ALLOW"
				if action == `"SCMP_ACT_ALLOW"` {
					def = "SCMP_ACT_LOG"
				}
				return fmt.Sprintf(`{"defaultAction":%q,"syscalls":[{"names":["getppid"],"action":%s}]}`, def, action)
			}
			policies := [2]*Policy{}
			for i, action := range []string{older, newer} {
				var err error
				if policies[i], err = NewPolicy(parse(t, profile(action)), Options{}); err != nil {
					t.Fatal(err)
				}
			}
			both, err := Intersect(policies[0], policies[1])
			if err != nil {
				t.Fatal(err)
			}
			action := both.Decide(both.native().Audit, unix.SYS_GETPPID, [6]uint64{})
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), "OLDER="+profile(older), victimEnv+"="+profile(newer), "GOTRACEBACK=none", "GORACE=atexit_sleep_ms=0")
			out, err := cmd.Output()
			if cmd.ProcessState == nil {
				t.Fatal(err)
			}
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			ok := false
			switch action.Kind() {
			case KillProcess:
				ok = status.Signaled() && status.Signal() == unix.SIGSYS
			case Trap:
				ok = status.ExitStatus() == 2 && strings.Contains(stderr(err), "SIGSYS")
			case Trace(0):
				ok = string(out) == "ret false errno 38 mode 2\n"
			case Errno(0):
				ok = string(out) == fmt.Sprintf("ret false errno %d mode 2\n", action.Data())
			case Log, Allow:
				ok = string(out) == "ret true errno 0 mode 2\n"
			}
			if !ok {
				t.Errorf("%s, then %s: %v, printed %q; Intersect says %s", older, newer, cmd.ProcessState, out, action)
			}
		}
	}
}

func stderr(err error) string {
	if e, ok := err.(*exec.ExitError); ok {
		return string(e.Stderr)
	}
	return ""
}

func TestLayout(t *testing.T) {
	var ours bpf.Instruction
	var theirs unix.SockFilter
	for name, pair := range map[string][2]uintptr{
		"size": {unsafe.Sizeof(ours), unsafe.Sizeof(theirs)},
		"code": {unsafe.Offsetof(ours.Op), unsafe.Offsetof(theirs.Code)},
		"jt":   {unsafe.Offsetof(ours.Jt), unsafe.Offsetof(theirs.Jt)},
		"jf":   {unsafe.Offsetof(ours.Jf), unsafe.Offsetof(theirs.Jf)},
		"k":    {unsafe.Offsetof(ours.K), unsafe.Offsetof(theirs.K)},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %d, struct sock_filter has %d", name, pair[0], pair[1])
		}
	}
	f, err := Compile(parse(t, `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_TRAP"}]}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&f.Instructions[0])), 8*len(f.Instructions))
	if got := f.Bytes(); string(got) != string(raw) {
		t.Errorf("Bytes differs from the memory of Instructions:\n%x\n%x", got, raw)
	}
}
