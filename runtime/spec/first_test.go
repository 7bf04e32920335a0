package spec

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// firstVar makes this program read a config.json once, with the decoder that is named, and
// print how long that took, in nanoseconds.
const firstVar = "RUNSEAL_FIRST_PARSE"

func TestMain(m *testing.M) {
	how := os.Getenv(firstVar)
	if how == "" {
		os.Exit(m.Run())
	}
	data, err := os.ReadFile(os.Args[1])
	began := time.Now()
	switch {
	case err != nil:
	case how == "strict":
		_, err = Parse(data)
	default:
		err = json.Unmarshal(data, new(specs.Spec))
	}
	took := time.Since(began)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(took.Nanoseconds())
}

// first is the time of the first call in a process, which for a runtime is the only one:
// what reflection has to learn about the types, it learns there.
func first(t testing.TB, how, file string) time.Duration {
	t.Helper()
	cmd := exec.Command(os.Args[0], file)
	cmd.Env = append(os.Environ(), firstVar+"="+how)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	ns, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(ns)
}

func exampleFile(t testing.TB) string {
	t.Helper()
	name := t.TempDir() + "/config.json"
	if err := os.WriteFile(name, example(t), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// The strict decoder does not slow a start by more than 0.2 ms against encoding/json.
func TestFirstParse(t *testing.T) {
	file := exampleFile(t)
	best := map[string]time.Duration{}
	for range 10 { // in turn, so that a busy machine is busy for both
		for _, how := range []string{"strict", "encoding/json"} {
			if d := first(t, how, file); best[how] == 0 || d < best[how] {
				best[how] = d
			}
		}
	}
	t.Logf("strict %v, encoding/json %v", best["strict"], best["encoding/json"])
	if best["strict"] > best["encoding/json"]+200*time.Microsecond {
		t.Errorf("the first call takes %v, of encoding/json %v; expected at most 0.2 ms more", best["strict"], best["encoding/json"])
	}
}

// BenchmarkFirstParse is the first call of a process, as ns/first, for both.
func BenchmarkFirstParse(b *testing.B) {
	file := exampleFile(b)
	for _, how := range []string{"strict", "encoding/json"} {
		b.Run(how, func(b *testing.B) {
			var sum time.Duration
			n := 0
			for b.Loop() {
				sum += first(b, how, file)
				n++
			}
			b.ReportMetric(float64(sum.Nanoseconds())/float64(n), "ns/first")
		})
	}
}

// BenchmarkParseReference is BenchmarkParse for encoding/json, all warm.
func BenchmarkParseReference(b *testing.B) {
	data := example(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := json.Unmarshal(data, new(specs.Spec)); err != nil {
			b.Fatal(err)
		}
	}
}
