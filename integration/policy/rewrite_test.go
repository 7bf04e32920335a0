package policy

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/runseal/runseal/integration/internal/box"
)

// denying is a floor that fails unshare with this errno.
func denying(errno int) string {
	return fmt.Sprintf(`{"defaultAction": "SCMP_ACT_ALLOW", "flags": [], "syscalls": [{"names": ["unshare"], "action": "SCMP_ACT_ERRNO", "errnoRet": %d}]}`, errno)
}

// messages are busybox's words for the errnos of denying.
var messages = map[string]string{"a": "Bad message", "b": "RFS specific error"}

// While somebody rewrites the policy and its floors, by rename and in place, with broken
// files between, a create either fails or has one whole floor, and that for its life.
func TestRewrittenMeanwhile(t *testing.T) {
	n := newNode(t)
	texts := map[string]string{"a": denying(74), "b": denying(73)}
	for name, text := range texts {
		n.write(name, text)
	}
	policy := n.policy(`"floor": "localhost/a",`)
	stop := make(chan bool)
	var rewriting sync.WaitGroup
	rewriting.Go(func() {
		rng := rand.New(rand.NewPCG(1, 2))
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			time.Sleep(200 * time.Microsecond)
			name := []string{"a", "b"}[rng.IntN(2)]
			text := `{"floor": "localhost/` + name + `", "profileRoot": "` + n.root + `"}`
			switch i % 4 {
			case 0: // in place: whoever reads now sees a part of it
				if err := os.WriteFile(policy, []byte(text), 0o644); err != nil {
					t.Error(err)
				}
			case 1:
				if err := os.WriteFile(filepath.Join(n.root, name), []byte(texts[name]), 0o644); err != nil {
					t.Error(err)
				}
			case 2: // broken, for a moment
				if err := os.WriteFile(policy, []byte(text[:rng.IntN(len(text))]), 0o644); err != nil {
					t.Error(err)
				}
				fallthrough
			default:
				if err := os.WriteFile(policy+".new", []byte(text), 0o644); err != nil {
					t.Error(err)
				}
				if err := os.Rename(policy+".new", policy); err != nil {
					t.Error(err)
				}
			}
		}
	})
	seen := map[string]int{}
	for i := 0; i < box.Rounds(8) || i < 30 && (seen["a"] == 0 || seen["b"] == 0); i++ {
		boxes := []*box.Box{}
		creates := []*box.Process{}
		for range 4 {
			b := shell(t, policy)
			b.Spec.Process.Args = []string{"/bin/sleep", "600"}
			boxes, creates = append(boxes, b), append(creates, b.TryCreate())
		}
		for i, b := range boxes {
			r := creates[i].Wait()
			if r.Status != 0 {
				seen["failed"]++
				if !strings.HasPrefix(r.Stderr, "runseal: node policy") || strings.Count(r.Stderr, "\n") != 1 {
					t.Errorf("create: %q", r.Stderr)
				}
				b.NothingLeft()
				continue
			}
			s := b.State()
			name := strings.TrimPrefix(s.Annotations["io.github.runseal.seccomp.policy"], "no profile, floor localhost/")
			seen[name]++
			b.Must("start", b.ID)
			for range 2 {
				if r := b.Do("exec", b.ID, "/bin/unshare", "-u", "true"); messages[name] == "" || !strings.Contains(r.Stderr, messages[name]) {
					t.Errorf("floor %q: exec says %q", name, r.Stderr)
				}
			}
			b.Must("kill", b.ID, "KILL")
			b.WaitPid(s.Pid)
		}
	}
	close(stop)
	rewriting.Wait()
	t.Log(seen)
	if seen["a"] == 0 || seen["b"] == 0 {
		t.Errorf("%v, expected containers under both floors", seen)
	}
}

// A create that is killed leaves a container that has its floor, or none; and whatever has
// become of the policy, delete --force removes it.
func TestKilledUnderPolicy(t *testing.T) {
	n := newNode(t)
	n.write("floor.json", floor)
	created := 0
	moments := box.Rounds(40)
	for i := range moments {
		policy := n.policy(`"floor": "localhost/floor.json",`)
		b := shell(t, policy)
		b.Spec.Process.Args = []string{"/bin/sleep", "600"}
		p := b.TryCreate()
		time.Sleep(box.Slow(32*time.Millisecond) * time.Duration(i) / time.Duration(moments))
		p.Process.Kill()
		p.Wait()
		n.policy(`"flor": 1,`)
		state, err := os.ReadFile(filepath.Join(b.Root, b.ID, "state.json"))
		if err == nil && !strings.Contains(string(state), `,"policy":`+"\n"+`{"decision":"no profile, floor localhost/floor.json","floor":{`) {
			t.Errorf("state.json without the policy: %.300s", state)
		}
		if r := b.Do("start", b.ID); r.Status == 0 {
			created++
			check(t, "exec", b.Do("exec", b.ID, "/bin/sh", "-c", script).Stdout, held)
		}
		b.Must("delete", "--force", b.ID)
		b.NothingLeft()
	}
	t.Logf("%d of %d were created", created, moments)
}
