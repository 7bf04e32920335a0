package seccomp

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestListener: which profiles make seccomp(2) return a listener, and which
// fields they need.
func TestListener(t *testing.T) {
	const (
		killable = unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
		listener = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
		spec     = unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
		log      = unix.SECCOMP_FILTER_FLAG_LOG
	)
	rule := func(name, action string) string {
		return `"syscalls":[{"names":["` + name + `"],"action":"` + action + `"}]`
	}
	const (
		path = `"listenerPath":"/run/agent.sock",`
		wait = `"flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],`
	)
	for _, c := range []struct {
		name, profile string
		flags         uint
		err           string
	}{
		{"default flags", path + rule("mkdir", "SCMP_ACT_NOTIFY"), spec | listener, ""},
		{"no flags", path + `"flags":[],` + rule("mkdir", "SCMP_ACT_NOTIFY"), listener, ""},
		{"log", path + `"flags":["SECCOMP_FILTER_FLAG_LOG"],` + rule("mkdir", "SCMP_ACT_NOTIFY"), log | listener, ""},
		{"thread synchronisation", path + `"flags":["SECCOMP_FILTER_FLAG_TSYNC"],` + rule("mkdir", "SCMP_ACT_NOTIFY"), listener, ""},
		{"wait killable", path + wait + rule("mkdir", "SCMP_ACT_NOTIFY"), killable | listener, ""},
		{"metadata", path + `"listenerMetadata":"x",` + rule("mkdir", "SCMP_ACT_NOTIFY"), spec | listener, ""},
		{"write and execve", path + `"syscalls":[{"names":["write","execve"],"action":"SCMP_ACT_NOTIFY"}]`, spec | listener, ""},
		{"no NOTIFY", path + rule("mkdir", "SCMP_ACT_LOG"), spec, ""},
		{"NOTIFY on no call", rule("no_such_call", "SCMP_ACT_NOTIFY"), spec, ""},
		{"no path", rule("mkdir", "SCMP_ACT_NOTIFY"), 0,
			"linux.seccomp.listenerPath: missing, expected the path of an agent's socket, because linux.seccomp.syscalls[0].action is SCMP_ACT_NOTIFY"},
		{"metadata alone", `"listenerMetadata":"x",` + rule("mkdir", "SCMP_ACT_NOTIFY"), 0,
			"linux.seccomp.listenerMetadata: set without listenerPath, expected both or none"},
		{"wait killable without NOTIFY", path + wait + rule("mkdir", "SCMP_ACT_TRAP"), 0,
			"linux.seccomp.flags[0]: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: expected a rule with SCMP_ACT_NOTIFY beside it"},
		{"wait killable, NOTIFY on no call", path + wait + rule("no_such_call", "SCMP_ACT_NOTIFY"), 0,
			"linux.seccomp.flags[0]: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: expected a rule with SCMP_ACT_NOTIFY beside it"},
		{"errno", path + `"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY","errnoRet":1}]`, 0,
			"linux.seccomp.syscalls[0].errnoRet: 1: expected none with SCMP_ACT_NOTIFY, which returns no errno"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Compile(parse(t, `{"defaultAction":"SCMP_ACT_ALLOW",`+c.profile+`}`), Options{})
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Errorf("%v\nwant %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if f.Flags != c.flags || f.Listener() != (c.flags&listener != 0) {
				t.Errorf("flags %#x, listener %v, want %#x", f.Flags, f.Listener(), c.flags)
			}
			// prctl(2) returns no listener.
			if f.Listener() && f.PrctlSuffices() {
				t.Error("prctl is said to suffice")
			}
		})
	}
}

// TestNotifiedExecve: an agent may let it pass, so that the container can start.
func TestNotifiedExecve(t *testing.T) {
	for _, c := range []struct {
		profile string
		asks    bool
	}{
		{`{"defaultAction":"SCMP_ACT_ERRNO","listenerPath":"/a","syscalls":[{"names":["execve"],"action":"SCMP_ACT_NOTIFY"}]}`, true},
		{`{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/a","syscalls":[{"names":["execve"],"action":"SCMP_ACT_NOTIFY","args":[{"index":2,"value":0,"op":"SCMP_CMP_EQ"}]}]}`, true},
		{`{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/a","syscalls":[{"names":["execveat","write"],"action":"SCMP_ACT_NOTIFY"}]}`, false},
	} {
		p, err := NewPolicy(parse(t, c.profile), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.AllowsExecve(); err != nil {
			t.Errorf("%s: %v", c.profile, err)
		}
		if got := p.NotifiesExecve(); got != c.asks {
			t.Errorf("%s: NotifiesExecve = %v, want %v", c.profile, got, c.asks)
		}
	}
}

// TestInstallKind: either method refuses the other's filters, before it
// calls the kernel.
func TestInstallKind(t *testing.T) {
	plain, err := Compile(parse(t, `{"defaultAction":"SCMP_ACT_ALLOW"}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	notify, err := Compile(parse(t, `{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/a","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := notify.Install(); err == nil || !strings.Contains(err.Error(), "InstallListener") {
		t.Errorf("Install: %v", err)
	}
	if fd, err := plain.InstallListener(); err == nil || fd != -1 {
		t.Errorf("InstallListener: %d, %v", fd, err)
	}
	if err := plain.Supported(); err != nil {
		t.Errorf("a filter without a listener: %v", err)
	}
	if err := notify.Supported(); err != nil {
		t.Errorf("every kernel that runseal runs on has NEW_LISTENER: %v", err)
	}
	// A flag that no kernel has stands for one that this kernel lacks.
	if kernelTakes(1 << 30) {
		t.Error("flag 1<<30 is taken")
	}
}

func TestFlags(t *testing.T) {
	for src, want := range map[string]struct {
		flags uint
		prctl bool
	}{
		``:                                       {unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, true},
		`"flags":null,`:                          {unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, true},
		`"flags":[],`:                            {0, true},
		`"flags":["SECCOMP_FILTER_FLAG_TSYNC"],`: {0, true},
		`"flags":["SECCOMP_FILTER_FLAG_LOG"],`:   {unix.SECCOMP_FILTER_FLAG_LOG, false},
		`"flags":["SECCOMP_FILTER_FLAG_SPEC_ALLOW"],`:                           {unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, false},
		`"flags":["SECCOMP_FILTER_FLAG_SPEC_ALLOW","SECCOMP_FILTER_FLAG_LOG"],`: {unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW | unix.SECCOMP_FILTER_FLAG_LOG, false},
	} {
		f, err := Compile(parse(t, `{`+src+`"defaultAction":"SCMP_ACT_ALLOW"}`), Options{})
		if err != nil {
			t.Fatal(src, err)
		}
		if f.Flags != want.flags || f.PrctlSuffices() != want.prctl {
			t.Errorf("%s: flags %#x, prctl suffices %t, want %#x, %t", src, f.Flags, f.PrctlSuffices(), want.flags, want.prctl)
		}
	}
}
