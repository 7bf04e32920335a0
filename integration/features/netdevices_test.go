package features

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/integration/internal/box"
)

// ownNetwork puts this test, and the commands that it starts, into a network namespace of
// their own: the host's devices are not for tests.
func ownNetwork(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	host, err := os.Open("/proc/thread-self/ns/net")
	must(t, err)
	must(t, unix.Unshare(unix.CLONE_NEWNET))
	t.Cleanup(func() {
		must(t, unix.Setns(int(host.Fd()), unix.CLONE_NEWNET))
		host.Close()
		runtime.UnlockOSThread()
	})
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	must(t, netlink.LinkSetUp(lo))
}

// pair makes two veth devices, of which the first is up and has these addresses, with the
// prefix length in the kernel's flags for IPv6 so that they are usable at once.
func pair(t *testing.T, name, peer string, addresses ...string) netlink.Link {
	t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU = name, 1400
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: peer}); err != nil {
		t.Fatalf("make %s and %s: %v", name, peer, err)
	}
	l, err := netlink.LinkByName(name)
	must(t, err)
	for _, text := range addresses {
		a, err := netlink.ParseAddr(text)
		must(t, err)
		must(t, netlink.AddrAdd(l, a))
	}
	must(t, netlink.LinkSetUp(l))
	other, err := netlink.LinkByName(peer)
	must(t, err)
	must(t, netlink.LinkSetUp(other))
	return l
}

// has lists a device's addresses with their flags and labels, without those of link scope
// that the kernel makes by itself.
func has(t *testing.T, name string) string {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err.Error()
	}
	list, err := netlink.AddrList(l, netlink.FAMILY_ALL)
	must(t, err)
	var s []string
	for _, a := range list {
		if a.Scope != int(netlink.SCOPE_LINK) {
			s = append(s, fmt.Sprintf("%s %s %#x %d", a.IPNet, strings.TrimPrefix(a.Label, name), a.Flags&^unix.IFA_F_TENTATIVE, a.Scope))
		}
	}
	return fmt.Sprintf("up=%v mtu=%d %s %s", l.Attrs().Flags&net.FlagUp != 0, l.Attrs().MTU, l.Attrs().HardwareAddr, strings.Join(s, ", "))
}

