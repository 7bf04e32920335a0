# Completion of runseal for fish. Written by "runseal completion fish".

# verb, word -> is there a verb of this name below it?
function __runseal_is_verb
	switch "$argv[1],$argv[2]"
		case ',run'
			return 0
		case ',create'
			return 0
		case ',start'
			return 0
		case ',exec'
			return 0
		case ',state'
			return 0
		case ',list'
			return 0
		case ',ps'
			return 0
		case ',events'
			return 0
		case ',pause'
			return 0
		case ',resume'
			return 0
		case ',update'
			return 0
		case ',kill'
			return 0
		case ',delete'
			return 0
		case ',spec'
			return 0
		case ',plan'
			return 0
		case ',features'
			return 0
		case ',completion'
			return 0
		case ',help'
			return 0
	end
	return 1
end

# verb, flag -> does a value follow?
function __runseal_has_value
	switch "$argv[1],$argv[2]"
		case ',--root' ',--log' ',--log-format' ',--rootless' ',--policy' 'run,--bundle' 'run,-b' 'run,--pid-file' 'run,--pidfd-socket' 'run,--console-socket' 'run,--preserve-fds' 'create,--bundle' 'create,-b' 'create,--pid-file' 'create,--pidfd-socket' 'create,--console-socket' 'create,--preserve-fds' 'exec,--process' 'exec,-p' 'exec,--pid-file' 'exec,--pidfd-socket' 'exec,--console-socket' 'exec,--cwd' 'exec,--env' 'exec,-e' 'exec,--user' 'exec,-u' 'exec,--additional-gids' 'exec,-g' 'exec,--cap' 'exec,-c' 'exec,--process-label' 'exec,--apparmor' 'exec,--preserve-fds' 'exec,--cgroup' 'list,--format' 'list,-f' 'ps,--format' 'ps,-f' 'events,--interval' 'update,--resources' 'update,-r' 'update,--memory' 'update,--memory-reservation' 'update,--memory-swap' 'update,--pids-limit' 'update,--cpu-share' 'update,--cpu-quota' 'update,--cpu-period' 'update,--cpu-burst' 'update,--cpu-rt-period' 'update,--cpu-rt-runtime' 'update,--cpu-idle' 'update,--cpuset-cpus' 'update,--cpuset-mems' 'update,--blkio-weight' 'update,--kernel-memory' 'update,--kernel-memory-tcp' 'update,--l3-cache-schema' 'update,--mem-bw-schema' 'spec,--bundle' 'spec,-b' 'plan,--bundle' 'plan,-b' 'plan,--console-socket' 'plan,--preserve-fds'
			return 0
	end
	return 1
end

# verb -> do its flags end with the first argument?
function __runseal_flags_first
	contains -- $argv[1] exec ps
end

# Sets verb, count (of arguments) and flag (whose value comes next) to what stands before
# the cursor, and profile_root and state_root to what the line says.
function __runseal_look --no-scope-shadowing
	set verb ''
	set count 0
	set flag ''
	set state_root '/run/runseal'
	not test -r $state_root; and test -n "$XDG_RUNTIME_DIR"; and set state_root $XDG_RUNTIME_DIR/runseal
	set -l only ''
	set -l words (commandline -opc)
	for word in $words[2..-1]
		if test -n "$flag"
			set -l name $flag
			set flag ''
			switch $name
				case --root; set state_root $word
			end
		else if test -n "$only"
			set count (math $count + 1)
		else if test $count -gt 0; and __runseal_flags_first "$verb"
			set count (math $count + 1)
		else if test "$word" = --
			set only 1
		else if string match -qr -- '^--?[^0-9-][^=]*=' $word
			switch $word
				case '--root=*'; set state_root (string replace -r '^[^=]*=' '' -- $word)
			end
		else if string match -qr -- '^--?[^0-9-]' $word
			if __runseal_has_value "$verb" $word
				set flag $word
			end
		else if test $count -eq 0; and __runseal_is_verb "$verb" $word
			set verb (string trim "$verb $word")
		else
			set count (math $count + 1)
		end
	end
end

# verb -> is this the line of the verb, where its flags can stand?
function __runseal_verb
	set -l verb; set -l count; set -l flag; set -l profile_root; set -l state_root
	__runseal_look
	test "$verb" = "$argv[1]"
	or return
	test $count -eq 0
	or not __runseal_flags_first "$verb"
end

# verb, number -> is this the argument of this number, from 0? With "more": or a later one
function __runseal_at
	set -l verb; set -l count; set -l flag; set -l profile_root; set -l state_root
	__runseal_look
	test "$verb" = "$argv[1]" -a -z "$flag"
	and test $count -eq $argv[2] -o -n "$argv[3]" -a $count -ge $argv[2]
end

