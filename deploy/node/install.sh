#!/bin/sh
# install.sh puts runseal on a node with containerd and takes it off again:
#
#     install.sh install | uninstall
#
# It is what the DaemonSet in ../kubernetes runs, with the node's / mounted on /host, and
# works on the node itself with HOST_ROOT=/. It needs a POSIX shell and the tools of busybox.
#
#     HOST_ROOT           where the node's / is (/host)
#     CONTAINERD_CONFIG   containerd's configuration (/etc/containerd/config.toml)
#     CONTAINERD_UNIT     containerd's systemd unit (containerd)
#     CONTAINERD_RESTART  a command of the node's shell that restarts containerd, where
#                         that is no systemd unit
#     SYSTEMD_CGROUP      true or false (what containerd has for its other runtimes)
#     FORCE=1             uninstall while containers run under runseal
#
# install copies runseal to /opt/runseal/bin and tells containerd of it: by a file in
# conf.d if config.toml imports that already and the file takes nothing away from it, else
# by a marked block at the end of config.toml. It does not add "imports": that would
# switch on whatever else there is in conf.d. "containerd config dump" has to show the new
# runtime, and every line that it has shown before, before anything is changed. If
# containerd does not come back, the old configuration does. To install again changes
# nothing, or what is new. All that uninstall needs to know is on the node.
set -eu

root=${HOST_ROOT:-/host}
root=${root%/}
from=$(cd "$(dirname "$0")" && pwd)
opt=/opt/runseal
bin=$opt/bin/runseal
config=${CONTAINERD_CONFIG:-/etc/containerd/config.toml}
etc=${config%/*}
dropin=$etc/conf.d/runseal.toml
work=$root$opt/work # made anew by each run
begin='# runseal begin: written by its install.sh, which finds the block by this line'
end='# runseal end'
# The node's programs too: chroot takes PATH with it.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

say() { echo "runseal: $*"; }
die() {
	echo "runseal: $*" >&2
	exit 1
}

# host runs a program of the node.
host() {
	if [ -z "$root" ]; then "$@"; else chroot "$root" "$@"; fi
}

# dump FILE prints the configuration that containerd makes of a file of the node. The
# line with the imports differs with each, and is left out.
dump() {
	if [ -e "$root$1" ]; then
		host containerd --config "$1" config dump >"$work/dump" 2>"$work/log" || return 1
	else
		# 1.x cannot dump a file that is not there.
		host containerd config dump >"$work/dump" 2>"$work/log" || host containerd config default >"$work/dump" 2>"$work/log" || return 1
	fi
	sed '/^imports = /d' "$work/dump"
}

# own prints a file without the tables of runc, which 1.x forgets when another runtime is
# named: they are kept as they have been, and where they have been its own.
own() { awk '/^ *\[/ { skip = /runtimes\.runc[].]/ } !skip' "$1"; }

# shows DUMP: it has our runtime.
shows() { grep -q 'runtimes\.runseal\.options\]' "$1" && grep -q "BinaryName = [\"']${bin}[\"']" "$1"; }

# adds BEFORE AFTER: the second dump has runseal, and all that the first one has.
adds() {
	shows "$2" || return 1
	# Unified, which is all that busybox has.
	diff -U 0 "$1" "$2" >"$work/diff" || true
	! sed 1,2d "$work/diff" | grep '^-' >"$work/lost"
}

# without prints a file without our block.
without() {
	awk -v begin="$begin" -v end="$end" '$0 == begin { skip = 1 } !skip { print } $0 == end { skip = 0 }' "$1"
}

ours() { [ -e "$1" ] && grep -qF "$begin" "$1"; }

# piece VERSION prints what to tell containerd, in a version of its configuration, as the
# file in conf.d has it; at the end of another file it cannot have the line "version".
piece() {
	case $1 in
	2) name=1.x ;;
	*) name=2.x ;;
	esac
	echo "$begin"
	own "$from/containerd/$name.toml" | sed -e '/^ *#/d' -e '/^$/d' -e "s,/usr/local/sbin/runseal,$bin," -e "s/SystemdCgroup = .*/SystemdCgroup = $systemd/" | if [ -n "$runc" ]; then sed -e '/^version = /r '"$work/runc"; else cat; fi
	echo "$end"
}

