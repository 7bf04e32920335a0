package node

// What a machine needs that boots an image.
const (
	// Device is the disk's name in the machine, if it is the first one.
	Device = "/dev/nvme0n1"
	// Init is where vm.service expects the program that runs the jobs.
	Init = "/vm/init"
)

// Modules are what mounting the disk needs, where it is not built into the kernel.
var Modules = []string{"ext4", "nvme"}
