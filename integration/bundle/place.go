package bundle

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Whether programs are one copy for the whole machine, which nothing survives
// (integration/vm sets RUNSEAL_VM). Each copy is code that the emulator has not seen:
// it translates what runs of it anew, which takes several times as long as to run it.
var oneCopy = os.Getenv("RUNSEAL_VM") != ""

// place writes a program to dst, or makes dst a further name of the machine's one copy
// of it. name tells programs apart.
func place(dst, name string, data []byte) error {
	if !oneCopy {
		return write(dst, data, 0o755)
	}
	one := filepath.Join(os.TempDir(), "program-"+strings.ReplaceAll(name, "/", "-"))
	err := os.Link(one, dst)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := write(dst, data, 0o755); err != nil {
		return err
	}
	// The first is the one; a second of the same moment stays alone.
	if err := os.Link(dst, one); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
