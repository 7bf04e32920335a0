// Package progress tells someone who waits at a terminal that work goes on.
//
//	p := progress.Start(c.App.ErrWriter, "comparing", len(pairs))
//	defer p.Done()
//	for _, pair := range pairs {
//		...
//		p.Add(1)
//	}
//
// On a terminal, and there only, a line appears once the work has taken half a second:
//
//	comparing [#########...........] 9/20, 3s
//
// or, where the total is 0 because there is nothing to count,
//
//	comparing | 3s
//
// It is drawn again at most ten times a second and erased by Done, so nothing of it
// remains on the screen. Where standard error is a file or a pipe nothing is written,
// nor on a terminal that cannot erase a line (TERM=dumb).
//
// Start returns nil where nothing will be shown, and every method of a nil *Bar does
// nothing: callers need no condition. Add may be called by any goroutine. The line is
// not kept apart from other output to the same terminal: call Done before the result or
// a warning is written. Done may be called more than once.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runseal/runseal/cmd/sealctl/internal/terminal"
)

const (
	delay    = 500 * time.Millisecond // before the line appears
	interval = 100 * time.Millisecond // between two drawings
	barWidth = 20
)

// erase goes to the start of the line and erases it (ECMA-48 EL).
const erase = "\r\x1b[K"

// Bar is work in progress.
type Bar struct {
	w       io.Writer
	what    string
	total   int64
	columns func() int
	done    atomic.Int64
	began   time.Time

	end     sync.Once
	stop    chan struct{} // closed by Done
	stopped chan struct{} // closed when nothing is written any more
}

// Start begins the work called what, of total steps, or of unknown length if total is
// 0. w is standard error, wrapped or not; what is a word or two of ASCII and nothing
// that was read. The result may be nil.
func Start(w io.Writer, what string, total int) *Bar {
	t := terminal.Of(w)
	if t == nil || terminal.Dumb(os.Getenv("TERM")) {
		return nil
	}
	return start(w, what, total, func() int { return terminal.Columns(t) })
}

func start(w io.Writer, what string, total int, columns func() int) *Bar {
	b := &Bar{
		w: w, what: what, total: int64(total), columns: columns, began: time.Now(),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go b.run()
	return b
}

// Add says that n more steps are done.
func (b *Bar) Add(n int) {
	if b != nil {
		b.done.Add(int64(n))
	}
}

// Done ends the work and erases the line. Nothing is written after it has returned.
func (b *Bar) Done() {
	if b == nil {
		return
	}
	b.end.Do(func() { close(b.stop) })
	<-b.stopped
}

// run draws until Done. Errors of the terminal are not reported: whoever has taken it
// away does not wait for the line.
func (b *Bar) run() {
	defer close(b.stopped)
	first := time.NewTimer(delay)
	defer first.Stop()
	select {
	case <-b.stop:
		return
	case <-first.C:
	}
	again := time.NewTicker(interval)
	defer again.Stop()
	for n := 0; ; n++ {
		io.WriteString(b.w, erase+b.line(n))
		select {
		case <-b.stop:
			io.WriteString(b.w, erase)
			return
		case <-again.C:
		}
	}
}

// line is the n-th drawing, short enough for one line of the terminal.
func (b *Bar) line(n int) string {
	took := time.Since(b.began).Truncate(time.Second)
	var s string
	if b.total > 0 {
		done := min(b.done.Load(), b.total)
		full := int(done * barWidth / b.total)
		s = fmt.Sprintf("%s [%s%s] %d/%d, %v", b.what, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), done, b.total, took)
	} else {
		s = fmt.Sprintf("%s %c %v", b.what, `|/-\`[n%4], took)
	}
	if room := max(b.columns()-1, 0); len(s) > room { // a line that wraps cannot be erased
		s = s[:room]
	}
	return s
}
