package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestHome(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	passwd := filepath.Join(dir, "etc/passwd")
	root, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(root)
	other := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(other, []byte("u:x:7:7::/other:\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const users = "broken\nroot:x:0:0:root:/root:/bin/sh\nu:x:7:7:a b:/home/u\nrel:x:8:8::home/rel:/bin/sh\nu:x:7:7::/second:\n"
	for _, tc := range []struct {
		name, passwd string
		uid          uint32
		env          []string
		mounts       []specs.Mount
		want         string
	}{
		{"root", users, 0, nil, nil, "/root"},
		{"first line wins, no newline needed", users, 7, []string{"A=1"}, nil, "/home/u"},
		{"unknown user", users, 9, nil, nil, "/"},
		{"relative directory", users, 8, nil, nil, "/"},
		{"NUL in it", "u:x:7:7::/a\x00b:", 7, nil, nil, "/"},
		{"set by the configuration", users, 0, []string{"HOME=/x"}, nil, ""},
		{"empty in the configuration", users, 0, []string{"HOME="}, nil, "/root"},
		{"file from a bind mount", users, 7, nil, []specs.Mount{{Destination: "etc/passwd", Source: other}}, "/other"},
	} {
		if err := os.WriteFile(passwd, []byte(tc.passwd), 0o644); err != nil {
			t.Fatal(err)
		}
		pr := &specs.Process{Env: tc.env, User: specs.User{UID: tc.uid}}
		if got := home(root, pr, tc.mounts); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	// Files of the root that lead out of it, or that would block.
	os.Remove(passwd)
	if err := os.Symlink(other, passwd); err != nil {
		t.Fatal(err)
	}
	pr := &specs.Process{User: specs.User{UID: 7}}
	if got := home(root, pr, nil); got != "/" {
		t.Errorf("a symlink out of the root was followed: %q", got)
	}
	os.Remove(passwd)
	if err := unix.Mkfifo(passwd, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := home(root, pr, nil); got != "/" {
		t.Errorf("a FIFO gave %q", got)
	}
}

// FuzzPasswd: the file is the container's. Whatever is in it, a field is one of a line with
// this very uid, and none can smuggle in a second line or field.
func FuzzPasswd(f *testing.F) {
	f.Add([]byte("broken\nroot:x:0:0:root:/root:/bin/sh\nu:x:7:7::/home/u\r\n"), uint32(7), uint8(5))
	f.Add([]byte("u:x:00:0::/zero:\nu:x:-1:0::/less:\nu:x: 0:0::/space:"), uint32(0), uint8(5))
	f.Add([]byte("::4294967295:::\x00:\n:"), uint32(1<<32-1), uint8(0))
	f.Fuzz(func(t *testing.T, passwd []byte, uid uint32, field uint8) {
		k := int(field % 6)
		got := passwdField(passwd, uid, k)
		if strings.ContainsAny(got, ":\n") {
			t.Fatalf("%q", got)
		}
		want := ""
		for _, line := range strings.Split(string(passwd), "\n") {
			parts := strings.Split(line, ":")
			if len(parts) >= 6 && parts[2] == fmt.Sprint(uid) {
				want = parts[k]
				break
			}
		}
		if got != want {
			t.Errorf("field %d of user %d: %q, want %q", k, uid, got, want)
		}
	})
}
