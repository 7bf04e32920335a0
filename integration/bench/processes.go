package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// processesOf returns the processes that have a directory's path, or one below it, on
// their command line. A process that has ended and was not waited for has none.
func processesOf(dir string) []int {
	var found []int
	for _, pid := range processes() {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && pid != os.Getpid() && bytes.Contains(line, []byte(dir+"/")) {
			found = append(found, pid)
		}
	}
	return found
}

// zombies returns this process's children that have ended, by the beginning of their
// program's name.
func zombies(name string) []int {
	var found []int
	for _, pid := range processes() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && isZombie(string(text), name, os.Getpid()) {
			found = append(found, pid)
		}
	}
	return found
}

// isZombie reads a stat file (proc_pid_stat(5)): PID (NAME) STATE PPID; the name has 15
// bytes at most, and may itself have a parenthesis.
func isZombie(stat, name string, parent int) bool {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return false
	}
	f := strings.Fields(stat[end+1:])
	return len(f) > 1 && f[0] == "Z" && f[1] == strconv.Itoa(parent) && strings.HasPrefix(stat[open+1:end], name[:min(len(name), 15)])
}

func processes() []int {
	names, err := filepath.Glob("/proc/[0-9]*")
	if err != nil { // of the pattern alone
		panic(err)
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(filepath.Base(name)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
