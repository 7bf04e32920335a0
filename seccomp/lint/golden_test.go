package lint

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
	"github.com/runseal/runseal/seccomp/profiles/docker"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

// TestGolden compares all that is said about distributed profiles with testdata, so
// that somebody reads each line of it: one that is false or useless is a mistake of
// a rule.
func TestGolden(t *testing.T) {
	host := docker.Host{Arch: specs.ArchX86_64, Kernel: "6.1", Caps: docker.Capabilities()}
	admin := host
	admin.Caps = append(docker.Capabilities(), "CAP_SYS_ADMIN", "CAP_SYS_PTRACE")
	fromDocker := func(h docker.Host) *specs.LinuxSeccomp {
		p, err := docker.Default(h)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	file := func(path string) []byte {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	ofContainers, entries, err := docker.ResolveEntries(file("testdata/containers.json"), host)
	if err != nil {
		t.Fatal(err)
	}
	containerd := file("../testdata/containerd.json")
	for name, c := range map[string]struct {
		profile *specs.LinuxSeccomp
		source  *Source
	}{
		"docker":       {fromDocker(host), nil},
		"docker-admin": {fromDocker(admin), nil},
		"containerd":   {parse(t, string(containerd)), &Source{Text: containerd}},
		"containers":   {ofContainers, &Source{Text: file("testdata/containers.json"), Entries: entries}},
	} {
		if _, err := seccomp.Compile(c.profile, seccomp.Options{Native: onX86.Native}); err != nil {
			t.Fatal(err)
		}
		findings := Check(c.profile, onX86)
		var positions map[string]Position
		if c.source != nil {
			positions = c.source.Locate(findings)
		}
		var b strings.Builder
		for i := range findings {
			if f := &findings[i]; positions != nil {
				b.WriteString(positions[f.Path].String() + ": ")
			}
			b.WriteString(findings[i].Rule.Severity.String() + ": " + findings[i].String() + "\n")
		}
		golden := "testdata/" + name + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want := string(file(golden)); b.String() != want {
			t.Errorf("%s:\n%s\nwant\n%s", golden, b.String(), want)
		}
	}
}
