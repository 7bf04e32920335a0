package docker

import (
	"fmt"
	"strings"
)

// runErrors are the texts and the exit statuses of docker run: 125 when Docker or the
// runtime has failed, 126 for a program that cannot be executed, 127 for one that is not
// there. Docker tells the three apart by words of the runtime's message.
func runErrors(r *run) {
	profile := func(name, text string) []string {
		return []string{"--security-opt", "seccomp=" + r.Write("profiles/"+r.runtime+"/"+name+".json", text, 0o644)}
	}
	const allow = `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["%s"],"action":"%s"}]}`
	for _, tc := range []struct {
		what   string
		flags  []string
		argv   []string
		status int
		words  []string
	}{
		{"a program that is missing", nil, []string{"no-such-program"}, 127,
			[]string{"failed to create shim task: OCI runtime create failed: ", `exec: "no-such-program": `, "executable file not found in $PATH"}},
		{"a path that is missing", nil, []string{"/no/such"}, 127, []string{`exec: "/no/such": `, "no such file or directory"}},
		{"a file that is no program", nil, []string{"/etc/passwd"}, 126, []string{`exec: "/etc/passwd": `, "permission denied"}},
		{"a directory", nil, []string{"/etc"}, 126, []string{`exec: "/etc": `, "permission denied"}},
		// Docker makes directories that are missing, and looks itself at what is there.
		{"a working directory that is a file", []string{"--workdir", "/etc/passwd"}, []string{"true"}, 125, []string{"Cannot mkdir: /etc/passwd is not a directory"}},
		{"a user that is missing", []string{"--user", "nobody-here"}, []string{"true"}, 125, []string{"unable to find user nobody-here"}},
		{"an action that is none", profile("action", fmt.Sprintf(allow, "mkdir", "SCMP_ACT_SUSPICIOUS")), []string{"true"}, 125, []string{"OCI runtime create failed: ", "SCMP_ACT_SUSPICIOUS"}},
		{"an architecture that is none", profile("arch", `{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_Z80"],"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}`),
			[]string{"true"}, 125, []string{"OCI runtime create failed: ", "SCMP_ARCH_Z80"}},
		// The client compacts the text before anybody else sees it.
		{"a profile that is no JSON", profile("json", `{"defaultAction":"SCMP_ACT_ALLOW",`), []string{"true"}, 125, []string{"compacting json for seccomp profile", "unexpected end of JSON input"}},
		{"a profile that is missing", []string{"--security-opt", "seccomp=/no/such.json"}, []string{"true"}, 125, []string{"/no/such.json: no such file or directory"}},
		// For kernels that are older or newer than the profile.
		{"a call that is none", profile("name", fmt.Sprintf(allow, "mkdirr", "SCMP_ACT_ERRNO")), []string{"true"}, 0, nil},
	} {
		res := r.once(tc.flags, tc.argv...)
		r.Logf("%s: %d, %s", tc.what, res.Status, res.Stderr)
		if res.Status != tc.status {
			r.Errorf("%s: exit status %d, stderr %q; expected %d", tc.what, res.Status, res.Stderr, tc.status)
		}
		for _, w := range tc.words {
			if !strings.Contains(res.Stderr, w) {
				r.Errorf("%s: stderr %q, expected %q in it", tc.what, res.Stderr, w)
			}
		}
	}
	// The program's own statuses of the same numbers.
	for _, status := range []int{125, 126, 127} {
		if res := r.once(nil, sh(fmt.Sprint("exit ", status))...); res.Status != status || res.Stderr != "" {
			r.Errorf("exit %d: exit status %d, stderr %q", status, res.Status, res.Stderr)
		}
	}
	// A container that could not start is there, and tells why.
	name := "never-" + r.runtime
	r.docker(r.args([]string{"--name", name}, "no-such-program")...)
	defer r.docker("rm", name)
	r.keep("state", r.get(r, name, "{{.State.Status}} {{.State.ExitCode}} {{.State.Pid}}"))
	if text := r.get(r, name, "{{.State.Error}}"); !strings.Contains(text, "executable file not found in $PATH") {
		r.Errorf("State.Error is %q", text)
	}
}

// execErrors are those of docker exec.
func execErrors(r *run) {
	id := r.up(nil, "sleep", "600")
	for _, tc := range []struct {
		what  string
		args  []string
		words []string
	}{
		{"missing", []string{id, "no-such-program"}, []string{"OCI runtime exec failed: ", `exec: "no-such-program": `, "executable file not found in $PATH"}},
		{"no program", []string{id, "/etc/passwd"}, []string{`exec: "/etc/passwd": `, "permission denied"}},
		{"working directory", []string{"--workdir", "/no/such", id, "true"}, []string{"/no/such", "no such file or directory"}},
		{"user", []string{"--user", "nobody-here", id, "true"}, []string{"nobody-here"}},
	} {
		res := r.docker(append([]string{"exec"}, tc.args...)...)
		// Docker 20.10 has the message in standard output.
		said := res.Stdout + res.Stderr
		r.Logf("%s: %d, %s", tc.what, res.Status, said)
		r.keep(tc.what, fmt.Sprint("status ", res.Status))
		if res.Status == 0 {
			r.Errorf("%s: exit status 0", tc.what)
		}
		for _, w := range tc.words {
			if !strings.Contains(said, w) {
				r.Errorf("%s: %q, expected %q in it", tc.what, said, w)
			}
		}
	}
	if got := r.ok("exec", id, "echo", "hi"); got != "hi" {
		r.Errorf("exec after all that: %q", got)
	}
}

// privileged means all capabilities, which runc sets only where the machine's root has
// all of them; runseal sets those that there are.
func privileged(r *run) {
	res := r.once([]string{"--privileged"}, sh("grep -E '^(Cap(Prm|Eff|Bnd)|Seccomp):' /proc/self/status; ls /dev | grep -c .")...)
	if !canRaise() {
		fails := strings.Contains(res.Stderr, "unable to apply caps: operation not permitted")
		if r.runtime == "runc" && (res.Status != 125 || !fails) {
			r.Errorf("without CAP_SYS_RESOURCE runc: exit status %d, stderr %q", res.Status, res.Stderr)
		}
		if r.runtime != "runc" && (res.Status != 0 || !strings.Contains(res.Stdout, "Seccomp:\t0\n")) {
			r.Errorf("exit status %d, stdout %q, stderr %q", res.Status, res.Stdout, res.Stderr)
		}
		return
	}
	if res.Status != 0 {
		r.Errorf("exit status %d, stderr %q", res.Status, res.Stderr)
	}
	r.keep("privileged", res.Stdout)
}
