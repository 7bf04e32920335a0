package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/plain"
	"github.com/runseal/runseal/seccomp"
)

// outputFlag chooses the form of the output; the first of the forms is the default.
func outputFlag(forms ...string) cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: forms[0], Usage: "`FORM` of the output: " + strings.Join(forms, ", ")}
}

// outputForm returns the form that was asked for, which is one of these.
func outputForm(c *cli.Context, forms ...string) (string, error) {
	form := c.String("output")
	if !slices.Contains(forms, form) {
		return "", fmt.Errorf("--output %q: expected one of %s", form, strings.Join(forms, ", "))
	}
	return form, nil
}

func writeJSON(c *cli.Context, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	return writeEncoded(c, b.Bytes())
}

// writeEncoded writes JSON that is encoded already.
func writeEncoded(c *cli.Context, text []byte) error {
	_, err := c.App.Writer.Write(plain.JSON(text))
	return err
}

// decision is an action as a profile spells it.
type decision struct {
	Action   string  `json:"action"`
	ErrnoRet *uint16 `json:"errnoRet,omitempty"` // of SCMP_ACT_ERRNO and SCMP_ACT_TRACE
}

func decisionOf(a seccomp.Action) decision {
	name, _, hasData := strings.Cut(a.String(), "(")
	d := decision{Action: name}
	if hasData {
		data := a.Data()
		d.ErrnoRet = &data
	}
	return d
}

// conditions are those of an outcome or a difference.
type conditions struct {
	If     []specs.LinuxSeccompArg   `json:"if,omitempty"`
	Unless [][]specs.LinuxSeccompArg `json:"unless,omitempty"`
}