version() { sed -n 's/^ *version *= *\([0-9][0-9]*\).*/\1/p' "$1" | head -n 1; }

# cri says whether containerd runs and its CRI plugin is well, where there is a ctr.
cri() { host ctr plugins ls 2>/dev/null | awk '$2 == "cri" && $NF == "ok" { found = 1 } END { exit !found }'; }

# able ends the run, before anything is changed, if nothing can restart containerd. A unit
# that does not run is not containerd's, unless an earlier run has left it like that.
able() {
	[ -z "${CONTAINERD_RESTART:-}" ] || return 0
	unit=${CONTAINERD_UNIT:-containerd}
	pid=$(host systemctl show -p MainPID --value "$unit") || pid=''
	if [ "${pid:-0}" != 0 ]; then return 0; fi
	if [ -n "$pid" ] && [ -e "$root$opt/restart" ]; then return 0; fi
	rm -rf "$work"
	die "systemd has no running unit $unit; set CONTAINERD_UNIT, or CONTAINERD_RESTART to a command that restarts containerd"
}

# restart restarts containerd, which reads its runtimes at its start only, and is not
# content with an exit status: in a chroot that systemctl takes for one it does nothing.
# commit knows whether the CRI plugin has been well.
restart() {
	say 'containerd restarts'
	if [ -n "${CONTAINERD_RESTART:-}" ]; then
		host sh -c "$CONTAINERD_RESTART" || return 1
	else
		unit=${CONTAINERD_UNIT:-containerd}
		old=$(host systemctl show -p MainPID --value "$unit") || return 1
		if [ "${old:-0}" = 0 ]; then
			# Or systemd refuses a start that is one too many (StartLimitBurst=).
			host systemctl reset-failed "$unit" 2>/dev/null || true
		fi
		host systemctl restart "$unit" || return 1
		new=$(host systemctl show -p MainPID --value "$unit")
		[ -n "$new" ] && [ "$new" != 0 ] && [ "$new" != "$old" ] || return 1
	fi
	[ $well = 1 ] || return 0
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		if cri; then return 0; fi
		sleep 2
	done
	echo 'runseal: the CRI plugin of containerd does not come back' >&2
	return 1
}

# save keeps the two files of the configuration, for back.
save() {
	rm -f "$work/config.toml" "$work/dropin"
	if [ -e "$root$config" ]; then cp -p "$root$config" "$work/config.toml"; fi
	if [ -e "$root$dropin" ]; then cp -p "$root$dropin" "$work/dropin"; fi
}

# put FILE TARGET replaces a file, or removes it if there is no FILE, in one step.
put() {
	if [ -e "$1" ]; then
		if cmp -s "$1" "$2"; then return 0; fi
		# Also where a caller's "if" has switched set -e off.
		cp -p "$1" "$2.runseal-new" && cmp -s "$1" "$2.runseal-new" || return 1
		sync "$2.runseal-new" 2>/dev/null || sync
		mv -f "$2.runseal-new" "$2"
	else
		rm -f "$2"
	fi
}

back() {
	if [ -e "$work/config.toml" ]; then mkdir -p "$root$etc"; fi
	put "$work/config.toml" "$root$config"
	if [ -d "$root$etc/conf.d" ]; then put "$work/dropin" "$root$dropin"; fi
}

# commit restarts containerd with what has changed, or undoes it.
commit() {
	well=0
	if cri; then well=1; fi
	: >"$root$opt/restart" # should this run end here, the next one restarts
	if restart; then
		rm -f "$root$opt/restart"
		return 0
	fi
	back
	restart || say 'containerd does not start with its old configuration either' >&2
	rm -f "$root$opt/restart"
	die 'containerd did not come back, so its configuration is the old one again'
}

