package completion

import (
	"fmt"
	"strings"

	"github.com/runseal/runseal/cmd/internal/verbs"
)

// Bash returns the script for bash 4.4 and newer. It does not need the package
// bash-completion.
//
// The function looks at the words before the cursor as sealctl does: verbs, flags with
// their values, arguments. In bash's own list "=" is a word of its own, unless
// COMP_WORDBREAKS has been changed.
func (s *Script) Bash() string {
	var b strings.Builder
	name := s.Program.Name
	fmt.Fprintf(&b, "# Completion of %s for bash. Written by \"%[1]s completion bash\".\n\n", name)

	b.WriteString("# verb, word -> is there a verb of this name below it?\n")
	fmt.Fprintf(&b, "__%s_is_verb() {\n\tcase \"$1,$2\" in\n", name)
	for _, v := range s.Program.Verbs {
		fmt.Fprintf(&b, "\t%s) return 0 ;;\n", quote(strings.Join(v.Path[:len(v.Path)-1], " ")+","+v.Path[len(v.Path)-1]))
	}
	b.WriteString("\tesac\n\treturn 1\n}\n\n")

	b.WriteString("# verb, flag -> does a value follow? With a third argument: complete it.\n")
	fmt.Fprintf(&b, "__%s_value() {\n\tcase \"$1,$2\" in\n", name)
	s.eachFlag(func(verb string, f *verbs.Flag) {
		if f.Arg == "" {
			return
		}
		var patterns []string
		for _, n := range f.Names {
			patterns = append(patterns, quote(verb+","+dashed(n)))
		}
		fmt.Fprintf(&b, "\t%s) [[ $3 ]] || return 0 %s ;;\n", strings.Join(patterns, " | "), bashValue(name, flagValue(f)))
	})
	b.WriteString("\t*) return 1 ;;\n\tesac\n}\n\n")

	b.WriteString("# verb -> complete a flag\n")
	fmt.Fprintf(&b, "__%s_flags() {\n\tcase \"$1\" in\n", name)
	for _, v := range append([]verbs.Verb{{}}, s.Program.Verbs...) {
		var words []string
		for _, f := range s.flagsOf(&v) {
			for _, n := range f.Names {
				words = append(words, dashed(n))
			}
		}
		fmt.Fprintf(&b, "\t%s) __%s_words '%s' ;;\n", quote(v.Name()), name, strings.Join(words, " "))
	}
	b.WriteString("\tesac\n}\n\n")

	b.WriteString("# verb, number of arguments before -> complete an argument\n")
	fmt.Fprintf(&b, "__%s_argument() {\n\tcase \"$1,$2\" in\n", name)
	for _, v := range append([]verbs.Verb{{}}, s.Program.Verbs...) {
		if list := s.below(v.Path); list != nil {
			var words []string
			for _, next := range list {
				words = append(words, next.Path[len(next.Path)-1])
			}
			fmt.Fprintf(&b, "\t%s) __%s_words '%s' ;;\n", quote(v.Name()+",0"), name, strings.Join(words, " "))
		}
		for i, a := range v.Args {
			pattern := quote(fmt.Sprintf("%s,%d", v.Name(), i))
			if a.Repeated && i == len(v.Args)-1 {
				pattern = quote(v.Name()+",") + "*"
			}
			fmt.Fprintf(&b, "\t%s) :%s ;;\n", pattern, bashValue(name, valueOf(a.Names...)))
		}
	}
	b.WriteString("\tesac\n}\n\n")

	b.WriteString("# verb -> do its flags end with the first argument?\n")
	fmt.Fprintf(&b, "__%s_flags_first() {\n", name)
	if s.FlagsFirst != nil {
		fmt.Fprintf(&b, "\tcase \"$1\" in '%s') return 0 ;; esac\n", strings.Join(s.FlagsFirst, "' | '"))
	}
	b.WriteString("\treturn 1\n}\n\n")

	b.WriteString(s.fill(bashWords+s.functions(bashKinds)+bashMain, quote))
	return b.String()
}

// bashValue is the calls that complete a value, each behind "; ".
func bashValue(program string, v value) string {
	var b strings.Builder
	if v.words != nil {
		fmt.Fprintf(&b, "; __%s_words '%s'", program, strings.Join(v.words, " "))
	}
	for _, k := range v.kinds {
		fmt.Fprintf(&b, "; __%s_%s", program, k)
	}
	return b.String()
}