// devices lists the names of the thread's network namespace.
func devices(t *testing.T) string {
	t.Helper()
	list, err := netlink.LinkList()
	for errors.Is(err, netlink.ErrDumpInterrupted) { // another namespace may be going
		list, err = netlink.LinkList()
	}
	must(t, err)
	var names []string
	for _, l := range list {
		if l.Type() == "veth" || l.Type() == "bridge" {
			names = append(names, l.Attrs().Name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// within calls f in the network namespace of a process. The thread is ownNetwork's.
func within(t *testing.T, pid int, f func()) {
	t.Helper()
	own, err := os.Open("/proc/thread-self/ns/net")
	must(t, err)
	defer own.Close()
	fd, err := unix.PidfdOpen(pid, 0)
	must(t, err)
	defer unix.Close(fd)
	must(t, unix.Setns(fd, unix.CLONE_NEWNET))
	defer func() { must(t, unix.Setns(int(own.Fd()), unix.CLONE_NEWNET)) }()
	f()
}

func move(b *box.Box, names ...string) {
	b.Spec.Linux.NetDevices = map[string]specs.LinuxNetDevice{}
	for i := 0; i < len(names); i += 2 {
		b.Spec.Linux.NetDevices[names[i]] = specs.LinuxNetDevice{Name: names[i+1]}
	}
}

// netns makes the container join the network namespace of a new process, and returns that.
func netns(t *testing.T, b *box.Box) int {
	pid := holder(t, unix.CLONE_NEWNET)
	b.SetNamespace(specs.LinuxNamespace{Type: specs.NetworkNamespace, Path: fmt.Sprintf("/proc/%d/ns/net", pid)})
	return pid
}

// Devices are in the container, with another name or their own, with what they had, and up;
// before the sysctls about them. In a new namespace, in one that belongs to the container's
// user namespace, and in one that is joined.
func TestNetDevices(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, b *box.Box){
		"new":            func(*testing.T, *box.Box) {},
		"user namespace": func(_ *testing.T, b *box.Box) { usersOf(b) },
		"path":           func(t *testing.T, b *box.Box) { netns(t, b) },
		"path of a pod": func(t *testing.T, b *box.Box) {
			usersOf(b)
			pod(b, holder(t, unix.CLONE_NEWNET), specs.UserNamespace, specs.NetworkNamespace)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ownNetwork(t)
			pair(t, "host0", "peer0", "192.0.2.1/24", "192.0.2.7/24", "198.51.100.1/32", "2001:db8::1/64")
			l := pair(t, "host1", "peer1")
			must(t, netlink.AddrAdd(l, &netlink.Addr{IPNet: &net.IPNet{IP: net.IP{203, 0, 113, 1}, Mask: net.CIDRMask(30, 32)}, Label: "host1:a"}))
			want0, want1 := has(t, "host0"), has(t, "host1")
			// Neither this one, which is not permanent, nor that one, not global, comes along.
			must(t, netlink.AddrAdd(l, &netlink.Addr{IPNet: &net.IPNet{IP: net.IP{203, 0, 113, 9}, Mask: net.CIDRMask(30, 32)}, Scope: int(netlink.SCOPE_SITE)}))
			must(t, netlink.AddrAdd(l, &netlink.Addr{IPNet: &net.IPNet{IP: net.IP{203, 0, 113, 13}, Mask: net.CIDRMask(30, 32)}, ValidLft: 3000, PreferedLft: 3000}))
			must(t, netlink.LinkSetDown(l))
			pair(t, "host2", "peer2")
			b := sh(t, "cat /proc/sys/net/ipv4/conf/net0/forwarding; ls /proc/sys/net/ipv4/conf | tr '\\n' ' '; echo; sleep 600")
			prepare(t, b)
			move(b, "host0", "net0", "host1", "net%d", "host2", "")
			b.Spec.Linux.Sysctl = map[string]string{"net.ipv4.conf.net0.forwarding": "1"}
			p := b.Create()
			b.Must("start", b.ID)
			p.WaitOutput("net1 \n")
			if got := p.Output(); got != "1\nall default host2 lo net0 net1 \n" {
				t.Errorf("inside is %q", got)
			}
			if got := devices(t); got != "peer0 peer1 peer2" {
				t.Errorf("outside are %q", got)
			}
			within(t, b.State().Pid, func() {
				if got := has(t, "net0"); got != want0 {
					t.Errorf("net0 is\n%s, expected\n%s", got, want0)
				}
				if got := has(t, "net1"); got != want1 {
					t.Errorf("net1 is\n%s, expected\n%s", got, want1)
				}
				if got := has(t, "host2"); !strings.HasPrefix(got, "up=true") {
					t.Errorf("host2 is %s", got)
				}
			})
			// The runtime holds nothing of the namespace: virtual devices go with it.
			b.Must("delete", "--force", b.ID)
			b.NothingLeft()
			if !strings.HasPrefix(name, "path") && !box.Eventually(func() bool { return devices(t) == "" }) {
				t.Errorf("after delete there are %q", devices(t))
			}
		})
	}
}

// In the foreground, too, the runtime does not keep the namespace alive, by which it could
// outlive the container.
func TestNetDevicesRun(t *testing.T) {
	ownNetwork(t)
	pair(t, "host0", "peer0")
	b := sh(t, "cat /sys/class/net/net0/operstate; ls /proc/self/fd | wc -l; read -r line </go")
	must(t, unix.Mkfifo(b.Path("go"), 0o666))
	move(b, "host0", "net0")
	p := foreground(b, nil)
	p.WaitOutput("up\n4\n")
	fds := fmt.Sprintf("/proc/%d/fd", p.Process.Pid)
	if !box.Eventually(func() bool {
		list, err := os.ReadDir(fds)
		must(t, err)
		return !slices.ContainsFunc(list, func(e os.DirEntry) bool {
			to, _ := os.Readlink(fds + "/" + e.Name())
			return strings.HasPrefix(to, "net:")
		})
	}) {
		t.Error("the runtime holds a network namespace while the container runs")
	}
	must(t, os.WriteFile(b.Path("go"), []byte("\n"), 0))
	if r := p.Wait(); r.Status != 0 || r.Stdout != "up\n4\n" {
		t.Errorf("exit status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
	}
	if !box.Eventually(func() bool { return devices(t) == "" }) {
		t.Errorf("after run there are %q", devices(t))
	}
}

// What cannot be done is named, and the devices are as they were: those that were moved
// before the error too.
func TestNetDevicesFailure(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, b *box.Box)
		want   string
	}{
		{"missing", func(_ *testing.T, b *box.Box) { move(b, "host0", "net0", "nothere", "net1") },
			`linux.netDevices.nothere: no device "nothere" in the runtime's network namespace`},
		{"taken", func(t *testing.T, b *box.Box) {
			within(t, netns(t, b), func() { pair(t, "net1", "other") })
			move(b, "host0", "net0", "host1", "net1")
		}, `linux.netDevices.host1: the container's network namespace has a device "net1" already`},
		{"lo", func(_ *testing.T, b *box.Box) { move(b, "host0", "net0", "host1", "lo") },
			`linux.netDevices.host1: the container's network namespace has a device "lo" already`},
		{"loopback", func(_ *testing.T, b *box.Box) { move(b, "host0", "net0", "lo", "lo0") },
			`linux.netDevices.lo: "lo" is a loopback device, which cannot be moved`},
		{"immovable", func(t *testing.T, b *box.Box) {
			attrs := netlink.NewLinkAttrs()
			attrs.Name = "bridge0"
			must(t, netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}))
			move(b, "bridge0", "", "host1", "net1", "a-first", "net0")
			pair(t, "a-first", "a-peer", "192.0.2.77/24")
		}, `linux.netDevices.bridge0: move device "bridge0" to the container as "bridge0": invalid argument`},
		{"the runtime's own", func(t *testing.T, b *box.Box) {
			b.SetNamespace(specs.LinuxNamespace{Type: specs.NetworkNamespace, Path: fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())})
			move(b, "host0", "net0")
		}, `is the runtime's own network namespace, in which moving linux.netDevices is not allowed`},
		{"other name", func(t *testing.T, b *box.Box) {
			l, err := netlink.LinkByName("host0")
			must(t, err)
			must(t, netlink.LinkAddAltName(l, "alias"))
			move(b, "alias", "net0")
		}, `linux.netDevices.alias: "alias" is another name of device "host0", expected its own`},
		{"taken by another name", func(t *testing.T, b *box.Box) {
			within(t, netns(t, b), func() { must(t, netlink.LinkAddAltName(pair(t, "x", "y"), "net1")) })
			move(b, "host0", "net0", "host1", "net1")
		}, `linux.netDevices.host1: move device "host1" to the container as "net1": file exists`},
		{"later", func(_ *testing.T, b *box.Box) {
			move(b, "host0", "net0", "host1", "host0")
			b.Mount("no-such-fs", "x", "/mnt", "")
		}, `mount no-such-fs on "/mnt"`},
		{"later, in a user namespace by path", func(t *testing.T, b *box.Box) {
			move(b, "host0", "net0", "host1", "net1")
			usersOf(b)
			pod(b, holder(t, unix.CLONE_NEWNET), specs.UserNamespace, specs.NetworkNamespace)
			b.Spec.Process.Args = []string{"/no/such"}
		}, `exec: "/no/such"`},
		{"pid file", func(_ *testing.T, b *box.Box) { move(b, "host0", "net0", "host1", "net1") }, `--pid-file: open /no/such/directory/`},
	} {
		t.Run(c.name, func(t *testing.T) {
			ownNetwork(t)
			pair(t, "host0", "peer0", "192.0.2.1/24", "192.0.2.7/24", "2001:db8::1/64")
			l := pair(t, "host1", "peer1", "192.0.2.9/24")
			must(t, netlink.AddrAdd(l, &netlink.Addr{IPNet: &net.IPNet{IP: net.IP{203, 0, 113, 9}, Mask: net.CIDRMask(30, 32)}, Scope: int(netlink.SCOPE_SITE)}))
			must(t, netlink.LinkSetDown(l))
			b := sh(t, "true")
			c.change(t, b)
			before := devices(t)
			was := []string{has(t, "host0"), has(t, "host1"), has(t, "a-first")}
			flags := []string{}
			if c.name == "pid file" {
				flags = []string{"--pid-file", "/no/such/directory/pid"}
			}
			for _, r := range []box.Result{b.Run(flags...), b.TryCreate(flags...).Wait()} {
				if r.Status == 0 || !strings.Contains(r.Stderr, c.want) || strings.Count(r.Stderr, "\n") != 1 {
					t.Errorf("exit status %d, stderr\n%s\nexpected\n%s", r.Status, r.Stderr, c.want)
				}
				b.NothingLeft()
				if got := devices(t); got != before {
					t.Errorf("the devices are %q, were %q", got, before)
				}
				if got := []string{has(t, "host0"), has(t, "host1"), has(t, "a-first")}; !slices.Equal(got, was) {
					t.Errorf("the devices are\n%s\nwere\n%s", strings.Join(got, "\n"), strings.Join(was, "\n"))
				}
			}
		})
	}
}

// The plan shows the devices and touches none.
func TestNetDevicesPlan(t *testing.T) {
	b := sh(t, "true")
	move(b, "no-such-0", "net0")
	b.WriteConfig(b.Config())
	want := `-  the parent: move device "no-such-0" here as "net0" with its global permanent addresses, set it up  linux.netDevices["no-such-0"]`
	if got := b.Must("plan", b.Dir).Stdout; !strings.Contains(got, want) {
		t.Errorf("the plan has no line with %s:\n%s", want, got)
	}
}
