package seccomp

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the golden listings")

// TestGolden compares listings of small profiles with testdata, so that a
// change of the generated code is seen and read by somebody.
func TestGolden(t *testing.T) {
	for name, profile := range map[string]string{
		"seal": `{"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[
			{"names":["execve","write","exit","exit_group"],"action":"SCMP_ACT_ALLOW"}]}`,
		"arguments": `{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,
			"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"],"syscalls":[
			{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":40,"op":"SCMP_CMP_NE"}]},
			{"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2114060288,"op":"SCMP_CMP_MASKED_EQ"}]},
			{"names":["read"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":255,"valueTwo":5,"op":"SCMP_CMP_MASKED_EQ"},{"index":2,"value":4294967296,"op":"SCMP_CMP_GE"}]}]}`,
		"holes": `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
			{"names":["ptrace","mount","bpf"],"action":"SCMP_ACT_ERRNO"},
			{"names":["kexec_load","kexec_file_load"],"action":"SCMP_ACT_KILL"},
			{"names":["uname"],"action":"SCMP_ACT_LOG"}]}`,
	} {
		p, err := NewPolicy(parse(t, profile), Options{Native: "SCMP_ARCH_X86_64"})
		if err != nil {
			t.Fatal(err)
		}
		f, _ := agree(t, p)
		file := "testdata/" + name + ".golden"
		got := f.Disassemble()
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from %s:\n%s", name, file, got)
		}
	}
}
