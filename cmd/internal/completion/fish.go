package completion

import (
	"fmt"
	"strings"

	"github.com/runseal/runseal/cmd/internal/verbs"
)

// Fish returns the script for fish 3 and newer.
func (s *Script) Fish() string {
	var b strings.Builder
	name := s.Program.Name
	fmt.Fprintf(&b, "# Completion of %s for fish. Written by \"%[1]s completion fish\".\n\n", name)

	b.WriteString("# verb, word -> is there a verb of this name below it?\n")
	fmt.Fprintf(&b, "function __%s_is_verb\n\tswitch \"$argv[1],$argv[2]\"\n", name)
	for _, v := range s.Program.Verbs {
		fmt.Fprintf(&b, "\t\tcase %s\n\t\t\treturn 0\n", fishQuote(strings.Join(v.Path[:len(v.Path)-1], " ")+","+v.Path[len(v.Path)-1]))
	}
	b.WriteString("\tend\n\treturn 1\nend\n\n")

	b.WriteString("# verb, flag -> does a value follow?\n")
	fmt.Fprintf(&b, "function __%s_has_value\n\tswitch \"$argv[1],$argv[2]\"\n\t\tcase", name)
	s.eachFlag(func(verb string, f *verbs.Flag) {
		if f.Arg == "" {
			return
		}
		for _, n := range f.Names {
			b.WriteString(" " + fishQuote(verb+","+dashed(n)))
		}
	})
	b.WriteString("\n\t\t\treturn 0\n\tend\n\treturn 1\nend\n\n")

	b.WriteString("# verb -> do its flags end with the first argument?\n")
	fmt.Fprintf(&b, "function __%s_flags_first\n", name)
	if s.FlagsFirst != nil {
		fmt.Fprintf(&b, "\tcontains -- $argv[1] %s\n", strings.Join(s.FlagsFirst, " "))
	} else {
		b.WriteString("\treturn 1\n")
	}
	b.WriteString("end\n\n")

	b.WriteString(s.fill(fishMain+s.functions(fishKinds)+"\n", fishQuote))

	fmt.Fprintf(&b, "complete -c %s -f\n", name)
	for _, v := range append([]verbs.Verb{{}}, s.Program.Verbs...) {
		for _, next := range s.below(v.Path) {
			s.fishLine(&b, &v, 0, "", value{words: next.Path[len(next.Path)-1:]}, next.Usage)
		}
		for i, a := range v.Args {
			more := ""
			if a.Repeated && i == len(v.Args)-1 {
				more = " more"
			}
			s.fishLine(&b, &v, i, more, valueOf(a.Names...), strings.Join(a.Names, " or "))
		}
		for _, f := range s.flagsOf(&v) {
			fmt.Fprintf(&b, "complete -c %s -n %s", name, fishQuote(fmt.Sprintf("__%s_verb %s", name, fishQuote(v.Name()))))
			for _, n := range f.Names {
				if len(n) == 1 {
					b.WriteString(" -s " + n)
				} else {
					b.WriteString(" -l " + n)
				}
			}
			if f.Arg != "" {
				options := fishValue(name, flagValue(&f))
				if strings.HasPrefix(options, forceFiles) {
					b.WriteString(" -r" + options)
				} else {
					b.WriteString(" -x" + options) // as -r, and no files
				}
			}
			fmt.Fprintf(&b, " -d %s\n", fishQuote(short(f.Usage)))
		}
	}
	return b.String()
}

// fishLine writes what can be the n-th argument (from 0) of a verb.
func (s *Script) fishLine(b *strings.Builder, v *verbs.Verb, n int, more string, what value, text string) {
	if what.words == nil && what.kinds == nil {
		return
	}
	name := s.Program.Name
	fmt.Fprintf(b, "complete -c %s -n %s%s -d %s\n", name, fishQuote(fmt.Sprintf("__%s_at %s %d%s", name, fishQuote(v.Name()), n, more)),
		fishValue(name, what), fishQuote(text))
}

// forceFiles lets files appear in spite of "complete -c sealctl -f".
const forceFiles = " -F"

