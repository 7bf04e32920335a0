package systemd

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// TestPathRefused: a form that is not systemd's, before anything is made. The
// other driver takes systemd's form as a path, as other runtimes do.
func TestPathRefused(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	for path, want := range map[string]string{
		"/runseal/a":     `"/runseal/a": expected SLICE:PREFIX:NAME with --systemd-cgroup`,
		"a--b.slice:p:n": `"a--b.slice:p:n": slice "a--b.slice"`,
		":p:a+b":         `":p:a+b": unit "p-a+b.scope": '+' cannot be part of it`,
		":p:n.slice":     `":p:n.slice": name "n.slice": a slice holds units, not processes`,
	} {
		u.Spec.Linux.CgroupsPath = path
		if r := u.TryCreate().Wait(); r.Status != 1 || !strings.Contains(r.Stderr, "linux.cgroupsPath: "+want) {
			t.Errorf("%s: exit status %d, stderr %q", path, r.Status, r.Stderr)
		}
		u.NothingLeft()
	}
}

// TestLimitRefused: what systemd would accept and the kernel does not leaves
// nothing, and the error has the field.
func TestLimitRefused(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	u.Spec.Linux.Resources.CPU = &specs.LinuxCPU{Cpus: "4000"}
	r := u.TryCreate().Wait()
	if r.Status != 1 || !strings.Contains(r.Stderr, `linux.resources.cpu.cpus: "4000"`) {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	u.NothingLeft()
	u.gone(t)
}

func TestCVE_2024_3154_Annotations(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	u.Spec.Annotations = map[string]string{
		"org.systemd.property.TimeoutStopUSec":     "uint64 5000000",
		"org.systemd.property.RuntimeMaxSec":       "3600",
		"org.systemd.property.CollectMode":         "'inactive'",
		"org.systemd.property.DefaultDependencies": "true",
		"org.systemd.property.After":               "['dbus.service']",
		"org.systemd.property.Description":         "'it is mine'",
		"org.systemd.property.KillSignal":          "15",
		"org.systemd.property.SendSIGHUP":          "true",
		"org.systemd.property.OOMPolicy":           "'continue'",
		"io.kubernetes.pod":                        "not for systemd",
	}
	u.Up()
	u.want(t, "TimeoutStopUSec=5s", "RuntimeMaxUSec=1h", "CollectMode=inactive", "DefaultDependencies=yes",
		"Description=it is mine", "KillSignal=15", "SendSIGHUP=yes", "OOMPolicy=continue")
	if after := property(t, u.Unit, "After"); !strings.Contains(after, "dbus.service") {
		t.Errorf("After=%s", after)
	}
}

func TestAnnotationRefused(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	for name, c := range map[string]struct{ value, want string }{
		"Slice":           {"'x.slice'", `annotations["org.systemd.property.Slice"]: "'x.slice'": expected one of the properties After, `},
		"TimeoutStopUSec": {"5", `annotations["org.systemd.property.TimeoutStopUSec"]: "5": expected a number with its type`},
		// These systemd itself refuses.
		"CollectMode": {"'never'", `annotations["org.systemd.property.CollectMode"]: systemd refuses CollectMode="never"`},
		"After":       {"['no unit']", "systemd could not start the unit " + u.Unit},
	} {
		u.Spec.Annotations = map[string]string{"org.systemd.property." + name: c.value}
		if r := u.TryCreate().Wait(); r.Status != 1 || !strings.Contains(r.Stderr, c.want) {
			t.Errorf("%s: exit status %d, stderr %q, want %q", name, r.Status, r.Stderr, c.want)
		}
		u.NothingLeft()
	}
}

// TestOtherDriver: the same container without --systemd-cgroup: the path is one,
// and annotations are nobody's.
func TestOtherDriver(t *testing.T) {
	t.Parallel()
	u := scope(t, "sleep 600")
	u.Unit = ""
	u.Box.Global("--systemd-cgroup=false")
	u.Spec.Linux.CgroupsPath = "/a:b:" + u.ID + "/" + u.ID
	u.Spec.Annotations = map[string]string{"org.systemd.property.Nonsense": "x"}
	u.Up()
	u.Dir = "/sys/fs/cgroup" + u.Spec.Linux.CgroupsPath
	if procs := u.file(t, "cgroup.procs"); procs == "" {
		t.Errorf("nothing in %s", u.Dir)
	}
	u.Must("delete", "--force", u.ID)
}

// TestPlan: what systemd is asked for is a part of the plan.
func TestPlan(t *testing.T) {
	t.Parallel()
	u := scope(t, "true")
	limits(u)
	u.WriteConfig(u.Config())
	out := u.Must("plan", u.Box.Dir).Stdout
	for _, want := range []string{
		"systemd: StartTransientUnit " + u.Unit + " Description=", ` Slice="system.slice" Delegate=true `, " MemoryMax=67108864 ", ` OOMPolicy="kill"`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %q", want, out[:min(len(out), 900)])
		}
	}
}

func TestFeatures(t *testing.T) {
	t.Parallel()
	u := scope(t, "true")
	var f struct {
		Linux struct {
			Cgroup struct{ Systemd, SystemdUser bool }
		}
		PotentiallyUnsafeConfigAnnotations []string
	}
	if err := json.Unmarshal([]byte(u.Must("features").Stdout), &f); err != nil {
		t.Fatal(err)
	}
	if !f.Linux.Cgroup.Systemd || f.Linux.Cgroup.SystemdUser || strings.Join(f.PotentiallyUnsafeConfigAnnotations, " ") != "org.systemd.property." {
		t.Errorf("%+v", f)
	}
}
