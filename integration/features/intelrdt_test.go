package features

import (
	"os"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// TestNoIntelRdt: where there is no resctrl, linux.intelRdt is an error that says what is
// missing, whatever it asks for, and so is update.
func TestNoIntelRdt(t *testing.T) {
	if _, err := os.Stat("/sys/fs/resctrl"); err == nil {
		t.Skip("this machine has /sys/fs/resctrl: the refusal is not to be seen")
	}
	const want = "there is no /sys/fs/resctrl: this needs a processor with Intel RDT (or AMD QoS) and a kernel with CONFIG_X86_CPU_RESCTRL"
	b := sh(t, "sleep 600")
	for _, rdt := range []specs.LinuxIntelRdt{
		{}, {ClosID: "/"}, {ClosID: "gold", Schemata: []string{"L3:0=f"}}, {EnableMonitoring: true},
	} {
		b.Spec.Linux.IntelRdt = &rdt
		if r := b.TryCreate().Wait(); r.Status != 1 || !strings.HasSuffix(strings.TrimSpace(r.Stderr), "linux.intelRdt: "+want) {
			t.Errorf("%+v: exit status %d, stderr %q", rdt, r.Status, r.Stderr)
		}
		b.NothingLeft()
	}
	b.Spec.Linux.IntelRdt = nil
	b.Up()
	if r := b.Do("update", "--l3-cache-schema", "L3:0=f", b.ID); r.Status != 1 || !strings.HasSuffix(strings.TrimSpace(r.Stderr), "Intel RDT: "+want) {
		t.Errorf("update: exit status %d, stderr %q", r.Status, r.Stderr)
	}
	if r := b.Do("update", "--mem-bw-schema", "L3:0=f", b.ID); r.Status != 1 || !strings.Contains(r.Stderr, `--mem-bw-schema: "L3:0=f": expected a line that begins with MB:`) {
		t.Errorf("update: exit status %d, stderr %q", r.Status, r.Stderr)
	}
}
