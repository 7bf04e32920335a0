package cli

// What differs between two answers, the gravest alone.
type difference string

const (
	same        difference = ""
	inExit      difference = "the exit status"
	inContainer difference = "the container's status"
	inText      difference = "the texts that engines match"
)

const usageFirst = "what is wrong with the flags is said before the container is looked for"

// oracle are command lines (ID is the container, DIR its bundle, EMPTY an empty word, _ a space), each
// for a container of a status. Compared with runc are the exit status (0 or not; where it
// is the process's own, the number), the container's status afterwards, and the texts that
// engines match. Where runseal means to differ, it says in what, and why.
var oracle = []struct {
	status, line string
	exact        bool       // the number of the exit status too
	differs      difference // in what runseal means to differ
	why          string
}{
	// No arguments, too many, unknown flags.
	{line: "create"}, {line: "run"}, {line: "start"}, {line: "state"}, {line: "kill"}, {line: "delete"},
	{line: "pause"}, {line: "resume"}, {line: "ps"}, {line: "events"}, {line: "update"}, {line: "exec"}, {line: "exec ID", differs: inText, why: usageFirst},
	{line: "create ID x"}, {line: "run ID x"}, {line: "start ID x"}, {line: "state ID x"}, {line: "kill ID TERM x"},
	{line: "delete ID x"}, {line: "delete --force ID x"}, {line: "pause ID x"}, {line: "resume ID x"}, {line: "events ID x"},
	{line: "update ID x"}, {line: "list x"}, {line: "spec x"}, {line: "features x"},
	{line: "state --nope ID"}, {line: "create --nope ID"}, {line: "exec --nope ID ls"}, {line: "--nope list"},
	{line: "nope"}, {line: "nope ID"}, {line: "list"}, {line: "list --format xml"}, {line: "--log-format xml list"},
	{line: "EMPTY", differs: inExit, why: "an empty word is a mistake, not a request for help"}, {line: "--help"}, {line: "help"}, {line: "--version"}, {line: "features"}, {line: "create --help"}, {line: "help create"},

	// There is no such container.
	{line: "start ID"}, {line: "state ID"}, {line: "kill ID"}, {line: "kill ID KILL"}, {line: "kill --all ID KILL"}, {line: "delete ID"},
	{line: "delete --force ID"}, {line: "delete ID --force"}, {line: "pause ID"}, {line: "resume ID"}, {line: "ps ID"}, {line: "ps --format json ID"},
	{line: "events --stats ID"}, {line: "update --pids-limit 5 ID"}, {line: "exec ID ls", exact: true}, {line: "exec --process /nonexistent ID", differs: inText, why: usageFirst},

	// Ids that are none.
	{line: "create a/b"}, {line: "create EMPTY"}, {line: "create .."}, {line: "create a:b"}, {line: "run ../x"}, {line: "state a/b"}, {line: "state EMPTY"},
	{line: "kill ../x KILL"}, {line: "start .."}, {line: "delete a/b"}, {line: "delete --force a/b"}, {line: "exec a/b ls"}, {line: "pause a/b"},

	// Bundles that are none.
	{line: "create --bundle /nonexistent ID"}, {line: "create --bundle /dev/null ID"}, {line: "run --bundle / ID", differs: inText, why: "the error has the path and the system's reason"},
	{line: "create --pid-file /nonexistent/pid ID"}, {line: "create --console-socket /nonexistent ID", differs: inText, why: usageFirst}, {line: "create --preserve-fds 100 ID", differs: inText, why: "runc's text is about its own way to look; to Docker it says that the program is not there"},

	{status: "created", line: "state ID"}, {status: "created", line: "create ID"}, {status: "created", line: "run ID"},
	{status: "created", line: "start ID"}, {status: "created", line: "kill ID 0"}, {status: "created", line: "kill ID KILL"}, {status: "created", line: "kill --all ID KILL"},
	{status: "created", line: "resume ID"}, {status: "created", line: "pause ID"}, {status: "created", line: "delete ID"}, {status: "created", line: "delete --force ID"},
	{status: "created", line: "exec ID true"}, {status: "created", line: "ps --format json ID"}, {status: "created", line: "events --stats ID"},
	{status: "created", line: "update --pids-limit 50 ID"}, {status: "created", line: "list"},

	{status: "running", line: "start ID"}, {status: "running", line: "create ID"}, {status: "running", line: "run ID"},
	{status: "running", line: "kill ID 0"}, {status: "running", line: "kill ID TERM"}, {status: "running", line: "kill ID SIGTERM"}, {status: "running", line: "kill ID 15"},
	{status: "running", line: "kill ID sigkill"}, {status: "running", line: "kill --all ID 9"}, {status: "running", line: "kill -a ID KILL"},
	{status: "running", line: "kill ID NOPE"}, {status: "running", line: "kill ID 65"}, {status: "running", line: "kill ID -1"},
	{status: "running", line: "delete ID"}, {status: "running", line: "delete --force ID"}, {status: "running", line: "pause ID"}, {status: "running", line: "resume ID"},
	{status: "running", line: "ps ID"}, {status: "running", line: "ps --format json ID"}, {status: "running", line: "ps --format xml ID"},
	{status: "running", line: "events --stats ID"}, {status: "running", line: "update ID"}, {status: "running", line: "update --pids-limit 50 ID"},
	{status: "running", line: "update --pids-limit many ID"}, {status: "running", line: "update --resources /nonexistent ID"}, {status: "running", line: "update --resources /dev/null ID"},
	{status: "running", line: "exec ID true", exact: true}, {status: "running", line: "exec ID false", exact: true}, {status: "running", line: "exec ID sh -c exit_7", exact: true},
	{status: "running", line: "exec ID sh -c kill_-9_$$", exact: true}, {status: "running", line: "exec ID no-such-program", exact: true, differs: inText, why: "both texts are there; they mean the same to Docker"},
	{status: "running", line: "exec ID /no/such/program", exact: true}, {status: "running", line: "exec ID /not-executable", exact: true}, {status: "running", line: "exec ID /tmp", exact: true},
	{status: "running", line: "exec --cwd /nonexistent ID true"}, {status: "running", line: "exec --cwd relative ID true"}, {status: "running", line: "exec --user nobody ID true"},
	{status: "running", line: "exec --process /nonexistent ID"}, {status: "running", line: "exec --process /dev/null ID"}, {status: "running", line: "exec ID"},
	{status: "running", line: "exec --detach ID true"}, {status: "running", line: "exec --detach --tty ID true"}, {status: "running", line: "exec --pid-file /nonexistent/pid ID true"},
	{status: "running", line: "exec --cap NOPE ID true", differs: inExit, why: "unknown input is an error"}, {status: "running", line: "exec --cgroup nope ID true", differs: inText, why: "runc's text would say to Docker that the program is not there"},

	{status: "paused", line: "state ID"}, {status: "paused", line: "pause ID"}, {status: "paused", line: "resume ID"}, {status: "paused", line: "start ID"},
	{status: "paused", line: "create ID"}, {status: "paused", line: "kill ID 0"}, {status: "paused", line: "kill ID KILL"}, {status: "paused", line: "kill --all ID KILL"},
	{status: "paused", line: "delete ID"}, {status: "paused", line: "delete --force ID"}, {status: "paused", line: "exec ID true"}, {status: "paused", line: "ps --format json ID"},
	{status: "paused", line: "events --stats ID"}, {status: "paused", line: "update --pids-limit 50 ID"},

	{status: "stopped", line: "state ID"}, {status: "stopped", line: "start ID"}, {status: "stopped", line: "create ID"}, {status: "stopped", line: "run ID"},
	{status: "stopped", line: "kill ID"}, {status: "stopped", line: "kill ID 0"}, {status: "stopped", line: "kill ID KILL"}, {status: "stopped", line: "kill --all ID KILL"},
	{status: "stopped", line: "kill --all ID TERM"}, {status: "stopped", line: "pause ID"}, {status: "stopped", line: "resume ID"}, {status: "stopped", line: "exec ID true"},
	{status: "stopped", line: "ps --format json ID"}, {status: "stopped", line: "events --stats ID"}, {status: "stopped", line: "update --pids-limit 50 ID"},
	{status: "stopped", line: "delete ID"}, {status: "stopped", line: "delete --force ID"}, {status: "stopped", line: "list --quiet"},
}
