package report

import (
	"bytes"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var screenshots = flag.String("screenshots", "", "write pictures of the pages into this directory")

// sealctl is the program under test: the one that the environment variable SEALCTL
// names, or one built from the tree.
var sealctl string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		if sealctl = os.Getenv("SEALCTL"); sealctl != "" {
			return m.Run()
		}
		dir, err := os.MkdirTemp("", "sealctl")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		sealctl = filepath.Join(dir, "sealctl")
		if out, err := exec.Command("go", "build", "-o", sealctl, "github.com/runseal/runseal/cmd/sealctl").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

const web = `{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": [
	{"names": ["read", "write", "openat", "socket", "socketpair", "execve", "exit_group"], "action": "SCMP_ACT_ALLOW"},
	{"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
	{"names": ["personality"], "action": "SCMP_ACT_LOG", "args": [{"index": 0, "value": 9, "op": "SCMP_CMP_LE"}]},
	{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
	{"names": ["landlock_create_ruleset"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}`

// other is web with three differences: socket, personality(8) and kill.
var other = strings.NewReplacer(`"socket", `, ``, `"value": 8`, `"value": 7`, `"read", `, `"read", "kill", `).Replace(web)

// written runs sealctl on profiles in files with these names, and returns the file with
// its output.
func written(t *testing.T, name string, profiles map[string]string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range profiles {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(sealctl, args...)
	cmd.Dir = dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sealctl %v: %v, %s", args, err, errs.String())
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func two(t *testing.T) string {
	return written(t, "report.html", map[string]string{"web.json": web, "other.json": other},
		"report", "--arch", "x86_64", "--arch", "x86", "web.json", "other.json")
}

// visible returns the calls of the lines that are to be seen.
func (b *browser) visible() (names []string) {
	b.t.Helper()
	b.eval(&names, `[...document.querySelectorAll("#calls tbody tr")].filter(r => r.getClientRects().length > 0).map(r => r.querySelector("th").firstChild.textContent.trim())`)
	return names
}

// A link into the page shows the lines that it asks for.
func TestLinks(t *testing.T) {
	b := start(t)
	page := file(two(t))
	b.window(1400, 1000, "light")
	b.open(page)
	all := b.visible()
	b.quiet()
	if len(all) < 450 {
		t.Fatalf("%d lines", len(all))
	}
	socket := []string{"socket", "socketcall", "socketpair"}
	for _, c := range []struct {
		fragment string
		want     []string // nil: all
	}{
		{"", nil},
		{"#calls", nil},
		{"#nowhere", nil},
		{"#q=socket", socket},
		{"#q=SOCKET", socket},
		{"#q=socket+allow&only=different", []string{"socket", "socketcall"}},
		{"#q=kill+allow", []string{"kill"}},
		{"#q=socket&only=different", []string{"socket", "socketcall"}},
		{"#only=different", []string{"kill", "personality", "socket", "socketcall"}},
		{"#only=conditional", []string{"clone", "personality", "socketcall"}},
		{"#only=different,conditional", []string{"personality", "socketcall"}},
		{"#only=different&only=conditional", []string{"personality", "socketcall"}},
		{"#q=41", []string{"dup", "socket"}}, // socket in x86_64, dup in x86; no name has 41 in it
		{"#q=0x29", []string{"dup", "socket"}},
		{"#q=arg0+7e020000", []string{}},
		{"#q=arg0+0x7e020000", []string{"clone"}},
		{"#q=SCMP_ACT_LOG", []string{"personality"}},
		{"#decision=LOG", []string{"personality"}},
		{"#decision=no+such", nil},
		{"#q=zzz", []string{}},
		{"#q=" + url.QueryEscape(`"><img src=x>`), []string{}},
	} {
		b.open(page + c.fragment)
		got := b.visible()
		if c.want == nil {
			c.want = all
		}
		if !slices.Equal(got, c.want) && (len(got) > 0 || len(c.want) > 0) {
			t.Errorf("%s: %v, want %v", c.fragment, got, c.want)
		}
		b.quiet()
		var status string
		b.eval(&status, `document.getElementById("status").textContent`)
		want := fmt.Sprintf("%d of %d lines", len(got), len(all))
		if len(got) == len(all) {
			want = fmt.Sprintf("%d lines", len(all))
		}
		if status != want {
			t.Errorf("%s: status %q, want %q", c.fragment, status, want)
		}
		var nothing bool
		b.eval(&nothing, `document.getElementById("nothing").getClientRects().length > 0`)
		if nothing != (len(got) == 0) {
			t.Errorf("%s: %d lines, and it says that there is none: %t", c.fragment, len(got), nothing)
		}
	}
}

// The search works with the keyboard alone, and the address follows it.
func TestKeyboard(t *testing.T) {
	b := start(t)
	b.open(file(two(t)))
	all := len(b.visible())
	hash := func() (s string) { b.eval(&s, "location.hash"); return s }
	focus := func() (s string) { b.eval(&s, "document.activeElement.id"); return s }

	b.key("/", "/")
	if focus() != "q" {
		t.Fatalf("/ leads to %q", focus())
	}
	b.call("Input.insertText", map[string]any{"text": "socket"})
	if got := b.visible(); len(got) != 3 || hash() != "#q=socket" {
		t.Errorf("socket: %v, %s", got, hash())
	}
	b.key("Tab", "")
	b.key("l", "l") // chooses LOG, which begins with it
	if got := b.visible(); focus() != "decision" || len(got) != 0 || hash() != "#q=socket&decision=LOG" {
		t.Errorf("in %q: %v, %s", focus(), got, hash())
	}
	// With the event of a choice: what the page does with the last one may still be to come.
	b.eval(nil, `{ const d = document.getElementById("decision"); d.value = ""; d.dispatchEvent(new Event("input", { bubbles: true })) }`)
	b.key("Tab", "")
	b.key(" ", " ")
	if got := b.visible(); focus() != "different" || len(got) != 2 || hash() != "#q=socket&only=different" {
		t.Errorf("in %q: %v, %s", focus(), got, hash())
	}
	b.eval(nil, `document.getElementById("q").focus()`)
	b.key("Escape", "")
	if got := b.visible(); len(got) != 4 || hash() != "#only=different" {
		t.Errorf("Escape: %v, %s", got, hash())
	}
	b.eval(nil, `location.hash = "#q=read"`) // as if a link were followed
	var value string
	for end := time.Now().Add(10 * time.Second); value != "read" && time.Now().Before(end); {
		b.eval(&value, `document.getElementById("q").value`)
	}
	if got := b.visible(); value != "read" || len(got) < 5 || len(got) >= all {
		t.Errorf("another fragment: %q, %v", value, got)
	}
	b.quiet()
}

// Without JavaScript everything is there, and no search that does nothing.
func TestWithoutScript(t *testing.T) {
	b := start(t)
	path := two(t)
	b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true})
	b.open(file(path) + "#q=socket")
	var root struct {
		Root struct {
			NodeID int `json:"nodeId"`
		} `json:"root"`
	}
	b.into(&root, "DOM.getDocument", nil)
	size := func(selector string) (n int) {
		var found struct {
			NodeIDs []int `json:"nodeIds"`
		}
		b.into(&found, "DOM.querySelectorAll", map[string]any{"nodeId": root.Root.NodeID, "selector": selector})
		for _, id := range found.NodeIDs {
			if _, err := b.try("DOM.getBoxModel", map[string]any{"nodeId": id}); err == nil { // what is not displayed has no box
				n++
			}
		}
		return n
	}
	if n := size("#calls tbody tr"); n < 450 {
		t.Errorf("%d lines are visible", n)
	}
	if n := size("#filter"); n != 0 {
		t.Error("the filter is visible")
	}
	b.screenshot("without-script")
}

// A page whose names try to run something does not, and its tables are in order.
func TestHostile(t *testing.T) {
	b := start(t)
	const name = `<img src=x onerror=document.title=1>.json`
	path := written(t, "report.html", map[string]string{
		name: strings.Replace(web, `"read", `, `"read", "</script><script>document.title=2</script>", `, 1), "b": other,
	}, "report", name, "b")
	b.open(file(path))
	b.quiet()
	var title string
	var images int
	b.eval(&title, "document.title")
	b.eval(&images, "document.images.length + document.scripts.length - 1")
	if title != "Seccomp report: "+name+", b" || images != 0 {
		t.Errorf("title %q, %d images and scripts", title, images)
	}
}
