package archive

import (
	"testing"
)

const lists = `Package: linux-image-6.1.0-55-cloud-amd64
Source: linux-signed-amd64
Version: 6.1.190-1
Depends: kmod, linux-base (>= 4.3~), initramfs-tools (>= 0.120+deb8u2) | linux-initramfs-tool
Filename: pool/updates/main/l/linux-signed-amd64/a.deb
Size: 100
SHA256: aa

Package: linux-image-6.1.0-56-cloud-amd64
Version: 6.1.192-2
Depends: kmod, linux-modules-6.1.0-56 (= 6.1.192-2), linux-base | linux-modules-6.1.0-56
Description: a long one
 Package: not-a-field
Filename: pool/updates/main/l/linux-signed-amd64/b.deb
Size: 26000000
SHA256: bb

Package: linux-modules-6.1.0-56
Version: 6.1.192-2
Filename: pool/updates/main/l/linux-signed-amd64/c.deb
Size: 7
SHA256: cc

Package: linux-image-6.1.0-56-cloud-amd64
Version: 6.1.192-1
Filename: pool/updates/main/l/linux-signed-amd64/old.deb
Size: 7
SHA256: dd

Package: without-a-file
Version: 1
`

func TestParse(t *testing.T) {
	all := parse([]byte(lists), "Debian-Security")
	if len(all) != 3 {
		t.Errorf("%d packages, expected 3: %v", len(all), all)
	}
	got := all["linux-image-6.1.0-56-cloud-amd64"].Pin
	want := Pin{"linux-image-6.1.0-56-cloud-amd64", "6.1.192-2", "Debian-Security", "pool/updates/main/l/linux-signed-amd64/b.deb", "bb", 26000000}
	if got != want {
		t.Errorf("got %+v, expected %+v", got, want)
	}
}

func TestPick(t *testing.T) {
	all := parse([]byte(lists), "Debian-Security")
	pins, err := pick(Source{Name: `linux-image-6\.1\..*-cloud-amd64`, Follow: "linux-"}, all)
	if err != nil || len(pins) != 2 || pins[0].SHA256 != "bb" || pins[1].SHA256 != "cc" {
		t.Errorf("%v %v: expected the newest image and its modules, not linux-base of another version", pins, err)
	}
	if pins, err = pick(Source{Name: `linux-image-6\.1\..*-cloud-amd64`}, all); err != nil || len(pins) != 1 {
		t.Errorf("%v %v: expected the image alone", pins, err)
	}
	if _, err = pick(Source{Name: `linux-image-6\.1`}, all); err == nil {
		t.Error("a part of a name was taken for the name")
	}
	if _, err = pick(Source{Name: `(`}, all); err == nil {
		t.Error("a broken expression was taken")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(lists))
	f.Add([]byte("Package: a\nFilename: b\nVersion: \xff\n\n\n: \n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for name, s := range parse(text, "Debian") {
			if s.Package != name || s.Path == "" || s.Archive != "Debian" {
				t.Errorf("%q: %+v", name, s)
			}
		}
	})
}
