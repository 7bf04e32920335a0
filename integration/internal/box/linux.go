package box

import (
	"fmt"
	"os"
	"sync"
)

// release is the running kernel's version.
var release = sync.OnceValue(func() (v [2]int) {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err == nil {
		_, err = fmt.Sscanf(string(text), "%d.%d", &v[0], &v[1])
	}
	if err != nil {
		panic(err)
	}
	return v
})

// Linux says whether the kernel is of this version or newer: for what a test expects,
// which is an error that names the version where the kernel is older.
func Linux(major, minor int) bool {
	v := release()
	return v[0] > major || v[0] == major && v[1] >= minor
}
