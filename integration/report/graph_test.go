package report

import "testing"

// In a browser the text of a drawing is inside its boxes, and labels are outside of all.
func TestDrawing(t *testing.T) {
	b := start(t)
	for _, c := range []struct {
		name   string
		args   []string
		scheme string
		width  int
	}{
		{"graph", []string{"graph", "web.json"}, "light", 2400},
		{"graph-dark", []string{"graph", "--arch", "all", "web.json"}, "dark", 3600},
		{"graph-docker", []string{"graph", "docker/default"}, "light", 3400},
		{"graph-call", []string{"graph", "--arch", "all", "--call", "personality", "docker/default"}, "light", 1600},
	} {
		path := written(t, c.name+".svg", map[string]string{"web.json": web}, c.args...)
		b.window(c.width, 1200, c.scheme)
		b.open(file(path))
		b.quiet()
		b.screenshot(c.name)
		var found struct {
			Boxes, Labels int
			Wrong         []string
		}
		b.eval(&found, drawing)
		if found.Boxes < 5 || found.Labels < 4 || len(found.Wrong) > 0 {
			t.Errorf("%s: %d boxes, %d labels, %v", c.name, found.Boxes, found.Labels, found.Wrong)
		}
	}
}

const drawing = `(() => {
	const wrong = [], boxes = [...document.querySelectorAll("g > rect")], labels = [...document.querySelectorAll(".edge text")];
	for (const r of boxes) {
		const box = r.getBBox();
		for (const t of r.parentNode.querySelectorAll("text")) {
			const text = t.getBBox();
			if (text.x < box.x + 4 || text.x + text.width > box.x + box.width - 4 || text.y < box.y || text.y + text.height > box.y + box.height)
				wrong.push("outside: " + t.textContent);
		}
		for (const l of labels) {
			const text = l.getBBox();
			if (text.x < box.x + box.width && box.x < text.x + text.width && text.y + 2 < box.y + box.height && box.y < text.y + text.height - 2)
				wrong.push("label " + l.textContent + " on " + r.parentNode.textContent);
		}
	}
	return {Boxes: boxes.length, Labels: labels.length, Wrong: wrong};
})()`