# binary copies runseal under another name, tries it, and renames it: containers that
# run keep the old file.
binary() {
	(cd "$from" && sha256sum -c runseal.sha256 >/dev/null 2>&1) || die "$from/runseal is not the file of $from/runseal.sha256"
	mkdir -p "$root$opt/bin"
	if cmp -s "$from/runseal" "$root$bin"; then return 0; fi
	cp "$from/runseal" "$root$bin.new"
	chmod 755 "$root$bin.new"
	sync "$root$bin.new" 2>/dev/null || sync
	cmp -s "$from/runseal" "$root$bin.new" || die "the copy in $bin.new is not what was copied"
	if ! what=$(host "$bin.new" --version 2>&1); then
		rm -f "$root$bin.new"
		die "runseal does not run on this node: $what"
	fi
	mv -f "$root$bin.new" "$root$bin"
	say "$bin: $(echo "$what" | head -n 1)"
}

# strip takes what we have told containerd out of its configuration, byte for byte.
strip() {
	if ours "$root$dropin"; then rm -f "$root$dropin"; fi
	ours "$root$config" || return 0
	cp -p "$root$config" "$work/stripped"
	without "$root$config" >"$work/stripped"
	# The block begins with a new line where the file's last line had no end: if nothing
	# else has changed since, the file is as it was.
	if [ -e "$root$opt/config.toml" ] && [ "$(cat "$root$opt/config.toml")" = "$(cat "$work/stripped")" ]; then
		cat "$root$opt/config.toml" >"$work/stripped"
	fi
	if [ -e "$root$opt/made-config" ] && ! [ -s "$work/stripped" ]; then rm -f "$work/stripped"; fi
	put "$work/stripped" "$root$config"
	if [ -e "$root$opt/made-etc" ]; then rmdir "$root$etc" 2>/dev/null || true; fi
}

# by_dropin and by_block write the configuration; they fail, and leave things as they
# were, if that is not the way.
by_dropin() {
	[ -d "$root$etc/conf.d" ] || return 1 # nothing is imported from there
	format=$(version "$work/before")
	piece "$format" >"$work/piece"
	chmod 644 "$work/piece"
	if [ -e "$root$config" ]; then
		# Seen by containerd before it is where containerd looks.
		printf 'version = %s\nimports = ["%s", "%s"]\n' "$format" "$config" "$opt/work/piece" >"$work/both"
		dump "$opt/work/both" >"$work/after" && adds "$work/before" "$work/after" || return 1
	fi
	put "$work/piece" "$root$dropin" || return 1
	if dump "$config" >"$work/after" && adds "$work/before" "$work/after"; then
		say "$dropin"
		return 0
	fi
	rm -f "$root$dropin"
	return 1
}

by_block() {
	if ! [ -d "$root$etc" ]; then
		mkdir -p "$root$etc" && : >"$root$opt/made-etc" || return 1
	fi
	if [ -e "$root$config" ]; then
		format=$(version "$root$config")
		case $format in
		'' | 1) die "$config has no line \"version = 2\" or later, and without it cannot name the runtime; see \"containerd config migrate\"" ;;
		esac
		cp -p "$root$config" "$work/new" || return 1
		if [ -n "$(tail -c 1 "$work/new")" ]; then echo >>"$work/new"; fi
		piece "$format" | sed '/^version = /d' >>"$work/new" || return 1
		cp -p "$root$config" "$root$opt/config.toml" || return 1
	else
		piece "$(version "$work/before")" >"$work/new" || return 1
		chmod 644 "$work/new"
		: >"$root$opt/made-config" || return 1
	fi
	# Tried in the same directory: imports can be relative.
	try=$config.runseal-try
	put "$work/new" "$root$try" || return 1
	if dump "$try" >"$work/after" && adds "$work/before" "$work/after" && mv -f "$root$try" "$root$config"; then
		say "a block at the end of $config"
		return 0
	fi
	rm -f "$root$try"
	return 1
}

# configured: what is there is what install would write.
configured() {
	[ ! -e "$root$opt/restart" ] && shows "$work/now" || return 1
	if ours "$root$dropin"; then
		own "$root$dropin" >"$work/block"
		piece "$(version "$work/now")" | cmp -s - "$work/block"
	elif ours "$root$config"; then
		sed -n "/^$begin/,/^$end/p" "$root$config" | sed '/^version = /d' >"$work/part"
		own "$work/part" >"$work/block"
		piece "$(version "$root$config")" | sed '/^version = /d' | cmp -s - "$work/block"
	else
		return 1
	fi
}

