# Completion of runseal for bash. Written by "runseal completion bash".

# verb, word -> is there a verb of this name below it?
__runseal_is_verb() {
	case "$1,$2" in
	',run') return 0 ;;
	',create') return 0 ;;
	',start') return 0 ;;
	',exec') return 0 ;;
	',state') return 0 ;;
	',list') return 0 ;;
	',ps') return 0 ;;
	',events') return 0 ;;
	',pause') return 0 ;;
	',resume') return 0 ;;
	',update') return 0 ;;
	',kill') return 0 ;;
	',delete') return 0 ;;
	',spec') return 0 ;;
	',plan') return 0 ;;
	',features') return 0 ;;
	',completion') return 0 ;;
	',help') return 0 ;;
	esac
	return 1
}

# verb, flag -> does a value follow? With a third argument: complete it.
__runseal_value() {
	case "$1,$2" in
	',--root') [[ $3 ]] || return 0 ; __runseal_dir ;;
	',--log') [[ $3 ]] || return 0 ; __runseal_file ;;
	',--log-format') [[ $3 ]] || return 0 ; __runseal_words 'text json' ;;
	',--rootless') [[ $3 ]] || return 0 ; __runseal_words 'true false auto' ;;
	',--policy') [[ $3 ]] || return 0 ; __runseal_file ;;
	'run,--bundle' | 'run,-b') [[ $3 ]] || return 0 ; __runseal_dir ;;
	'run,--pid-file') [[ $3 ]] || return 0 ; __runseal_file ;;
	'run,--pidfd-socket') [[ $3 ]] || return 0 ; __runseal_file ;;
	'run,--console-socket') [[ $3 ]] || return 0 ; __runseal_file ;;
	'run,--preserve-fds') [[ $3 ]] || return 0  ;;
	'create,--bundle' | 'create,-b') [[ $3 ]] || return 0 ; __runseal_dir ;;
	'create,--pid-file') [[ $3 ]] || return 0 ; __runseal_file ;;
	'create,--pidfd-socket') [[ $3 ]] || return 0 ; __runseal_file ;;
	'create,--console-socket') [[ $3 ]] || return 0 ; __runseal_file ;;
	'create,--preserve-fds') [[ $3 ]] || return 0  ;;
	'exec,--process' | 'exec,-p') [[ $3 ]] || return 0 ; __runseal_file ;;
	'exec,--pid-file') [[ $3 ]] || return 0 ; __runseal_file ;;
	'exec,--pidfd-socket') [[ $3 ]] || return 0 ; __runseal_file ;;
	'exec,--console-socket') [[ $3 ]] || return 0 ; __runseal_file ;;
	'exec,--cwd') [[ $3 ]] || return 0  ;;
	'exec,--env' | 'exec,-e') [[ $3 ]] || return 0  ;;
	'exec,--user' | 'exec,-u') [[ $3 ]] || return 0  ;;
	'exec,--additional-gids' | 'exec,-g') [[ $3 ]] || return 0  ;;
	'exec,--cap' | 'exec,-c') [[ $3 ]] || return 0 ; __runseal_capability ;;
	'exec,--process-label') [[ $3 ]] || return 0  ;;
	'exec,--apparmor') [[ $3 ]] || return 0  ;;
	'exec,--preserve-fds') [[ $3 ]] || return 0  ;;
	'exec,--cgroup') [[ $3 ]] || return 0  ;;
	'list,--format' | 'list,-f') [[ $3 ]] || return 0 ; __runseal_words 'table json' ;;
	'ps,--format' | 'ps,-f') [[ $3 ]] || return 0 ; __runseal_words 'table json' ;;
	'events,--interval') [[ $3 ]] || return 0  ;;
	'update,--resources' | 'update,-r') [[ $3 ]] || return 0 ; __runseal_file ;;
	'update,--memory') [[ $3 ]] || return 0  ;;
	'update,--memory-reservation') [[ $3 ]] || return 0  ;;
	'update,--memory-swap') [[ $3 ]] || return 0  ;;
	'update,--pids-limit') [[ $3 ]] || return 0  ;;
	'update,--cpu-share') [[ $3 ]] || return 0  ;;
	'update,--cpu-quota') [[ $3 ]] || return 0  ;;
	'update,--cpu-period') [[ $3 ]] || return 0  ;;
	'update,--cpu-burst') [[ $3 ]] || return 0  ;;
	'update,--cpu-rt-period') [[ $3 ]] || return 0  ;;
	'update,--cpu-rt-runtime') [[ $3 ]] || return 0  ;;
	'update,--cpu-idle') [[ $3 ]] || return 0 ; __runseal_words '0 1' ;;
	'update,--cpuset-cpus') [[ $3 ]] || return 0  ;;
	'update,--cpuset-mems') [[ $3 ]] || return 0  ;;
	'update,--blkio-weight') [[ $3 ]] || return 0  ;;
	'update,--kernel-memory') [[ $3 ]] || return 0  ;;
	'update,--kernel-memory-tcp') [[ $3 ]] || return 0  ;;
	'update,--l3-cache-schema') [[ $3 ]] || return 0  ;;
	'update,--mem-bw-schema') [[ $3 ]] || return 0  ;;
	'spec,--bundle' | 'spec,-b') [[ $3 ]] || return 0 ; __runseal_dir ;;
	'plan,--bundle' | 'plan,-b') [[ $3 ]] || return 0 ; __runseal_dir ;;
	'plan,--console-socket') [[ $3 ]] || return 0 ; __runseal_file ;;
	'plan,--preserve-fds') [[ $3 ]] || return 0  ;;
	*) return 1 ;;
	esac
}

