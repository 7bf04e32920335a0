// Package debian holds tests on a real distribution: a Debian root file system
// made by debootstrap, with dpkg, apt and the tools of login at work inside,
// under Docker's default profile and without a network.
//
// debootstrap downloads about 60 MB and takes a minute, so its result is kept in
// a directory runseal-test below XDG_CACHE_HOME or /var/cache; each test works
// on a copy.
package debian
