package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/runseal/runseal/cmd/sealctl/internal/palette"
)

//go:embed page.html.tmpl
var pageText string

//go:embed page.css
var styleText string

//go:embed page.js
var scriptText string

// WriteHTML writes the report as one page.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	p := r.view()
	// The columns of calls and numbers are as narrow as they can be, those of profiles alike.
	style := styleText + colours() + fmt.Sprintf("#calls th.name{width:%d%%}\n", 80/len(r.Profiles))
	p.Style, p.Script = template.CSS(style), template.JS(scriptText)
	p.Policy = "default-src 'none'; style-src '" + digest(style) + "'; script-src '" + digest(scriptText) + "'; base-uri 'none'; form-action 'none'"
	var b bytes.Buffer // so that an error leaves no half page
	if err := t.Execute(&b, p); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// digest is how a content security policy names a text that is part of the page.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// colours is the style of actions.
func colours() string {
	var b strings.Builder
	for _, c := range palette.All() {
		fmt.Fprintf(&b, ".%s{background:%s;border-color:%s;color:%s}\n", c.Class, c.Fill, c.Line, c.Text)
	}
	b.WriteString("@media screen and (prefers-color-scheme:dark){\n")
	for _, c := range palette.All() {
		fmt.Fprintf(&b, ".%s{background:%s;border-color:%s;color:%s}\n", c.Class, c.DarkFill, c.DarkLine, c.DarkText)
	}
	b.WriteString("}\n")
	return b.String()
}
