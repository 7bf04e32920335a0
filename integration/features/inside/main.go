// Command inside is what the tests run in a container where a shell is not
// enough. Its first argument says what to do:
//
//	signals         print the number of each signal that comes, end with 3 after number 64
//	spy ADDR HEX    look through every other process that comes; HEX is what the
//	                runtime's memory has at address ADDR
//	prey MARK       wait for a process whose arguments contain MARK, then try to get at its binary
//	attributes      print scheduling, I/O priority, personality, memory policy and processors
//	wait            the same, then sleep
//	not-nice PROG   execute a program without CAP_SYS_NICE (on the host)
//	clocks          print CLOCK_MONOTONIC of the kernel, the same of the vDSO, and CLOCK_BOOTTIME
package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	switch os.Args[1] {
	case "signals":
		signals()
	case "spy":
		spy(os.Args[2], os.Args[3])
	case "prey":
		prey(os.Args[2])
	case "clocks":
		clocks()
	case "attributes":
		attributes()
	case "not-nice":
		notNice(os.Args[2:])
	case "wait":
		attributes()
		time.Sleep(10 * time.Minute)
	}
}

// notNice executes a program that can have no CAP_SYS_NICE. The thread that takes the
// capability from itself is the one whose credentials the program gets.
func notNice(argv []string) {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_SYS_NICE, 0, 0, 0); err != nil {
		panic(err)
	}
	panic(unix.Exec(argv[0], argv, os.Environ()))
}

// last is the signal that ends the command.
const last = syscall.Signal(64)

func signals() {
	c := make(chan os.Signal, 64)
	signal.Notify(c)
	signal.Reset(unix.SIGURG) // the Go runtime sends it to itself
	fmt.Println("ready")
	for s := range c {
		if s == unix.SIGURG {
			continue
		}
		fmt.Println("signal", int(s.(syscall.Signal)))
		if s == last {
			os.Exit(3)
		}
	}
}

// spy tries without end to open binary, memory and descriptors of all processes
// but itself and says what it could get that belongs to the runtime.
func spy(address, header string) {
	addr, err := strconv.ParseInt(address, 0, 64)
	if err != nil {
		fmt.Println(err)
		return
	}
	want, err := hex.DecodeString(header)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ready")
	have := make([]byte, len(want))
	for {
		entries, _ := os.ReadDir("/proc")
		for _, e := range entries {
			if pid, err := strconv.Atoi(e.Name()); err != nil || pid == os.Getpid() {
				continue
			}
			dir := "/proc/" + e.Name()
			if f, err := os.Open(dir + "/exe"); err == nil {
				if n, _ := f.ReadAt(have, 0); n == len(have) && bytes.Equal(have, want) {
					fmt.Println("the binary")
				}
				f.Close()
			}
			if f, err := os.OpenFile(dir+"/mem", os.O_RDWR, 0); err == nil {
				if n, _ := f.ReadAt(have, addr); n == len(have) && bytes.Equal(have, want) {
					fmt.Println("the memory")
				}
				f.Close()
			}
			fds, _ := os.ReadDir(dir + "/fd")
			for _, fd := range fds {
				if n, _ := strconv.Atoi(fd.Name()); n > 2 {
					if name, err := os.Readlink(dir + "/fd/" + fd.Name()); err == nil {
						fmt.Println("descriptor", name)
					}
				}
			}
		}
	}
}

// prey is the attack of CVE-2019-5736: get hold of the binary through
// /proc/PID/exe while it runs, and write to it when it does not any more. Each
// line that it prints is one finding; "wrote" must never be among them.
func prey(mark string) {
	deadline := time.Now().Add(10 * time.Second)
	fmt.Println("ready")
	for ; time.Now().Before(deadline); time.Sleep(200 * time.Microsecond) {
		entries, err := os.ReadDir("/proc")
		if err != nil {
			continue
		}
		for _, e := range entries {
			pid, err := strconv.Atoi(e.Name())
			if err != nil || pid == os.Getpid() {
				continue
			}
			line, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
			if !bytes.Contains(line, []byte(mark)) || bytes.Contains(line, []byte("prey")) {
				continue
			}
			fd, err := unix.Open("/proc/"+e.Name()+"/exe", unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err == unix.ENOENT || err == unix.ESRCH {
				continue // it has ended; another one may come
			}
			if err != nil {
				fmt.Println("open for reading:", err)
				return
			}
			hunt(pid, fd)
			return
		}
	}
	fmt.Println("no such process came")
}

func hunt(pid, fd int) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("got", st.Size)
	self := "/proc/self/fd/" + strconv.Itoa(fd)
	// A mount that has been let go of cannot be made writable again.
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY}); err == nil {
		fmt.Println("mount_setattr made it writable")
	}
	if err := unix.Mount("", self, "", unix.MS_REMOUNT|unix.MS_BIND, ""); err == nil {
		fmt.Println("remount made it writable")
	}
	if err := unix.Fchmod(fd, 0o777); err == nil {
		fmt.Println("changed its mode")
	}
	write := func(when string) {
		for _, flags := range []int{unix.O_WRONLY, unix.O_RDWR, unix.O_WRONLY | unix.O_APPEND} {
			w, err := unix.Open(self, flags|unix.O_CLOEXEC, 0)
			// Busy as long as anybody executes it, also on the host.
			for end := time.Now().Add(5 * time.Second); when == afterwards && err == unix.ETXTBSY && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
				w, err = unix.Open(self, flags|unix.O_CLOEXEC, 0)
			}
			if err != nil {
				fmt.Println(when+":", err)
				continue
			}
			n, err := unix.Write(w, []byte("#!/evil\n"))
			fmt.Println(when+": wrote", n, err)
			unix.Close(w)
		}
	}
	write("while it runs")
	// The prey waits for somebody at the other side of this FIFO.
	if f, err := unix.Open("/tmp/fifo", unix.O_RDWR|unix.O_NONBLOCK, 0); err == nil {
		for end := time.Now().Add(time.Second); alive(pid) && time.Now().Before(end); time.Sleep(time.Millisecond) {
			unix.Write(f, []byte("{}"))
			unix.Close(f) // end of file for it, if it has opened the other side
			f, _ = unix.Open("/tmp/fifo", unix.O_RDWR|unix.O_NONBLOCK, 0)
		}
		unix.Close(f)
	}
	write(afterwards)
}

const afterwards = "after its end"

// alive tells whether a process is there and not a zombie.
func alive(pid int) bool {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !bytes.Contains(data, []byte(") Z "))
}
