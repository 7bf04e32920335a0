// Package state keeps what runseal has to remember about a container between
// its commands: one directory per container below the state root.
//
//	/run/runseal/            0700, the root (--root)
//	    ID/                  0700, its descriptor is flock()ed by who changes the container
//	        cgroup.json      where its cgroups are, once more and for ever
//	        state.json       this package's State
//	        exec.fifo        made by create, opened by start
//
// The directory's existence is what makes an id taken. It is made first, and
// its state.json is written before anything that would need removing exists, so
// that a container whose creation was killed can be deleted.
//
//	d, err := state.Create(root, id)   // exclusive, locked
//	err = d.SavePlace(state.Place{...})
//	err = d.Save(&st)                  // atomic: a reader sees the old or the new file
//	d.Close()
//
//	d, err := state.Open(root, id, true)
//	st, err := d.Load()                // errors.Is(err, state.ErrDamaged)
//	err = d.Remove()
//
// A state file decides which process gets a signal and which cgroup is removed,
// so nobody but the runtime's own user may be able to write it: the root must
// belong to it and be writable by nobody else, and this package's files are opened
// relative to the directory's descriptor, without following symbolic links. (The FIFO
// is package runtime's, which goes by [Dir.FifoPath].) What is read is still not
// trusted: a damaged file is an error, never a guess, and a pid counts
// only together with its start time ([Alive]) and the inode of its pidfd
// ([PidInode]). With a damaged file the container's cgroups, and by them its
// processes, are still found by the other file ([Dir.Place]), which never changes.
//
// # The file
//
// state.json is one JSON object. Its last members are config.json as it was read,
// byte for byte, and what the node policy did, if there is one, on lines of their own,
// so that the commands which do not need them do not scan them:
//
//	{"id":"c1","pid":4711,...,"configSize":20480,"policySize":300,"config":
//	<config.json>
//	,"policy":
//	<record>
//	}
package state

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/runseal/runseal/runtime/spec"
	"github.com/runseal/runseal/runtime/spec/jsonw"
)

// State is the content of state.json.
type State struct {
	ID           string            // as on the command line; equals the directory's name
	OCIVersion   string            // of config.json
	Bundle       string            // absolute path
	Rootfs       string            // absolute path
	Created      time.Time         // nanoseconds are kept; zero if not there yet
	Pid          int               // of the container process in the runtime's pid namespace; 0 before it exists
	StartTime    uint64            // of Pid, in clock ticks since boot: field 22 of /proc/PID/stat
	PidInode     uint64            // of Pid, see PidInode; 0 where the kernel has none
	CgroupPaths  map[string]string // controller to directory, "" for version 2
	SystemdUnit  string            // the unit that systemd has made the cgroup for; empty if it is our own
	Resctrl      string            // the group of the resctrl file system that delete removes; "": none
	Annotations  map[string]string // of config.json
	NoNewKeyring bool              // --no-new-keyring, for exec
	Hooks        bool              // config.json has hooks for start, or for after it: others need not read it
	Resources    []byte            // linux.resources without devices, where update has changed them: compact JSON; else empty
	Config       []byte            // config.json, verbatim; not checked by Load
	Policy       []byte            // what package policy has recorded, one line of JSON; empty if nothing
}

// maxPid is PID_MAX_LIMIT of 64-bit kernels (linux/threads.h).
const maxPid = 4194304

// encode returns the file's content in the parts to be written one after the
// other; config.json is not copied.
func (s *State) encode() [][]byte {
	b := make([]byte, 0, 1024)
	b = append(b, '{')
	str := func(name, v string) { b = jsonw.AppendString(jsonw.AppendName(b, name), v) }
	str("id", s.ID)
	str("ociVersion", s.OCIVersion)
	str("bundle", s.Bundle)
	str("rootfs", s.Rootfs)
	str("created", s.Created.Format(time.RFC3339Nano))
	b = jsonw.AppendInt(jsonw.AppendName(b, "pid"), s.Pid)
	b = jsonw.AppendUint(jsonw.AppendName(b, "startTime"), s.StartTime)
	if s.PidInode != 0 {
		b = jsonw.AppendUint(jsonw.AppendName(b, "pidInode"), s.PidInode)
	}
	b = jsonw.AppendStringMap(jsonw.AppendName(b, "cgroupPaths"), s.CgroupPaths)
	if s.SystemdUnit != "" {
		str("systemdUnit", s.SystemdUnit)
	}
	if s.Resctrl != "" {
		str("resctrl", s.Resctrl)
	}
	b = jsonw.AppendStringMap(jsonw.AppendName(b, "annotations"), s.Annotations)
	if s.NoNewKeyring {
		b = jsonw.AppendBool(jsonw.AppendName(b, "noNewKeyring"), true)
	}
	if s.Hooks {
		b = jsonw.AppendBool(jsonw.AppendName(b, "hooks"), true)
	}
	if len(s.Resources) > 0 {
		b = append(jsonw.AppendName(b, "resources"), s.Resources...)
	}
	b = jsonw.AppendInt(jsonw.AppendName(b, "configSize"), len(s.Config))
	if len(s.Policy) > 0 {
		b = jsonw.AppendInt(jsonw.AppendName(b, "policySize"), len(s.Policy))
	}
	b = append(b, headEnd...)
	if len(s.Config) == 0 {
		b = append(b, "null"...)
	}
	if len(s.Policy) == 0 {
		return [][]byte{b, s.Config, []byte(tail)}
	}
	return [][]byte{b, s.Config, []byte(between), s.Policy, []byte(tail)}
}

