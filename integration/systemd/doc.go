// Package systemd tests the systemd cgroup driver (--systemd-cgroup) with the
// systemd of the machine: scopes and their limits, what daemon-reload leaves of
// them, units of the same name, jobs that fail or hang, and kill -9 at any moment.
//
// It needs a machine whose init is systemd, with cgroup v2 and root, best one to
// throw away. On others it says so in one line and passes, unless
// RUNSEAL_IT_SYSTEMD=1 says that it has to run.
//
// Tests are parallel, since many of them wait, but for those that take systemd away or
// have it executed again, stop the slice runsealit.slice with all in it, or collect
// orphans.
package systemd
