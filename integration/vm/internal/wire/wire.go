// Package wire is what the runner outside and the init process inside of a
// virtual machine say to each other: the runner packs a list of [Job] into the
// initial file system, init answers with one [Event] as a line of JSON each.
package wire

import "regexp"

// JobsPath is where init finds the jobs, a JSON array, in the machine.
const JobsPath = "/vm/jobs.json"

// DiskPath is the name of a file with the device that has the machine's root file
// system: "/dev/nvme0n1". Without it the initial file system is the root.
const DiskPath = "/vm/disk"

// ReadOnly is where a machine without a disk has the runtime's directory read-only.
const ReadOnly = "/vm/readonly"

// Job is one program to run in the machine.
type Job struct {
	Name    string   `json:"name"` // unique: "integration/lifecycle"
	Dir     string   `json:"dir"`  // working directory
	Args    []string `json:"args"` // the program's path first
	Env     []string `json:"env,omitempty"`
	Seconds int      `json:"seconds"`        // killed after that long
	List    bool     `json:"list,omitempty"` // a test binary: say first which tests it has
	Asks    string   `json:"asks,omitempty"` // regexp of the tests that are to run; "" for all
}

// Choose returns those of a binary's tests that Asks matches, and the others.
func (j *Job) Choose(names []string) (chosen, others []string, err error) {
	asks, err := regexp.Compile(j.Asks)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if asks.MatchString(name) {
			chosen = append(chosen, name)
		} else {
			others = append(others, name)
		}
	}
	return chosen, others, nil
}

// Kinds of events, in the order in which they come.
const (
	Boot   = "boot"   // Text: the kernel's release; Seconds: since it started
	List   = "list"   // Text: names of the tests, one a line
	Start  = "start"  // a job begins
	Output = "output" // Text: what the job has written, any part of it
	End    = "end"    // Status, Seconds, Text: what was wrong, if anything
	Done   = "done"   // all jobs have run
)

// Event is what init reports.
type Event struct {
	Kind    string  `json:"kind"`
	Job     string  `json:"job,omitempty"`
	Text    string  `json:"text,omitempty"`
	Status  int     `json:"status,omitempty"` // exit status; 128+n for signal n
	Seconds float64 `json:"seconds,omitempty"`
}
