package debian

import (
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestDpkgListInTheForeground(t *testing.T) {
	b := debian(t, "dpkg", "-l")
	r := b.Run()
	if r.Status != 0 || r.Stderr != "" {
		t.Fatalf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	expectIn(t, "dpkg -l", r.Stdout, "ii  apt ", "ii  dpkg ", "ii  libc6:")
	if n := strings.Count(r.Stdout, "\nii "); n < 50 {
		t.Errorf("dpkg -l lists %d packages", n)
	}
}

func TestDebianAtWork(t *testing.T) {
	b := debian(t, "sleep", "600")
	b.Up()

	t.Run("the profile is in force", func(t *testing.T) {
		out := sh(t, b, `grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status; unshare --mount true 2>&1 || echo "refused with $?"; mount -t tmpfs none /mnt 2>&1 || true`)
		expectIn(t, "the profile", out, "Seccomp:\t2\n", "NoNewPrivs:\t0\n", "Operation not permitted", "refused with 1", "permission denied")
	})
	t.Run("dpkg", func(t *testing.T) {
		expectIn(t, "dpkg --version", sh(t, b, "dpkg --version"), "package management program")
		expectIn(t, "dpkg -S", sh(t, b, "dpkg -S /bin/ls"), "coreutils")
		expectIn(t, "dpkg -s", sh(t, b, "dpkg -s bash"), "Status: install ok installed")
		expectIn(t, "dpkg-query", sh(t, b, "dpkg-query -W -f '${Package} ${Version}\\n' apt"), "apt ")
		if out := sh(t, b, "dpkg --verify coreutils bash; dpkg --audit"); out != "" {
			t.Errorf("dpkg --verify and --audit: %q", out)
		}
	})
	t.Run("build and install a package", func(t *testing.T) {
		out := sh(t, b, `
			mkdir -p /tmp/p/DEBIAN /tmp/p/etc /tmp/p/usr/bin
			printf 'Package: sealed-test\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: a test\n' >/tmp/p/DEBIAN/control
			printf '#!/bin/sh\nset -e\nchown nobody:nogroup /usr/bin/sealed-test\nchmod 4755 /usr/bin/sealed-test\necho postinst $1\n' >/tmp/p/DEBIAN/postinst
			chmod 755 /tmp/p/DEBIAN/postinst
			echo /etc/sealed-test.conf >/tmp/p/DEBIAN/conffiles
			echo setting >/tmp/p/etc/sealed-test.conf
			printf '#!/bin/sh\necho works\n' >/tmp/p/usr/bin/sealed-test; chmod 755 /tmp/p/usr/bin/sealed-test
			dpkg-deb --root-owner-group --build /tmp/p /tmp/sealed-test_1.0_all.deb
			dpkg -i /tmp/sealed-test_1.0_all.deb
			sealed-test
			stat -c '%a %U:%G' /usr/bin/sealed-test
			dpkg -r sealed-test; test -e /etc/sealed-test.conf; dpkg -P sealed-test; test ! -e /etc/sealed-test.conf; echo removed`)
		expectIn(t, "dpkg -i", out, "Setting up sealed-test (1.0)", "postinst configure\n", "\nworks\n", "4755 nobody:nogroup\n", "Purging configuration files", "\nremoved\n")
	})
	t.Run("reinstall packages from the archive", func(t *testing.T) {
		// With setuid programs and maintainer scripts.
		out := sh(t, b, "dpkg -i /var/cache/apt/archives/{hostname,mount,login,passwd,libc-bin,debconf}_*.deb 2>&1")
		expectIn(t, "dpkg -i", out, "Setting up hostname", "Setting up mount", "Setting up passwd", "Setting up libc-bin")
	})
	t.Run("apt", func(t *testing.T) {
		expectIn(t, "apt-get --version", sh(t, b, "apt-get --version"), "apt ", "Supported modules")
		expectIn(t, "apt-cache stats", sh(t, b, "apt-cache stats"), "Total package names")
		expectIn(t, "apt-cache policy", sh(t, b, "apt-cache policy bash"), "Installed: ")
		expectIn(t, "apt-cache show", sh(t, b, "apt-cache show bash"), "Package: bash\n")
		expectIn(t, "apt-cache depends", sh(t, b, "apt-cache depends apt"), "Depends: libapt-pkg")
		expectIn(t, "apt-get -s install", sh(t, b, "apt-get -s install less"), "Inst less ")
		expectIn(t, "apt-get check", sh(t, b, "apt-get check"), "Building dependency tree")
		expectIn(t, "apt-mark", sh(t, b, "apt-mark showmanual"), "apt\n")
		expectIn(t, "apt-config", sh(t, b, "apt-config dump"), "APT::Architecture ")
	})
	t.Run("apt installs a local package in its sandbox", func(t *testing.T) {
		out := sh(t, b, "cp /tmp/sealed-test_1.0_all.deb /var/tmp/ && apt-get install -y /var/tmp/sealed-test_1.0_all.deb 2>&1 && sealed-test && apt-get purge -y sealed-test 2>&1 && apt-get clean && ls /var/cache/apt/archives/*.deb 2>&1 || true")
		expectIn(t, "apt-get install", out, "Setting up sealed-test (1.0)", "\nworks\n", "Purging configuration files for sealed-test", "No such file")
		if strings.Contains(out, "Couldn't be accessed by user '_apt'") || strings.Contains(out, "Operation not permitted") {
			t.Errorf("apt's sandbox did not work:\n%s", out)
		}
	})
	t.Run("users", func(t *testing.T) {
		out := sh(t, b, "useradd -m -u 4321 someone && su someone -c 'id -un; id -u; cd; pwd' && echo 'someone:secret' | chpasswd && passwd -S someone && userdel -r someone && echo gone")
		expectIn(t, "users", out, "someone\n4321\n/home/someone\n", "someone P ", "gone\n")
	})
	t.Run("perl and tar", func(t *testing.T) {
		expectIn(t, "perl", sh(t, b, `perl -e 'my $p = fork // die; if (!$p) { exit 3 } waitpid $p, 0; print $? >> 8, " $0 ", join(",", (stat "/etc")[2] & 0777), "\n"; print qx(uname -s)'`), "3 -e 493\n", "Linux\n")
		expectIn(t, "tar", sh(t, b, "tar -C / -czf /tmp/etc.tar.gz etc && tar -tzf /tmp/etc.tar.gz >/tmp/list && head -1 /tmp/list"), "etc/\n")
	})
	if s := b.State().Status; s != "running" {
		t.Errorf("the container is %q afterwards", s)
	}
}

// An ordinary user, with noNewPrivileges and a read-only root.
func TestDebianAsAUser(t *testing.T) {
	b := debian(t, "bash", "-c", "id -u; dpkg -l dpkg | tail -1; apt-cache policy dpkg | head -1; su -c true 2>&1; touch /x 2>&1; apt-get -s install less | grep ^Inst")
	b.Spec.Process.User = specs.User{UID: 1000, GID: 1000}
	b.Spec.Process.NoNewPrivileges = true
	b.Spec.Root.Readonly = true
	b.Mount("tmpfs", "tmpfs", "/tmp", "nosuid,nodev,mode=1777")
	r := b.Run()
	if r.Status != 0 {
		t.Errorf("exit status %d, stderr %q", r.Status, r.Stderr)
	}
	expectIn(t, "output", r.Stdout, "1000\n", "ii  dpkg", "dpkg:\n", "Read-only file system", "Inst less ")
}
