package podman

import (
	"fmt"
	"os"
	"strings"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
)

// namespaces are the names of a process's, as in /proc/PID/ns.
func namespaces(r *scenario.Run, pid int) map[string]string {
	r.Helper()
	of := map[string]string{}
	for _, name := range []string{"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"} {
		link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, name))
		if err != nil {
			r.Fatal(err)
		}
		of[name] = link
	}
	return of
}

// shared are the names of the namespaces that two containers have in common.
func shared(r *scenario.Run, a, b int) string {
	r.Helper()
	of, list := namespaces(r, b), []string{}
	for name, link := range namespaces(r, a) {
		if of[name] == link {
			list = append(list, name)
		}
	}
	return strings.Join(sorted(list), " ")
}

// pidOfAnother is a container whose processes are beside another one's: none of them is
// process 1, and a signal to it is not one to the other.
func pidOfAnother(r *scenario.Run) {
	first := r.Up(r.New("first", "/bin/sleep", "600"))
	join := func(name string, argv ...string) string {
		c := r.New(name, argv...)
		c.PidOf = first
		return r.Up(c)
	}
	second := join("second", "/bin/sleep", "601")
	r.Keep("shared", shared(r, r.Pid(r, first), r.Pid(r, second)))
	r.Want("processes seen by the first", r.Exec(r, first, scenario.Process{Argv: scenario.Sh("ps -o args | grep -c '^/bin/sleep 60'")}), 0, "2\n")
	r.OK("kill", r.Signal(r, second, "KILL"))
	if status := r.Wait(r, second); status != 137 {
		r.Errorf("exit status %d after SIGKILL, expected 137", status)
	}
	r.OK("remove", r.Remove(r, second))
	deaf := join("deaf", scenario.Sh("trap '' TERM; echo > /tmp/ready; while :; do sleep 0.05; done")...)
	r.OK("wait for it", r.Exec(r, deaf, scenario.Process{Argv: scenario.Sh("until test -e /tmp/ready; do sleep 0.05; done")}))
	r.OK("stop", r.Stop(r, deaf, 1))
	if status := r.Wait(r, deaf); status != 137 {
		r.Errorf("exit status %d after stop, expected 137", status)
	}
	if !box.Eventually(func() bool { return len(r.Top(r, first)) == 1 }) {
		r.Errorf("processes of the first: %v, expected one", r.Top(r, first))
	}
	r.Want("exec in the first", r.Exec(r, first, scenario.Process{Argv: []string{"/bin/echo", "hi"}}), 0, "hi\n")
	// Its end is the end of the namespace.
	last := join("last", "/bin/sleep", "600")
	r.OK("kill the first", r.Signal(r, first, "KILL"))
	for _, id := range []string{first, last} {
		if status := r.Wait(r, id); status != 137 {
			r.Errorf("%s: exit status %d after the end of the namespace, expected 137", id, status)
		}
	}
	r.OK("remove", r.Remove(r, last))
}

// pod is a pod with an infra container whose namespaces two others share.
func pod(r *scenario.Run) {
	e := of(r)
	name := r.New("pod").ID
	r.Cleanup(func() { e.do(r, "pod", "rm", "--force", "--ignore", "--time", "0", name) })
	e.ok(r, "--runtime", r.Runtime, "pod", "create", "--name", name, "--infra-name", name+"-infra", "--infra-image", image, "--infra-command", "/bin/sleep 600",
		"--network", "none", "--share", "pid,ipc,uts,net", "--cgroup-parent", "/"+e.Cgroup, "--hostname", "pod")
	var ids []string
	for _, c := range []string{"one", "two"} {
		id := name + "-" + c
		r.Cleanup(func() { r.Destroy(r, id) })
		e.ok(r, "--runtime", r.Runtime, "run", "--detach", "--pod", name, "--name", id, image, "/bin/sleep", "60"+fmt.Sprint(len(ids)+1))
		ids = append(ids, id)
	}
	infra := r.Pid(r, name+"-infra")
	for _, id := range ids {
		r.Keep("shared with "+id[len(name):], shared(r, infra, r.Pid(r, id)))
		r.Want("processes and name seen by "+id, r.Exec(r, id, scenario.Process{Argv: scenario.Sh("ps -o args | grep -c '^/bin/sleep 60'; hostname")}), 0, "3\npod\n")
	}
	status := func() string { return e.ok(r, "pod", "inspect", "--format", "{{.State}}", name) }
	for _, step := range []struct{ verb, want string }{
		{"", "Running"}, {"pause", "Paused"}, {"unpause", "Running"}, {"kill", "Exited"}, {"start", "Running"}, {"restart", "Running"}, {"stop", "Exited"},
	} {
		args := []string{"--runtime", r.Runtime, "pod", step.verb}
		if step.verb == "stop" {
			args = append(args, "--time", "0")
		}
		if step.verb != "" {
			e.ok(r, append(args, name)...)
		}
		if !box.Eventually(func() bool { return status() == step.want }) {
			r.Fatalf("after %q the pod is %q, expected %q", step.verb, status(), step.want)
		}
	}
	e.ok(r, "pod", "rm", name)
}

// userNamespaceOfAnother is a container with a user namespace, and one that joins it.
func userNamespaceOfAnother(r *scenario.Run) {
	c := r.New("first", "/bin/sleep", "600")
	c.UserNS = true
	first := r.Up(c)
	owner, err := os.ReadFile(fmt.Sprintf("/proc/%d/uid_map", r.Pid(r, first)))
	if f := strings.Fields(string(owner)); err != nil || strings.Join(f, " ") != "0 100000 65536" {
		r.Errorf("uid_map %q, %v", owner, err)
	}
	show := scenario.Sh("id -u; id -g; grep -E '^(Cap|Groups|NoNewPrivs|Seccomp:)' /proc/self/status; cat /proc/self/uid_map; stat -c '%u %g %a' / /dev/null /proc/1 /tmp; touch /tmp/$(id -u) && stat -c %u /tmp/$(id -u)")
	for _, user := range []string{"", "1000:1000"} {
		res := r.Exec(r, first, scenario.Process{Argv: show, User: user})
		r.OK("exec as "+user, res)
		r.Keep("exec as "+user, res.Stdout)
	}
	second := background(r, r.New("second", "/bin/sleep", "600"), "--userns", "container:"+first)
	r.Keep("shared", shared(r, r.Pid(r, first), r.Pid(r, second)))
	res := r.Exec(r, second, scenario.Process{Argv: show})
	r.OK("exec in the second", res)
	r.Keep("exec in the second", res.Stdout)
}
