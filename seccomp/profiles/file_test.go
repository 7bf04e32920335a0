package profiles

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/seccomp/profiles/docker"
	"github.com/runseal/runseal/seccomp/strictjson"
)

func TestLocalhost(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	write(t, filepath.Join(root, "oci.json"), ociText)
	write(t, filepath.Join(root, "profiles/deep/docker"), dockerText)
	write(t, filepath.Join(root, "..a"), ociText)
	write(t, filepath.Join(root, "log.json"), `{"defaultAction":"SCMP_ACT_LOG"}`)
	link := root + "-link" // the root itself may be one
	if err := os.Symlink(root, link); err != nil {
		t.Fatal(err)
	}
	admin := docker.Host{Caps: []string{"CAP_SYS_ADMIN"}}
	for _, c := range []struct {
		name  string
		host  docker.Host
		calls string
	}{
		{"oci.json", admin, "read"},
		{"profiles/deep/docker", docker.Host{}, "read"},
		{"profiles/deep/docker", admin, "read mount"},
		{"profiles//deep/docker", docker.Host{}, "read"},
		{"..a", docker.Host{}, "read"},
		{"log.json", docker.Host{}, ""},
	} {
		for _, dir := range []string{root, link} {
			p, err := Load("localhost/"+c.name, Options{Root: dir, Host: c.host})
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			var calls []string
			for _, s := range p.Syscalls {
				calls = append(calls, s.Names...)
			}
			if strings.Join(calls, " ") != c.calls {
				t.Errorf("%s: %v, want %s", c.name, calls, c.calls)
			}
		}
	}
}

// Every way out of the root, and everything in it that is no profile.
func TestLocalhostRefuses(t *testing.T) {
	top := t.TempDir()
	root := filepath.Join(top, "root")
	write(t, filepath.Join(top, "outside.json"), ociText)
	write(t, filepath.Join(root, "inside.json"), ociText)
	write(t, filepath.Join(root, "dir/inside.json"), ociText)
	write(t, filepath.Join(root, "config.json"), `{"ociVersion":"1.0.2","linux":{"seccomp":`+ociText+`}}`)
	write(t, filepath.Join(root, "empty.json"), "")
	write(t, filepath.Join(root, "double.json"), strings.Replace(ociText, `"names"`, `"names":[],"names"`, 1))
	write(t, filepath.Join(root, "double-docker.json"), strings.Replace(dockerText, `"names"`, `"names":[],"names"`, 1))
	for link, to := range map[string]string{
		"file-out": "../outside.json", "file-in": "inside.json", "file-abs": filepath.Join(top, "outside.json"),
		"dir-out": "..", "dir-in": "dir", "dir-abs": top, "magic": "/proc/self/root", "dangling": "nothing", "self": "self",
	} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mkfifo(filepath.Join(root, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "huge.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(root, "huge.json"), 1<<40); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(root, name) }
	const link = ": a symbolic link, expected none below "
	for name, want := range map[string]string{
		"":                       "no file, expected localhost/NAME",
		in("inside.json"):        "an absolute path, expected one below " + root,
		"/":                      "an absolute path, expected one below " + root,
		"..":                     `contains "..", expected a path below ` + root,
		"../outside.json":        `contains "..", expected a path below ` + root,
		"../root/inside.json":    `contains "..", expected a path below ` + root,
		"dir/../inside.json":     `contains "..", expected a path below ` + root,
		"dir/../../outside.json": `contains "..", expected a path below ` + root,
		"dir/..":                 `contains "..", expected a path below ` + root,
		"a\x00b":                 "a byte 0, expected a path",
		"file-out":               in("file-out") + link + root,
		"file-in":                in("file-in") + link + root,
		"file-abs":               in("file-abs") + link + root,
		"dir-out/outside.json":   in("dir-out/outside.json") + link + root,
		"dir-in/inside.json":     in("dir-in/inside.json") + link + root,
		"dir-abs/outside.json":   in("dir-abs/outside.json") + link + root,
		"magic/etc/passwd":       in("magic/etc/passwd") + link + root,
		"dangling":               in("dangling") + link + root,
		"self":                   in("self") + link + root,
		"fifo":                   in("fifo") + ": a FIFO, expected a regular file",
		"dir":                    in("dir") + ": a directory, expected a regular file",
		"dir/":                   in("dir") + ": a directory, expected a regular file",
		".":                      root + ": a directory, expected a regular file",
		"inside.json/":           "open " + in("inside.json") + ": not a directory",
		"inside.json/x":          "open " + in("inside.json/x") + ": not a directory",
		"nothing":                "open " + in("nothing") + ": no such file or directory",
		"huge.json":              in("huge.json") + fmt.Sprintf(": %d bytes: expected at most %d", int64(1)<<40, strictjson.MaxSize),
		"empty.json":             in("empty.json") + ": line 1, column 1: unexpected end of text, expected a value",
		"config.json":            in("config.json") + ": a whole config.json, expected the object that is its linux.seccomp",
		"double.json":            in("double.json") + ": linux.seccomp.syscalls[0].names: duplicate field",
		"double-docker.json":     in("double-docker.json") + ": linux.seccomp.syscalls[0].names: duplicate field",
		strings.Repeat("a", 256): "open " + in(strings.Repeat("a", 256)) + ": file name too long",
	} {
		p, err := Load("localhost/"+name, Options{Root: root})
		want = fmt.Sprintf("seccomp profile %q: %s", "localhost/"+name, want)
		if p != nil || err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q:\n got %v, %v\nwant %s", name, p, err, want)
		}
	}
	for dir, want := range map[string]string{
		filepath.Join(top, "none"): "open profile root " + filepath.Join(top, "none") + ": no such file or directory",
		in("inside.json"):          "open profile root " + in("inside.json") + ": not a directory",
	} {
		_, err := Load("localhost/inside.json", Options{Root: dir})
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("root %s: %v, want %s", dir, err, want)
		}
	}
}

