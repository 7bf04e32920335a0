package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"
	"sigs.k8s.io/yaml"

	"github.com/runseal/runseal/cmd/sealctl/internal/kube"
	"github.com/runseal/runseal/cmd/sealctl/internal/plain"
	"github.com/runseal/runseal/seccomp/profiles"
)

// podCommand prints which profile each container of a workload gets.
func podCommand() *cli.Command {
	return comparing(&cli.Command{
		Name:      "pod",
		Usage:     "print which seccomp profile the containers of Kubernetes workloads run under, and why",
		ArgsUsage: "FILE...",
		Description: "FILE, or - for standard input, holds manifests in YAML or JSON: Pod, Deployment, DaemonSet, StatefulSet,\n" +
			"ReplicaSet, ReplicationController, Job, CronJob, or a List of them. Other objects, and fields\n" +
			"that are not known, are skipped with a warning, and so is a file without any of them, or kustomize's\n" +
			"kustomization.yaml. It is an error if nothing is left.\n\n" +
			"For each container, in the order init, regular, ephemeral:\n" +
			"   RUNS UNDER  RuntimeDefault, Unconfined (no filter) or Localhost (a file), in the end\n" +
			"   FROM        what decides it: container or pod field, container or pod annotation, --seccomp-default,\n" +
			"               privileged (no filter, whatever is set), nothing set\n" +
			"   CRI         the profile that the kubelet hands to the engine\n" +
			"   FILE        what is loaded: a file on the node, or the engine's own profile, which is built into\n" +
			"               containerd, and seccomp_profile of its configuration, or else built in, for CRI-O\n\n" +
			"What the API server or the kubelet would refuse is an error below the container, in their words. The\n" +
			"deprecated annotations (seccomp.security.alpha.kubernetes.io/pod and\n" +
			"container.seccomp.security.alpha.kubernetes.io/NAME) are copied to the fields by Kubernetes 1.19 to 1.26\n" +
			"and ignored since 1.27; --kubernetes-version chooses. Webhooks, Pod Security admission and what is on the\n" +
			"node are not seen.\n\n" +
			"   sealctl pod deployment.yaml\n" +
			"   kubectl get pods -A -o yaml | sealctl pod --seccomp-default -\n" +
			"   sealctl pod -o json web.yaml | jq -r '.workloads[].containers[] | select(.effective == \"Unconfined\").name'\n\n" +
			"The exit status is 0 if all containers would be started, 1 if there is an error for one, and 2 if anything\n" +
			"failed.",
		Flags: append(kubeFlags(), outputFlag("text", "json", "yaml")),
	}, func(c *cli.Context) (bool, error) {
		if c.NArg() == 0 {
			return false, errors.New("pod takes FILEs, got none")
		}
		form, err := outputForm(c, "text", "json", "yaml")
		if err != nil {
			return false, err
		}
		o, err := kubeOptions(c)
		if err != nil {
			return false, err
		}
		report := podReport{KubernetesVersion: o.Version.String(), Workloads: []podResult{}}
		files, err := readWorkloads(c, c.Args().Slice())
		if err != nil {
			return false, err
		}
		for _, f := range files {
			for _, w := range f.workloads {
				report.Workloads = append(report.Workloads, podResult{f.name, kube.Evaluate(w, o)})
			}
		}
		return report.hasErrors(), writeManifest(c, form, &report)
	})
}

// writeManifest writes what pod or scc has found, in the form that was asked for.
func writeManifest(c *cli.Context, form string, report interface{ write(io.Writer) error }) error {
	switch form {
	case "json":
		return writeJSON(c, report)
	case "yaml":
		return writeYAML(c, report)
	}
	return report.write(c.App.Writer)
}

// kubeFlags are what verbs about workloads ask for beside the manifests.
func kubeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "seccomp-default", Usage: "the kubelets run with --seccomp-default: what sets no profile gets RuntimeDefault"},
		&cli.StringFlag{Name: "kubernetes-version", Usage: "the `VERSION` of API server and kubelet, 1.19 or later", Value: kube.Newest.String()},
		&cli.StringFlag{Name: "seccomp-profile-root", Usage: "the `DIR` of Localhost profiles on the node", Value: profiles.DefaultRoot},
	}
}

