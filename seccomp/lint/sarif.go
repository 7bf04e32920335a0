package lint

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// Report is what was found in one profile.
type Report struct {
	// File is the path of the text, or "" if it has none: standard input, or a
	// profile that is known by a name.
	File string
	// Findings are those of [Check] or [Invalid].
	Findings []Finding
	// Positions are by path, see [Source.Locate]; nil if there is no text.
	Positions map[string]Position
}

// The parts of SARIF 2.1.0 that are used (OASIS, "Static Analysis Results Interchange
// Format Version 2.1.0", section 3).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string     `json:"id"`
		Short   sarifText  `json:"shortDescription"`
		Full    sarifText  `json:"fullDescription"`
		Help    sarifText  `json:"help"`
		Default sarifLevel `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
		Related   []sarifLocation `json:"relatedLocations,omitempty"`
	}
	sarifLocation struct {
		ID       int            `json:"id,omitempty"`
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
)

// WriteSARIF writes reports as one run of SARIF 2.1.0, with all rules. version is that
// of the program.
func WriteSARIF(w io.Writer, version string, reports []Report) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "sealctl lint", Version: version, InformationURI: "https://github.com/runseal/runseal"}
	rules := Rules()
	for _, r := range rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: r.ID, Short: sarifText{r.Title}, Full: sarifText{r.Help}, Help: sarifText{r.Help}, Default: sarifLevel{r.Severity.String()},
		})
	}
	for i := range reports {
		for _, f := range reports[i].Findings {
			result := sarifResult{
				RuleID: f.Rule.ID, RuleIndex: slices.Index(rules, f.Rule), Level: f.Rule.Severity.String(),
				Message: sarifText{f.Path + ": " + f.Message}, Locations: []sarifLocation{reports[i].location(f.Path)},
			}
			for n, path := range f.Related {
				related := reports[i].location(path)
				related.ID = n + 1
				result.Related = append(result.Related, related)
			}
			run.Results = append(run.Results, result)
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// location is a path with its place in the file, if it has one.
func (r *Report) location(path string) sarifLocation {
	l := sarifLocation{Logical: []sarifLogical{{path}}}
	if r.File == "" {
		return l
	}
	l.Physical = &sarifPhysical{Artifact: sarifArtifact{fileURI(r.File)}}
	if at, ok := r.Positions[path]; ok {
		l.Physical.Region = &sarifRegion{at.Line, at.Column}
	}
	return l
}

// fileURI is a path as a URI: relative ones stay relative, to the working directory.
func fileURI(path string) string {
	path = filepath.ToSlash(filepath.Clean(path))
	u := url.URL{Path: path}
	if strings.HasPrefix(path, "/") {
		u.Scheme = "file"
	}
	return u.String()
}
