package lint

// danger is a reason why calls should not be allowed without need.
type danger struct {
	reason string
	calls  []string
	note   bool // a note and no warning: engines' defaults allow it, or the harm is small
}

// dangers is the table behind dangerous-call and sensitive-call. The reasons are
// facts of the calls' manual pages and of the kernel's capability checks.
var dangers = []danger{
	{reason: "replace or extend the running kernel (CAP_SYS_MODULE, CAP_SYS_BOOT)",
		calls: []string{"create_module", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"}},
	{reason: "loads programs into the kernel, whose verifier has often been defeated",
		calls: []string{"bpf"}},
	{reason: "what the ring executes passes by the filter: files, sockets and more without their own calls",
		calls: []string{"io_uring_setup", "io_uring_enter", "io_uring_register"}},
	{reason: "stops the kernel in the middle of a memory access for as long as wanted, which makes races easy to win",
		calls: []string{"userfaultfd"}},
	{reason: "a large kernel interface with a history of holes, and timings of other programs",
		calls: []string{"perf_event_open"}},
	{reason: "keyrings of the kernel belong to user ids, not to containers",
		calls: []string{"add_key", "keyctl", "request_key"}},
	{reason: "change the file system's layout or what masked paths hide (CAP_SYS_ADMIN, also of a user namespace)",
		calls: []string{"mount", "umount", "umount2", "pivot_root", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount",
			"open_tree", "open_tree_attr", "mount_setattr"}},
	{reason: "enters the namespaces of others, given a descriptor of one",
		calls: []string{"setns"}},
	{reason: "opens files of a whole file system without a path, outside the container's root too (CAP_DAC_READ_SEARCH)",
		calls: []string{"open_by_handle_at"}},
	{reason: "gives access to I/O ports and so to the hardware (CAP_SYS_RAWIO)",
		calls: []string{"ioperm", "iopl"}},
	{reason: "changes the host and not the container: it has no namespace (needs capabilities)",
		calls: []string{"reboot", "swapon", "swapoff", "settimeofday", "stime", "clock_settime", "clock_settime64", "acct",
			"quotactl", "quotactl_fd", "nfsservctl", "vhangup"}},
	{reason: "reads and clears the kernel's log, with addresses that attacks need (CAP_SYSLOG, if kernel.dmesg_restrict is set)",
		calls: []string{"syslog"}},

	{reason: "read and change other processes of the same user in the container", note: true,
		calls: []string{"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "process_madvise", "kcmp"}},
	{reason: "switches off address randomization and makes all memory executable, for programs that it executes", note: true,
		calls: []string{"personality"}},
	{reason: "segments of 16-bit programs, old code with a history of holes", note: true,
		calls: []string{"modify_ldt", "vm86", "vm86old"}},
	{reason: "places the memory of processes on the machine's nodes, old code with a history of holes", note: true,
		calls: []string{"mbind", "migrate_pages", "move_pages", "set_mempolicy", "set_mempolicy_home_node"}},
	{reason: "obsolete, hardly used by any program, and tested by few", note: true,
		calls: []string{"uselib", "_sysctl", "sysfs", "ustat", "lookup_dcookie", "bdflush"}},
	{reason: "watches file systems and can hold up the accesses of other processes (CAP_SYS_ADMIN)", note: true,
		calls: []string{"fanotify_init"}},
}
