package scenario

// failures are containers and processes that do not come to be, in the words that people
// see and engines look for.
func failures(r *Run) {
	c := r.New("run")
	for _, tc := range []struct {
		what  string
		argv  string
		words []string
	}{
		{"a program that is missing", "no-such-program", []string{`"no-such-program"`, "executable file not found in $PATH"}},
		{"a path that is missing", "/etc/no-such-program", []string{`"/etc/no-such-program"`, "no such file or directory"}},
		{"a file that is no program", "/etc/passwd", []string{`"/etc/passwd"`, "permission denied"}},
		{"a directory", "/etc", []string{`"/etc"`, "permission denied"}},
	} {
		c.Argv = []string{tc.argv}
		r.Fails(tc.what, r.Foreground(r, c), tc.words...)
		r.Destroy(r, c.ID) // some engines keep the container
	}
	c.Argv, c.Cwd = []string{"/bin/true"}, "/etc/passwd"
	r.Fails("a working directory that is a file", r.Foreground(r, c), "/etc/passwd", "not a directory")
	r.Destroy(r, c.ID)

	id := r.Up(r.New("exec", "/bin/sleep", "600"))
	missing := Process{Argv: []string{"no-such-program"}}
	r.Fails("exec of a program that is missing", r.Exec(r, id, missing), "executable file not found in $PATH")
	r.Fails("exec of a file that is no program", r.Exec(r, id, Process{Argv: []string{"/etc/passwd"}}), "permission denied")
	if r.Has("exec: user and directory") {
		r.Fails("exec in a directory that is missing", r.Exec(r, id, Process{Argv: []string{"/bin/true"}, Cwd: "/no/such"}), "/no/such", "no such file or directory")
	}
	if r.Has("exec: detached errors") {
		r.Fails("detached exec of a program that is missing", r.ExecDetached(r, id, missing), "executable file not found in $PATH")
	}
	r.Want("exec after all that", r.Exec(r, id, Process{Argv: []string{"/bin/echo", "hi"}}), 0, "hi\n")
}
