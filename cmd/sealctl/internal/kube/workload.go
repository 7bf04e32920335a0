package kube

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/runseal/runseal/seccomp/strictjson"
)

// Workload is a pod, or an object that makes pods from a template.
type Workload struct {
	Document    int               // number in the file, from 1
	Kind        string            // Pod, Deployment ...
	Namespace   string            // "" if the manifest names none
	Name        string            // or the manifest's generateName and "*"
	Prefix      string            // path of the pod in the object: "" or spec.template or ...
	Annotations map[string]string // of the pod
	Misplaced   []string          // annotations about seccomp on the object that is not a pod
	Spec        PodSpec
}

// templates has, for each kind that is read, where the pod is in its object.
var templates = [...]struct{ apiVersion, kind, prefix string }{
	{"v1", "Pod", ""},
	{"v1", "ReplicationController", "spec.template"},
	{"apps/v1", "Deployment", "spec.template"},
	{"apps/v1", "DaemonSet", "spec.template"},
	{"apps/v1", "StatefulSet", "spec.template"},
	{"apps/v1", "ReplicaSet", "spec.template"},
	{"batch/v1", "Job", "spec.template"},
	{"batch/v1", "CronJob", "spec.jobTemplate.spec.template"},
}

// Parse reads the workloads of a file: documents in YAML or JSON, and v1 Lists of
// objects. Objects of other kinds are named in warnings. Errors name the document, the
// object and the field.
func Parse(data []byte) (list []*Workload, warnings []string, err error) {
	docs, err := Documents(data)
	if err != nil {
		return nil, nil, err
	}
	for _, doc := range docs {
		objects, err := doc.Objects()
		if err != nil {
			return nil, nil, err
		}
		for _, o := range objects {
			w, err := o.workload()
			switch {
			case err != nil:
				return nil, nil, fmt.Errorf("document %d: %s: %w", doc.Number, o, err)
			case w == nil:
				warnings = append(warnings, fmt.Sprintf("document %d: %s (%s) is skipped: it has no pods that are read here", doc.Number, o, o.APIVersion))
			default:
				w.Document = doc.Number
				list = append(list, w)
			}
		}
	}
	return list, warnings, nil
}

// Objects returns the object of a document, or those of a v1 List.
func (d Document) Objects() ([]*Object, error) {
	o, err := readObject(d.JSON)
	list := []*Object{o}
	if err == nil && o.isList() {
		list, err = o.items()
	}
	if err != nil {
		return nil, fmt.Errorf("document %d: %w", d.Number, err)
	}
	return list, nil
}

// Object is what every object of Kubernetes has, and its text.
type Object struct {
	APIVersion string
	Kind       string
	Metadata   ObjectMeta
	text       []byte
	item       int // index in a List, or -1
}

// readObject reads apiVersion, kind and metadata of an object in JSON.
func readObject(text []byte) (*Object, error) {
	o := &Object{text: text, item: -1}
	d := strictjson.NewDecoder(text)
	err := walk(d, func(name string) (bool, error) {
		switch name {
		case "apiVersion":
			return true, Optional(d, &o.APIVersion, strictjson.Text)
		case "kind":
			return true, Optional(d, &o.Kind, strictjson.Text)
		case "metadata":
			return true, Optional(d, &o.Metadata, metadata)
		}
		return false, nil
	}, "apiVersion kind metadata", anything)
	if err == nil {
		err = d.End()
	}
	if err == nil && o.Kind == "" {
		err = errors.New("kind: missing, expected an object of Kubernetes")
	}
	if err == nil && o.APIVersion == "" {
		err = fmt.Errorf("%s: apiVersion: missing, expected one such as v1", o)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// anything lets all names pass: objects of other kinds have fields of their own.
func anything(string) error { return nil }

// JSON returns the object's text.
func (o *Object) JSON() []byte { return o.text }

// isList says whether it is a v1 List.
func (o *Object) isList() bool { return o.Kind == "List" && o.APIVersion == "v1" }

// items returns the objects of a List, which are no Lists.
func (o *Object) items() ([]*Object, error) {
	var list []*Object
	d := strictjson.NewDecoder(o.text)
	err := walk(d, func(name string) (bool, error) {
		if name != "items" {
			return false, nil
		}
		if d.Null() {
			return true, nil
		}
		return true, d.Array(func(i int) error {
			text, err := d.Skip()
			if err != nil {
				return err
			}
			item, err := readObject(text)
			if err == nil && item.isList() {
				err = errors.New("kind: List, expected an object that is no List")
			}
			if err != nil {
				return err
			}
			item.item = i
			list = append(list, item)
			return nil
		})
	}, "apiVersion kind metadata items", anything)
	return list, err
}

// String names the object: its place in a List, its kind, namespace and name.
func (o *Object) String() string {
	s := o.Kind
	if name := o.Name(); name != "" {
		s += " " + under(o.Metadata.Namespace, name)
		if o.Metadata.Namespace != "" {
			s = o.Kind + " " + o.Metadata.Namespace + "/" + name
		}
	}
	if o.item >= 0 {
		s = index("items", o.item) + ": " + s
	}
	return s
}

// Name returns the object's name, or that which it is generated from with a "*".
func (o *Object) Name() string {
	if o.Metadata.Name == "" && o.Metadata.GenerateName != "" {
		return o.Metadata.GenerateName + "*"
	}
	return o.Metadata.Name
}

// workload reads the object's pod; nil is an object of another kind.
func (o *Object) workload() (*Workload, error) {
	for _, t := range templates {
		if t.kind != o.Kind || t.apiVersion != o.APIVersion {
			continue
		}
		w := &Workload{Kind: o.Kind, Namespace: o.Metadata.Namespace, Name: o.Name(), Prefix: t.prefix}
		d := strictjson.NewDecoder(o.text)
		if err := w.read(d, t.prefix); err != nil {
			return nil, err
		}
		if len(w.Spec.Containers) == 0 {
			return nil, fmt.Errorf("%s: missing, expected a list with a container", under(t.prefix, "spec.containers"))
		}
		if t.prefix != "" {
			for _, key := range slices.Sorted(maps.Keys(o.Metadata.Annotations)) {
				if key == PodKey || strings.HasPrefix(key, ContainerKey) {
					w.Misplaced = append(w.Misplaced, key)
				}
			}
		}
		return w, nil
	}
	return nil, nil
}

// read goes down to the pod at path, and reads it.
func (w *Workload) read(d *strictjson.Decoder, path string) error {
	if path != "" {
		step, rest, _ := strings.Cut(path, ".")
		return Fields(d, func(name string) (bool, error) {
			if name != step {
				return false, nil
			}
			if d.Null() {
				return true, nil
			}
			return true, w.read(d, rest)
		}, step)
	}
	var meta ObjectMeta
	err := Fields(d, func(name string) (bool, error) {
		switch name {
		case "metadata":
			return true, Optional(d, &meta, metadata)
		case "spec":
			return true, Optional(d, &w.Spec, podSpec)
		}
		return false, nil
	}, "metadata spec")
	w.Annotations = meta.Annotations
	return err
}
