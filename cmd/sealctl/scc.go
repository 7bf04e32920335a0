package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/kube"
	"github.com/runseal/runseal/cmd/sealctl/internal/plain"
	"github.com/runseal/runseal/cmd/sealctl/internal/scc"
)

// sccScope says in help and output what is not judged.
const sccScope = "only seccompProfiles and allowPrivilegedContainer are judged; who may use the constraints, and all else that they restrict, is not"

// sccCommand prints which SecurityContextConstraints admit a pod.
func sccCommand() *cli.Command {
	return comparing(&cli.Command{
		Name:      "scc",
		Usage:     "print which of OpenShift's SecurityContextConstraints admit the seccomp profiles of a pod",
		ArgsUsage: "FILE...",
		Description: "FILE, or - for standard input, holds SecurityContextConstraints (security.openshift.io/v1) in YAML or JSON,\n" +
			"as oc get scc -o yaml prints them; --pod names files as sealctl pod takes them.\n\n" +
			"The constraints are listed in the order in which OpenShift tries them: the highest priority first, then\n" +
			"the most restrictive, then by name. The first that admits all containers of the pod, and that its user or\n" +
			"service account may use, is taken. For each: what the containers get (a pod without a profile gets the\n" +
			"first of seccompProfiles that is not \"*\") and run under in the end, or why they are refused. OpenShift\n" +
			"copies the deprecated annotations to the fields in every version.\n\n" +
			"Judged are seccompProfiles and allowPrivilegedContainer alone. Users, groups, capabilities, volumes and all\n" +
			"else that constraints restrict are not, so that one that admits here may refuse in the cluster.\n\n" +
			"   sealctl scc scc.yaml --pod deployment.yaml\n" +
			"   oc get scc -o yaml | sealctl scc --pod deployment.yaml -\n" +
			"   sealctl scc --pod web.yaml -o json scc.yaml | jq '.workloads[].first'\n\n" +
			"The exit status is 0 if each pod is admitted by some constraints and then started, 1 if one is not, and 2\n" +
			"if anything failed.",
		Flags: append(append([]cli.Flag{&cli.StringSliceFlag{Name: "pod", Usage: "a `FILE` with workloads (repeatable)"}}, kubeFlags()...),
			outputFlag("text", "json", "yaml")),
	}, func(c *cli.Context) (bool, error) {
		files, err := sccFiles(c)
		if err != nil {
			return false, err
		}
		form, err := outputForm(c, "text", "json", "yaml")
		if err != nil {
			return false, err
		}
		o, err := kubeOptions(c)
		if err != nil {
			return false, err
		}
		list, err := readConstraints(c, files)
		if err != nil {
			return false, err
		}
		report := sccReport{Scope: sccScope, Workloads: []sccResult{}}
		pods, err := readWorkloads(c, c.StringSlice("pod"))
		if err != nil {
			return false, err
		}
		for _, f := range pods {
			for _, w := range f.workloads {
				report.Workloads = append(report.Workloads, judgeWorkload(list, w, f.name, o))
			}
		}
		return report.refuses(), writeManifest(c, form, &report)
	})
}

// sccFiles returns the FILEs.
func sccFiles(c *cli.Context) ([]string, error) {
	files := c.Args().Slice()
	switch {
	case len(files) == 0:
		return nil, errors.New("scc takes FILEs with SecurityContextConstraints, got none")
	case len(c.StringSlice("pod")) == 0:
		return nil, errors.New("--pod: missing, expected a file with a workload")
	}
	stdin := 0
	for _, name := range append(files, c.StringSlice("pod")...) {
		if name == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		return nil, fmt.Errorf("expected at most one file from standard input, got %d", stdin)
	}
	return files, nil
}