configure() {
	if [ -L "$root$config" ]; then die "$config is a symbolic link; set CONTAINERD_CONFIG to the file"; fi
	dump "$config" >"$work/now" || die "containerd does not accept $config as it is: $(cat "$work/log")"
	runc='' failed=''
	systemd=${SYSTEMD_CGROUP:-}
	if [ -z "$systemd" ]; then
		systemd=false
		# Of the other runtimes, which the kubelet's own containers use.
		if awk '/^ *\[/ { own = /runtimes\.runseal/ } !own' "$work/now" | grep -q 'SystemdCgroup = true'; then systemd=true; fi
	fi
	case $systemd in true | false) ;; *) die "SYSTEMD_CGROUP is \"$systemd\", expected true or false" ;; esac
	if configured; then
		say 'containerd is configured already'
		return 0
	fi

	able
	save
	trap 'back' EXIT # a failure on the way
	strip
	dump "$config" >"$work/before" || die "containerd does not accept $config: $(cat "$work/log")"
	if grep -q 'runtimes\.runseal\]' "$work/before"; then
		die "the configuration of containerd has a runtime runseal that this program has not written; left alone"
	fi
	awk '/^ *\[/ { keep = /runtimes\.runc[].]/ } keep { sub(/^ */, ""); print }' "$work/before" >"$work/runc"
	by_dropin || by_block || { runc=keep && { by_dropin || by_block; }; } || failed=1
	if [ -n "$failed" ]; then
		die "containerd does not take the runtime into its configuration; nothing is changed. $(cat "$work/log" "$work/lost" 2>/dev/null | tail -n 5)"
	fi
	trap - EXIT
	commit
}

install() {
	for name in runseal runseal.sha256 containerd; do
		[ -e "$from/$name" ] || die "$name is missing beside install.sh, in $from"
	done
	host containerd --version >/dev/null 2>&1 || die 'the node has no containerd in its PATH; for CRI-O see deploy/crio'
	# What is configured already needs no restart.
	if ! ours "$root$config" && ! ours "$root$dropin"; then able; fi
	rm -rf "$work"
	mkdir -p "$work"
	binary
	configure
	rm -rf "$work"
	say 'installed: the runtime handler is "runseal"'
}

uninstall() {
	if ! [ -d "$root$opt" ] && ! ours "$root$config" && ! ours "$root$dropin"; then
		say 'not installed'
		return 0
	fi
	if [ -x "$root$bin" ] && [ "${FORCE:-}" != 1 ]; then
		# runc's containers have their state in the same place.
		list=$(host "$bin" --root /run/containerd/runc/k8s.io list) || die 'cannot tell which containers run under runseal (FORCE=1 removes it still)'
		running=$(echo "$list" | awk 'NR > 1 && $3 != "foreign" && $3 != "stopped" { print $1 }')
		[ -z "$running" ] || die "containers run under runseal, and nothing else could stop them (FORCE=1 removes it still): $(echo "$running" | tr '\n' ' ')"
	fi
	if [ -e "$root$opt/restart" ] || ours "$root$config" || ours "$root$dropin"; then
		able
		mkdir -p "$work"
		save
		trap 'back' EXIT
		strip
		dump "$config" >"$work/after" || die "containerd does not accept $config without the runtime, so nothing is changed: $(cat "$work/log")"
		trap - EXIT
		commit
	fi
	rm -rf "$work"
	rm -f "$root$bin" "$root$bin.new" "$root$opt/config.toml" "$root$opt/made-config" "$root$opt/made-etc" "$root$opt/restart"
	rmdir "$root$opt/bin" "$root$opt" 2>/dev/null || true
	if [ -d "$root$opt" ]; then say "$opt is not empty and stays"; fi # somebody else's
	say 'uninstalled'
}

trap 'exit 1' HUP INT TERM # and what is to be done on EXIT
case ${1:-} in
install) install ;;
uninstall) uninstall ;;
*) die 'usage: install.sh install | uninstall' ;;
esac
