package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"
)

func pageOf(t testing.TB, r *Report) string {
	t.Helper()
	var b, again bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteHTML(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Fatalf("two pages of one report, %v", err)
	}
	return b.String()
}

// element is an element of the page.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

func (e *element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all returns the elements with this name below e.
func (e *element) all(name string) (list []*element) {
	for i := range e.Children {
		c := &e.Children[i]
		if c.XMLName.Local == name {
			list = append(list, c)
		}
		list = append(list, c.all(name)...)
	}
	return list
}

var inline = regexp.MustCompile(`(?s)<(style|script)>.*?</(?:style|script)>`)

// parse reads the page. What it writes is also XML, but for script, style and
// attributes without a value.
func parse(t testing.TB, page string) *element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(inline.ReplaceAllString(page, "<$1></$1>")))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta", "input"}, xml.HTMLEntity
	var html element
	if err := d.Decode(&html); err != nil {
		t.Fatal(err)
	}
	if tok, err := d.Token(); err != io.EOF && strings.TrimSpace(string(tok.(xml.CharData))) != "" {
		t.Fatalf("behind </html>: %v", tok)
	}
	return &html
}

// The table has a cell for each column in each row, with headings that say what they
// head, and everything that can be operated has a label.
func TestStructure(t *testing.T) {
	_, r := make3(t)
	html := parse(t, pageOf(t, r))
	if html.attr("lang") != "en" || len(html.all("h1")) != 1 || len(html.all("main")) != 1 {
		t.Error("the page lacks its language, heading or main part")
	}
	for _, table := range html.all("table") {
		columns := -1
		for _, tr := range table.all("tr") {
			n := 0
			for _, cell := range append(tr.all("th"), tr.all("td")...) {
				span := len(r.Profiles)
				switch cell.attr("colspan") {
				case "":
					n++
				case "3", "4":
					if cell.attr("colspan") == "4" { // of counts: the architectures
						span = len(r.Archs)
					}
					n += span
				default:
					t.Errorf("colspan %q", cell.attr("colspan"))
				}
				if cell.XMLName.Local == "th" && cell.attr("scope") == "" {
					t.Errorf("a heading without scope: %q", cell.Text)
				}
			}
			if columns >= 0 && n != columns {
				t.Errorf("%s: a row of %d cells, want %d", table.attr("class")+table.attr("id"), n, columns)
			}
			columns = n
		}
		if table.attr("id") == "calls" && len(table.all("tr")) != 1+len(r.Rows) {
			t.Errorf("%d rows, want %d", len(table.all("tr"))-1, len(r.Rows))
		}
	}
	ids, labelled := map[string]bool{}, map[string]bool{}
	for _, e := range append(append(html.all("h2"), html.all("form")...), html.all("table")...) {
		ids[e.attr("id")] = true
	}
	for _, l := range html.all("label") {
		labelled[l.attr("for")] = true
		for _, i := range l.all("input") {
			labelled[i.attr("id")] = true
		}
	}
	inputs := append(html.all("input"), html.all("select")...)
	for _, i := range inputs {
		if !labelled[i.attr("id")] {
			t.Errorf("%s has no label", i.attr("id"))
		}
	}
	if len(inputs) != 4 {
		t.Errorf("%d things to operate, want 4", len(inputs))
	}
	for _, e := range append(html.all("section"), html.all("div")...) {
		if by := e.attr("aria-labelledby"); by != "" && !ids[by] {
			t.Errorf("nothing has the id %s", by)
		}
	}
}

// Nothing is loaded from anywhere, and the policy allows exactly the two inline parts.
func TestSelfContained(t *testing.T) {
	_, r := make3(t)
	page := pageOf(t, r)
	for _, not := range []string{"<link", "<img", "<iframe", "<object", "src=", "url(", "http:", "https:", "@import", "fetch(", "import(", " style=", " onclick="} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
	for _, a := range parse(t, page).all("a") {
		if !strings.HasPrefix(a.attr("href"), "#") {
			t.Errorf("a link to %q", a.attr("href"))
		}
	}
	policy := parse(t, page).all("meta")[1].attr("content")
	if !strings.HasPrefix(policy, "default-src 'none'; ") {
		t.Errorf("policy %q", policy)
	}
	parts := inline.FindAllString(page, -1)
	if len(parts) != 2 {
		t.Fatalf("%d inline parts, want style and script", len(parts))
	}
	for _, part := range parts {
		_, text, _ := strings.Cut(part, ">")
		if want := digest(text[:strings.LastIndex(text, "</")]); !strings.Contains(policy, "'"+want+"'") {
			t.Errorf("the policy %q lacks %s", policy, want)
		}
	}
}

// Names are text, whatever is in them.
func TestHostileNames(t *testing.T) {
	const evil = `</script></style></title><img src=x onerror=alert(1)>"'{{.}}` + "`${1}` <!--"
	a, b := load(t, evil, strings.Replace(first, "nonsense", "<script>alert(2)</script>", 1)), load(t, "b", strict)
	r, err := New([]Profile{a, b}, archs("X86_64"))
	if err != nil {
		t.Fatal(err)
	}
	page := pageOf(t, r)
	html := parse(t, page)
	if len(html.all("img")) != 0 || len(html.all("script")) != 1 || len(html.all("style")) != 1 || strings.Contains(page, "<!--") ||
		strings.Contains(page, "<img") || strings.Count(page, "<script") != 1 {
		t.Error("a name has become a part of the page")
	}
	if got := html.all("title")[0].Text; got != "Seccomp report: "+evil+", b" {
		t.Errorf("title %q", got)
	}
	for _, table := range html.all("table") {
		found := false
		for _, th := range table.all("th") {
			found = found || th.Text == evil
		}
		if !found {
			t.Errorf("no column %q", evil)
		}
	}
	if warning := html.all("tbody")[0]; !strings.Contains(text(warning), `"<script>alert(2)</script>" is not a system call`) {
		t.Errorf("no warning in %q", text(warning))
	}
}

func text(e *element) string {
	s := e.Text
	for i := range e.Children {
		s += text(&e.Children[i])
	}
	return s
}

// Docker's profile in three architectures is far below a megabyte, and so is a page of
// several profiles.
func TestSize(t *testing.T) {
	for _, c := range []struct{ profiles, limit int }{{1, 150 << 10}, {3, 500 << 10}} {
		var list []Profile
		for _, text := range []string{"docker/default", strict, first}[:c.profiles] {
			list = append(list, load(t, text[:6], text))
		}
		r, err := New(list, archs("X86_64", "X86", "X32"))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(pageOf(t, r)); n > c.limit {
			t.Errorf("%d profiles: %d bytes, want %d at most", c.profiles, n, c.limit)
		}
	}
}