// The kernel keeps a path below the root even where the checks of the name do not.
func TestOpenBelow(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	write(t, filepath.Join(root, "dir/in"), ociText)
	write(t, root+"/../out", ociText)
	for _, name := range []string{"../out", "dir/../../out", filepath.Join(root, "dir/in")} {
		f, err := openBelow(root, name)
		if want := filepath.Join(root, name) + ": leads out of " + root; f != nil || err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	f, err := openBelow(root, "dir/in")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

// A socket cannot be opened at all.
func TestLocalhostSocket(t *testing.T) {
	root := t.TempDir()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: filepath.Join(root, "s")}); err != nil {
		t.Fatal(err)
	}
	if _, err := Load("localhost/s", Options{Root: root}); err == nil || !strings.HasSuffix(err.Error(), "s: no such device or address") {
		t.Errorf("a socket: %v", err)
	}
}

func TestDefaultRoot(t *testing.T) {
	const name = "no-such-profile-of-a-test.json"
	_, err := Load("localhost/"+name, Options{})
	if err == nil || !strings.Contains(err.Error(), DefaultRoot) {
		t.Errorf("%v, want %s in it", err, DefaultRoot)
	}
}

func TestFormatOf(t *testing.T) {
	rule := func(member string) string {
		return `{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG"},{` + member + `}]}`
	}
	for text, want := range map[string]Format{
		ociText: OCI, dockerText: Docker, ``: OCI, `[]`: OCI, `7`: OCI, `{"syscalls":null}`: OCI, `{"syscalls":7}`: OCI,
		`{"archMap":[]}`: Docker, `{"archmap":[]}`: Docker, `{"syscalls":null,"defaultErrno":""}`: Docker,
		rule(`"includes":{}`): Docker, rule(`"Includes":{}`): Docker, rule(`"excludes":null`): Docker, rule(`"name":"b"`): Docker,
		rule(`"errno":"EPERM"`): Docker, rule(`"comment":"includes"`): OCI, rule(`"args":[{"name":1}]`): OCI,
		`{"linux":{}}`: Config, `{"ociVersion":"1","archMap":[]}`: Config, `{"root":{},"syscalls":[{"name":"x"}]}`: Config, `{"process":0}`: Config,
	} {
		if got := FormatOf([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// Another format gets a word of where to go.
func TestParseOperatorObject(t *testing.T) {
	for _, text := range []string{"apiVersion: x/v1\nkind: SeccompProfile\n", `{"kind": "SeccompProfile", "spec": {}}`} {
		if _, err := Parse([]byte(text), Options{}); err == nil || !strings.Contains(err.Error(), "sealctl convert --to oci makes a profile of it") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A member that only Docker's format has is never skipped in silence.
func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		strings.Replace(dockerText, `"includes"`, `"Includes"`, 1): `linux.seccomp.syscalls[1].Includes: unknown field, did you mean "includes"`,
		strings.Replace(dockerText, `"caps"`, `"Caps"`, 1):         `linux.seccomp.syscalls[1].includes.Caps: unknown field, did you mean "caps"`,
		strings.Replace(ociText, `"names"`, `"Names"`, 1):          `linux.seccomp.syscalls[0].Names: unknown field, did you mean "names"`,
		strings.Replace(ociText, `"syscalls"`, `"Syscalls"`, 1):    `linux.seccomp.Syscalls: unknown field, did you mean "syscalls"`,
		`{"defaultAction":"SCMP_ACT_LOG","architectures":7}`:       "linux.seccomp.architectures: 7: expected an array",
		strings.Repeat(" ", strictjson.MaxSize+1):                  fmt.Sprintf("%d bytes: expected at most %d", strictjson.MaxSize+1, strictjson.MaxSize),
	} {
		if _, err := Parse([]byte(text), Options{}); err == nil || err.Error() != want {
			t.Errorf("%.200s: %v, want %s", text, err, want)
		}
	}
	p, err := Parse([]byte(dockerText), Options{Host: docker.Host{Caps: []string{"CAP_SYS_ADMIN"}}})
	if err != nil || len(p.Syscalls) != 2 || !slices.Equal(p.Syscalls[1].Names, []string{"mount"}) || *p.DefaultErrnoRet != uint(unix.ENOSYS) {
		t.Errorf("%v, %v", p, err)
	}
}
