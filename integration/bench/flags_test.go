package main

import (
	"strings"
	"testing"
	"time"
)

func TestParseFlags(t *testing.T) {
	o, err := parseFlags([]string{"-n", "3", "-pause", "5ms", "-json", "f", "-only", "ctr,run", "-hot=false"})
	if err != nil || o.n != 3 || o.pause != 5*time.Millisecond || o.json != "f" || o.hot || o.hotOnly() {
		t.Errorf("got %+v, %v", o, err)
	}
	if got := strings.Join(o.only, " "); got != "run ctr" {
		t.Errorf("-only ctr,run: got %q, want the parts in their own order", got)
	}
	if o.many != 24 {
		t.Errorf("-n 3: %d containers, want 24", o.many)
	}
	o, err = parseFlags(nil)
	if err != nil || o.n != 30 || !o.hot || o.many != 200 || len(o.only) != len(parts()) {
		t.Errorf("without flags: got %+v, %v", o, err)
	}
	if o, err = parseFlags([]string{"-pause", "0", "-many", "5"}); err != nil || !o.hotOnly() || o.many != 5 {
		t.Errorf("-pause 0 -many 5: got %+v, %v", o, err)
	}
	for _, args := range [][]string{{"-n", "0"}, {"-warmup", "-1"}, {"-pause", "-1s"}, {"-many", "-1"}, {"extra"}, {"-only", "run,fast"}, {"-only", "run,"}} {
		if _, err := parseFlags(args); err == nil || !strings.Contains(err.Error(), args[len(args)-1]) {
			t.Errorf("%q: error is %v, want one that names the value", args, err)
		}
	}
}
