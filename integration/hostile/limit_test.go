package hostile

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/runseal/runseal/integration/internal/box"
)

// limitRows are 36, values of limits that cannot be meant: whether the text, the kernel or
// the machine tells, the field is named and the cgroups are gone.
func limitRows() []row {
	var all []row
	for _, c := range []struct{ field, value, say string }{ // before the @ is what is set
		{"memory.limit", `-2`, `-2: expected a number of bytes, or -1`},
		{"memory.limit", `"64M"`, `"64M": expected an integer`},
		{"memory.limit", `9223372036854775808`, `9223372036854775808: expected an integer`},
		{"memory.limit", `1.5`, `1\.5: expected an integer`},
		{"memory.reservation", `-2`, `-2: expected a number of bytes, or -1`},
		{"memory.swap", `-2`, `-2: expected a number of bytes, or -1`},
		{"memory.swap", `1048576`, `1048576: expected memory\.limit as well`},
		{"memory.swappiness", `101`, `101: (expected 0 to 100|cgroup v2 has no such limit)`},
		{"memory.swappiness", `-1`, `-1: expected an integer from 0`},
		{"cpu.shares", `1`, `1: expected 2 to 262144`},
		{"cpu.shares", `262145`, `262145: expected 2 to 262144`},
		{"cpu.shares", `-1`, `-1: expected an integer from 0`},
		{"cpu.quota", `1`, `1: expected at least 1000`},
		{"cpu.quota", `-2`, `-2: expected at least 1000 microseconds, or -1`},
		{"cpu.period", `1`, `1: expected 1000 to 1000000`},
		{"cpu.period", `1000001`, `1000001: expected 1000 to 1000000`},
		{"cpu.burst", `1000`, `1000: expected cpu\.quota as well`},
		{"cpu.idle", `2`, `2: expected 0 or 1`},
		{"cpu.cpus", `"x"`, `"x": expected a list of numbers and ranges such as 0-3,7`},
		{"cpu.cpus", `"3-1"`, `"3-1": the range 3-1 runs backwards, expected`},
		{"cpu.cpus", `"4095"`, `"4095": cpuset\.cpus: `},
		{"cpu.cpus", `"0\n"`, `"0\\n": expected a list of numbers`},
		{"cpu.cpus", `0`, `0: expected a string`},
		{"cpu.mems", `"900"`, `"900": cpuset\.mems: `},
		{"cpu.mems", `"-1"`, `"-1": expected a list of numbers`},
		{"pids.limit", `-2`, `-2: expected 0 to 4194304, or -1 for no limit`},
		{"pids.limit", `"max"`, `"max": expected an integer`},
		{"pids.limit", `9223372036854775808`, `9223372036854775808: expected an integer`},
		{"blockIO.weight", `5`, `5: expected 10 to 1000`},
		{"blockIO.weight", `65536`, `65536: expected an integer from 0 to 65535`},
		{"blockIO.throttleReadBpsDevice@[0]", `[{"major":4000,"minor":7,"rate":5}]`, `4000:7 at 5: `},
		{"hugepageLimits@[0].pageSize", `[{"pageSize":"7MB","limit":5}]`, `7MB`},
		{"hugepageLimits@[0].pageSize", `[{"pageSize":"2MB/../x","limit":5}]`, `2MB/\.\./x`},
		{"network.classID", `4294967296`, `4294967296: expected an integer`},
		{"unified", `{"memory.high":"lots"}`, `memory\.high`},
		{"unified", `{"../cgroup.procs":"1"}`, `\.\./cgroup\.procs`},
		{"unified", `{"cgroup.procs":"1"}`, `cgroup\.procs`},
		{"unified", `{"":"1"}`, `expected`},
		{"devices@[0].type", `[{"allow":true,"type":"x","access":"r"}]`, `"x": expected one of a, c, b`},
		{"devices@[0].access", `[{"allow":true,"type":"c","access":"x"}]`, `"x": expected one or more of the letters r, w, m`},
		{"devices@[0].access", `[{"allow":true,"type":"c","access":""}]`, `"": expected one or more of the letters r, w, m`},
		{"devices@[0].major", `[{"allow":true,"type":"c","major":-2,"access":"r"}]`, `-2: expected an integer from 0 to 4095, or -1`},
		{"devices@[0].minor", `[{"allow":true,"type":"c","minor":1048576,"access":"r"}]`, `1048576: expected an integer from 0 to 1048575, or -1`},
		{"devices@[0].allow", `[{"allow":"true","type":"c","access":"r"}]`, `"true": expected true or false`},
	} {
		at, below, _ := strings.Cut(c.field, "@")
		top, member, nested := strings.Cut(at, ".")
		value := c.value
		if nested {
			value = fmt.Sprintf(`{%q:%s}`, member, c.value)
		}
		all = append(all, row{n: 36, name: at + " " + c.value, edits: []edit{set("linux.resources."+top, value)}, field: "linux.resources." + at + below, say: c.say})
	}
	// One that cannot be met when all the others have been: what is there has to go again.
	all = append(all, row{n: 36, name: "swap below the limit", edits: []edit{set("linux.resources.memory", `{"limit":16777216,"swap":8388608}`)},
		field: "linux.resources.memory.swap", say: `8388608: expected at least memory\.limit \(16777216\)`})
	all = append(all, row{n: 36, name: "memory for nobody", edits: []edit{set("linux.resources.memory", `{"limit":4096}`)},
		field: "linux.resources.memory.limit", say: `4096: |\(out of memory\? see linux\.resources\.memory\.limit\)`})
	return all
}

