package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/runseal/runseal/runtime"
	"github.com/runseal/runseal/runtime/policy"
)

// plain is the runtime as it is without global flags.
var plain = runtime.Runtime{Root: "/run/runseal", Policy: policy.DefaultPath}

// TestCommandLines goes from argv to the call of package runtime. The lines are
// those that engines use, and people's.
func TestCommandLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "process.json")
	if err := os.WriteFile(file, []byte(`{"args":["ls","-l"],"cwd":"/tmp","user":{"uid":7,"gid":8}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	fromFile := &specs.Process{Args: []string{"ls", "-l"}, Cwd: "/tmp", User: specs.User{UID: 7, GID: 8}}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	all := runtime.Runtime{Root: "/r", SystemdCgroup: true, StrictSeccomp: true, Policy: "/p"}

	for _, tc := range []struct {
		line string // split at spaces; FILE is a process file
		want call
	}{
		// containerd
		{"--root /r --log /dev/stderr --log-format json --systemd-cgroup --strict-seccomp --policy /p create --bundle /b --pid-file /b/init.pid c1",
			call{Runtime: all, Method: "create", ID: "c1", Options: runtime.CreateOptions{Bundle: "/b", PidFile: "/b/init.pid"}}},
		{"--root=/r --log=/dev/stderr --log-format=json --systemd-cgroup=true --strict-seccomp --policy=/p --debug=false create --bundle=/b --pid-file=/p --console-socket=/s --pidfd-socket=/f --no-pivot --no-new-keyring --preserve-fds=2 c1",
			call{Runtime: all, Method: "create", ID: "c1", Options: runtime.CreateOptions{Bundle: "/b", PidFile: "/p", ConsoleSocket: "/s", PidFDSocket: "/f", NoPivot: true, NoNewKeyring: true, PreserveFds: 2}}},
		{"exec --process FILE --console-socket /s --tty --detach --pid-file /p c1",
			call{Runtime: plain, Method: "exec", ID: "c1", Options: runtime.ExecOptions{Process: fromFile, ConsoleSocket: "/s", Tty: true, Detach: true, PidFile: "/p"}}},
		{"kill --all c1 9", call{Runtime: plain, Method: "kill", ID: "c1", Signal: syscall.SIGKILL, Flag: true}},
		{"delete --force c1", call{Runtime: plain, Method: "delete", ID: "c1", Flag: true}},
		{"start c1", call{Runtime: plain, Method: "start", ID: "c1"}},
		// conmon, CRI-O, podman
		{"exec --pid-file /p --process FILE --detach c1",
			call{Runtime: plain, Method: "exec", ID: "c1", Options: runtime.ExecOptions{Process: fromFile, Detach: true, PidFile: "/p"}}},
		{"exec --process FILE --preserve-fds 1 c1",
			call{Runtime: plain, Method: "exec", ID: "c1", Options: runtime.ExecOptions{Process: fromFile, PreserveFds: 1}}},
		{"--rootless=auto kill c1 SIGKILL", call{Runtime: plain, Method: "kill", ID: "c1", Signal: syscall.SIGKILL}},
		{"--rootless auto kill c1 15", call{Runtime: plain, Method: "kill", ID: "c1", Signal: syscall.SIGTERM}},
		{"--root rel start c1", call{Runtime: runtime.Runtime{Root: wd + "/rel", Policy: policy.DefaultPath}, Method: "start", ID: "c1"}},

		{"--criu /usr/bin/criu start c1", call{Runtime: plain, Method: "start", ID: "c1"}},

		// short names, defaults
		{"create c1", call{Runtime: plain, Method: "create", ID: "c1", Options: runtime.CreateOptions{Bundle: "."}}},
		{"run -b /b -d --keep --no-subreaper --no-pivot c1",
			call{Runtime: plain, Method: "run", ID: "c1", Options: runtime.RunOptions{
				CreateOptions: runtime.CreateOptions{Bundle: "/b", NoPivot: true}, Detach: true, Keep: true, NoSubreaper: true}}},
		{"kill c1", call{Runtime: plain, Method: "kill", ID: "c1", Signal: syscall.SIGTERM}},
		{"kill -a c1 usr1", call{Runtime: plain, Method: "kill", ID: "c1", Signal: syscall.SIGUSR1, Flag: true}},
		{"delete -f c1", call{Runtime: plain, Method: "delete", ID: "c1", Flag: true}},
		{"delete -f=false c1", call{Runtime: plain, Method: "delete", ID: "c1"}},
		{"plan", call{Runtime: plain, Method: "plan", Options: runtime.CreateOptions{Bundle: "."}}},
		{"plan --no-pivot --preserve-fds 3 --console-socket /s --no-new-keyring /b",
			call{Runtime: plain, Method: "plan", Options: runtime.CreateOptions{Bundle: "/b", NoPivot: true, PreserveFds: 3, ConsoleSocket: "/s", NoNewKeyring: true}}},
		{"plan -b /b", call{Runtime: plain, Method: "plan", Options: runtime.CreateOptions{Bundle: "/b"}}},
		{"exec -p FILE -d -t c1", call{Runtime: plain, Method: "exec", ID: "c1", Options: runtime.ExecOptions{Process: fromFile, Detach: true, Tty: true}}},
		{"exec -e A=1,2 --env B= -u 1:2 -g 3 --additional-gids 4 -c CAP_KILL --cap CAP_CHOWN --cwd /w --no-new-privs --cgroup cpu:/x --process-label a:b --apparmor p --pidfd-socket /f c1 env",
			call{Runtime: plain, Method: "exec", ID: "c1", Options: runtime.ExecOptions{
				Args: []string{"env"}, Env: []string{"A=1,2", "B="}, User: "1:2", AdditionalGids: []uint32{3, 4},
				Caps: []string{"CAP_KILL", "CAP_CHOWN"}, Cwd: "/w", NoNewPrivs: true, Cgroup: "cpu:/x",
				ProcessLabel: "a:b", AppArmor: "p", PidFDSocket: "/f"}}},

		{"pause c1", call{Runtime: plain, Method: "pause", ID: "c1"}},
		{"resume c1", call{Runtime: plain, Method: "resume", ID: "c1"}},
		{"exec --ignore-paused c1 ls", call{Runtime: plain, Method: "exec", ID: "c1", Options: runtime.ExecOptions{Args: []string{"ls"}, IgnorePaused: true}}},

		// exec: what follows the id is the command's
		{"exec c1 ls -l --help -- -t --version", call{Runtime: plain, Method: "exec", ID: "c1", Options: runtime.ExecOptions{
			Args: []string{"ls", "-l", "--help", "--", "-t", "--version"}}}},
		{"exec -t c1 sh -c -t", call{Runtime: plain, Method: "exec", ID: "c1", Options: runtime.ExecOptions{
			Args: []string{"sh", "-c", "-t"}, Tty: true}}},
		{"exec -- c1 -x", call{Runtime: plain, Method: "exec", ID: "c1", Options: runtime.ExecOptions{Args: []string{"-x"}}}},

		// elsewhere flags may follow the id, as with runc
		{"delete c1 --force", call{Runtime: plain, Method: "delete", ID: "c1", Flag: true}},
		{"kill c1 KILL -a", call{Runtime: plain, Method: "kill", ID: "c1", Signal: syscall.SIGKILL, Flag: true}},
		{"run c1 --bundle /b -d", call{Runtime: plain, Method: "run", ID: "c1", Options: runtime.RunOptions{
			CreateOptions: runtime.CreateOptions{Bundle: "/b"}, Detach: true}}},
		{"create --bundle -b c1", call{Runtime: plain, Method: "create", ID: "c1", Options: runtime.CreateOptions{Bundle: "-b"}}},
		{"start -- -c1", call{Runtime: plain, Method: "start", ID: "-c1"}},
		{"-- start c1", call{Runtime: plain, Method: "start", ID: "c1"}},

		// ids that urfave/cli takes for something else unless told not to
		{"start help", call{Runtime: plain, Method: "start", ID: "help"}},
		{"start h", call{Runtime: plain, Method: "start", ID: "h"}},
		{"exec h ls", call{Runtime: plain, Method: "exec", ID: "h", Options: runtime.ExecOptions{Args: []string{"ls"}}}},
		{"delete --force force", call{Runtime: plain, Method: "delete", ID: "force", Flag: true}},
		{"--root start start start", call{Runtime: runtime.Runtime{Root: wd + "/start", Policy: policy.DefaultPath}, Method: "start", ID: "start"}},
	} {
		t.Run(tc.line, func(t *testing.T) {
			r := &recorder{}
			args := strings.Fields(strings.ReplaceAll(tc.line, "FILE", file))
			got := command(t, r, args...)
			if got.status != 0 || got.stderr != "" || len(r.calls) != 1 {
				t.Fatalf("status %d, stderr %q, %d calls", got.status, got.stderr, len(r.calls))
			}
			tc.want.Warns = true
			if !reflect.DeepEqual(r.calls[0], tc.want) {
				t.Errorf("got  %+v\nwant %+v", r.calls[0], tc.want)
			}
		})
	}
}

// TestBytesArriveUnchanged: values that no splitting at spaces can express.
func TestBytesArriveUnchanged(t *testing.T) {
	env := []string{" A= b ", "B=x,y,,", "C=\xff\xfe", "D=\n", "E=sl:::1:::[]", ""}
	var args []string
	for i, e := range env {
		args = append(args, []string{"-e", "--env"}[i%2], e)
	}
	r := &recorder{}
	got := command(t, r, append(append([]string{"exec"}, args...), "id with space", "", " x ")...)
	if got.status != 0 {
		t.Fatal(got.stderr)
	}
	want := runtime.ExecOptions{Args: []string{"", " x "}, Env: env}
	if c := r.calls[0]; c.ID != "id with space" || !reflect.DeepEqual(c.Options, want) {
		t.Errorf("got %q %#v, want %#v", c.ID, c.Options, want)
	}
}

// TestWrongUsage: an error of one line that says what is wrong, a second one
// that shows the right form, status 1, and nothing is called.
func TestWrongUsage(t *testing.T) {
	const app = "runseal [global flags] SUBCOMMAND [flags] ARGUMENTS (runseal --help tells more)"
	const create = "runseal create [flags] CONTAINER-ID (runseal create --help tells more)"
	const exec = "runseal exec [flags] CONTAINER-ID COMMAND [ARGUMENT...] (runseal exec --help tells more)"
	const ps = "runseal ps [flags] CONTAINER-ID [ARGUMENT...] (runseal ps --help tells more)"
	const events = "runseal events [flags] CONTAINER-ID (runseal events --help tells more)"
	const update = "runseal update [flags] CONTAINER-ID (runseal update --help tells more)"
	for _, tc := range []struct{ line, message, usage string }{
		{"nope", `unknown subcommand "nope"`, app},
		{"--root /r nope --flag", `unknown subcommand "nope"`, app},
		{"strat c1", `unknown subcommand "strat", did you mean start?`, app},
		{"help exce", `unknown subcommand "exce", did you mean exec?`, app},
		{"remuse c1", `unknown subcommand "remuse", did you mean resume?`, app},
		{"x c1", `unknown subcommand "x"`, app},
		{"plan -b /b /c", "plan: --bundle and BUNDLE are the same, expected one of them", "runseal plan [flags] [BUNDLE] (runseal plan --help tells more)"},
		{"create --root /r c1", "create: flag --root stands before the subcommand", create},
		{"list --log-format=json", "list: flag --log-format stands before the subcommand", "runseal list [flags] (runseal list --help tells more)"},
		{"completion", "completion: missing argument bash|zsh|fish", "runseal completion bash|zsh|fish (runseal completion --help tells more)"},
		{"completion csh", `completion: shell "csh": expected bash, zsh or fish`, "runseal completion bash|zsh|fish (runseal completion --help tells more)"},
		{"completion bash zsh", `completion: unexpected argument "zsh"`, "runseal completion bash|zsh|fish (runseal completion --help tells more)"},
		{"help nope", `unknown subcommand "nope"`, app},
		{"--nope create c1", "unknown flag --nope", app},
		{"-n", "unknown flag -n", app},
		{"--root", "flag --root needs a value", app},
		{"--log-format xml list", `--log-format "xml": expected text or json`, app},
		{"--rootless perhaps list", `--rootless "perhaps": expected true, false or auto`, app},
		{"--root= list", "--root: expected a directory, got an empty string", app},
		{"--debug=x list", `flag --debug: invalid value "x": expected true or false`, app},
		{"create", "create: missing argument CONTAINER-ID", create},
		{"create a b", `create: unexpected argument "b"`, create},
		{"create --nope c1", "create: unknown flag --nope", create},
		{"create c1 --nope", "create: unknown flag --nope", create},
		{"create c1 -n", "create: unknown flag -n", create},
		{"create c1 --bundle", "create: flag --bundle needs a value", create},
		{"create --preserve-fds=-1 c1", `create: flag --preserve-fds: invalid value "-1": expected a number from 0 to 2147483647`, create},
		{"create --preserve-fds 0x10 c1", `create: flag --preserve-fds: invalid value "0x10": expected a number from 0 to 2147483647`, create},
		{"create --no-pivot=x:-for c1", `create: flag --no-pivot: invalid value "x:-for": expected true or false`, create},
		{"exec", "exec: missing argument CONTAINER-ID", exec},
		{"exec c1", "exec: missing argument COMMAND", exec},
		{"exec --process /f c1 ls", `exec: unexpected argument "ls"`, exec},
		{"exec --process /f", "exec: missing argument CONTAINER-ID", exec},
		{"exec --process /f --cwd / c1", "exec: --cwd cannot be combined with --process, whose file has the whole process", exec},
		{"exec --process /f -e A=1 c1", "exec: --env cannot be combined with --process, whose file has the whole process", exec},
		{"exec --process /f -u 1 c1", "exec: --user cannot be combined with --process, whose file has the whole process", exec},
		{"exec --process /f -g 1 c1", "exec: --additional-gids cannot be combined with --process, whose file has the whole process", exec},
		{"exec --process /f -c CAP_KILL c1", "exec: --cap cannot be combined with --process, whose file has the whole process", exec},
		{"exec --process /f --no-new-privs c1", "exec: --no-new-privs cannot be combined with --process, whose file has the whole process", exec},
		{"exec --process /f --process-label l c1", "exec: --process-label cannot be combined with --process, whose file has the whole process", exec},
		{"exec --process /f --apparmor p c1", "exec: --apparmor cannot be combined with --process, whose file has the whole process", exec},
		{"exec -e A c1 ls", `exec: flag -e: invalid value "A": expected NAME=VALUE`, exec},
		{"exec --env=A --env B=1 c1 ls", `exec: flag --env: invalid value "A": expected NAME=VALUE`, exec},
		{"exec -g -1 c1 ls", `exec: flag -g: invalid value "-1": expected a number from 0 to 4294967294`, exec},
		{"exec -g 4294967295 c1 ls", `exec: flag -g: invalid value "4294967295": expected a number from 0 to 4294967294`, exec},
		{"kill c1 TERM x", `kill: unexpected argument "x"`, "runseal kill [flags] CONTAINER-ID [SIGNAL] (runseal kill --help tells more)"},
		{"run --pidfd-socket", "run: flag --pidfd-socket needs a value", "runseal run [flags] CONTAINER-ID (runseal run --help tells more)"},
		{"kill c1 -9", "kill: unknown flag -9", "runseal kill [flags] CONTAINER-ID [SIGNAL] (runseal kill --help tells more)"},
		{"list x", `list: unexpected argument "x"`, "runseal list [flags] (runseal list --help tells more)"},
		{"list --format xml", `list: --format "xml": expected table or json`, "runseal list [flags] (runseal list --help tells more)"},
		{"plan a b", `plan: unexpected argument "b"`, "runseal plan [flags] [BUNDLE] (runseal plan --help tells more)"},
		{"spec x", `spec: unexpected argument "x"`, "runseal spec [flags] (runseal spec --help tells more)"},
		{"features x", `features: unexpected argument "x"`, "runseal features (runseal features --help tells more)"},
		{"state", "state: missing argument CONTAINER-ID", "runseal state CONTAINER-ID (runseal state --help tells more)"},
		{"start a b", `start: unexpected argument "b"`, "runseal start CONTAINER-ID (runseal start --help tells more)"},
		{"delete", "delete: missing argument CONTAINER-ID", "runseal delete [flags] CONTAINER-ID (runseal delete --help tells more)"},
		{"pause", "pause: missing argument CONTAINER-ID", "runseal pause CONTAINER-ID (runseal pause --help tells more)"},
		{"resume a b", `resume: unexpected argument "b"`, "runseal resume CONTAINER-ID (runseal resume --help tells more)"},
		{"ps", "ps: missing argument CONTAINER-ID", ps},
		{"ps --format xml c1", `ps: --format "xml": expected table or json`, ps},
		{"ps -o pid c1", "ps: unknown flag -o", ps},
		{"events", "events: missing argument CONTAINER-ID", events},
		{"events a b", `events: unexpected argument "b"`, events},
		{"events --interval 0s c1", `events: flag --interval: invalid value "0s": expected a duration above 0 such as 500ms, 5s or 1m`, events},
		{"events --interval 5 c1", `events: flag --interval: invalid value "5": expected a duration above 0 such as 500ms, 5s or 1m`, events},
		{"update", "update: missing argument CONTAINER-ID", update},
		{"update a b", `update: unexpected argument "b"`, update},
		{"update --memory 5x c1", `update: flag --memory: invalid value "5x": expected a number of bytes, or with a unit such as 512K, 100M or 1.5G, or -1 for no limit`, update},
		{"update --cpu-quota 1.5 c1", `update: flag --cpu-quota: invalid value "1.5": expected a whole number`, update},
		{"update --cpu-share -1 c1", `update: flag --cpu-share: invalid value "-1": expected a whole number that is not negative`, update},
		{"update --blkio-weight 65546 c1", `update: flag --blkio-weight: invalid value "65546": expected a number from 10 to 1000`, update},
		{"update --memory 5 --resources /f c1", "update: --memory cannot be combined with --resources, whose file has all that is to change", update},
		{"run", "run: missing argument CONTAINER-ID", "runseal run [flags] CONTAINER-ID (runseal run --help tells more)"},
	} {
		t.Run(tc.line, func(t *testing.T) {
			r := &recorder{}
			got := command(t, r, strings.Fields(tc.line)...)
			want := result{1, "", "runseal: " + tc.message + "\nusage: " + tc.usage + "\n"}
			if got != want || len(r.calls) != 0 {
				t.Errorf("%d calls\ngot  %+v\nwant %+v", len(r.calls), got, want)
			}
		})
	}
}

// TestRootless: the ways to write it.
func TestRootless(t *testing.T) {
	for given, want := range map[string]string{"true": "true", "1": "true", "T": "true", "false": "false", "0": "false", "auto": "", "AUTO": ""} {
		r := &recorder{}
		got := command(t, r, "--rootless="+given, "start", "c1")
		if got.status != 0 || len(r.calls) != 1 || r.calls[0].Runtime.Rootless != want {
			t.Errorf("%s: %+v, %+v, expected %q", given, got, r.calls, want)
		}
	}
}

func TestHoist(t *testing.T) {
	flags := (&invocation{}).command("run").Flags
	for _, tc := range []struct{ in, want string }{
		{"", ""},
		{"c1", "-- c1"},
		{"c1 -d", "-d -- c1"},
		{"-d c1 -b /b x", "-d -b /b -- c1 x"},
		{"c1 -b=/b", "-b=/b -- c1"},
		{"-b", "-b"},
		{"c1 -b", "-b"}, // the value is missing; "--" must not become it
		{"-b -- c1", "-b -- -- c1"},
		{"c1 -- -d", "-- c1 -d"},
		{"- c1", "-- - c1"},
		{"c1 --what", "--what -- c1"},
	} {
		if got := strings.Join(hoist(flags, strings.Fields(tc.in)), " "); got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.in, got, tc.want)
		}
	}
}
