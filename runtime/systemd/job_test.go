package systemd

import (
	"bytes"
	"encoding/binary"
	"net"
	"path/filepath"
	"testing"
	"time"

	godbus "github.com/godbus/dbus/v5"

	"github.com/runseal/runseal/runtime/systemd/dbus"
)

var nativeLittle = binary.LittleEndian

// jobRemoved is the signal as a bus delivers it from sender.
func jobRemoved(t *testing.T, sender, path, job, result string) []byte {
	return encoded(t, &godbus.Message{Type: godbus.TypeSignal, Headers: map[godbus.HeaderField]godbus.Variant{
		godbus.FieldPath: godbus.MakeVariant(godbus.ObjectPath(path)), godbus.FieldInterface: godbus.MakeVariant(managerFace),
		godbus.FieldMember: godbus.MakeVariant("JobRemoved"), godbus.FieldSender: godbus.MakeVariant(sender),
		godbus.FieldSignature: godbus.MakeVariant(godbus.ParseSignatureMust("uoss")),
	}, Body: []any{uint32(1), godbus.ObjectPath(job), "a.scope", result}})
}

func encoded(t *testing.T, m *godbus.Message) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.EncodeTo(&b, nativeLittle); err != nil {
		t.Fatal(err)
	}
	nativeLittle.PutUint32(b.Bytes()[8:], 1)
	return b.Bytes()
}

// TestJobOfAnother: on a bus anybody can send us signals. The end of another job,
// and of ours in the words of another sender or object, are not the end of ours.
// Nobody but a forger sends these, so that the sender is one.
func TestJobOfAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.Read(make([]byte, 512))
		c.Write([]byte("OK 00\r\n"))
		call, err := godbus.DecodeMessage(c)
		if err != nil {
			t.Error(err)
			return
		}
		c.Write(jobRemoved(t, ":1.66", managerPath, "/job/7", "done")) // before the answer
		c.Write(encoded(t, &godbus.Message{Type: godbus.TypeMethodReply, Headers: map[godbus.HeaderField]godbus.Variant{
			godbus.FieldReplySerial: godbus.MakeVariant(call.Serial()), godbus.FieldSender: godbus.MakeVariant(":1.1"),
			godbus.FieldSignature: godbus.MakeVariant(godbus.ParseSignatureMust("o")),
		}, Body: []any{godbus.ObjectPath("/job/7")}}))
		c.Write(jobRemoved(t, ":1.1", managerPath, "/job/6", "done"))
		c.Write(jobRemoved(t, ":1.66", managerPath, "/job/7", "done"))
		c.Write(jobRemoved(t, ":1.1", "/elsewhere", "/job/7", "done"))
		c.Write(jobRemoved(t, ":1.1", managerPath, "/job/7", "dependency"))
	}()
	conn, err := dbus.Dial(path, time.Now().Add(20*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Listen(managerFace, "JobRemoved")
	m := &manager{conn: conn, dest: service}
	if result, err := m.job("StartTransientUnit", "", nil); result != "dependency" || err != nil {
		t.Errorf("%q %v, want dependency", result, err)
	}
	<-done
}
