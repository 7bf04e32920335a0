package hostile

import "fmt"

// hookRows are 42 as far as the text tells; what a hook does when it runs, and takes, and
// prints, is tested in integration/hooks.
func hookRows() []row {
	var all []row
	one := func(kind, members string) []edit {
		return []edit{set("hooks", fmt.Sprintf(`{%q:[{"path":"/bin/true"},{"path":"/bin/true"%s}]}`, kind, members))}
	}
	// Each kind is checked, and each before anything has run.
	for _, kind := range []string{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"} {
		at := "hooks." + kind + "[1]."
		all = append(all,
			row{n: 42, name: kind + ", timeout 0", edits: one(kind, `,"timeout":0`), field: at + "timeout", say: `0: expected a number of seconds above 0, or none`},
			row{n: 42, name: kind + ", relative path", edits: []edit{set("hooks", fmt.Sprintf(`{%q:[{"path":"/bin/true"},{"path":"bin/true"}]}`, kind))}, field: at + "path", say: `"bin/true": expected an absolute path`},
		)
	}
	const at = "hooks.createRuntime[1]."
	for _, c := range []struct{ name, members, field, say string }{
		{"negative timeout", `,"timeout":-1`, "timeout", `-1: expected a number of seconds above 0, or none`},
		{"timeout of 2^31", `,"timeout":2147483648`, "timeout", `2147483648: expected an integer from -2147483648 to 2147483647`},
		{"timeout in quotes", `,"timeout":"1"`, "timeout", `"1": expected an integer`},
		{"args as a string", `,"args":"true"`, "args", `"true": expected an array`},
		{"NUL in args", `,"args":["true","a\u0000b"]`, "args[1]", `expected a string without NUL`},
		{"NUL in env", `,"env":["A=\u0000"]`, "env[0]", `expected a string without NUL`},
		{"env without a name", `,"env":["A=1","=2"]`, "env[1]", `"=2": expected NAME=value`},
		{"env empty", `,"env":[""]`, "env[0]", `"": expected NAME=value`},
		{"Timeout", `,"Timeout":1`, "Timeout", `did you mean "timeout"`},
	} {
		all = append(all, row{n: 42, name: c.name, edits: one("createRuntime", c.members), field: at + c.field, say: c.say})
	}
	for _, c := range []struct{ name, hooks, field, say string }{
		{"no path", `{"poststop":[{"args":["true"]}]}`, "hooks.poststop[0].path", `"": expected an absolute path`},
		{"NUL in the path", `{"poststop":[{"path":"/bin/true\u0000"}]}`, "hooks.poststop[0].path", `expected a string without NUL`},
		{"one instead of a list", `{"poststop":{"path":"/bin/true"}}`, "hooks.poststop", `an object: expected an array`},
		{"preStart", `{"preStart":[{"path":"/bin/true"}]}`, "hooks.preStart", `did you mean "prestart"`},
		{"a list of all", `[{"path":"/bin/true"}]`, "hooks", `an array: expected an object`},
	} {
		all = append(all, row{n: 42, name: c.name, edits: []edit{set("hooks", c.hooks)}, field: c.field, say: c.say})
	}
	return all
}
