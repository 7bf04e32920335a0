package runtime

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLookPath: a program is a file that may be executed, in a directory that does not
// depend on where the caller is.
func TestLookPath(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"relative", "data", "first", "second"} {
		mode := os.FileMode(0o700)
		if name == "data" {
			mode = 0o600
		}
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(name, "x"), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll("directory/x", 0o700); err != nil {
		t.Fatal(err)
	}
	list := []string{"relative", "", here + "/none", here + "/directory", here + "/data", here + "/first", here + "/second"}
	t.Setenv("PATH", strings.Join(list, string(filepath.ListSeparator)))
	if got := LookPath("x"); got != here+"/first/x" {
		t.Errorf("%q", got)
	}
	t.Setenv("PATH", strings.Join(list[:5], string(filepath.ListSeparator)))
	if got := LookPath("x"); got != "" {
		t.Errorf("%q, expected none", got)
	}
}