function __runseal_capability
	printf '%s\n' CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID CAP_SETPCAP CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW CAP_IPC_LOCK CAP_IPC_OWNER CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL CAP_SETFCAP CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON CAP_BPF CAP_CHECKPOINT_RESTORE
end
function __runseal_signal
	printf '%s\n' HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS
end
function __runseal_command
	__fish_complete_command
end
function __runseal_dir
	__fish_complete_directories (commandline -ct) ''
end
function __runseal_container
	set -l verb; set -l count; set -l flag; set -l profile_root; set -l state_root
	__runseal_look
	for id in $state_root/*/
		string match -r '[^/]+(?=/$)' -- $id
	end
end

complete -c runseal -f
complete -c runseal -n '__runseal_at \'\' 0' -a 'run' -d 'create a container, start it, wait for its end and delete it'
complete -c runseal -n '__runseal_at \'\' 0' -a 'create' -d 'create a container that waits for start'
complete -c runseal -n '__runseal_at \'\' 0' -a 'start' -d 'start the process of a created container'
complete -c runseal -n '__runseal_at \'\' 0' -a 'exec' -d 'run another process in a container'
complete -c runseal -n '__runseal_at \'\' 0' -a 'state' -d 'print a container\'s state as JSON'
complete -c runseal -n '__runseal_at \'\' 0' -a 'list' -d 'list the containers below --root'
complete -c runseal -n '__runseal_at \'\' 0' -a 'ps' -d 'list the processes of a container'
complete -c runseal -n '__runseal_at \'\' 0' -a 'events' -d 'print what a container uses, and when it runs out of memory, as JSON'
complete -c runseal -n '__runseal_at \'\' 0' -a 'pause' -d 'stop all processes of a container until resume'
complete -c runseal -n '__runseal_at \'\' 0' -a 'resume' -d 'let a paused container run again'
complete -c runseal -n '__runseal_at \'\' 0' -a 'update' -d 'change the limits of a container'
complete -c runseal -n '__runseal_at \'\' 0' -a 'kill' -d 'send a signal to a container'
complete -c runseal -n '__runseal_at \'\' 0' -a 'delete' -d 'remove a stopped container, or one that was created and not started'
complete -c runseal -n '__runseal_at \'\' 0' -a 'spec' -d 'write a config.json to start from'
complete -c runseal -n '__runseal_at \'\' 0' -a 'plan' -d 'show the system calls that create would make'
complete -c runseal -n '__runseal_at \'\' 0' -a 'features' -d 'print what this runtime supports as JSON'
complete -c runseal -n '__runseal_at \'\' 0' -a 'completion' -d 'print a script that completes command lines in a shell'
complete -c runseal -n '__runseal_at \'\' 0' -a 'help' -d 'explain a subcommand and its flags'
complete -c runseal -n '__runseal_verb \'\'' -l root -x -a '(__runseal_dir)' -d 'directory for the state of containers'
complete -c runseal -n '__runseal_verb \'\'' -l log -r -F -d 'append errors, which standard error gets too, and warnings to this file'
complete -c runseal -n '__runseal_verb \'\'' -l log-format -x -a 'text json' -d 'form of errors and warnings'
complete -c runseal -n '__runseal_verb \'\'' -l debug -d 'log more'
complete -c runseal -n '__runseal_verb \'\'' -l systemd-cgroup -d 'let systemd manage the cgroups'
complete -c runseal -n '__runseal_verb \'\'' -l rootless -x -a 'true false auto' -d 'do without a cgroup that cannot be made, if no limits are asked for'
complete -c runseal -n '__runseal_verb \'\'' -l strict-seccomp -d 'unknown system call names in linux.seccomp are errors, not warnings'
complete -c runseal -n '__runseal_verb \'\'' -l policy -r -F -d 'the node policy, see runseal(8)'
complete -c runseal -n '__runseal_verb \'\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_verb \'\'' -l version -s v -d 'show the version and leave'
complete -c runseal -n '__runseal_at \'run\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_verb \'run\'' -l bundle -s b -x -a '(__runseal_dir)' -d 'directory of config.json'
complete -c runseal -n '__runseal_verb \'run\'' -l pid-file -r -F -d 'write the process id to this file, decimal, without a newline'
complete -c runseal -n '__runseal_verb \'run\'' -l pidfd-socket -r -F -d 'AF_UNIX socket that receives a pidfd of the process'
complete -c runseal -n '__runseal_verb \'run\'' -l console-socket -r -F -d 'AF_UNIX socket that receives the terminal\'s master end'
complete -c runseal -n '__runseal_verb \'run\'' -l no-pivot -d 'change the root by MS_MOVE and chroot, for a rootfs on the initial ramdisk'
complete -c runseal -n '__runseal_verb \'run\'' -l no-new-keyring -d 'keep the caller\'s session keyring'
complete -c runseal -n '__runseal_verb \'run\'' -l preserve-fds -x -d 'pass file descriptors 3 to 2+N on to the process'
complete -c runseal -n '__runseal_verb \'run\'' -l detach -s d -d 'return once the container runs, without waiting for its end'
complete -c runseal -n '__runseal_verb \'run\'' -l keep -d 'do not delete the container when it has ended'
complete -c runseal -n '__runseal_verb \'run\'' -l no-subreaper -d 'do not collect processes that the container\'s process leaves behind'
complete -c runseal -n '__runseal_verb \'run\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'create\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_verb \'create\'' -l bundle -s b -x -a '(__runseal_dir)' -d 'directory of config.json'
complete -c runseal -n '__runseal_verb \'create\'' -l pid-file -r -F -d 'write the process id to this file, decimal, without a newline'
complete -c runseal -n '__runseal_verb \'create\'' -l pidfd-socket -r -F -d 'AF_UNIX socket that receives a pidfd of the process'
complete -c runseal -n '__runseal_verb \'create\'' -l console-socket -r -F -d 'AF_UNIX socket that receives the terminal\'s master end'
complete -c runseal -n '__runseal_verb \'create\'' -l no-pivot -d 'change the root by MS_MOVE and chroot, for a rootfs on the initial ramdisk'
complete -c runseal -n '__runseal_verb \'create\'' -l no-new-keyring -d 'keep the caller\'s session keyring'
complete -c runseal -n '__runseal_verb \'create\'' -l preserve-fds -x -d 'pass file descriptors 3 to 2+N on to the process'
complete -c runseal -n '__runseal_verb \'create\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'start\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_verb \'start\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'exec\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_at \'exec\' 1' -a '(__runseal_command)' -d 'COMMAND'
complete -c runseal -n '__runseal_verb \'exec\'' -l process -s p -r -F -d 'JSON file with a process object as in config.json'
complete -c runseal -n '__runseal_verb \'exec\'' -l detach -s d -d 'return once the process runs, without waiting for its end'
complete -c runseal -n '__runseal_verb \'exec\'' -l pid-file -r -F -d 'write the process id to this file, decimal, without a newline'
complete -c runseal -n '__runseal_verb \'exec\'' -l pidfd-socket -r -F -d 'AF_UNIX socket that receives a pidfd of the process'
complete -c runseal -n '__runseal_verb \'exec\'' -l console-socket -r -F -d 'AF_UNIX socket that receives the terminal\'s master end'
complete -c runseal -n '__runseal_verb \'exec\'' -l tty -s t -d 'give the process a terminal'
complete -c runseal -n '__runseal_verb \'exec\'' -l cwd -x -d 'working directory in the container'
complete -c runseal -n '__runseal_verb \'exec\'' -l env -s e -x -d 'add an environment variable'
complete -c runseal -n '__runseal_verb \'exec\'' -l user -s u -x -d 'user and group, as numbers'
complete -c runseal -n '__runseal_verb \'exec\'' -l additional-gids -s g -x -d 'add a group'
complete -c runseal -n '__runseal_verb \'exec\'' -l cap -s c -x -a '(__runseal_capability)' -d 'add a capability such as CAP_NET_RAW'
complete -c runseal -n '__runseal_verb \'exec\'' -l no-new-privs -d 'execve cannot give the process more privileges'
complete -c runseal -n '__runseal_verb \'exec\'' -l process-label -x -d 'SELinux label of the process'
complete -c runseal -n '__runseal_verb \'exec\'' -l apparmor -x -d 'AppArmor profile of the process'
complete -c runseal -n '__runseal_verb \'exec\'' -l preserve-fds -x -d 'pass file descriptors 3 to 2+N on to the process'
complete -c runseal -n '__runseal_verb \'exec\'' -l ignore-paused -d 'allow a paused container'
complete -c runseal -n '__runseal_verb \'exec\'' -l cgroup -x -d 'cgroup below the container\'s'
complete -c runseal -n '__runseal_verb \'exec\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'state\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_verb \'state\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_verb \'list\'' -l format -s f -x -a 'table json' -d 'form of the output'
complete -c runseal -n '__runseal_verb \'list\'' -l quiet -s q -d 'print the ids only'
complete -c runseal -n '__runseal_verb \'list\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'ps\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_verb \'ps\'' -l format -s f -x -a 'table json' -d 'form of the output'
complete -c runseal -n '__runseal_verb \'ps\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'events\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_verb \'events\'' -l interval -x -d 'time between two stats, such as 500ms or 1m'
complete -c runseal -n '__runseal_verb \'events\'' -l stats -d 'print one stats event and leave'
complete -c runseal -n '__runseal_verb \'events\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'pause\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_verb \'pause\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'resume\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_verb \'resume\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'update\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_verb \'update\'' -l resources -s r -r -F -d 'JSON file with the limits, - for standard input'
complete -c runseal -n '__runseal_verb \'update\'' -l memory -x -d 'limit of memory'
complete -c runseal -n '__runseal_verb \'update\'' -l memory-reservation -x -d 'memory that the container keeps when the host runs short'
complete -c runseal -n '__runseal_verb \'update\'' -l memory-swap -x -d 'limit of memory and swap together'
complete -c runseal -n '__runseal_verb \'update\'' -l pids-limit -x -d 'limit of processes and threads'
complete -c runseal -n '__runseal_verb \'update\'' -l cpu-share -x -d 'weight against other cgroups, 2 to 262144'
complete -c runseal -n '__runseal_verb \'update\'' -l cpu-quota -x -d 'limit of processor time in a period'
complete -c runseal -n '__runseal_verb \'update\'' -l cpu-period -x -d 'length of the period, 1000 to 1000000'
complete -c runseal -n '__runseal_verb \'update\'' -l cpu-burst -x -d 'unused time that may be saved up, at most the quota'
complete -c runseal -n '__runseal_verb \'update\'' -l cpu-rt-period -x -d 'length of the period of realtime processes'
complete -c runseal -n '__runseal_verb \'update\'' -l cpu-rt-runtime -x -d 'limit of processor time of realtime processes in it'
complete -c runseal -n '__runseal_verb \'update\'' -l cpu-idle -x -a '0 1' -d '1'
complete -c runseal -n '__runseal_verb \'update\'' -l cpuset-cpus -x -d 'processors to run on, such as 0-3,7'
complete -c runseal -n '__runseal_verb \'update\'' -l cpuset-mems -x -d 'memory nodes to use'
complete -c runseal -n '__runseal_verb \'update\'' -l blkio-weight -x -d 'weight of block I/O, 10 to 1000'
complete -c runseal -n '__runseal_verb \'update\'' -l kernel-memory -x -d 'ignored, as by runc'
complete -c runseal -n '__runseal_verb \'update\'' -l kernel-memory-tcp -x -d 'ignored, as by runc'
complete -c runseal -n '__runseal_verb \'update\'' -l l3-cache-schema -x -d 'share of the L3 cache, such as L3:0=ff'
complete -c runseal -n '__runseal_verb \'update\'' -l mem-bw-schema -x -d 'share of memory bandwidth, such as MB:0=50'
complete -c runseal -n '__runseal_verb \'update\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'kill\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_at \'kill\' 1' -a '(__runseal_signal)' -d 'SIGNAL'
complete -c runseal -n '__runseal_verb \'kill\'' -l all -s a -d 'send it to every process in the container'
complete -c runseal -n '__runseal_verb \'kill\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'delete\' 0' -a '(__runseal_container)' -d 'CONTAINER-ID'
complete -c runseal -n '__runseal_verb \'delete\'' -l force -s f -d 'kill it first if it runs'
complete -c runseal -n '__runseal_verb \'delete\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_verb \'spec\'' -l bundle -s b -x -a '(__runseal_dir)' -d 'directory of config.json'
complete -c runseal -n '__runseal_verb \'spec\'' -l rootless -d 'write one for a container of an ordinary user, who is root in it'
complete -c runseal -n '__runseal_verb \'spec\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'plan\' 0' -a '(__runseal_dir)' -d 'BUNDLE'
complete -c runseal -n '__runseal_verb \'plan\'' -l bundle -s b -x -a '(__runseal_dir)' -d 'the same as BUNDLE'
complete -c runseal -n '__runseal_verb \'plan\'' -l console-socket -r -F -d 'AF_UNIX socket that receives the terminal\'s master end'
complete -c runseal -n '__runseal_verb \'plan\'' -l no-pivot -d 'change the root by MS_MOVE and chroot, for a rootfs on the initial ramdisk'
complete -c runseal -n '__runseal_verb \'plan\'' -l no-new-keyring -d 'keep the caller\'s session keyring'
complete -c runseal -n '__runseal_verb \'plan\'' -l preserve-fds -x -d 'pass file descriptors 3 to 2+N on to the process'
complete -c runseal -n '__runseal_verb \'plan\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_verb \'features\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'completion\' 0' -a 'bash zsh fish' -d 'bash or zsh or fish'
complete -c runseal -n '__runseal_verb \'completion\'' -l help -s h -d 'show this text'
complete -c runseal -n '__runseal_at \'help\' 0' -a 'run create start exec state list ps events pause resume update kill delete spec plan features completion' -d 'run or create or start or exec or state or list or ps or events or pause or resume or update or kill or delete or spec or plan or features or completion'
complete -c runseal -n '__runseal_verb \'help\'' -l help -s h -d 'show help'
