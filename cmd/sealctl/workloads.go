package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/runseal/runseal/cmd/sealctl/internal/kube"
	"github.com/runseal/runseal/seccomp/strictjson"
)

// manifest is the workloads of a file, and what to call it.
type manifest struct {
	name      string
	workloads []*kube.Workload
}

// readWorkloads reads the workloads of files, and prints its warnings. A file without one
// is no error, so that "*.yaml" can be said; to have none at all is.
func readWorkloads(c *cli.Context, names []string) ([]manifest, error) {
	var files []manifest
	var called []string
	found := false
	for _, name := range names {
		f, warned, err := readManifestFile(c, name)
		if err != nil {
			return nil, err
		}
		if len(f.workloads) == 0 && !warned && len(names) > 1 {
			warn(c, f.name+": no workload")
		}
		found = found || len(f.workloads) > 0
		files, called = append(files, f), append(called, f.name)
	}
	if !found {
		return nil, fmt.Errorf("%s: no workload, expected a Pod or an object that makes pods", strings.Join(called, ", "))
	}
	return files, nil
}

// readManifestFile reads one file, and says whether there was a warning.
func readManifestFile(c *cli.Context, name string) (f manifest, warned bool, err error) {
	data, name, err := readManifest(c, name)
	if err != nil {
		return f, false, err
	}
	f.name = name
	if isKustomization(name) {
		warn(c, name+" is skipped: kustomize reads it, and the cluster does not")
		return f, true, nil
	}
	list, warnings, err := kube.Parse(data)
	if err != nil {
		return f, false, fmt.Errorf("%s: %w", name, err)
	}
	for _, w := range warnings {
		warn(c, name+": "+w)
	}
	f.workloads = list
	return f, len(warnings) > 0, nil
}

// isKustomization says whether kustomize finds a file by its name. It has no kind, as a
// rule, which is an error in any other file.
func isKustomization(name string) bool {
	switch filepath.Base(name) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return true
	}
	return false
}

// readManifest reads a file of manifests.
func readManifest(c *cli.Context, name string) ([]byte, string, error) {
	data, name, err := readInput(name, c.App.Reader, strictjson.MaxSize)
	if err == nil && len(data) > strictjson.MaxSize {
		err = fmt.Errorf("%s: expected at most %d bytes", name, strictjson.MaxSize)
	}
	return data, name, err
}