// deviceRows are 38.
func deviceRows() []row {
	const entry = "linux.devices[0]"
	var all []row
	for _, c := range []struct{ field, value, say string }{
		{"type", `"x"`, `"x": expected one of c, u, b, p`}, {"type", `""`, `"": expected one of c, u, b, p`}, {"type", `"C"`, `"C": expected one of c, u, b, p`},
		{"type", `7`, `7: expected a string`}, {"type", `"a"`, `"a": expected one of c, u, b, p`},
		{"major", `-1`, `-1: expected an integer from 0 to 4095`}, {"major", `4096`, `4096: expected an integer from 0 to 4095`},
		{"major", `4294967297`, `4294967297: expected an integer from 0 to 4095`}, {"major", `"1"`, `"1": expected an integer`},
		{"minor", `-1`, `-1: expected an integer from 0 to 1048575`}, {"minor", `1048576`, `1048576: expected an integer from 0 to 1048575`},
		{"minor", `4294967299`, `4294967299: expected an integer from 0 to 1048575`},
		{"fileMode", `4096`, `4096: expected an integer from 0 to 4095`}, {"fileMode", `-1`, `-1: expected an integer from 0`},
		{"fileMode", `33206`, `33206: expected an integer from 0 to 4095`}, {"fileMode", `4294967296`, `4294967296: expected an integer from 0`},
		{"fileMode", `"0666"`, `"0666": expected an integer`},
		{"uid", `-1`, `-1: expected an integer from 0`}, {"uid", `4294967295`, `4294967295: expected an integer from 0 to 4294967294`},
		{"gid", `4294967295`, `4294967295: expected an integer from 0 to 4294967294`},
		{"path", `"dev/x"`, `"dev/x": expected an absolute path`}, {"path", `""`, `"": expected an absolute path`}, {"path", `"/dev/x/"`, `"/dev/x/": expected the path of a file`},
		{"path", `"/"`, `"/": expected the path of a file`},
	} {
		device := map[string]string{"path": `"/dev/x"`, "type": `"c"`, "major": "1", "minor": "3", "fileMode": "438", "uid": "0", "gid": "0"}
		device[c.field] = c.value
		var members []string
		for name, value := range device {
			members = append(members, fmt.Sprintf("%q:%s", name, value))
		}
		all = append(all, row{n: 38, name: c.field + " " + c.value, edits: []edit{push("linux.devices", "{"+strings.Join(members, ",")+"}")},
			field: entry + "." + c.field, say: c.say})
	}
	return append(all,
		row{n: 38, name: "no type", edits: []edit{push("linux.devices", `{"path":"/dev/x"}`)}, field: entry + ".type", say: `"": expected one of c, u, b, p`},
		row{n: 38, name: "two at one path", edits: []edit{push("linux.devices", `{"path":"/dev/x","type":"c","major":1,"minor":3}`), push("linux.devices", `{"path":"/dev/x","type":"c","major":1,"minor":5}`)},
			field: "linux.devices[1].path", say: `"/dev/x": expected the same device`},
		row{n: 38, name: "through a link of the root", edits: []edit{push("linux.devices", `{"path":"/etc/x","type":"c","major":1,"minor":3}`)},
			setup: func(t *testing.T, b *box.Box) {
				if err := os.RemoveAll(b.Path("etc")); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink("etc", b.Path("etc")); err != nil {
					t.Fatal(err)
				}
			}, field: "linux.devices[0]", say: `too many levels of symbolic links`},
	)
}
