/*
 * floor ROOT PROGRAM [ARGUMENT...] runs a program in new namespaces, with ROOT as its
 * root and a new /proc: the least that a container is, with nothing checked and nothing
 * set up. What a runtime takes longer than this, it takes for its own work.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(127);
	}
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 3) {
		fprintf(stderr, "floor: expected ROOT PROGRAM [ARGUMENT...]\n");
		return 127;
	}
	check(unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP), "unshare");
	pid_t pid = fork();
	check(pid, "fork");
	if (pid > 0) {
		check(waitpid(pid, &status, 0), "waitpid");
		return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make the mounts private");
	check(mount(argv[1], argv[1], NULL, MS_BIND | MS_REC, NULL), "bind the root");
	check(chdir(argv[1]), "chdir");
	check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	check(umount2(".", MNT_DETACH), "unmount the old root");
	check(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "mount /proc");
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
