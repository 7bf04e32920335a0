//go:build libseccomp

package libseccomp

import (
	"encoding/json"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/runseal/runseal/seccomp"
)

// smallProfiles compares on one small profile for each rule about what a profile
// means that the real ones do not show.
func smallProfiles(t *testing.T, o *oracle) {
	for name, text := range map[string]string{
		"conditions on several arguments": `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
			{"names":["ioctl","socketpair"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":5,"op":"SCMP_CMP_GT"},{"index":2,"value":12884901889,"op":"SCMP_CMP_LE"},{"index":4,"value":240,"valueTwo":32,"op":"SCMP_CMP_MASKED_EQ"}]}]}`,
		"one argument twice": `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
			{"names":["ioctl"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":5,"op":"SCMP_CMP_EQ"},{"index":1,"value":7,"op":"SCMP_CMP_EQ"},{"index":1,"value":9,"op":"SCMP_CMP_EQ"}]}]}`,
		"one argument twice, and another": `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
			{"names":["ioctl"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":5,"op":"SCMP_CMP_EQ"},{"index":0,"value":2,"op":"SCMP_CMP_EQ"},{"index":1,"value":9,"op":"SCMP_CMP_EQ"}]}]}`,
		"without conditions, then with": `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
			{"names":["ioctl"],"action":"SCMP_ACT_ALLOW"},{"names":["ioctl"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":5,"op":"SCMP_CMP_EQ"}]}]}`,
		"with conditions, then without": `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
			{"names":["ioctl"],"action":"SCMP_ACT_TRAP","args":[{"index":1,"value":5,"op":"SCMP_CMP_EQ"}]},{"names":["ioctl"],"action":"SCMP_ACT_ALLOW"}]}`,
		"as the default, then not": `{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"syscalls":[
			{"names":["read","write"],"action":"SCMP_ACT_ERRNO","errnoRet":38},{"names":["read"],"action":"SCMP_ACT_ALLOW"},
			{"names":["write"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}`,
		"multiplexed calls, with conditions": `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
			{"names":["openat2"],"action":"SCMP_ACT_ALLOW"},
			{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":40,"op":"SCMP_CMP_NE"}]},
			{"names":["bind"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":3,"op":"SCMP_CMP_EQ"}]},
			{"names":["sendto"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":7,"op":"SCMP_CMP_EQ"},{"index":2,"value":3,"op":"SCMP_CMP_LT"}]},
			{"names":["shmat","semop"],"action":"SCMP_ACT_ALLOW","args":[{"index":2,"value":1,"op":"SCMP_CMP_GE"}]}]}`,
		"renumbered calls of x32": `{"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[
			{"names":["execve","rt_sigreturn","readv","preadv2","getsockopt","exit_group"],"action":"SCMP_ACT_ALLOW"},
			{"names":["ioctl"],"action":"SCMP_ACT_ERRNO","errnoRet":25,"args":[{"index":1,"value":21522,"op":"SCMP_CMP_EQ"}]}]}`,
		"calls that some architectures do not have": `{"defaultAction":"SCMP_ACT_TRAP","syscalls":[
			{"names":["open","_llseek","set_tls","mmap2","arch_prctl","uname"],"action":"SCMP_ACT_ALLOW"},
			{"names":["getuid32","no_such_call"],"action":"SCMP_ACT_LOG"}]}`,
		"default that lets pass": `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
			{"names":["mount","umount2","kexec_load"],"action":"SCMP_ACT_ERRNO","errnoRet":13},
			{"names":["ptrace"],"action":"SCMP_ACT_TRACE","errnoRet":7}]}`,
		"default TRACE": `{"defaultAction":"SCMP_ACT_TRACE","defaultErrnoRet":9,"syscalls":[{"names":["read","exit"],"action":"SCMP_ACT_ALLOW"}]}`,
		"default LOG":   `{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["read","exit"],"action":"SCMP_ACT_ALLOW"}]}`,
		"masks in both halves": `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
			{"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2114060288,"op":"SCMP_CMP_MASKED_EQ"}]},
			{"names":["mmap"],"action":"SCMP_ACT_ALLOW","args":[{"index":3,"value":1103806595076,"valueTwo":1099511627776,"op":"SCMP_CMP_MASKED_EQ"}]},
			{"names":["prctl"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":0,"valueTwo":5,"op":"SCMP_CMP_MASKED_EQ"}]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			var p specs.LinuxSeccomp
			if err := json.Unmarshal([]byte(text), &p); err != nil {
				t.Fatal(err)
			}
			for _, m := range machines {
				p.Architectures = m.more
				for _, level := range []int{1, 2} {
					o.compare(t, &p, m.native, level, seccomp.Options{})
				}
			}
		})
	}
}
