package plan

import "strings"

// environment returns env with each variable once, the last value of a name in the place of
// its first: what exec --env adds replaces what config.json has. Given both, getenv(3) finds
// the first and a shell the last. A home that is not empty becomes HOME.
func environment(env []string, home string) []string {
	all := make([]string, 0, len(env)+1)
	place := make(map[string]int, len(env)+1)
	add := func(e string) {
		name, _, is := strings.Cut(e, "=")
		if !is { // no variable, which nobody looks for by a name
			all = append(all, e)
			return
		}
		if i, twice := place[name]; twice {
			all[i] = e
			return
		}
		place[name] = len(all)
		all = append(all, e)
	}
	for _, e := range env {
		add(e)
	}
	if home != "" {
		add("HOME=" + home)
	}
	return all
}
