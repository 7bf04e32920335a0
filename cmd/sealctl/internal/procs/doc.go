// Package procs finds the containers of a machine in its /proc, whoever runs them, and
// what the kernel says there about seccomp.
//
//	scan, err := procs.Scan("/proc", procs.Options{Threads: true})
//	for _, c := range scan.Containers() {
//		fmt.Println(c.ID, c.Engine, c.First.Pid, c.First.Seccomp)
//	}
//
// # What is a container
//
// No file of the kernel says so. Two things give one away: a process whose cgroup has a
// path that an engine gives to containers ([ContainerOf]), and a pid namespace other
// than ours. The cgroup counts first, since containers of a pod may share a pid
// namespace, and some have the host's; what has neither engine nor id is known by its
// namespace. Whoever knows more, from the state files of a runtime, says so in
// [Options].Known.
//
// The first process of a container is process 1 of its pid namespace, else the one that
// started first.
//
// # Reading /proc
//
// The parsers are pure functions of the text of one file (proc(5)). What they are given
// is partly chosen by others: names of processes, command lines and names of cgroups may
// hold any byte. [Scan] reads what it may: processes end meanwhile, and with hidepid= or
// without privileges some files cannot be read. A process that ends is left out; a file
// that cannot be read leaves its field at the value that means unknown and is counted in
// [Snapshot].Unreadable.
package procs
