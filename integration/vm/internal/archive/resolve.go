package archive

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Source says where to look for a package.
type Source struct {
	Suites []string // "trixie-backports", "bookworm-security"; the highest version of all wins
	Arch   string   // Debian's name: "amd64", "arm64"
	Name   string   // regular expression for the whole package name
	Follow string   // dependencies whose name has this prefix are taken along, if of the same version
}

// keyring is Debian's own, of the package debian-archive-keyring.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// label of the archive that has a suite.
func label(suite string) string {
	if strings.HasSuffix(suite, "-security") {
		return "Debian-Security"
	}
	return "Debian"
}

// stanza is what is needed of one entry of a Packages file.
type stanza struct {
	Pin
	depends []string // bare names
}

// Resolve returns the newest package that s describes, first, and what it
// follows. It downloads the suites' lists, some 10 MB each.
func (c Cache) Resolve(ctx context.Context, s Source) ([]Pin, error) {
	var suites []map[string]stanza
	for _, suite := range s.Suites {
		all, err := c.packages(ctx, suite, s.Arch)
		if err != nil {
			return nil, err
		}
		suites = append(suites, all)
	}
	pins, err := pick(s, suites...)
	if err != nil {
		return nil, fmt.Errorf("%s for %s: %w", strings.Join(s.Suites, ", "), s.Arch, err)
	}
	return pins, nil
}

// pick is the part of Resolve that needs no archive.
func pick(s Source, suites ...map[string]stanza) ([]Pin, error) {
	name, err := regexp.Compile("^(?:" + s.Name + ")$")
	if err != nil {
		return nil, err
	}
	var best stanza
	var among map[string]stanza
	for _, all := range suites {
		for _, p := range all {
			if name.MatchString(p.Package) && (best.Package == "" || newer(p.Version, best.Version)) {
				best, among = p, all
			}
		}
	}
	if best.Package == "" {
		return nil, fmt.Errorf("no package %s", s.Name)
	}
	pins := []Pin{best.Pin}
	for i, open := 0, []stanza{best}; i < len(open); i++ {
		for _, d := range open[i].depends {
			p, ok := among[d]
			if s.Follow == "" || !ok || !strings.HasPrefix(d, s.Follow) || p.Version != best.Version || has(pins, d) {
				continue
			}
			pins, open = append(pins, p.Pin), append(open, p)
		}
	}
	return pins, nil
}

func has(pins []Pin, name string) bool {
	for _, p := range pins {
		if p.Package == name {
			return true
		}
	}
	return false
}

func newer(a, b string) bool {
	return exec.Command("dpkg", "--compare-versions", a, "gt", b).Run() == nil
}

// packages returns the main section of a suite by package name; of several
// versions of one name the highest.
func (c Cache) packages(ctx context.Context, suite, arch string) (map[string]stanza, error) {
	mirror, err := Mirror(label(suite))
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(c.Dir, "apt", suite+"-"+arch)
	for _, d := range []string{"etc/sources.list.d", "etc/preferences.d", "state/lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	source := fmt.Sprintf("deb [signed-by=%s arch=%s] %s %s main\n", keyring, arch, mirror, suite)
	if err := os.WriteFile(filepath.Join(dir, "etc/sources.list"), []byte(source), 0o644); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "status"), nil, 0o644); err != nil {
		return nil, err
	}
	private := []string{
		"-o", "Dir::Etc=" + dir + "/etc", "-o", "Dir::Etc::parts=/dev/null",
		"-o", "Dir::State=" + dir + "/state", "-o", "Dir::State::status=" + dir + "/status",
		"-o", "Dir::Cache=" + dir + "/cache",
		"-o", "APT::Architecture=" + arch, "-o", "APT::Architectures=" + arch,
		"-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none",
	}
	// A list that could not be fetched or whose signature is wrong is a warning
	// for apt, and an old list would be used; here it is an error.
	update := exec.CommandContext(ctx, "apt-get", append(private, "-q", "update", "--error-on=any")...)
	if out, err := update.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("apt-get update for %s: %w\n%s", suite, err, out)
	}
	out, err := exec.CommandContext(ctx, "apt-cache", append(private, "dumpavail")...).Output()
	if err != nil {
		return nil, fmt.Errorf("apt-cache dumpavail for %s: %w", suite, err)
	}
	return parse(out, label(suite)), nil
}

// parse reads the stanzas of deb822 text (deb-control(5)) that have a file.
func parse(text []byte, archive string) map[string]stanza {
	all := make(map[string]stanza)
	s := stanza{}
	end := func() {
		if old, ok := all[s.Package]; s.Path != "" && (!ok || newer(s.Version, old.Version)) {
			s.Archive = archive
			all[s.Package] = s
		}
		s = stanza{}
	}
	sc := bufio.NewScanner(bytes.NewReader(text))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		field, value, _ := strings.Cut(sc.Text(), ":")
		value = strings.TrimSpace(value)
		switch field {
		case "":
			end()
		case "Package":
			s.Package = value
		case "Version":
			s.Version = value
		case "Filename":
			s.Path = value
		case "SHA256":
			s.SHA256 = value
		case "Size":
			s.Size, _ = strconv.ParseInt(value, 10, 64)
		case "Depends", "Pre-Depends":
			for _, d := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '|' }) {
				name, _, _ := strings.Cut(strings.TrimSpace(d), " ")
				s.depends = append(s.depends, name)
			}
		}
	}
	end()
	return all
}