// fishValue is the options of complete for a value.
func fishValue(program string, v value) string {
	var words []string
	words = append(words, v.words...)
	files := ""
	for _, k := range v.kinds {
		switch k {
		case file:
			files = forceFiles
			continue
		case profile:
			files = forceFiles
		}
		words = append(words, "(__"+program+"_"+string(k)+")")
	}
	if words == nil {
		return files
	}
	return files + " -a " + fishQuote(strings.Join(words, " "))
}

// fishQuote makes a text one word of fish.
func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// fishMain is what the lines below it call.
const fishMain = `# Sets verb, count (of arguments) and flag (whose value comes next) to what stands before
# the cursor, and profile_root and state_root to what the line says.
function __NAME_look --no-scope-shadowing
	set verb ''
	set count 0
	set flag ''
	set profile_root PROFILE_ROOT
	set state_root STATE_ROOT
	not test -r $state_root; and test -n "$XDG_RUNTIME_DIR"; and set state_root $XDG_RUNTIME_DIR/USER_STATE
	set -l only ''
	set -l words (commandline -opc)
	for word in $words[2..-1]
		if test -n "$flag"
			set -l name $flag
			set flag ''
			switch $name
				case PROFILE_FLAG; set profile_root $word
				case STATE_FLAG; set state_root $word
			end
		else if test -n "$only"
			set count (math $count + 1)
		else if test $count -gt 0; and __NAME_flags_first "$verb"
			set count (math $count + 1)
		else if test "$word" = --
			set only 1
		else if string match -qr -- '^--?[^0-9-][^=]*=' $word
			switch $word
				case 'PROFILE_FLAG=*'; set profile_root (string replace -r '^[^=]*=' '' -- $word)
				case 'STATE_FLAG=*'; set state_root (string replace -r '^[^=]*=' '' -- $word)
			end
		else if string match -qr -- '^--?[^0-9-]' $word
			if __NAME_has_value "$verb" $word
				set flag $word
			end
		else if test $count -eq 0; and __NAME_is_verb "$verb" $word
			set verb (string trim "$verb $word")
		else
			set count (math $count + 1)
		end
	end
end

# verb -> is this the line of the verb, where its flags can stand?
function __NAME_verb
	set -l verb; set -l count; set -l flag; set -l profile_root; set -l state_root
	__NAME_look
	test "$verb" = "$argv[1]"
	or return
	test $count -eq 0
	or not __NAME_flags_first "$verb"
end

# verb, number -> is this the argument of this number, from 0? With "more": or a later one
function __NAME_at
	set -l verb; set -l count; set -l flag; set -l profile_root; set -l state_root
	__NAME_look
	test "$verb" = "$argv[1]" -a -z "$flag"
	and test $count -eq $argv[2] -o -n "$argv[3]" -a $count -ge $argv[2]
end

`

// fishKinds complete one kind each.
var fishKinds = map[kind]string{
	call:         "function __NAME_call\n\tprintf '%s\\n' CALLS\nend\n",
	architecture: "function __NAME_architecture\n\tprintf '%s\\n' ARCHITECTURES\nend\n",
	rule:         "function __NAME_rule\n\tprintf '%s\\n' RULES\nend\n",
	capability:   "function __NAME_capability\n\tprintf '%s\\n' CAPABILITIES\nend\n",
	signal:       "function __NAME_signal\n\tprintf '%s\\n' SIGNALS\nend\n",
	dir:          "function __NAME_dir\n\t__fish_complete_directories (commandline -ct) ''\nend\n",
	command:      "function __NAME_command\n\t__fish_complete_command\nend\n",
	container: `function __NAME_container
	set -l verb; set -l count; set -l flag; set -l profile_root; set -l state_root
	__NAME_look
	for id in $state_root/*/
		string match -r '[^/]+(?=/$)' -- $id
	end
end
`,
	profile: `function __NAME_profile
	set -l verb; set -l count; set -l flag; set -l profile_root; set -l state_root
	if not string match -q 'localhost/*' -- (commandline -ct)
		printf '%s\n' PROFILES
		return
	end
	__NAME_look
	for path in $profile_root/**
		test -f $path
		and echo localhost/(string sub -s (math (string length -- $profile_root) + 2) -- $path)
	end
end
`,
}
