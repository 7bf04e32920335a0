package spec

import (
	"math"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// MaxID is the highest user or group id that a process may be given. Ids above
// it are negative numbers to programs that keep them in an int, and are a known
// way to end up as root (CVE-2024-40635).
const MaxID = 1<<31 - 1

// ValidateProcess checks a process object by itself: what exec --process reads.
// Paths in errors begin with "process".
func ValidateProcess(p *specs.Process) error {
	if p == nil {
		return bad("process", "missing, expected an object")
	}
	if err := validateProcess(p); err != nil {
		return under("process", err)
	}
	return nil
}

func validateProcess(p *specs.Process) error {
	if err := validateUser(&p.User); err != nil {
		return under("user", err)
	}
	if len(p.Args) == 0 {
		return bad("args", "empty or missing, expected the program to run and its arguments")
	}
	if p.Args[0] == "" {
		return bad("args[0]", `"": expected the program to run`)
	}
	if err := noNULs("args", p.Args); err != nil {
		return err
	}
	if err := validateEnv(p.Env); err != nil {
		return err
	}
	if err := absolute("cwd", p.Cwd); err != nil {
		return err
	}
	if err := validateConsole(p); err != nil {
		return under("consoleSize", err)
	}
	if err := validateCaps(p.Capabilities); err != nil {
		return under("capabilities", err)
	}
	if err := validateRlimits(p.Rlimits); err != nil {
		return err
	}
	if adj := p.OOMScoreAdj; adj != nil && (*adj < -1000 || *adj > 1000) {
		return bad("oomScoreAdj", "%d: expected an integer from -1000 to 1000", *adj)
	}
	if err := validateScheduler(p.Scheduler); err != nil {
		return under("scheduler", err)
	}
	if err := validateIOPriority(p.IOPriority); err != nil {
		return err
	}
	if err := validateAffinity(p.ExecCPUAffinity); err != nil {
		return err
	}
	if err := validateLabel("apparmorProfile", p.ApparmorProfile, ""); err != nil {
		return err
	}
	return validateLabel("selinuxLabel", p.SelinuxLabel, `" `)
}

// validateConsole checks the size of the terminal, which counts only if there is one
// (config.md, "Process"). The kernel has 16 bits for each side (ioctl_tty(2)).
func validateConsole(p *specs.Process) error {
	if !p.Terminal || p.ConsoleSize == nil {
		return nil
	}
	if n := p.ConsoleSize.Height; n > math.MaxUint16 {
		return bad("height", "%d: expected at most 65535 lines", n)
	}
	if n := p.ConsoleSize.Width; n > math.MaxUint16 {
		return bad("width", "%d: expected at most 65535 columns", n)
	}
	return nil
}

// validateLabel checks a label of a security module: text for a file of /proc, or
// for the quotes of a mount option. Which labels there are the kernel knows.
func validateLabel(field, label, without string) error {
	for _, r := range label {
		if r < ' ' || r == 0x7f || strings.ContainsRune(without, r) {
			return bad(field, "%s: expected a label without %q", quote(label), r)
		}
	}
	if len(label) > maxLabel {
		return bad(field, "%d bytes: expected at most %d", len(label), maxLabel)
	}
	return nil
}

// maxLabel leaves room for the rest of what is written to /proc/PID/attr, which
// takes one page.
const maxLabel = 4000

// validateUser checks process.user. user.username is for Windows, and ignored.
func validateUser(u *specs.User) error {
	if err := validateID("uid", u.UID); err != nil {
		return err
	}
	if err := validateID("gid", u.GID); err != nil {
		return err
	}
	for i, gid := range u.AdditionalGids {
		if gid > MaxID {
			return validateID(index("additionalGids", i), gid)
		}
	}
	// NGROUPS_MAX of setgroups(2).
	if n := len(u.AdditionalGids); n > 65536 {
		return bad("additionalGids", "%d entries: expected at most 65536", n)
	}
	if u.Umask != nil && *u.Umask > 0o777 {
		return bad("umask", "%d: expected an integer from 0 to 511 (0777)", *u.Umask)
	}
	return nil
}

func validateID(field string, id uint32) error {
	if id > MaxID {
		return bad(field, "%d: expected an integer from 0 to %d", id, MaxID)
	}
	return nil
}

// validateEnv checks process.env. An entry without '=' is handed on as it is,
// since execve(2) takes any string and other runtimes have let it pass; an entry
// whose name is empty cannot be meant.
func validateEnv(env []string) error {
	for i, e := range env {
		if e == "" || e[0] == '=' {
			return bad(index("env", i), "%s: expected NAME=value with a name that is not empty", quote(e))
		}
		if strings.IndexByte(e, 0) >= 0 {
			return noNUL(index("env", i), e)
		}
	}
	return nil
}
