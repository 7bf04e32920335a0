package profiles

import (
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// actionOf returns the action of the first entry without args for the call.
func actionOf(p *specs.LinuxSeccomp, name string) specs.LinuxSeccompAction {
	for _, s := range p.Syscalls {
		if len(s.Args) == 0 && slices.Contains(s.Names, name) {
			return s.Action
		}
	}
	return p.DefaultAction
}

func TestDockerDefault(t *testing.T) {
	few, err := DockerDefault(DockerCapabilities())
	if err != nil {
		t.Fatal(err)
	}
	if few.DefaultAction != specs.ActErrno || len(few.Architectures) == 0 {
		t.Errorf("default %s, architectures %v", few.DefaultAction, few.Architectures)
	}
	for call, want := range map[string]specs.LinuxSeccompAction{"execve": specs.ActAllow, "chroot": specs.ActAllow,
		"mount": specs.ActErrno, "bpf": specs.ActErrno} {
		if got := actionOf(few, call); got != want {
			t.Errorf("%s: %s, want %s", call, got, want)
		}
	}
	many, err := DockerDefault([]string{"CAP_SYS_ADMIN"})
	if err != nil {
		t.Fatal(err)
	}
	if actionOf(many, "mount") != specs.ActAllow || actionOf(many, "chroot") != specs.ActErrno {
		t.Error("the capabilities are not followed")
	}
	// Each call returns a profile of its own.
	few.Syscalls[0].Names[0] = "spoilt"
	again, err := DockerDefault(DockerCapabilities())
	if err != nil {
		t.Fatal(err)
	}
	if again.Syscalls[0].Names[0] == "spoilt" {
		t.Error("two results share memory")
	}
}

func TestResolve(t *testing.T) {
	p, err := Resolve([]byte(`{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
		{"names":["mount"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},
		{"names":["read"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"3.0"}},
		{"names":["write"],"action":"SCMP_ACT_ALLOW","excludes":{"minKernel":"3.0"}},
		{"names":["open"],"action":"SCMP_ACT_LOG","excludes":{"caps":["CAP_SYS_ADMIN"]}}]}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.Syscalls {
		got = append(got, s.Names...)
	}
	if !slices.Equal(got, []string{"read", "open"}) {
		t.Errorf("resolved to %v, want read and open", got)
	}
	for src, want := range map[string]string{
		`{`:               "seccomp profile in docker's format: ",
		`{"syscalls":[]}`: "linux.seccomp.defaultAction: missing",
		`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"name":"write"}]}`: "both 'name' and 'names'",
	} {
		if _, err := Resolve([]byte(src), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", src, err, want)
		}
	}
}
