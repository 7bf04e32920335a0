package hostile

import (
	"fmt"
	"strings"
)

// sysctlRows are 40.
func sysctlRows() []row {
	var all []row
	const good = "net.ipv4.ip_forward"
	for _, c := range []struct {
		name, key, value, say string
		edits                 []edit
	}{
		{"the host's", "kernel.core_pattern", "|/x", `belongs to the host, expected a key of a namespace`, nil},
		{"the host's, with slashes", "kernel/core_pattern", "|/x", `belongs to the host, expected a key of a namespace`, nil},
		{"the host's vm", "vm.drop_caches", "1", `belongs to the host, expected a key of a namespace`, nil},
		{"the host's, of a user namespace", "user.max_user_namespaces", "1", `belongs to the host, expected a key of a namespace`, nil},
		{"one letter more", "kernel.shmmaxx", "1", `belongs to the host, expected a key of a namespace`, nil},
		{"the host name", "kernel.hostname", "x", `expected the field hostname`, nil},
		{"network of the host", good, "1", `would change the host, expected an entry of type "network"`, []edit{without("network")}},
		{"ipc of the host", "kernel.msgmax", "1", `would change the host, expected an entry of type "ipc"`, []edit{without("ipc")}},
		{"mqueue of the host", "fs.mqueue.msg_max", "1", `would change the host, expected an entry of type "ipc"`, []edit{without("ipc")}},
		{"domain name of the host", "kernel.domainname", "x", `would change the host, expected an entry of type "uts"`, []edit{without("uts"), remove("hostname")}},
		{"dots", "net/../kernel/core_pattern", "|/x", `not a key of sysctl`, nil},
		{"dots, swapped", "net.//.kernel.core_pattern", "|/x", `not a key of sysctl`, nil},
		{"dots in the middle", "net/ipv4/../../kernel/core_pattern", "|/x", `not a key of sysctl`, nil},
		{"slash first", "/net/ipv4/ip_forward", "1", `not a key of sysctl`, nil},
		{"empty component", "net..ip_forward", "1", `not a key of sysctl`, nil},
		{"empty key", "", "1", `not a key of sysctl`, nil},
		{"plus in the key", "net.ipv4.ip_forward+kernel.core_pattern", "1", `not a key of sysctl`, nil},
		{"newline in the key", "net.ipv4.ip_forward\nkernel.core_pattern", "1", `not a key of sysctl`, nil},
		{"NUL in the key", "net.ipv4.ip_forward\x00", "1", `not a key of sysctl`, nil},
		{"plus in the value", good, "1+kernel.core_pattern=|/x", `expected printable ASCII without '\+'`, nil},
		{"newline in the value", good, "1\nx", `expected printable ASCII without '\+'`, nil},
		{"NUL in the value", good, "1\x00", `expected printable ASCII without '\+'`, nil},
		{"empty value", good, "", `value of 0 bytes: expected 1 to 4095`, nil},
		{"long value", good, strings.Repeat("1", 5000), `value of 5000 bytes: expected 1 to 4095`, nil},
		{"unknown", "net.ipv4.no_such_key", "1", `no such file or directory`, nil},
		{"a directory", "net.ipv4", "1", `: is a directory`, nil},
		{"a value that the kernel refuses", "net.ipv4.ip_local_port_range", "9 1", `invalid argument`, nil},
	} {
		field := `linux.sysctl[` + strings.ReplaceAll(quoted(c.key), `\u0000`, `\x00`) + `]`
		all = append(all, row{n: 40, name: c.name, edits: append(c.edits, set("linux.sysctl", fmt.Sprintf(`{%s:%s}`, quoted(c.key), quoted(c.value)))), field: field, say: c.say})
	}
	all = append(all, row{n: 40, name: "two spellings", edits: []edit{set("linux.sysctl", `{"net.ipv4.ip_forward":"1","net/ipv4/ip_forward":"0"}`)},
		field: `linux.sysctl["net/ipv4/ip_forward"]`, say: `duplicate of "net\.ipv4\.ip_forward"`})
	all = append(all, row{n: 40, name: "a number", edits: []edit{set("linux.sysctl", `{"net.ipv4.ip_forward":1}`)}, field: `linux.sysctl["net.ipv4.ip_forward"]`, say: `1: expected a string`})
	return all
}
