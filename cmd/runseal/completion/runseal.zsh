#compdef runseal
# Completion of runseal for zsh. Written by "runseal completion zsh".

# flag, default -> what the line has behind the flag
__runseal_root() {
	local i
	REPLY=$2
	for ((i = 1; i < $#before + 1; i++)); do
		if [[ $before[i] == $1=* ]]; then
			REPLY=${before[i]#*=}
		elif [[ $before[i] == $1 ]]; then
			REPLY=$before[i+1]
		fi
	done
}

__runseal_capability() { compadd "$@" -- CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID CAP_SETPCAP CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW CAP_IPC_LOCK CAP_IPC_OWNER CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL CAP_SETFCAP CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON CAP_BPF CAP_CHECKPOINT_RESTORE }
__runseal_signal() { compadd "$@" -- HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS }
__runseal_command() { _command_names -e }
__runseal_file() { _files "$@" }
__runseal_dir() { _files -/ "$@" }

__runseal_container() {
	local REPLY
	local -a ids
	local dir='/run/runseal'
	[[ -r $dir || -z ${XDG_RUNTIME_DIR-} ]] || dir=$XDG_RUNTIME_DIR/runseal
	__runseal_root --root ${(q)dir}
	ids=(${(Q)~REPLY}/*(N/:t))
	compadd "$@" -a ids
}

_runseal_run() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--bundle -b)--bundle=[directory of config.json]:DIR:__runseal_dir' \
		'(--bundle -b)-b=[directory of config.json]:DIR:__runseal_dir' \
		'(--pid-file)--pid-file=[write the process id to this file, decimal, without a newline]:FILE:__runseal_file' \
		'(--pidfd-socket)--pidfd-socket=[AF_UNIX socket that receives a pidfd of the process]:PATH:__runseal_file' \
		'(--console-socket)--console-socket=[AF_UNIX socket that receives the terminal'\''s master end]:PATH:__runseal_file' \
		'(--no-pivot)--no-pivot[change the root by MS_MOVE and chroot, for a rootfs on the initial ramdisk]' \
		'(--no-new-keyring)--no-new-keyring[keep the caller'\''s session keyring]' \
		'(--preserve-fds)--preserve-fds=[pass file descriptors 3 to 2+N on to the process]:N: ' \
		'(--detach -d)--detach[return once the container runs, without waiting for its end]' \
		'(--detach -d)-d[return once the container runs, without waiting for its end]' \
		'(--keep)--keep[do not delete the container when it has ended]' \
		'(--no-subreaper)--no-subreaper[do not collect processes that the container'\''s process leaves behind]' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' && ret=0
	return ret
}

_runseal_create() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--bundle -b)--bundle=[directory of config.json]:DIR:__runseal_dir' \
		'(--bundle -b)-b=[directory of config.json]:DIR:__runseal_dir' \
		'(--pid-file)--pid-file=[write the process id to this file, decimal, without a newline]:FILE:__runseal_file' \
		'(--pidfd-socket)--pidfd-socket=[AF_UNIX socket that receives a pidfd of the process]:PATH:__runseal_file' \
		'(--console-socket)--console-socket=[AF_UNIX socket that receives the terminal'\''s master end]:PATH:__runseal_file' \
		'(--no-pivot)--no-pivot[change the root by MS_MOVE and chroot, for a rootfs on the initial ramdisk]' \
		'(--no-new-keyring)--no-new-keyring[keep the caller'\''s session keyring]' \
		'(--preserve-fds)--preserve-fds=[pass file descriptors 3 to 2+N on to the process]:N: ' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' && ret=0
	return ret
}

_runseal_start() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' && ret=0
	return ret
}

_runseal_exec() {
	local ret=1
	local -a line state verbs
	_arguments -C -S -A '-*' \
		'(--process -p)--process=[JSON file with a process object as in config.json]:FILE:__runseal_file' \
		'(--process -p)-p=[JSON file with a process object as in config.json]:FILE:__runseal_file' \
		'(--detach -d)--detach[return once the process runs, without waiting for its end]' \
		'(--detach -d)-d[return once the process runs, without waiting for its end]' \
		'(--pid-file)--pid-file=[write the process id to this file, decimal, without a newline]:FILE:__runseal_file' \
		'(--pidfd-socket)--pidfd-socket=[AF_UNIX socket that receives a pidfd of the process]:PATH:__runseal_file' \
		'(--console-socket)--console-socket=[AF_UNIX socket that receives the terminal'\''s master end]:PATH:__runseal_file' \
		'(--tty -t)--tty[give the process a terminal]' \
		'(--tty -t)-t[give the process a terminal]' \
		'(--cwd)--cwd=[working directory in the container]:WORKDIR: ' \
		'*--env=[add an environment variable]:NAME=VALUE: ' \
		'*-e=[add an environment variable]:NAME=VALUE: ' \
		'(--user -u)--user=[user and group, as numbers]:UID\[\:GID\]: ' \
		'(--user -u)-u=[user and group, as numbers]:UID\[\:GID\]: ' \
		'*--additional-gids=[add a group]:GID: ' \
		'*-g=[add a group]:GID: ' \
		'*--cap=[add a capability such as CAP_NET_RAW]:CAP:__runseal_capability' \
		'*-c=[add a capability such as CAP_NET_RAW]:CAP:__runseal_capability' \
		'(--no-new-privs)--no-new-privs[execve cannot give the process more privileges]' \
		'(--process-label)--process-label=[SELinux label of the process]:LABEL: ' \
		'(--apparmor)--apparmor=[AppArmor profile of the process]:NAME: ' \
		'(--preserve-fds)--preserve-fds=[pass file descriptors 3 to 2+N on to the process]:N: ' \
		'(--ignore-paused)--ignore-paused[allow a paused container]' \
		'(--cgroup)--cgroup=[cgroup below the container'\''s]:CGROUP: ' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' \
		'2:COMMAND:__runseal_command' \
		'*:ARGUMENT: ' && ret=0
	return ret
}

_runseal_state() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' && ret=0
	return ret
}

_runseal_list() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--format -f)--format=[form of the output]:FORMAT:(table json)' \
		'(--format -f)-f=[form of the output]:FORMAT:(table json)' \
		'(--quiet -q)--quiet[print the ids only]' \
		'(--quiet -q)-q[print the ids only]' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' && ret=0
	return ret
}

_runseal_ps() {
	local ret=1
	local -a line state verbs
	_arguments -C -S -A '-*' \
		'(--format -f)--format=[form of the output]:FORMAT:(table json)' \
		'(--format -f)-f=[form of the output]:FORMAT:(table json)' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' \
		'*:ARGUMENT: ' && ret=0
	return ret
}

_runseal_events() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--interval)--interval=[time between two stats, such as 500ms or 1m]:DURATION: ' \
		'(--stats)--stats[print one stats event and leave]' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' && ret=0
	return ret
}

_runseal_pause() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' && ret=0
	return ret
}

_runseal_resume() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' && ret=0
	return ret
}

_runseal_update() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--resources -r)--resources=[JSON file with the limits, - for standard input]:FILE:__runseal_file' \
		'(--resources -r)-r=[JSON file with the limits, - for standard input]:FILE:__runseal_file' \
		'(--memory)--memory=[limit of memory]:SIZE: ' \
		'(--memory-reservation)--memory-reservation=[memory that the container keeps when the host runs short]:SIZE: ' \
		'(--memory-swap)--memory-swap=[limit of memory and swap together]:SIZE: ' \
		'(--pids-limit)--pids-limit=[limit of processes and threads]:N: ' \
		'(--cpu-share)--cpu-share=[weight against other cgroups, 2 to 262144]:N: ' \
		'(--cpu-quota)--cpu-quota=[limit of processor time in a period]:TIME: ' \
		'(--cpu-period)--cpu-period=[length of the period, 1000 to 1000000]:TIME: ' \
		'(--cpu-burst)--cpu-burst=[unused time that may be saved up, at most the quota]:TIME: ' \
		'(--cpu-rt-period)--cpu-rt-period=[length of the period of realtime processes]:TIME: ' \
		'(--cpu-rt-runtime)--cpu-rt-runtime=[limit of processor time of realtime processes in it]:TIME: ' \
		'(--cpu-idle)--cpu-idle=[1]:0|1:(0 1)' \
		'(--cpuset-cpus)--cpuset-cpus=[processors to run on, such as 0-3,7]:LIST: ' \
		'(--cpuset-mems)--cpuset-mems=[memory nodes to use]:LIST: ' \
		'(--blkio-weight)--blkio-weight=[weight of block I/O, 10 to 1000]:N: ' \
		'(--kernel-memory)--kernel-memory=[ignored, as by runc]:SIZE: ' \
		'(--kernel-memory-tcp)--kernel-memory-tcp=[ignored, as by runc]:SIZE: ' \
		'(--l3-cache-schema)--l3-cache-schema=[share of the L3 cache, such as L3\:0=ff]:TEXT: ' \
		'(--mem-bw-schema)--mem-bw-schema=[share of memory bandwidth, such as MB\:0=50]:TEXT: ' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' && ret=0
	return ret
}

_runseal_kill() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--all -a)--all[send it to every process in the container]' \
		'(--all -a)-a[send it to every process in the container]' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' \
		'2::SIGNAL:__runseal_signal' && ret=0
	return ret
}

_runseal_delete() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--force -f)--force[kill it first if it runs]' \
		'(--force -f)-f[kill it first if it runs]' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:CONTAINER-ID:__runseal_container' && ret=0
	return ret
}

_runseal_spec() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--bundle -b)--bundle=[directory of config.json]:DIR:__runseal_dir' \
		'(--bundle -b)-b=[directory of config.json]:DIR:__runseal_dir' \
		'(--rootless)--rootless[write one for a container of an ordinary user, who is root in it]' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' && ret=0
	return ret
}

_runseal_plan() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--bundle -b)--bundle=[the same as BUNDLE]:DIR:__runseal_dir' \
		'(--bundle -b)-b=[the same as BUNDLE]:DIR:__runseal_dir' \
		'(--console-socket)--console-socket=[AF_UNIX socket that receives the terminal'\''s master end]:PATH:__runseal_file' \
		'(--no-pivot)--no-pivot[change the root by MS_MOVE and chroot, for a rootfs on the initial ramdisk]' \
		'(--no-new-keyring)--no-new-keyring[keep the caller'\''s session keyring]' \
		'(--preserve-fds)--preserve-fds=[pass file descriptors 3 to 2+N on to the process]:N: ' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1::BUNDLE:__runseal_dir' && ret=0
	return ret
}

_runseal_features() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' && ret=0
	return ret
}

_runseal_completion() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'1:bash or zsh or fish:(bash zsh fish)' && ret=0
	return ret
}

_runseal_help() {
	local ret=1
	local -a line state verbs
	_arguments -C -S \
		'(--help -h)--help[show help]' \
		'(--help -h)-h[show help]' \
		'1::run or create or start or exec or state or list or ps or events or pause or resume or update or kill or delete or spec or plan or features or completion:(run create start exec state list ps events pause resume update kill delete spec plan features completion)' && ret=0
	return ret
}

_runseal() {
	local ret=1
	local -a line state verbs
	local -a before=("${words[@]}")
	_arguments -C -S \
		'(--root)--root=[directory for the state of containers]:DIR:__runseal_dir' \
		'(--log)--log=[append errors, which standard error gets too, and warnings to this file]:FILE:__runseal_file' \
		'(--log-format)--log-format=[form of errors and warnings]:FORMAT:(text json)' \
		'(--debug)--debug[log more]' \
		'(--systemd-cgroup)--systemd-cgroup[let systemd manage the cgroups]' \
		'(--rootless)--rootless=[do without a cgroup that cannot be made, if no limits are asked for]:BOOL:(true false auto)' \
		'(--strict-seccomp)--strict-seccomp[unknown system call names in linux.seccomp are errors, not warnings]' \
		'(--policy)--policy=[the node policy, see runseal(8)]:FILE:__runseal_file' \
		'(--help -h)--help[show this text]' \
		'(--help -h)-h[show this text]' \
		'(--version -v)--version[show the version and leave]' \
		'(--version -v)-v[show the version and leave]' \
		'1: :->verb' '*:: :->rest' && ret=0
	case $state in
	verb)
		verbs=(
			'run:create a container, start it, wait for its end and delete it'
			'create:create a container that waits for start'
			'start:start the process of a created container'
			'exec:run another process in a container'
			'state:print a container'\''s state as JSON'
			'list:list the containers below --root'
			'ps:list the processes of a container'
			'events:print what a container uses, and when it runs out of memory, as JSON'
			'pause:stop all processes of a container until resume'
			'resume:let a paused container run again'
			'update:change the limits of a container'
			'kill:send a signal to a container'
			'delete:remove a stopped container, or one that was created and not started'
			'spec:write a config.json to start from'
			'plan:show the system calls that create would make'
			'features:print what this runtime supports as JSON'
			'completion:print a script that completes command lines in a shell'
			'help:explain a subcommand and its flags'
		)
		_describe -t commands command verbs && ret=0
		;;
	rest)
		before=("${(@)before[1,$#before-$#words]}")
		if (( $+functions[_runseal_$line[1]] )); then _runseal_$line[1] && ret=0; fi
		;;
	esac
	return ret
}

if [[ $funcstack[1] == _runseal ]]; then
	_runseal "$@"
else
	compdef _runseal runseal
fi