// readConstraints reads the constraints of all files, in OpenShift's order.
func readConstraints(c *cli.Context, files []string) ([]*scc.Constraints, error) {
	var all []*scc.Constraints
	names := map[string]string{}
	for _, name := range files {
		data, called, err := readManifest(c, name)
		if err != nil {
			return nil, err
		}
		list, warnings, err := scc.Read(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", called, err)
		}
		for _, w := range warnings {
			warn(c, called+": "+w)
		}
		for _, s := range list {
			if first, found := names[s.Name]; found {
				return nil, fmt.Errorf("%s: SecurityContextConstraints %s is there twice, first in %s", called, s.Name, first)
			}
			names[s.Name] = called
		}
		all = append(all, list...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no SecurityContextConstraints", strings.Join(files, ", "))
	}
	scc.Sort(all)
	return all, nil
}

type sccReport struct {
	Scope     string      `json:"scope"`
	Workloads []sccResult `json:"workloads"`
}

type sccResult struct {
	File        string         `json:"file"`
	Document    int            `json:"document"`
	Kind        string         `json:"kind"`
	Namespace   string         `json:"namespace,omitempty"`
	Name        string         `json:"name"`
	First       string         `json:"first,omitempty"`   // the first constraints that admit the pod
	Windows     bool           `json:"windows,omitempty"` // such a pod is not shown to constraints
	Constraints []*scc.Verdict `json:"constraints"`       // in OpenShift's order
}

func judgeWorkload(list []*scc.Constraints, w *kube.Workload, file string, o kube.Options) sccResult {
	r := sccResult{File: file, Document: w.Document, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name, Windows: kube.IsWindows(&w.Spec), Constraints: []*scc.Verdict{}}
	if r.Windows {
		return r
	}
	for _, c := range list {
		v := scc.Judge(c, w, o)
		if v.Admits && r.First == "" {
			r.First = c.Name
		}
		r.Constraints = append(r.Constraints, v)
	}
	return r
}

// refuses says whether a pod is admitted by none, or not started after it is.
func (r *sccReport) refuses() bool {
	for _, w := range r.Workloads {
		if w.First == "" && !w.Windows {
			return true
		}
		for _, v := range w.Constraints {
			for _, c := range v.Containers {
				if v.Constraints == w.First && len(c.Result.Errors) > 0 {
					return true
				}
			}
		}
	}
	return false
}

func (r *sccReport) write(w io.Writer) error {
	var b strings.Builder
	for _, p := range r.Workloads {
		fmt.Fprintf(&b, "%s (%s, document %d)\n", workloadName(p.Kind, p.Namespace, p.Name), p.File, p.Document)
		if p.Windows {
			fmt.Fprint(&b, "  note: spec.os.name is windows: OpenShift asks no constraints, and there is no seccomp\n\n")
			continue
		}
		for _, c := range p.Constraints[0].Containers {
			privileged := ""
			if c.Result.Privileged {
				privileged = ", privileged"
			}
			fmt.Fprintf(&b, "  %s asks for %s%s\n", containerLabel(&c.Result), orNothing(c.Request), privileged)
		}
		t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "  CONSTRAINTS\tPRIORITY\tADMITS\tCONTAINER\tRUNS UNDER\tBECAUSE")
		for _, v := range p.Constraints {
			writeVerdict(t, v)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		p.writeRemarks(&b)
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s\n", sccScope)
	_, err := io.WriteString(w, plain.Lines(b.String()))
	return err
}

func writeVerdict(t io.Writer, v *scc.Verdict) {
	name, priority, admits := v.Constraints, fmt.Sprint(v.Priority), "yes"
	if !v.Admits {
		admits = "no"
	}
	for _, c := range v.Containers {
		effective, because := becauseOf(v, &c)
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", name, priority, admits, containerLabel(&c.Result), effective, because)
		name, priority, admits = "", "", ""
	}
}

// becauseOf says what a container runs under, and why it does or is refused.
func becauseOf(v *scc.Verdict, c *scc.ContainerVerdict) (effective, because string) {
	refusals := c.Refusals
	if v.Refusal != "" && !slices.Contains(refusals, v.Refusal) {
		refusals = append([]string{"pod: " + v.Refusal}, refusals...)
	}
	switch {
	case len(refusals) > 0:
		return "-", strings.Join(refusals, "; ")
	case !v.Admits:
		return "-", "another container is refused"
	case c.Result.Outcome != kube.Runs:
		return "-", string(c.Result.Outcome)
	case c.Result.Source == scc.Default:
		return string(c.Result.Effective), "seccompProfiles give " + v.Default
	case c.Result.Source == kube.ContainerField || c.Result.Source == kube.PodField:
		return string(c.Result.Effective), string(c.Result.Source) + ": " + c.Profile
	}
	return string(c.Result.Effective), string(c.Result.Source)
}

func orNothing(profile string) string {
	if profile == "" {
		return "nothing"
	}
	return profile
}

// writeRemarks says which constraints are taken, and what is to be known about the
// containers then.
func (p *sccResult) writeRemarks(b *strings.Builder) {
	i := slices.IndexFunc(p.Constraints, func(v *scc.Verdict) bool { return v.Admits })
	if i < 0 {
		fmt.Fprintln(b, "  error: no constraints admit the pod: it is not created")
		return
	}
	fmt.Fprintf(b, "  first that admits the pod: %s\n", p.First)
	for _, c := range p.Constraints[i].Containers {
		for _, e := range c.Result.Errors {
			fmt.Fprintf(b, "  error: %s: %s\n", plain.Text(c.Result.Name), e.Error())
		}
		for _, n := range c.Result.Notes {
			fmt.Fprintf(b, "  note: %s: %s\n", plain.Text(c.Result.Name), n)
		}
	}
}
