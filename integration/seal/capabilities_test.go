package seal

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/integration/internal/box"
)

// Numbers of include/uapi/linux/capability.h.
const (
	chown    = 0
	kill     = 5
	netBind  = 10
	sysAdmin = 21
)

var capName = map[int]string{chown: "CAP_CHOWN", kill: "CAP_KILL", netBind: "CAP_NET_BIND_SERVICE", sysAdmin: "CAP_SYS_ADMIN"}

// set is a capability set as in /proc/PID/status.
type set uint64

func of(caps ...int) (s set) {
	for _, c := range caps {
		s |= 1 << c
	}
	return s
}

func (s set) names() []string {
	var list []string
	for n, name := range capName {
		if s&of(n) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// sets are the five sets of a process.
type sets struct{ inh, prm, eff, bnd, amb set }

// afterExecve computes what the kernel makes of a process that has the sets of
// the configuration when it executes a plain file (capabilities(7),
// "Transformation of capabilities during execve()" and "Capabilities and
// execution of programs by root"). Root's file sets are full; without
// noNewPrivileges root therefore gains what its bounding set holds, with it
// the permitted set can only shrink.
func afterExecve(c sets, uid uint32, noNewPrivs bool) sets {
	n := c
	n.prm = c.amb
	if uid == 0 {
		n.prm = c.inh | c.bnd
		if noNewPrivs {
			n.prm &= c.prm
		}
		n.prm |= c.amb
	}
	n.eff = c.amb
	if uid == 0 {
		n.eff = n.prm
	}
	return n
}

// status reads the sets from the text of /proc/PID/status.
func status(t *testing.T, text string) sets {
	t.Helper()
	var s sets
	fields := map[string]*set{"CapInh:": &s.inh, "CapPrm:": &s.prm, "CapEff:": &s.eff, "CapBnd:": &s.bnd, "CapAmb:": &s.amb}
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) != 2 || fields[f[0]] == nil {
			continue
		}
		v, err := strconv.ParseUint(f[1], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		*fields[f[0]] = set(v)
		delete(fields, f[0])
	}
	if len(fields) > 0 {
		t.Fatalf("no complete status in %q", text)
	}
	return s
}

// configured are sets that an engine could write. The kernel's rules for what
// is possible apply: ambient is within permitted and inheritable.
var configured = []struct {
	name string
	sets sets
}{
	{"none", sets{}},
	{"usual", sets{prm: of(chown, kill), eff: of(chown, kill), bnd: of(chown, kill)}},
	{"bounding wider than permitted", sets{prm: of(kill), eff: of(kill), bnd: of(chown, kill, netBind)}},
	{"bounding with SYS_ADMIN", sets{prm: of(kill), eff: of(kill), bnd: of(kill, sysAdmin)}},
	{"SYS_ADMIN", sets{prm: of(kill, sysAdmin), eff: of(kill, sysAdmin), bnd: of(kill, sysAdmin)}},
	{"inheritable", sets{inh: of(netBind), prm: of(kill, netBind), eff: of(kill), bnd: of(kill, netBind)}},
	{"ambient", sets{inh: of(netBind), prm: of(kill, netBind), eff: of(kill, netBind), bnd: of(kill, netBind), amb: of(netBind)}},
	{"ambient SYS_ADMIN", sets{inh: of(sysAdmin), prm: of(sysAdmin), eff: of(sysAdmin), bnd: of(sysAdmin), amb: of(sysAdmin)}},
	{"permitted wider than bounding", sets{prm: of(kill, netBind), eff: of(kill, netBind), bnd: of(kill)}},
}

func capabilities(s sets) *specs.LinuxCapabilities {
	return &specs.LinuxCapabilities{
		Inheritable: s.inh.names(), Permitted: s.prm.names(), Effective: s.eff.names(),
		Bounding: s.bnd.names(), Ambient: s.amb.names(),
	}
}

func TestCapabilitiesAreWhatExecveComputes(t *testing.T) {
	for i, c := range configured {
		for j, uid := range []uint32{0, 1000} {
			for k, nnp := range []bool{true, false} {
				for l, filter := range []bool{true, false} {
					if !box.Sampled(i + j + 2*k + 2*l) {
						continue
					}
					t.Run(fmt.Sprintf("%s/uid=%d,noNewPrivileges=%v,seccomp=%v", c.name, uid, nnp, filter), func(t *testing.T) {
						b := box.New(t, "/bin/cat", "/proc/self/status")
						p := b.Spec.Process
						p.User = specs.User{UID: uid, GID: uid}
						p.NoNewPrivileges = nnp
						p.Capabilities = capabilities(c.sets)
						if filter {
							b.Spec.Linux.Seccomp = box.Seccomp(specs.ActAllow, box.Errno(38, "acct"))
						}
						r := b.Run()
						if r.Status != 0 {
							t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
						}
						if got, want := status(t, r.Stdout), afterExecve(c.sets, uid, nnp); got != want {
							t.Errorf("sets inside are\n\t%+v, expected\n\t%+v", got, want)
						}
						mode, flag := "Seccomp:\t0", "NoNewPrivs:\t0"
						if filter {
							mode = "Seccomp:\t2"
						}
						if nnp {
							flag = "NoNewPrivs:\t1"
						}
						for _, line := range []string{mode, flag} {
							if !strings.Contains(r.Stdout, line+"\n") {
								t.Errorf("status has no line %q:\n%s", line, r.Stdout)
							}
						}
					})
				}
			}
		}
	}
}

// A configuration without process.capabilities means no capability at all.
func TestNoCapabilitiesField(t *testing.T) {
	for _, uid := range []uint32{0, 1000} {
		b := box.New(t, "/bin/cat", "/proc/self/status")
		b.Spec.Process.User = specs.User{UID: uid, GID: uid}
		b.Spec.Process.NoNewPrivileges = false
		b.Spec.Process.Capabilities = nil
		b.Spec.Linux.Seccomp = box.Seccomp(specs.ActAllow, box.Errno(38, "acct"))
		r := b.Run()
		if r.Status != 0 {
			t.Fatalf("uid %d: exit status %d, stderr %q", uid, r.Status, r.Stderr)
		}
		if got := status(t, r.Stdout); got != (sets{}) {
			t.Errorf("uid %d: sets inside are %+v, expected none", uid, got)
		}
	}
}

// One filter is in force, not two: a second would cost every system call.
func TestOneFilter(t *testing.T) {
	b := box.New(t, "/bin/cat", "/proc/self/status")
	b.Spec.Linux.Seccomp = box.Seccomp(specs.ActAllow, box.Errno(38, "acct"))
	r := b.Run()
	if r.Status != 0 || !strings.Contains(r.Stdout, "Seccomp_filters:\t1\n") {
		t.Errorf("exit status %d, stderr %q, status:\n%s\nexpected Seccomp_filters 1", r.Status, r.Stderr, r.Stdout)
	}
}

// The capability that carries the seal must not be visible in an exec either.
func TestExecCapabilities(t *testing.T) {
	for _, uid := range []uint32{0, 1000} {
		for _, nnp := range []bool{true, false} {
			t.Run(fmt.Sprintf("uid=%d,noNewPrivileges=%v", uid, nnp), func(t *testing.T) {
				have := sets{inh: of(netBind), prm: of(kill, netBind), eff: of(kill, netBind), bnd: of(kill, netBind), amb: of(netBind)}
				b := box.New(t, "/bin/sleep", "60")
				b.Spec.Process.NoNewPrivileges = nnp
				b.Spec.Process.User = specs.User{UID: uid, GID: uid}
				b.Spec.Process.Capabilities = capabilities(have)
				b.Spec.Linux.Seccomp = box.Seccomp(specs.ActAllow, box.Errno(38, "acct"))
				b.Up()
				r := b.Do("exec", b.ID, "/bin/cat", "/proc/self/status")
				if r.Status != 0 {
					t.Fatalf("exec: exit status %d, stderr %q", r.Status, r.Stderr)
				}
				if got, want := status(t, r.Stdout), afterExecve(have, uid, nnp); got != want {
					t.Errorf("sets inside are\n\t%+v, expected\n\t%+v", got, want)
				}
			})
		}
	}
}
