package state

import (
	"bytes"
	"fmt"
	"testing"
)

// However a file with a policy is damaged by a byte, a cut or a gap: it is an error, or the
// policy is still there, or there is no config either, without which exec does nothing. A
// policy that had become invisible would take the floor with it.
func TestPolicyNeverLost(t *testing.T) {
	s := &State{
		ID: "a", Bundle: "/b", Pid: 3, StartTime: 4, CgroupPaths: map[string]string{"": "/c"},
		Annotations: map[string]string{"k": "\n,\"policy\":\n", "policySize": "0"},
		Config:      []byte("{\n \"annotations\":{\"x\":\"y\"}\n,\"policy\":\n{\"decision\":\"exempt\"}\n}\n"),
		Policy:      []byte(`{"decision":"floor x","floor":{}}`),
	}
	full := bytes.Join(s.encode(), nil)
	read := 0
	try := func(how string, data []byte) {
		t.Helper()
		if d, err := decode(data); err == nil {
			if read++; len(d.Policy) == 0 && len(d.Config) > 0 {
				t.Errorf("%s: no policy in %q", how, data)
			}
		}
	}
	try("whole", full)
	for i := range full {
		for _, b := range []byte("\x00\n \"\\,:{}[]0123456789xnul") {
			damaged := bytes.Clone(full)
			damaged[i] = b
			try(fmt.Sprintf("byte %d is %q", i, b), damaged)
		}
		try(fmt.Sprintf("cut at %d", i), full[:i])
		for j := i + 1; j <= len(full); j++ {
			try(fmt.Sprintf("without %d to %d", i, j), append(bytes.Clone(full[:i]), full[j:]...))
		}
	}
	if read == 0 {
		t.Error("not even the whole file could be read")
	}
}
