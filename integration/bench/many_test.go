package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each command is run once, those of an item in their order, by processes of their own
// that do not know what they are.
func TestAll(t *testing.T) {
	dir := t.TempDir()
	var pool []*worker
	for _, name := range []string{"a", "b", "c"} {
		pool = append(pool, newTestWorker(t, filepath.Join(dir, "stderr-"+name)))
	}
	sh := func(script string) []string { return []string{"/bin/sh", "-ec", "cd " + dir + "; " + script} }
	var items [][][]string
	for _, n := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		items = append(items, [][]string{sh("echo $PPID >>ran-" + n), sh("test -e ran-" + n + "; test -z \"$" + workerMarker + "\"; echo >>ran-" + n)})
	}
	if _, err := all(t.Context(), pool, items); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "ran-*"))
	if err != nil || len(files) != len(items) {
		t.Fatalf("%q, %v", files, err)
	}
	var by []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		pid, rest, _ := strings.Cut(string(text), "\n")
		if rest != "\n" {
			t.Errorf("%s: %q, expected a pid and an empty line", f, text)
		}
		by = append(by, pid)
	}
	slices.Sort(by)
	if got := len(slices.Compact(by)); got != len(pool) {
		t.Errorf("%d processes were the commands' parents, expected %d", got, len(pool))
	}
}

// A command that fails stops its own worker and the others behind the command that they
// run, and so does an interruption.
func TestAllStops(t *testing.T) {
	sh := func(script string) [][]string { return [][]string{{"/bin/sh", "-ec", script}} }
	for name, tc := range map[string]struct {
		first [][]string
		want  string
	}{
		"failure":      {sh("echo no >&2; false"), "no"},
		"interruption": {sh("sleep 0.3"), "interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var pool []*worker
			for _, n := range []string{"a", "b"} {
				pool = append(pool, newTestWorker(t, filepath.Join(dir, n)))
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if name == "interruption" {
				time.AfterFunc(100*time.Millisecond, func() { cancel(errors.New("interrupted")) })
			}
			after := filepath.Join(dir, "after")
			_, err := all(ctx, pool, [][][]string{tc.first, sh("sleep 0.3"), sh("touch " + after), sh("touch " + after)})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, expected %q", err, tc.want)
			}
			if _, err := os.Stat(after); err == nil {
				t.Error("a command behind it was run")
			}
		})
	}
}

func newTestWorker(t *testing.T, stderr string) *worker {
	t.Helper()
	w, err := newWorker(stderr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}
