package plan

import (
	"fmt"
	"path"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/nsenter"
)

// device is a node to be made; major and minor as in mknod(1).
type device struct {
	path         string
	mode         uint32 // type and permissions
	major, minor uint32
	uid, gid     uint32
	field        string
}

// defaultDevices are the specification's default devices (config-linux,
// "Default Devices"); /dev/console and /dev/ptmx are made elsewhere.
var defaultDevices = [...]struct {
	path         string
	major, minor uint32
}{
	{"/dev/null", 1, 3}, {"/dev/zero", 1, 5}, {"/dev/full", 1, 7},
	{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
}

// devices makes the device nodes and links below /dev, unless config.json
// binds a /dev of the host's, which is then used as it is.
func (p *planner) devices() error {
	for _, m := range p.spec.Mounts {
		if path.Clean("/"+m.Destination) == "/dev" && (m.Type == "bind" || hasBind(m.Options)) {
			return nil
		}
	}
	list, err := deviceList(p.spec.Linux.Devices)
	if err != nil {
		return err
	}
	p.Step("", "open /dev of the container")
	p.target("/dev", true, unix.O_NOFOLLOW)
	inDev := nsenter.Val(regTarget)
	for i := range list {
		d := &list[i]
		if path.Dir(d.path) == "/dev" {
			p.device(d, inDev)
		}
	}
	p.links(inDev)
	p.closeReg(regTarget)
	for i := range list {
		d := &list[i]
		if path.Dir(d.path) == "/dev" {
			continue
		}
		p.Step(d.field, "open the directory of device %q", d.path)
		p.target(path.Dir(d.path), true, 0)
		p.device(d, nsenter.Val(regTarget))
		p.closeReg(regTarget)
	}
	return nil
}

func hasBind(options []string) bool {
	for _, o := range options {
		if o == "bind" || o == "rbind" {
			return true
		}
	}
	return false
}

// deviceList is linux.devices and those default devices that it does not list.
func deviceList(configured []specs.LinuxDevice) ([]device, error) {
	var list []device
	listed := func(name string) bool {
		for i := range list {
			if list[i].path == name {
				return true
			}
		}
		return false
	}
	for i, c := range configured {
		d := device{path: path.Clean(c.Path), major: uint32(c.Major), minor: uint32(c.Minor), mode: 0o666, field: field("linux.devices", i)}
		if c.FileMode != nil {
			d.mode = uint32(*c.FileMode) & 0o7777
		}
		switch c.Type {
		case "c", "u":
			d.mode |= unix.S_IFCHR
		case "b":
			d.mode |= unix.S_IFBLK
		case "p":
			d.mode |= unix.S_IFIFO
			d.major, d.minor = 0, 0
		default:
			return nil, fmt.Errorf("%s.type: %q: expected c, u, b or p", d.field, c.Type)
		}
		if c.UID != nil {
			d.uid = *c.UID
		}
		if c.GID != nil {
			d.gid = *c.GID
		}
		if !listed(d.path) {
			list = append(list, d)
		}
	}
	for _, def := range defaultDevices {
		if !listed(def.path) {
			list = append(list, device{path: def.path, mode: unix.S_IFCHR | 0o666, major: def.major, minor: def.minor})
		}
	}
	return list, nil
}

// device makes one node in an open directory. In a user namespace mknod(2) is
// not permitted; the host's node is bound there instead. A node that the root
// brings along is accepted only if it is the very same device.
func (p *planner) device(d *device, dir nsenter.Arg) {
	name := path.Base(d.path)
	p.Step(d.field, "make device %q", d.path)
	if p.inUserNS() && d.mode&unix.S_IFMT != unix.S_IFIFO {
		p.bindDevice(d, dir, name)
		return
	}
	dev := nsenter.Imm(unix.Mkdev(d.major, d.minor))
	exists, done := p.NewLabel(), p.NewLabel()
	p.Sys(unix.SYS_MKNODAT, dir, p.String(name), nsenter.Imm(d.mode), dev).On(uint16(unix.EEXIST), exists)
	if d.uid != 0 || d.gid != 0 {
		p.Sys(unix.SYS_FCHOWNAT, dir, p.String(name), nsenter.Imm(d.uid), nsenter.Imm(d.gid), nsenter.Imm(unix.AT_SYMLINK_NOFOLLOW))
	}
	p.Jump(done)
	p.Place(exists)
	p.Step(d.field, "make device %q: something else is there", d.path)
	p.checkNode(dir, name, d.mode, d.major, d.minor)
	p.Place(done)
}

// bindDevice binds the host's node of the same path, after making sure that it
// is this device.
func (p *planner) bindDevice(d *device, dir nsenter.Arg, name string) {
	made := p.NewLabel()
	p.Sys(unix.SYS_OPENAT, dir, p.String(name), nsenter.Imm(unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_CLOEXEC), nsenter.Imm(0o666)).
		Into(regTree).On(uint16(unix.EEXIST), made)
	p.closeReg(regTree)
	p.Place(made)
	p.Step(d.field, "bind device %q: the host's is not %d:%d", d.path, d.major, d.minor)
	p.checkNode(atCwd, d.path, d.mode, d.major, d.minor)
	p.Step(d.field, "bind device %q", d.path)
	p.cloneTree(d.path, false)
	p.Sys(unix.SYS_OPENAT, dir, p.String(name), nsenter.Imm(openAny|unix.O_NOFOLLOW), nsenter.Imm(0)).Into(regDir)
	p.Sys(unix.SYS_MOVE_MOUNT, nsenter.Val(regTree), p.String(""), nsenter.Val(regDir), p.String(""),
		nsenter.Imm(unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH))
	p.closeReg(regDir)
	p.closeReg(regTree)
}

// links makes the symlinks that the specification lists under "Dev symbolic
// links", and /dev/ptmx for the container's own devpts.
func (p *planner) links(dir nsenter.Arg) {
	p.Step("", "make the links in /dev")
	for _, l := range [...]struct{ to, name string }{
		{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
	} {
		p.Sys(unix.SYS_SYMLINKAT, p.String(l.to), dir, p.String(l.name)).Ignore(uint16(unix.EEXIST))
	}
	p.Sys(unix.SYS_UNLINKAT, dir, p.String("ptmx"), nsenter.Imm(0)).Ignore(uint16(unix.ENOENT))
	p.Sys(unix.SYS_SYMLINKAT, p.String("pts/ptmx"), dir, p.String("ptmx"))
}
