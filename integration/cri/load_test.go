package cri

import (
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runseal/runseal/integration/engines/scenario"
	"github.com/runseal/runseal/integration/internal/box"
)

var long = flag.Bool("long", false, "the load of docs/engines.md: 50 pods and a minute of probes with each runtime; -v prints its table")

// A load is what a node has to do.
type load struct {
	pods   int // created at once
	probed int // of them
	lasts  time.Duration
}

// period is that of each container's exec probe.
const period = 500 * time.Millisecond

// TestLoad creates pods at once, probes some, stops all at once, and looks for what is
// left. In its short form runc has less to do, and the figures mean nothing.
func TestLoad(t *testing.T) {
	loads := map[string]load{scenario.Runc: {pods: 6, probed: 3, lasts: 2 * time.Second}, scenario.Runseal: {pods: 20, probed: 10, lasts: 10 * time.Second}}
	if *long {
		full := load{pods: 50, probed: 10, lasts: time.Minute}
		loads = map[string]load{scenario.Runc: full, scenario.Runseal: full}
	}
	figures := map[string][]figure{}
	for _, runtime := range []string{scenario.Runc, scenario.Runseal} {
		t.Run(runtime, func(t *testing.T) { figures[runtime] = loads[runtime].run(t, runtime) })
	}
	if t.Failed() || !*long {
		return
	}
	var b strings.Builder
	b.WriteString("\n| | runc | runseal |\n|---|---|---|\n")
	for i, f := range figures[scenario.Runc] {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", f.name, f.value, figures[scenario.Runseal][i].value)
	}
	t.Log(b.String())
}

// A figure is a line of the table.
type figure struct{ name, value string }

func (l load) run(t *testing.T, runtime string) []figure {
	n := start(t, both, nil)
	empty := n.use(t)

	var pods []*sandbox
	var ids []string
	var mu sync.Mutex
	began := time.Now()
	created := atOnce(l.pods, func(int) error {
		s, err := n.sandbox(runtime, serialName())
		if err != nil {
			return err
		}
		id, err := s.launch([]string{"/bin/sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"})
		mu.Lock()
		defer mu.Unlock()
		pods, ids = append(pods, s), append(ids, id)
		return err
	})
	up := time.Since(began)
	created.ok(t, "create")

	probe := func(i int) error {
		if r := n.execSync(ids[i%l.probed], 20, "/bin/true"); r.Status != 0 {
			return fmt.Errorf("exit status %d, %q", r.Status, r.Stderr)
		}
		return nil
	}
	if len(ids) == l.pods {
		atOnce(l.probed, probe).ok(t, "first probe") // what it reads is charged to the container
	}
	before := n.use(t)
	var probed timings
	var wg sync.WaitGroup
	for i := range l.probed {
		if len(ids) != l.pods {
			break
		}
		// Of one container there is one probe at a time, as the kubelet's; one that takes
		// longer than the period delays the next.
		wg.Go(func() {
			tick := time.NewTicker(period)
			defer tick.Stop()
			for end := time.Now().Add(l.lasts); time.Now().Before(end); <-tick.C {
				probed.measure(func() error { return probe(i) })
			}
		})
	}
	wg.Wait()
	probed.ok(t, "probe")
	after := n.use(t)
	after.compare(t, "after the probes", before, l.pods)

	began = time.Now()
	stopped := atOnce(len(pods), func(i int) error {
		if _, err := call(n.StopContainer, &cri.StopContainerRequest{ContainerId: ids[i], Timeout: 10}); err != nil {
			return err
		}
		return pods[i].remove()
	})
	down := time.Since(began)
	stopped.ok(t, "stop")
	if left := n.Left(); len(left) > 0 {
		t.Errorf("left after the removal of all pods:\n\t%s", strings.Join(left, "\n\t"))
	}
	var end use
	// containerd closes what a pod has had a little later.
	box.Eventually(func() bool { end = n.use(t); return end.daemon <= empty.daemon })
	if end.daemon > empty.daemon+4 {
		t.Errorf("containerd has %d descriptors after all that, and had %d", end.daemon, empty.daemon)
	}
	if end.zombies > 0 {
		t.Errorf("%d zombies are left", end.zombies)
	}
	kib := func(bytes int) string { return fmt.Sprintf("%d KiB", bytes/1024/l.pods) }
	return []figure{
		{fmt.Sprintf("%d pods, all created at once: all run after", l.pods), seconds(up)},
		{"one of them: median", seconds(created.at(50))},
		{"99th percentile", seconds(created.at(99))},
		{fmt.Sprintf("exec probes of %d, every %v for %v: done", l.probed, period, l.lasts), fmt.Sprint(len(probed.took))},
		{"one of them: median", seconds(probed.at(50))},
		{"99th percentile", seconds(probed.at(99))},
		{"memory charged, a pod: at most", kib(after.peak)},
		{"after the probes", kib(after.memory)},
		{"all stopped at once and removed", seconds(down)},
	}
}
