package hostile

import (
	"os"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// An opened is a file that must not be opened, but by O_PATH, which has no effect.
type opened struct {
	t    *testing.T
	name string
	fd   int
}

// watchOpen has the kernel tell of the file's next open(2).
func watchOpen(t *testing.T, name string) *opened {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	must(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	_, err = unix.InotifyAddWatch(fd, name, unix.IN_OPEN)
	must(t, err)
	return &opened{t, name, fd}
}

func (o *opened) is() bool {
	var buf [4096]byte
	n, err := unix.Read(o.fd, buf[:])
	if err != nil && err != unix.EAGAIN {
		o.t.Fatal(err)
	}
	return n > 0
}

// none fails the test if the file has been opened.
func (o *opened) none(after string) {
	o.t.Helper()
	if o.is() {
		o.t.Errorf("%s has opened %s", after, o.name)
	}
}

// Opening a device node does something, for a container that may not do it itself; and
// what is not a device need not end. HOME is looked up in /etc/passwd, whatever that is.
func TestPasswdIsADevice(t *testing.T) {
	b := box.New(t, "/bin/sh", "-c", "echo $HOME; sleep 600")
	b.Spec.Process.Env = slices.DeleteFunc(b.Spec.Process.Env, func(e string) bool { return strings.HasPrefix(e, "HOME=") })
	node := b.Path("etc", "passwd")
	os.Remove(node)
	must(t, unix.Mknod(node, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
	o := watchOpen(t, node)
	for _, mounted := range []bool{false, true} {
		if mounted {
			b.Mount("bind", node, "/etc/passwd", "bind")
		}
		p := b.Create()
		b.Must("start", b.ID)
		p.WaitOutput("/\n")
		o.none("create")
		if r := b.Do("exec", b.ID, "/bin/sh", "-c", "echo $HOME"); r.Stdout != "/\n" {
			t.Errorf("exec: %+v", r)
		}
		o.none("exec")
		b.Must("delete", "--force", b.ID)
	}
	if f, err := os.Open(node); err != nil || !o.is() {
		t.Errorf("the watch does not work: %v", err)
	} else {
		f.Close()
	}
}

// A container that may mount puts another device in the place of its multiplexer of
// terminals.
func TestPtmxIsAnotherDevice(t *testing.T) {
	b := box.New(t, "/bin/sh", "-c", "mount -o bind /tmp/node /dev/pts/ptmx && echo ready; sleep 600")
	b.Spec.Process.Capabilities = box.Capabilities("CAP_SYS_ADMIN")
	node := b.Path("tmp", "node")
	must(t, os.MkdirAll(b.Path("tmp"), 0o755))
	must(t, unix.Mknod(node, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
	p := b.Create()
	b.Must("start", b.ID)
	p.WaitOutput("ready\n")
	o := watchOpen(t, node)
	r := b.Do("exec", "--tty", b.ID, "/bin/true")
	if r.Status == 0 || !strings.Contains(r.Stderr, "process.terminal") {
		t.Errorf("exec --tty: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	o.none("exec --tty")
}

// A symlink of the image at /proc or /sys leads no mount elsewhere, of whatever type.
func TestBindOnASymlink(t *testing.T) {
	for _, dest := range []string{"/proc", "/sys"} {
		b := box.New(t, "/bin/true")
		for i, m := range b.Spec.Mounts {
			if m.Destination == dest {
				b.Spec.Mounts[i] = specs.Mount{Type: "bind", Source: dest, Destination: dest, Options: []string{"rbind"}}
			}
		}
		os.Remove(b.Path(dest))
		must(t, os.MkdirAll(b.Path("vol"), 0o755))
		must(t, os.Symlink("vol", b.Path(dest)))
		r := b.Run()
		if r.Status == 0 || !strings.Contains(r.Stderr, "mounts[") {
			t.Errorf("%s: exit status %d, stderr %q", dest, r.Status, r.Stderr)
		}
		b.NothingLeft()
	}
}

// The kernel takes a page of file system options, and silently leaves out what is beyond.
func TestLongMountOptions(t *testing.T) {
	for n, good := range map[int]bool{454: true, 500: false} {
		b := box.New(t, "/bin/df", "-P", "/data")
		options := append(strings.Split(strings.Repeat("mode=755 ", n), " ")[:n], "size=4k")
		b.Spec.Mounts = append(b.Spec.Mounts, specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: "/data", Options: options})
		r := b.Run()
		if good && (r.Status != 0 || !strings.Contains(r.Stdout, " 4 ")) {
			t.Errorf("%d options: exit status %d, stdout %q, stderr %q", n, r.Status, r.Stdout, r.Stderr)
		}
		if !good && (r.Status == 0 || !strings.Contains(r.Stderr, "].options: ")) {
			t.Errorf("%d options: exit status %d, stdout %q, stderr %q; expected an error", n, r.Status, r.Stdout, r.Stderr)
		}
	}
}
