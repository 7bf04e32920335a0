package report

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

// The page fits into windows of all sizes, follows the colour scheme, has text that can be
// read, and prints.
func TestLooks(t *testing.T) {
	b := start(t)
	path := written(t, "report.html", map[string]string{"web.json": web, "other.json": other, "a-profile-with-a-very-long-name-that-says-everything.json": other},
		"report", "docker/default", "web.json", "other.json", "a-profile-with-a-very-long-name-that-says-everything.json")
	// Of a 32-bit caller's argument the upper half does not count.
	split := strings.Replace(web, `"value": 8`, `"value": 4294967304`, 1)
	single := written(t, "report.html", map[string]string{"split.json": split}, "report", "split.json")
	papers := map[string]bool{}
	for _, c := range []struct {
		name, path, scheme string
		width              int
	}{
		{"light", path, "light", 1400}, {"dark", path, "dark", 1400}, {"narrow", path, "light", 480}, {"narrow-dark", single, "dark", 480},
		{"single", single, "light", 1280},
	} {
		b.window(c.width, 1600, c.scheme)
		b.open(file(c.path))
		b.screenshot(c.name)
		var wide int
		b.eval(&wide, "document.documentElement.scrollWidth")
		if wide > c.width {
			t.Errorf("%s: the page is %d wide, the window %d", c.name, wide, c.width)
		}
		var numbers, of int // that are to be seen
		b.eval(&numbers, `[...document.querySelectorAll("#calls td.n")].filter(e => e.getClientRects().length > 0).length`)
		b.eval(&of, `[...document.querySelectorAll("#calls small")].filter(e => e.getClientRects().length > 0).length`)
		if narrow := c.width < 640; narrow != (numbers == 0) || narrow != (of > 0) {
			t.Errorf("%s: %d numbers, %d lines with architectures", c.name, numbers, of)
		}
		b.eval(nil, `document.getElementById("h-calls").scrollIntoView()`)
		b.screenshot(c.name + "-calls")
		var paper string
		b.eval(&paper, "getComputedStyle(document.body).backgroundColor")
		papers[paper] = true
		var faint []string
		b.eval(&faint, contrast)
		if len(faint) > 0 {
			t.Errorf("%s: contrast below 4.5: %v", c.name, faint)
		}
		b.quiet()
	}
	if len(papers) != 2 {
		t.Errorf("backgrounds %v, want a light one and a dark one", papers)
	}
	// The head of the table stays in sight.
	b.window(1400, 900, "light")
	b.open(file(path))
	b.eval(nil, `document.querySelectorAll("#calls tbody tr")[200].scrollIntoView()`)
	var top float64
	b.eval(&top, `document.querySelector("#calls thead").getBoundingClientRect().top`)
	if top != 0 {
		t.Errorf("the table's head is at %v", top)
	}
	b.screenshot("scrolled")

	var pdf struct {
		Data string `json:"data"`
	}
	b.into(&pdf, "Page.printToPDF", map[string]any{"landscape": true})
	text, err := base64.StdEncoding.DecodeString(pdf.Data)
	if pages := bytes.Count(text, []byte("/Type /Page\n")); err != nil || !bytes.HasPrefix(text, []byte("%PDF-")) || pages < 5 || pages > 60 {
		t.Errorf("printed: %d bytes, %d pages, %v", len(text), pages, err)
	}
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": "print"})
	b.eval(nil, "scrollTo(0, 0)")
	b.screenshot("print")
}

// contrast lists the elements whose text has less contrast than level AA of the Web
// Content Accessibility Guidelines asks for (1.4.3).
const contrast = `(() => {
	const rgb = s => { const c = s.match(/[\d.]+/g).map(Number); return c.length > 3 && c[3] === 0 ? null : c.slice(0, 3); };
	const light = c => c.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c) return c; } return [255, 255, 255]; };
	const faint = new Set();
	for (const e of document.body.querySelectorAll("*")) {
		if (e.getClientRects().length === 0 || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
		const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e));
		if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) faint.add(e.tagName + "." + e.className + " " + e.textContent.slice(0, 20));
	}
	return [...faint];
})()`
