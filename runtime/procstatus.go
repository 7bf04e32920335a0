package runtime

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// statusField returns the words of a line of /proc/PID/status (proc_pid_status(5)), of
// which there is at least one.
func statusField(pid int, field string) ([]string, error) {
	name := "/proc/" + strconv.Itoa(pid) + "/status"
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if list, ok := strings.CutPrefix(line, field+":"); ok {
			if words := strings.Fields(list); len(words) > 0 {
				return words, nil
			}
		}
	}
	return nil, fmt.Errorf("%s has no %s", name, field)
}
