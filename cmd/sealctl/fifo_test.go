package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A FIFO that nobody writes to is an error, and one with a writer is read.
func TestFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"list", path}, {"diff", path, path}, {"lint", path}, {"disasm", path}} {
		done := make(chan string, 1)
		go func() {
			_, stdout, stderr := sealctl("", args...)
			done <- stdout + stderr
		}()
		select {
		case got := <-done:
			if want := "sealctl: " + path + ": a FIFO that nobody writes to, expected a file\n"; got != want {
				t.Errorf("%s: %q, want %q", args, got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: waits", args)
		}
	}
	w, err := os.OpenFile(path, os.O_RDWR, 0) // so that it has a writer from the beginning
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(50 * time.Millisecond)
		w.WriteString(small)
		w.Close()
	}()
	if status, stdout, stderr := sealctl("", "resolve", path); status != 0 || !strings.Contains(stdout, "getpid") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
}