const bashWords = `__NAME_words() {
	local line
	while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$1" -- "$cur")
}
`

// bashKinds use the variables of _NAME, which calls them: cur, profile_root and
// state_root.
var bashKinds = map[kind]string{
	call:         "__NAME_call() { __NAME_words 'CALLS'; }\n",
	architecture: "__NAME_architecture() { __NAME_words 'ARCHITECTURES'; }\n",
	rule:         "__NAME_rule() { __NAME_words 'RULES'; }\n",
	capability:   "__NAME_capability() { __NAME_words 'CAPABILITIES'; }\n",
	signal:       "__NAME_signal() { __NAME_words 'SIGNALS'; }\n",
	command: `__NAME_command() {
	local line
	while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -c -- "$cur")
}
`,
	file: `__NAME_file() {
	local line
	compopt -o filenames 2>/dev/null
	while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
}
`,
	dir: `__NAME_dir() {
	local line
	compopt -o filenames 2>/dev/null
	while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$cur")
}
`,
	container: `__NAME_container() {
	local line
	while IFS= read -r line; do COMPREPLY+=("${line##*/}"); done < <(compgen -d -- "$state_root/$cur")
}
`,
	profile: `
# The names have slashes but are no files: without "filenames" the shell shows them
# whole, and then directories have to get their slash here.
__NAME_profile() {
	local line
	if [[ $cur == localhost/* ]]; then
		while IFS= read -r line; do
			[[ -d $line ]] && line+=/
			COMPREPLY+=("localhost/${line#"$profile_root"/}")
		done < <(compgen -f -- "$profile_root/${cur#localhost/}")
	else
		__NAME_words 'PROFILES'
		if ((${#COMPREPLY[@]} == 0)); then
			__NAME_file
			return
		fi
		while IFS= read -r line; do
			[[ -d $line ]] && line+=/
			COMPREPLY+=("$line")
		done < <(compgen -f -- "$cur")
	fi
	if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == */ ]]; then
		compopt -o nospace 2>/dev/null
	fi
}
`,
}

const bashMain = `
_NAME() {
	local cur='' prefix='' verb='' flag='' word='' only='' i n=0
	local profile_root=PROFILE_ROOT
	local state_root=STATE_ROOT
	[[ -r $state_root || ! ${XDG_RUNTIME_DIR-} ]] || state_root=$XDG_RUNTIME_DIR/USER_STATE
	local -a words=() joined=()
	COMPREPLY=()

	# The words up to the cursor, --flag=value as two of which the second is joined.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]} prefix=
		if [[ $word == '=' && $cur == --* ]]; then
			joined[${#words[@]}]=1
			((i == COMP_CWORD)) && words+=('')
			cur=
			continue
		fi
		if [[ $word == -*=* ]]; then
			words+=("${word%%=*}")
			joined[${#words[@]}]=1
			prefix=${word%%=*}=
			word=${word#*=}
		fi
		words+=("$word")
		cur=$word
	done

	for ((i = 0; i < ${#words[@]} - 1; i++)); do
		word=${words[i]}
		if [[ $flag ]]; then
			case $flag in
			PROFILE_FLAG) profile_root=$word ;;
			STATE_FLAG) state_root=$word ;;
			esac
			flag=
		elif [[ ${joined[i]-} ]]; then
			: # of a switch
		elif [[ $only ]] || { ((n > 0)) && __NAME_flags_first "$verb"; }; then
			only=1
			((++n))
		elif [[ $word == -- ]]; then
			only=1
		elif [[ $word == -[!0-9]* ]]; then
			if __NAME_value "$verb" "$word" ''; then flag=$word; fi
		elif ((n == 0)) && __NAME_is_verb "$verb" "$word"; then
			verb+=${verb:+ }$word
		else
			((++n))
		fi
	done

	if ((n > 0)) && __NAME_flags_first "$verb"; then only=1; fi
	if [[ $flag ]]; then
		__NAME_value "$verb" "$flag" complete
	elif [[ ${joined[i]-} ]]; then
		return
	elif [[ $cur == -* && ! $only ]]; then
		__NAME_flags "$verb"
	else
		__NAME_argument "$verb" "$n"
	fi
	if [[ $prefix ]]; then COMPREPLY=("${COMPREPLY[@]/#/$prefix}"); fi
}
complete -F _NAME NAME
`
