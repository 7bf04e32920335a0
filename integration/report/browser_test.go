package report

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// browser is a running chromium with one page open.
type browser struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	last    int
	session string
	events  []event
}

type event struct {
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// start starts chromium with a profile of its own, and skips the test where there is
// none.
func start(t *testing.T) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	home := t.TempDir()
	in, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
		"--disable-background-networking", "--user-data-dir="+filepath.Join(home, "profile"), "--remote-debugging-pipe", "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
	cmd.ExtraFiles = []*os.File{in, out} // 3 and 4, as --remote-debugging-pipe has them
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	timer := time.AfterFunc(5*time.Minute, func() { _ = cmd.Process.Kill() }) // reading then ends
	b := &browser{t: t, to: to, from: bufio.NewReader(from)}
	t.Cleanup(func() {
		b.session = ""
		b.call("Browser.close", nil)
		if err := cmd.Wait(); err != nil {
			t.Logf("chromium: %v", err)
		}
		timer.Stop()
		to.Close()
		from.Close()
	})
	target := struct {
		TargetID string `json:"targetId"`
	}{}
	b.into(&target, "Target.createTarget", map[string]any{"url": "about:blank"})
	session := struct {
		SessionID string `json:"sessionId"`
	}{}
	b.into(&session, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true})
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Network", "Log", "Runtime"} {
		b.call(domain+".enable", nil)
	}
	return b
}

// call sends a command and returns its result.
func (b *browser) call(method string, params any) json.RawMessage {
	b.t.Helper()
	result, err := b.try(method, params)
	if err != nil {
		b.t.Fatalf("chromium: %s: %v", method, err)
	}
	return result
}

// try is call for a command that may be refused. Events that come before the answer are
// kept.
func (b *browser) try(method string, params any) (json.RawMessage, error) {
	b.t.Helper()
	b.last++
	message := map[string]any{"id": b.last, "method": method}
	if params != nil {
		message["params"] = params
	}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatalf("chromium: %s: %v", method, err)
	}
	for {
		answer := b.read()
		switch {
		case answer.ID != b.last:
		case answer.Error != nil:
			return nil, errors.New(answer.Error.Message)
		default:
			return answer.Result, nil
		}
	}
}

type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
	event
}

// read reads one message.
func (b *browser) read() answer {
	b.t.Helper()
	text, err := b.from.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("chromium: %v", err)
	}
	var a answer
	if err := json.Unmarshal(text[:len(text)-1], &a); err != nil {
		b.t.Fatalf("chromium: %s: %v", text, err)
	}
	if a.ID == 0 {
		b.events = append(b.events, a.event)
	}
	return a
}

func (b *browser) into(v any, method string, params any) {
	b.t.Helper()
	if err := json.Unmarshal(b.call(method, params), v); err != nil {
		b.t.Fatalf("chromium: %s: %v", method, err)
	}
}

// open loads a page and waits until it is there. Events from before are forgotten.
func (b *browser) open(url string) {
	b.t.Helper()
	b.navigate("about:blank") // so that another fragment is another load
	b.events = nil
	b.navigate(url)
}

func (b *browser) navigate(url string) {
	b.t.Helper()
	seen := len(b.events)
	result := struct {
		ErrorText string `json:"errorText"`
	}{}
	b.into(&result, "Page.navigate", map[string]any{"url": url})
	if result.ErrorText != "" {
		b.t.Fatalf("%s: %s", url, result.ErrorText)
	}
	for {
		for ; seen < len(b.events); seen++ {
			if b.events[seen].Method == "Page.loadEventFired" {
				return
			}
		}
		b.read()
	}
}

// eval evaluates an expression in the page, and puts its value into v.
func (b *browser) eval(v any, expression string) {
	b.t.Helper()
	var out struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		ExceptionDetails *struct {
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	b.into(&out, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true})
	if out.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, out.ExceptionDetails.Exception.Description)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(out.Result.Value, v); err != nil {
		b.t.Fatalf("%s: %s: %v", expression, out.Result.Value, err)
	}
}

// key presses and releases a key.
func (b *browser) key(key, text string) {
	b.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		params := map[string]any{"type": kind, "key": key}
		if kind == "keyDown" && text != "" {
			params["text"] = text
		}
		b.call("Input.dispatchKeyEvent", params)
	}
}

// window sets the size of the page, and its colour scheme.
func (b *browser) window(width, height int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false})
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}})
}

// screenshot writes what is to be seen into the directory of -screenshots.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	var shot struct {
		Data string `json:"data"`
	}
	b.into(&shot, "Page.captureScreenshot", map[string]any{"format": "png"})
	picture, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil || len(picture) < 5000 {
		b.t.Errorf("screenshot %s: %d bytes, %v", name, len(picture), err)
	}
	if *screenshots == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// quiet checks that the page has loaded nothing but itself and has complained about
// nothing.
func (b *browser) quiet() {
	b.t.Helper()
	requests := 0
	for _, e := range b.events {
		switch e.Method {
		case "Network.requestWillBeSent":
			requests++
			if requests > 1 {
				b.t.Errorf("a second request: %.300s", e.Params)
			}
		case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening":
			b.t.Errorf("%s: %.300s", e.Method, e.Params)
		}
	}
	if requests != 1 {
		b.t.Errorf("%d requests, want one for the page", requests)
	}
}

func file(path string) string { return fmt.Sprintf("file://%s", path) }
