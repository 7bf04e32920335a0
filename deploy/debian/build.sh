#!/bin/sh
# build.sh makes a Debian package of a tree that "make install" has filled:
#
#     build.sh STAGE VERSION ARCHITECTURE EPOCH OUTPUT
#
# "make deb" does all of it. STAGE is used up. dpkg-deb alone is needed: the two programs
# are static, and nothing has to run at installation. The same commit makes the same
# bytes: all times are EPOCH, the commit's, in seconds.
set -eu
umask 022
stage=$1 version=$2 arch=$3 output=$5
export SOURCE_DATE_EPOCH="$4"
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
doc=$stage/usr/share/doc/runseal
date=$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
maintainer='runseal maintainers <runseal@users.noreply.github.com>'

# Debian has a place of its own for the completions of packages for zsh.
mv "$stage/usr/share/zsh/site-functions" "$stage/usr/share/zsh/vendor-completions"
gzip -9n "$stage"/usr/share/man/man8/*.8

# links makes the links of a page lead to where the package has the files, or to the web.
links() {
	web=https://github.com/runseal/runseal/blob/main
	sed -E -e 's,\]\((\.\./)?deploy/,](\1examples/,g' \
		-e "s,\]\(((CHANGELOG|CONTRIBUTING)\.md|LICENSE|integration/),]($web/\1,g" \
		-e "s,\]\((docs/)?((ARCHITECTURE|internals|testing)\.md),]($web/docs/\2,g" "$1"
}

mkdir -p "$doc/docs" "$stage/usr/share/lintian/overrides" "$stage/DEBIAN"
links "$top/README.md" >"$doc/README.md"
(cd "$top/docs" && find . -name '*.md' ! -name ARCHITECTURE.md ! -name internals.md ! -name testing.md) | while read -r page; do
	mkdir -p "$(dirname "$doc/docs/$page")"
	links "$top/docs/$page" >"$doc/docs/$page"
done
gzip -9n <"$top/CHANGELOG.md" >"$doc/changelog.gz"
gzip -9n >"$doc/changelog.Debian.gz" <<EOF
runseal ($version) unstable; urgency=medium

  * Built from the source by "make deb"; what has changed is in changelog.gz.

 -- $maintainer  $date
EOF
cp "$here/copyright" "$doc/copyright"
cp "$here/lintian-overrides" "$stage/usr/share/lintian/overrides/runseal"

# The configurations name the place where the package has the program; the installer of
# nodes replaces the place of the source's.
for dir in containerd crio docker kubernetes podman; do
	mkdir -p "$doc/examples/$dir"
	for file in "$top/deploy/$dir"/*; do
		sed "/\[\"/!s,/usr/local/sbin/runseal,/usr/sbin/runseal," "$file" >"$doc/examples/$dir/${file##*/}"
	done
done
cp "$top/deploy/README.md" "$doc/examples/"

find "$stage" -type d -exec chmod 755 {} +
find "$stage/usr/share" -type f -exec chmod 644 {} +
(cd "$stage" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$stage/DEBIAN/md5sums"
# In KiB, as dpkg-gencontrol counts: files rounded up, and 1 for anything else.
size=$(cd "$stage" && find usr -printf '%y %s\n' | awk '{ n += $1 == "f" ? int(($2 + 1023) / 1024) : 1 } END { print n }')
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$size/" -e "s/@MAINTAINER@/$maintainer/" "$here/control" >"$stage/DEBIAN/control"
chmod 644 "$stage"/DEBIAN/*
# Directories too, and in what dpkg-deb writes last.
find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$stage" "$output" >/dev/null
