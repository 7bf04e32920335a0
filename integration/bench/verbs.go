package main

import "time"

// The long container is there for all of these.

// exec is one `exec` of /bin/true.
func (r *runtime) exec() ([]time.Duration, error) {
	return one(r.command("exec", longID, "/bin/true"))
}

// execDetached is one `exec --detach` of /bin/true. The process, whose end is not
// waited for within the time, comes to this process.
func (r *runtime) execDetached() ([]time.Duration, error) {
	const process = longID + "-detached"
	d, err := r.command("exec", "--detach", "--pid-file", r.pidFile(process), longID, "/bin/true")
	if err != nil {
		return nil, err
	}
	if err := r.track(process); err != nil {
		return nil, err
	}
	return []time.Duration{d}, r.reap(process)
}

// state is one `state`.
func (r *runtime) state() ([]time.Duration, error) {
	return one(r.command("state", longID))
}

// kill is one `kill` with a signal that changes nothing for a process that runs.
func (r *runtime) kill() ([]time.Duration, error) {
	return one(r.command("kill", longID, "CONT"))
}

func one(d time.Duration, err error) ([]time.Duration, error) { return []time.Duration{d}, err }