// kubeOptions gives what kubeFlags say.
func kubeOptions(c *cli.Context) (kube.Options, error) {
	o := kube.Options{SeccompDefault: c.Bool("seccomp-default"), ProfileRoot: c.String("seccomp-profile-root")}
	var err error
	if o.Version, err = kube.ParseVersion(c.String("kubernetes-version")); err != nil {
		return o, fmt.Errorf("--kubernetes-version: %w", err)
	}
	if o.SeccompDefault && !o.Version.HasSeccompDefault() {
		return o, fmt.Errorf("--seccomp-default: the kubelet of Kubernetes %s has no such flag, expected 1.22 or later", o.Version)
	}
	if !strings.HasPrefix(o.ProfileRoot, "/") {
		return o, fmt.Errorf("--seccomp-profile-root %q: expected an absolute path on the node", o.ProfileRoot)
	}
	return o, nil
}

// writeYAML writes what writeJSON would, as YAML.
func writeYAML(c *cli.Context, v any) error {
	text, err := yaml.Marshal(v)
	if err == nil {
		_, err = c.App.Writer.Write(text)
	}
	return err
}

type podReport struct {
	KubernetesVersion string      `json:"kubernetesVersion"`
	Workloads         []podResult `json:"workloads"`
}

type podResult struct {
	File string `json:"file"`
	*kube.Result
}

// hasErrors says whether the API server or the kubelet would refuse anything.
func (r *podReport) hasErrors() bool {
	for _, w := range r.Workloads {
		if len(w.Errors) > 0 {
			return true
		}
		for _, c := range w.Containers {
			if len(c.Errors) > 0 {
				return true
			}
		}
	}
	return false
}

func (r *podReport) write(w io.Writer) error {
	var b strings.Builder
	for i, p := range r.Workloads {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s (%s, document %d)\n", workloadName(p.Kind, p.Namespace, p.Name), p.File, p.Document)
		t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "  CONTAINER\tRUNS UNDER\tFROM\tCRI\tFILE")
		for _, c := range p.Containers {
			effective, from, cri, file := containerColumns(&c)
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", containerLabel(&c), effective, from, cri, file)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		writeRemarks(&b, p.Result)
	}
	_, err := io.WriteString(w, plain.Lines(b.String()))
	return err
}

func workloadName(kind, namespace, name string) string {
	if namespace != "" {
		name = namespace + "/" + name
	}
	return plain.Text(kind + " " + name)
}

func containerLabel(c *kube.ContainerResult) string {
	if c.Kind == kube.Regular {
		return plain.Text(c.Name)
	}
	return plain.Text(fmt.Sprintf("%s (%s)", c.Name, c.Kind))
}

// containerColumns are what the table says of a container behind its name.
func containerColumns(c *kube.ContainerResult) (effective, from, cri, file string) {
	switch c.Outcome {
	case kube.Runs:
	case kube.NotApplicable:
		return "(no seccomp on Windows)", "-", "-", "-"
	default:
		return "(" + string(c.Outcome) + ")", "-", "-", "-"
	}
	file = "none"
	switch c.Effective {
	case kube.RuntimeDefault:
		file = "the engine's own profile"
	case kube.Localhost:
		file = plain.Text(c.File)
	}
	return string(c.Effective), string(c.Source), string(c.CRI.ProfileType), file
}

// writeRemarks writes errors and notes below the table, each once, those of a container
// behind its name.
func writeRemarks(b *strings.Builder, r *kube.Result) {
	said := map[string]bool{}
	for _, c := range r.Containers {
		for _, e := range c.Errors {
			fmt.Fprintf(b, "  error: %s: %s\n", plain.Text(c.Name), e.Error())
			said[e.Error()] = true
		}
	}
	for _, e := range r.Errors {
		if !said[e.Error()] {
			fmt.Fprintf(b, "  error: %s\n", e.Error())
		}
	}
	for _, c := range r.Containers {
		for _, n := range c.Notes {
			fmt.Fprintf(b, "  note: %s: %s\n", plain.Text(c.Name), n)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(b, "  note: %s\n", n)
	}
}
