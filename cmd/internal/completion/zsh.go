package completion

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runseal/runseal/cmd/internal/verbs"
)

// Zsh returns the script for zsh, a file _sealctl of its fpath or something to source. It
// leaves the work to zsh's _arguments, which knows flags anywhere in the line.
func (s *Script) Zsh() string {
	var b strings.Builder
	name := s.Program.Name
	fmt.Fprintf(&b, "#compdef %s\n# Completion of %[1]s for zsh. Written by \"%[1]s completion zsh\".\n\n", name)
	// Where the flags with the directories are: in the verb's part of the line, or before it.
	where := strings.NewReplacer("LINE", "words", "LIMIT", "CURRENT")
	if s.GlobalFirst {
		where = strings.NewReplacer("LINE", "before", "LIMIT", "$#before + 1")
	}
	b.WriteString(s.fill(where.Replace(zshRoot)+s.functions(zshKinds)+"\n", quote))
	for _, v := range s.Program.Verbs {
		s.zshVerb(&b, &v)
	}
	s.zshVerb(&b, nil)
	fmt.Fprintf(&b, "if [[ $funcstack[1] == _%s ]]; then\n\t_%[1]s \"$@\"\nelse\n\tcompdef _%[1]s %[1]s\nfi\n", name)
	return b.String()
}

// zshVerb writes the function of a verb, or of the program if it is nil.
func (s *Script) zshVerb(b *strings.Builder, v *verbs.Verb) {
	var path []string
	if v != nil {
		path = v.Path
	}
	function := "_" + strings.Join(append([]string{s.Program.Name}, path...), "_")
	before := s.GlobalFirst && v == nil
	fmt.Fprintf(b, "%s() {\n\tlocal ret=1\n\tlocal -a line state verbs\n", function)
	if before {
		b.WriteString("\tlocal -a before=(\"${words[@]}\")\n")
	}
	b.WriteString("\t_arguments -C -S")
	if v != nil && slices.Contains(s.FlagsFirst, v.Name()) {
		b.WriteString(" -A '-*'")
	}
	for _, f := range s.flagsOf(v) {
		s.zshFlag(b, &f)
	}
	below := s.below(path)
	if below != nil {
		b.WriteString(" \\\n\t\t'1: :->verb' '*:: :->rest'")
	} else {
		for i, a := range v.Args {
			n := fmt.Sprint(i + 1)
			switch last := i == len(v.Args)-1; {
			case a.Repeated && last:
				n = "*"
			case a.Optional:
				n += ":"
			}
			fmt.Fprintf(b, " \\\n\t\t%s", quote(n+":"+zshEscape(strings.Join(a.Names, " or "))+":"+zshValue(s.Program.Name, valueOf(a.Names...))))
		}
	}
	b.WriteString(" && ret=0\n")
	if below != nil {
		b.WriteString("\tcase $state in\n\tverb)\n\t\tverbs=(\n")
		for _, next := range below {
			fmt.Fprintf(b, "\t\t\t%s\n", quote(next.Path[len(next.Path)-1]+":"+zshEscape(next.Usage)))
		}
		b.WriteString("\t\t)\n\t\t_describe -t commands command verbs && ret=0\n\t\t;;\n\trest)\n")
		if before { // words has become what follows the verb, the verb included
			b.WriteString("\t\tbefore=(\"${(@)before[1,$#before-$#words]}\")\n")
		}
		fmt.Fprintf(b, "\t\tif (( $+functions[%s_$line[1]] )); then %[1]s_$line[1] && ret=0; fi\n\t\t;;\n\tesac\n", function)
	}
	b.WriteString("\treturn ret\n}\n\n")
}

// zshFlag writes a flag as _arguments wants it: '(--output -o)'{--output=,-o=}'[what it
// is]:FORM:(text json)'. With "=" behind a name its value is the next word or follows
// "="; "*" in front is for flags that may be repeated.
func (s *Script) zshFlag(b *strings.Builder, f *verbs.Flag) {
	var names []string
	for _, n := range f.Names {
		names = append(names, dashed(n))
	}
	text := "[" + zshEscape(short(f.Usage)) + "]"
	if f.Arg != "" {
		text += ":" + zshEscape(f.Arg) + ":" + zshValue(s.Program.Name, flagValue(f))
	}
	for _, n := range names {
		front := "(" + strings.Join(names, " ") + ")"
		if f.Repeated {
			front = "*"
		}
		if f.Arg != "" {
			n += "="
		}
		fmt.Fprintf(b, " \\\n\t\t%s", quote(front+n+text))
	}
}

// zshValue is an action of _arguments.
func zshValue(program string, v value) string {
	var parts []string
	if v.words != nil {
		parts = append(parts, "("+strings.Join(v.words, " ")+")")
	}
	for _, k := range v.kinds {
		parts = append(parts, "__"+program+"_"+string(k))
	}
	switch len(parts) {
	case 0:
		return " " // nothing
	case 1:
		return parts[0]
	}
	if v.words != nil {
		parts[0] = `compadd -- ` + strings.Join(v.words, " ")
	}
	return "{ " + strings.Join(parts, "; ") + " }"
}

// zshEscape is for texts of _arguments and _describe.
func zshEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `:`, `\:`, `[`, `\[`, `]`, `\]`).Replace(s)
}

// zshRoot finds a directory. $words is the verb's part of the line.
const zshRoot = `# flag, default -> what the line has behind the flag
__NAME_root() {
	local i
	REPLY=$2
	for ((i = 1; i < LIMIT; i++)); do
		if [[ $LINE[i] == $1=* ]]; then
			REPLY=${LINE[i]#*=}
		elif [[ $LINE[i] == $1 ]]; then
			REPLY=$LINE[i+1]
		fi
	done
}

`

// zshKinds complete one kind each.
var zshKinds = map[kind]string{
	call:         "__NAME_call() { compadd \"$@\" -- CALLS }\n",
	architecture: "__NAME_architecture() { compadd \"$@\" -- ARCHITECTURES }\n",
	rule:         "__NAME_rule() { compadd \"$@\" -- RULES }\n",
	capability:   "__NAME_capability() { compadd \"$@\" -- CAPABILITIES }\n",
	signal:       "__NAME_signal() { compadd \"$@\" -- SIGNALS }\n",
	file:         "__NAME_file() { _files \"$@\" }\n",
	dir:          "__NAME_dir() { _files -/ \"$@\" }\n",
	command:      "__NAME_command() { _command_names -e }\n",
	container: `
__NAME_container() {
	local REPLY
	local -a ids
	local dir=STATE_ROOT
	[[ -r $dir || -z ${XDG_RUNTIME_DIR-} ]] || dir=$XDG_RUNTIME_DIR/USER_STATE
	__NAME_root STATE_FLAG ${(q)dir}
	ids=(${(Q)~REPLY}/*(N/:t))
	compadd "$@" -a ids
}
`,
	profile: `
__NAME_profile() {
	local REPLY
	local -a names
	names=(PROFILES)
	if [[ $PREFIX == localhost/* ]]; then
		__NAME_root PROFILE_FLAG PROFILE_ROOT
		names=(${(Q)~REPLY}/**/*(N.))
		compadd "$@" -- localhost/${^names#${(Q)~REPLY}/}
		return
	fi
	compadd "$@" -- ${names:#*/}
	compadd "$@" -S '' -- ${(M)names:#*/}
	_files "$@"
}
`,
}
