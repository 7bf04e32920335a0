package tinyelf

// The x86-64 ABI in numbers (arch/x86/entry/syscalls/syscall_64.tbl and the
// uapi headers). They are spelled out because the programs are x86-64 code on
// whatever machine this package is compiled.
const (
	sysWrite      = 1
	sysSigaction  = 13
	sysSigreturn  = 15
	sysSchedYield = 24
	sysClone      = 56
	sysExit       = 60
	sysExitGroup  = 231

	saSiginfo  = 0x4
	saRestorer = 0x4000000

	// VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, CHILD_CLEARTID
	cloneThread = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x200000
)

// ExitThread ends the calling thread with exit(2).
func (p *Prog) ExitThread(status uint64) { p.Syscall(sysExit, status) }
