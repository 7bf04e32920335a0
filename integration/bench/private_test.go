package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// mountAt is the environment variable that makes the test program the one of
// TestPrivate: it goes into a mount namespace as the benchmark does and mounts there.
const mountAt = "RUNSEAL_BENCH_TEST_MOUNT"

func TestMain(m *testing.M) {
	if stderr, ok := os.LookupEnv(workerMarker); ok {
		if err := work(stderr); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	if dir := os.Getenv(mountAt); dir != "" {
		if err := mountPrivately(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// mountPrivately prints this process's mount namespace, what its children inherit of the
// marker, and waits for the end of its standard input with a tmpfs on dir.
func mountPrivately(dir string) error {
	if err := private(); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
		return err
	}
	// Any thread: the others must be there too.
	ns, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return err
	}
	fmt.Printf("%s %q\n", ns, os.Getenv(privateMarker))
	_, err = os.Stdin.Read(make([]byte, 1))
	if err != nil && err.Error() == "EOF" {
		return nil
	}
	return err
}

// The benchmark's mounts are seen by nobody else, even from a shared mount namespace.
func TestPrivate(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// On a machine with systemd mounts are shared; here the directory is made so, in the
	// mount namespace of the shell alone.
	script := `set -e; mount -t tmpfs t "$1"; mount --make-shared "$1"; mkdir "$1/m"
		readlink /proc/self/ns/mnt
		mkfifo "$1/end" "$1/out"
		` + mountAt + `="$1/m" "$2" <"$1/end" >"$1/out" & pid=$!
		exec 4>"$1/end" 5<"$1/out"
		read -r line <&5; echo "$line"
		grep -c " $1/m " /proc/self/mountinfo || true
		exec 4>&-; wait $pid`
	out, err := exec.Command("unshare", "--mount", "/bin/sh", "-c", script, "sh", dir, self).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 3 {
		t.Fatalf("output is %q, want three lines", out)
	}
	outside, inside, seen := lines[0], lines[1], lines[2]
	if !strings.HasPrefix(inside, "mnt:[") || strings.HasPrefix(inside, outside) || !strings.HasSuffix(inside, ` ""`) {
		t.Errorf("outside is %s, inside says %s: want another namespace, and no marker", outside, inside)
	}
	if seen != "0" {
		t.Errorf("the mount is seen %s times outside, want none", seen)
	}
}

// A marker that was set by somebody else is found out.
func TestPrivateMarker(t *testing.T) {
	here, err := os.Readlink("/proc/thread-self/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(privateMarker, here)
	if err := private(); err == nil || !strings.Contains(err.Error(), here) {
		t.Errorf("error is %v, want one that names %s", err, here)
	}
}
