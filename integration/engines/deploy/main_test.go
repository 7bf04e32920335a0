package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

func TestMain(m *testing.M) { box.Main(m) }

// source is a path below deploy/.
func source(name string) string { return filepath.Join("../../../deploy", name) }

func read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// run runs a command that has to succeed.
func run(t testing.TB, argv ...string) string {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).Output()
	if err != nil {
		stderr := ""
		if e, ok := err.(*exec.ExitError); ok {
			stderr = string(e.Stderr)
		}
		t.Fatalf("%q: %v\n%s%s", argv, err, out, stderr)
	}
	return string(out)
}
