package policy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp/profiles/docker"
)

// BenchmarkDecide is what a policy adds to create: to load it, decide, and compile.
func BenchmarkDecide(b *testing.B) {
	own, err := docker.Default(docker.Host{Caps: docker.Capabilities()})
	if err != nil {
		b.Fatal(err)
	}
	config := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: docker.Capabilities()}}, Linux: &specs.Linux{Seccomp: own}}
	root := b.TempDir()
	floor := `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"],"syscalls":[
		{"names":["kexec_load","kexec_file_load","init_module","finit_module","delete_module","bpf","open_by_handle_at","reboot","swapon","swapoff","iopl","ioperm"],"action":"SCMP_ACT_ERRNO"},
		{"names":["keyctl","add_key","request_key"],"action":"SCMP_ACT_ERRNO","errnoRet":38}]}`
	if err := os.WriteFile(filepath.Join(root, "floor.json"), []byte(floor), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, policy string }{
		{"none", ""},
		{"empty", `{}`},
		{"floor", `{"floor":"localhost/floor.json","profileRoot":"` + root + `"}`},
		{"floor runtime default", `{"floor":"runtime/default"}`},
		{"require", `{"require":"runtime/default"}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(root, "policy.json")
			if err := os.WriteFile(path, []byte(c.policy), 0o600); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				var p *Policy
				if c.policy != "" {
					if p, err = Load(path); err != nil {
						b.Fatal(err)
					}
				}
				s, err := p.Decide(config, false)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := s.Policy().Compile(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
