package docker

import "testing"

// FuzzResolve: no text makes it panic, and whatever the host, an entry that is kept comes
// from the text.
func FuzzResolve(f *testing.F) {
	f.Add([]byte(`{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]}],
		"syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8","caps":["CAP_BPF"],"arches":["amd64"]},"excludes":{"caps":["CAP_SYS_ADMIN"]}}]}`))
	f.Add([]byte(`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"x","names":["y"],"action":"SCMP_ACT_ERRNO","errno":"EPERM","args":[{"index":0,"op":"SCMP_CMP_EQ"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, caps := range [][]string{nil, manyCaps} {
			p, entries, err := ResolveEntries(data, Host{Caps: caps})
			if err != nil {
				if p != nil {
					t.Error("a profile and an error")
				}
				continue
			}
			if len(entries) != len(p.Syscalls) {
				t.Errorf("%d entries of the text for %d that are kept", len(entries), len(p.Syscalls))
			}
		}
	})
}
