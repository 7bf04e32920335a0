package resctrl

import "strings"

// differs returns the first line of want whose limits has, the content of a file schemata,
// does not have, or "". Lines are like "L3:0=7f0;1=1f": a resource, and for each of its
// instances a bit mask in hexadecimal or a number. A line may leave instances out. The
// kernel writes spaces into its lines and cuts zeros.
func differs(has, want string) string {
	limits := map[string]string{}
	for line := range strings.SplitSeq(has, "\n") {
		each(line, func(instance, limit string) { limits[instance] = limit })
	}
	for line := range strings.SplitSeq(strings.TrimSpace(want), "\n") {
		same := strings.Contains(line, "=")
		each(line, func(instance, limit string) { same = same && limits[instance] == limit })
		if !same {
			return line
		}
	}
	return ""
}

// each calls f for each instance of a line, such as "L3:0", with its limit.
func each(line string, f func(instance, limit string)) {
	resource, rest, _ := strings.Cut(line, ":")
	for part := range strings.SplitSeq(rest, ";") {
		if id, limit, ok := strings.Cut(part, "="); ok {
			f(strings.TrimSpace(resource)+":"+number(id), number(limit))
		}
	}
}

// number is a number's only spelling.
func number(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	text = strings.TrimPrefix(text, "0x")
	if short := strings.TrimLeft(text, "0"); short != "" || text == "" {
		return short
	}
	return "0"
}