// What separates the small members from config.json and that from the policy's
// record, and what comes after them. The small members hold no line break: jsonw
// escapes them, and compact JSON has none.
const (
	headEnd = `,"config":` + "\n"
	between = "\n" + `,"policy":` + "\n"
	tail    = "\n}\n"
)

// runcPid is what runc calls pid in its file of the same name (libcontainer's BaseState).
const runcPid = "init_process_pid"

var errRunc = errors.New("it has " + runcPid + ", as runc's")

// decode reads a file's content. Files that were written by encode are cut at
// the first line break; any other JSON is read as a whole.
func decode(data []byte) (*State, error) {
	s := new(State)
	doc, own := data, false
	if i := bytes.IndexByte(data, '\n') + 1; i > 0 && bytes.HasSuffix(data[:i], []byte(headEnd)) &&
		bytes.HasSuffix(data[i:], []byte(tail)) && len(data)-i > len(tail) {
		doc = append(bytes.Clone(data[:i-len(headEnd)]), '}')
		s.Config, own = data[i:len(data)-len(tail)], true
	}
	size := int64(-1) // of config.json, by which a file that was put together wrongly shows
	policySize := int64(0)
	seen := 0 // required members
	runc := false
	d := spec.NewDecoder(doc)
	err := d.Object(func(name string) (err error) {
		switch name {
		case "id":
			seen++
			s.ID, err = d.String()
		case "ociVersion":
			s.OCIVersion, err = d.String()
		case "bundle":
			s.Bundle, err = d.String()
		case "rootfs":
			s.Rootfs, err = d.String()
		case "created":
			var text string
			if text, err = d.String(); err == nil {
				s.Created, err = time.Parse(time.RFC3339Nano, text)
			}
		case "pid":
			seen++
			var n int64
			if n, err = d.Int64(); err == nil && (n < 0 || n > maxPid) {
				err = fmt.Errorf("%d: expected 0 to %d", n, maxPid)
			}
			s.Pid = int(n)
		case "startTime":
			seen++
			s.StartTime, err = d.Uint64()
		case "pidInode":
			s.PidInode, err = d.Uint64()
		case "cgroupPaths":
			seen++
			s.CgroupPaths, err = d.StringMap()
		case "systemdUnit":
			s.SystemdUnit, err = d.String()
		case "resctrl":
			s.Resctrl, err = d.String()
		case "annotations":
			s.Annotations, err = d.StringMap()
		case "noNewKeyring":
			s.NoNewKeyring, err = d.Bool()
		case "hooks":
			s.Hooks, err = d.Bool()
		case "resources":
			// Laid out by somebody else it may have line breaks, though never in a string.
			s.Resources, err = d.Skip()
			s.Resources = bytes.ReplaceAll(s.Resources, []byte("\n"), nil)
		case "configSize":
			size, err = d.Int64()
		case "policySize":
			policySize, err = d.Int64()
		case "config", "policy":
			// A file of encode has these members only after what is read here.
			var value []byte
			if value, err = d.Skip(); name == "config" {
				s.Config = value
			} else {
				s.Policy = value
			}
		case runcPid:
			runc = true
			_, err = d.Skip()
		default:
			_, err = d.Skip() // of a newer version
		}
		return err
	})
	if err == nil {
		err = d.End()
	}
	if err != nil {
		return nil, err
	}
	if seen != 4 && runc {
		return nil, errRunc
	}
	if seen != 4 {
		return nil, errors.New("expected id, pid, startTime and cgroupPaths, some are missing")
	}
	if own && policySize != 0 {
		if s.Config, s.Policy, own = cut(s.Config, policySize); !own {
			return nil, fmt.Errorf("policySize: %d: expected the size of policy", policySize)
		}
	}
	if policySize != 0 && len(s.Policy) == 0 {
		return nil, fmt.Errorf("policySize: %d: expected policy, which is missing", policySize)
	}
	if string(s.Config) == "null" {
		s.Config = nil
	}
	if own && size != int64(len(s.Config)) {
		return nil, fmt.Errorf("configSize: %d: expected %d, the size of config", size, len(s.Config))
	}
	return s, nil
}

// cut divides what encode has put behind the small members.
func cut(data []byte, policySize int64) (config, policy []byte, ok bool) {
	end := int64(len(data)) - policySize
	if policySize < 0 || end < 0 || !bytes.HasSuffix(data[:end], []byte(between)) {
		return nil, nil, false
	}
	return data[:end-int64(len(between))], data[end:], true
}
