package runtime

import (
	"fmt"
	"os"
	goruntime "runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// Other file system ids are never the main thread's, which would keep them.
func TestAsOwnerThread(t *testing.T) {
	// Somebody else's directory, whoever runs this test.
	path := "/"
	if os.Geteuid() == 0 {
		path = t.TempDir()
		if err := os.Chown(path, 1000, 1001); err != nil {
			t.Fatal(err)
		}
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	// With one processor a new goroutine runs where the one that waits for it was.
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(1))
	for i := range 200 {
		tid := 0
		if err := asOwner(fd, func() error {
			tid = unix.Gettid()
			return fmt.Errorf("copy %d", i)
		}); err == nil || err.Error() != fmt.Sprintf("copy %d", i) {
			t.Fatalf("asOwner gives %v", err)
		}
		if tid == os.Getpid() {
			t.Fatalf("copy %d was made on the main thread", i)
		}
	}
}
