package kube

import (
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

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
	Metadata   metav1.ObjectMeta
	text       []byte // JSON
	item       int    // index in a List, or -1
}

// readObject reads apiVersion, kind and metadata of an object in JSON. Other fields are
// those of its kind.
func readObject(text []byte) (*Object, error) {
	var head metav1.PartialObjectMetadata
	unknown, err := unmarshal(text, &head)
	if err == nil {
		err = misspelt(unknown, []string{"apiVersion", "kind", "metadata"})
	}
	if err != nil {
		return nil, err
	}
	o := &Object{head.APIVersion, head.Kind, head.ObjectMeta, text, -1}
	switch {
	case o.Kind == "":
		return nil, errors.New("kind: missing, expected an object of Kubernetes")
	case o.APIVersion == "":
		return nil, fmt.Errorf("%s: apiVersion: missing, expected one such as v1", o)
	}
	return o, nil
}

// isList says whether it is a v1 List.
func (o *Object) isList() bool { return o.Kind == "List" && o.APIVersion == "v1" }

// items returns the objects of a List, which are no Lists.
func (o *Object) items() ([]*Object, error) {
	var l metav1.List
	if _, err := o.Decode(&l, "items"); err != nil {
		return nil, err
	}
	var list []*Object
	for i, raw := range l.Items {
		text := raw.Raw
		if text == nil { // it is null
			text = []byte("null")
		}
		item, err := readObject(text)
		if err == nil && item.isList() {
			err = errors.New("kind: List, expected an object that is no List")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", index("items", i), err)
		}
		item.item = i
		list = append(list, item)
	}
	return list, nil
}

// String names the object for a message: its place in a List, its kind, namespace and
// name.
func (o *Object) String() string {
	s := o.Kind
	if name := o.Name(); name != "" {
		s += " " + name
		if o.Metadata.Namespace != "" {
			s = o.Kind + " " + o.Metadata.Namespace + "/" + name
		}
	}
	if o.item >= 0 {
		s = index("items", o.item) + ": " + s
	}
	return oneLine(s)
}

// Name returns the object's name, or that which it is generated from with a "*".
func (o *Object) Name() string {
	if o.Metadata.Name == "" && o.Metadata.GenerateName != "" {
		return o.Metadata.GenerateName + "*"
	}
	return o.Metadata.Name
}