# verb -> complete a flag
__runseal_flags() {
	case "$1" in
	'') __runseal_words '--root --log --log-format --debug --systemd-cgroup --rootless --strict-seccomp --policy --help -h --version -v' ;;
	'run') __runseal_words '--bundle -b --pid-file --pidfd-socket --console-socket --no-pivot --no-new-keyring --preserve-fds --detach -d --keep --no-subreaper --help -h' ;;
	'create') __runseal_words '--bundle -b --pid-file --pidfd-socket --console-socket --no-pivot --no-new-keyring --preserve-fds --help -h' ;;
	'start') __runseal_words '--help -h' ;;
	'exec') __runseal_words '--process -p --detach -d --pid-file --pidfd-socket --console-socket --tty -t --cwd --env -e --user -u --additional-gids -g --cap -c --no-new-privs --process-label --apparmor --preserve-fds --ignore-paused --cgroup --help -h' ;;
	'state') __runseal_words '--help -h' ;;
	'list') __runseal_words '--format -f --quiet -q --help -h' ;;
	'ps') __runseal_words '--format -f --help -h' ;;
	'events') __runseal_words '--interval --stats --help -h' ;;
	'pause') __runseal_words '--help -h' ;;
	'resume') __runseal_words '--help -h' ;;
	'update') __runseal_words '--resources -r --memory --memory-reservation --memory-swap --pids-limit --cpu-share --cpu-quota --cpu-period --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-idle --cpuset-cpus --cpuset-mems --blkio-weight --kernel-memory --kernel-memory-tcp --l3-cache-schema --mem-bw-schema --help -h' ;;
	'kill') __runseal_words '--all -a --help -h' ;;
	'delete') __runseal_words '--force -f --help -h' ;;
	'spec') __runseal_words '--bundle -b --rootless --help -h' ;;
	'plan') __runseal_words '--bundle -b --console-socket --no-pivot --no-new-keyring --preserve-fds --help -h' ;;
	'features') __runseal_words '--help -h' ;;
	'completion') __runseal_words '--help -h' ;;
	'help') __runseal_words '--help -h' ;;
	esac
}

# verb, number of arguments before -> complete an argument
__runseal_argument() {
	case "$1,$2" in
	',0') __runseal_words 'run create start exec state list ps events pause resume update kill delete spec plan features completion help' ;;
	'run,0') :; __runseal_container ;;
	'create,0') :; __runseal_container ;;
	'start,0') :; __runseal_container ;;
	'exec,0') :; __runseal_container ;;
	'exec,1') :; __runseal_command ;;
	'exec,'*) : ;;
	'state,0') :; __runseal_container ;;
	'ps,0') :; __runseal_container ;;
	'ps,'*) : ;;
	'events,0') :; __runseal_container ;;
	'pause,0') :; __runseal_container ;;
	'resume,0') :; __runseal_container ;;
	'update,0') :; __runseal_container ;;
	'kill,0') :; __runseal_container ;;
	'kill,1') :; __runseal_signal ;;
	'delete,0') :; __runseal_container ;;
	'plan,0') :; __runseal_dir ;;
	'completion,0') :; __runseal_words 'bash zsh fish' ;;
	'help,0') :; __runseal_words 'run create start exec state list ps events pause resume update kill delete spec plan features completion' ;;
	esac
}

# verb -> do its flags end with the first argument?
__runseal_flags_first() {
	case "$1" in 'exec' | 'ps') return 0 ;; esac
	return 1
}

__runseal_words() {
	local line
	while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$1" -- "$cur")
}
__runseal_capability() { __runseal_words 'CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID CAP_SETPCAP CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW CAP_IPC_LOCK CAP_IPC_OWNER CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL CAP_SETFCAP CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON CAP_BPF CAP_CHECKPOINT_RESTORE'; }
__runseal_signal() { __runseal_words 'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'; }
__runseal_command() {
	local line
	while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -c -- "$cur")
}
__runseal_file() {
	local line
	compopt -o filenames 2>/dev/null
	while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
}
__runseal_dir() {
	local line
	compopt -o filenames 2>/dev/null
	while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$cur")
}
__runseal_container() {
	local line
	while IFS= read -r line; do COMPREPLY+=("${line##*/}"); done < <(compgen -d -- "$state_root/$cur")
}

_runseal() {
	local cur='' prefix='' verb='' flag='' word='' only='' i n=0
	local state_root='/run/runseal'
	[[ -r $state_root || ! ${XDG_RUNTIME_DIR-} ]] || state_root=$XDG_RUNTIME_DIR/runseal
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
			--root) state_root=$word ;;
			esac
			flag=
		elif [[ ${joined[i]-} ]]; then
			: # of a switch
		elif [[ $only ]] || { ((n > 0)) && __runseal_flags_first "$verb"; }; then
			only=1
			((++n))
		elif [[ $word == -- ]]; then
			only=1
		elif [[ $word == -[!0-9]* ]]; then
			if __runseal_value "$verb" "$word" ''; then flag=$word; fi
		elif ((n == 0)) && __runseal_is_verb "$verb" "$word"; then
			verb+=${verb:+ }$word
		else
			((++n))
		fi
	done

	if ((n > 0)) && __runseal_flags_first "$verb"; then only=1; fi
	if [[ $flag ]]; then
		__runseal_value "$verb" "$flag" complete
	elif [[ ${joined[i]-} ]]; then
		return
	elif [[ $cur == -* && ! $only ]]; then
		__runseal_flags "$verb"
	else
		__runseal_argument "$verb" "$n"
	fi
	if [[ $prefix ]]; then COMPREPLY=("${COMPREPLY[@]/#/$prefix}"); fi
}
complete -F _runseal runseal
