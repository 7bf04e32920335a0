package runtime

import (
	"errors"
	"fmt"
	"os"
	goruntime "runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A visit is never on the main thread, which would not end, and its thread ends with it.
func TestVisitThread(t *testing.T) {
	// With one processor a new goroutine runs where the one that waits for it was.
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(1))
	for i := range 200 {
		first, tid := 0, 0
		v, err := newVisit(func() error {
			first = unix.Gettid()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := v.do(func() error {
			tid = unix.Gettid()
			return fmt.Errorf("visit %d", i)
		}); err == nil || err.Error() != fmt.Sprintf("visit %d", i) {
			t.Fatalf("do gives %v", err)
		}
		if tid != first || tid == os.Getpid() {
			t.Fatalf("visit %d began on thread %d and goes on on %d; the process is %d", i, first, tid, os.Getpid())
		}
		v.leave()
		task := "/proc/self/task/" + strconv.Itoa(tid)
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(task); errors.Is(err, os.ErrNotExist) {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("thread %d of visit %d does not end", tid, i)
			}
		}
	}
}

func TestVisitFails(t *testing.T) {
	if v, err := newVisit(func() error { return unix.EPERM }); v != nil || err != unix.EPERM {
		t.Errorf("%v, %v", v, err)
	}
	if v, err := visitProcess(-1, unix.CLONE_NEWNS); v != nil || err == nil {
		t.Errorf("%v, %v", v, err)
	}
}
