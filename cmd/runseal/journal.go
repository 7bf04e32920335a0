package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/sirupsen/logrus"
)

// journal is where errors and warnings go.
//
// An error is one line on standard error, "runseal: MESSAGE", and with --log
// also one line at the end of that file, in logrus' text or JSON form: the
// engines that give --log read the message from there (containerd takes the
// last error line; podman decodes the whole file as one object), the others
// read standard error. With --log-format json and no --log the line on standard
// error is JSON, as with runc.
//
// Warnings go to the log file, or to standard error where there is none; what
// inform takes goes to the log file only. Both are held back until the command has
// succeeded, and dropped when it fails, because the one line that the engines look
// for is the error. With --debug they are written at once in either case, and so they
// are by a run in the foreground without --log: its success is the container's end.
type journal struct {
	path   string // --log
	json   bool   // --log-format json
	debug  bool   // --debug
	stderr io.Writer
	now    func() time.Time

	file   *os.File // path, opened
	atOnce bool     // do not hold warnings back
	held   []line   // of a command that has not ended yet
}

// openFile opens the log file, if there is to be one. The engines create its
// directory. /dev/stderr, runc's name for "no log file", is not opened: it
// cannot be when standard error is a socket.
func (j *journal) openFile() error {
	if j.path == "" || j.path == "/dev/stderr" {
		return nil
	}
	for {
		// Not os.OpenFile: it would set up the network poller for this one file.
		fd, err := syscall.Open(j.path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_APPEND|syscall.O_CLOEXEC, 0o644)
		switch err {
		case nil:
			j.file = os.NewFile(uintptr(fd), j.path)
			return nil
		case syscall.EINTR:
		default:
			return fmt.Errorf("--log: open %s: %w", j.path, err)
		}
	}
}

// line is a message that is held back.
type line struct {
	level logrus.Level
	msg   string
}

// warn takes one warning.
func (j *journal) warn(msg string) { j.take(logrus.WarnLevel, msg) }

// inform takes a message for the records: it is written where there is a log file,
// or with --debug. A container's standard error is no place for it.
func (j *journal) inform(msg string) {
	if j.file != nil || j.debug {
		j.take(logrus.InfoLevel, msg)
	}
}

func (j *journal) take(level logrus.Level, msg string) {
	if j.debug || j.atOnce {
		j.write(level, msg)
		return
	}
	j.held = append(j.held, line{level, msg})
}

// trace takes a message for people who look for a fault; it is written with
// --debug only.
func (j *journal) trace(msg string) {
	if j.debug {
		j.write(logrus.DebugLevel, msg)
	}
}

// flush writes what was held back while a command succeeded.
func (j *journal) flush() {
	for _, l := range j.held {
		j.write(l.level, l.msg)
	}
	j.held = nil
}

// fail writes the error that ends the command, and hint, if not empty, as a
// second line for a person at a terminal.
func (j *journal) fail(err error, hint string) {
	j.held = nil
	msg := oneLine(err.Error())
	if j.file != nil {
		if werr := j.toFile(logrus.ErrorLevel, msg); werr != nil {
			msg += " (" + oneLine(werr.Error()) + ")"
		}
	}
	if j.file == nil && j.json {
		j.stderr.Write(j.format(logrus.ErrorLevel, msg))
		return
	}
	msg = "runseal: " + msg + "\n"
	if hint != "" {
		msg += hint + "\n"
	}
	io.WriteString(j.stderr, msg)
}

// write puts one line to the log file or, without one, to standard error.
func (j *journal) write(level logrus.Level, msg string) {
	msg = oneLine(msg)
	switch {
	case j.file != nil:
		if err := j.toFile(level, msg); err != nil {
			io.WriteString(j.stderr, "runseal: "+oneLine(err.Error())+"\n")
		}
	case j.json:
		j.stderr.Write(j.format(level, msg))
	default:
		io.WriteString(j.stderr, "runseal: "+level.String()+": "+msg+"\n")
	}
}

func (j *journal) toFile(level logrus.Level, msg string) error {
	// One write of the whole line, so that lines of several processes that share
	// the file do not mix (O_APPEND).
	if _, err := j.file.Write(j.format(level, msg)); err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	return nil
}

// format makes a log line. Logrus' formatters are called directly: a logger
// would lock, pool and check for a terminal, and would answer a failed write
// with a line of its own on standard error.
func (j *journal) format(level logrus.Level, msg string) []byte {
	entry := logrus.Entry{Time: j.now(), Level: level, Message: msg}
	var f logrus.Formatter = &logrus.TextFormatter{DisableColors: true, FullTimestamp: true}
	if j.json {
		f = &logrus.JSONFormatter{DisableHTMLEscape: true}
	}
	line, err := f.Format(&entry)
	if err != nil {
		// Only values that JSON cannot express make it fail; here are two strings
		// and a time.
		return []byte("runseal: " + msg + "\n")
	}
	return line
}

// A line to a pipe is written in one piece up to PIPE_BUF, 4096 bytes; the
// rest of that is for the time, the level and escapes.
const (
	lineHead = 2560
	lineTail = 640
)

// oneLine makes a message fit for one line of a terminal or a log: what does not
// print (line ends, escape sequences from a hostile config.json, bytes that are
// not UTF-8) is escaped as in a Go string. Of a very long message the middle is
// left out: its beginning names the field, its end the system's reason.
func oneLine(msg string) string {
	if len(msg) > lineHead+lineTail {
		head, tail := lineHead, len(msg)-lineTail
		for head > lineHead-utf8.UTFMax && !utf8.RuneStart(msg[head]) {
			head--
		}
		for tail < len(msg)-lineTail+utf8.UTFMax && !utf8.RuneStart(msg[tail]) {
			tail++
		}
		msg = msg[:head] + " ... " + msg[tail:]
	}
	for i := 0; i < len(msg); i++ {
		if msg[i] < ' ' || msg[i] > '~' {
			return escape(msg, i)
		}
	}
	return msg
}

// escape is oneLine from the first byte on that is not plain ASCII.
func escape(msg string, from int) string {
	out := append(make([]byte, 0, len(msg)+16), msg[:from]...)
	for i := from; i < len(msg); {
		r, n := utf8.DecodeRuneInString(msg[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			out = append(out, `\x`...)
			out = append(out, "0123456789abcdef"[msg[i]>>4], "0123456789abcdef"[msg[i]&15])
		case strconv.IsPrint(r):
			out = append(out, msg[i:i+n]...)
		default:
			quoted := strconv.QuoteRune(r)
			out = append(out, quoted[1:len(quoted)-1]...)
		}
		i += n
	}
	return string(out)
}
