package lifecycle

import (
	"os"
	"os/exec"
)

// stdin prepares a command to read f.
func stdin(f *os.File) func(*exec.Cmd) { return func(c *exec.Cmd) { c.Stdin = f } }
