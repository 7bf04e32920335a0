package scc

import (
	"fmt"

	"github.com/runseal/runseal/cmd/sealctl/internal/kube"
	"github.com/runseal/runseal/seccomp/strictjson"
)

// Constraints is the part of a SecurityContextConstraints object (security.openshift.io/v1)
// that is judged, and the part by which OpenShift orders them.
type Constraints struct {
	Name                     string
	Priority                 int32
	AllowPrivilegedContainer bool
	SeccompProfiles          []string

	// For the order.
	AllowHostDirVolumePlugin bool
	AllowHostNetwork         bool
	AllowHostPorts           bool
	Volumes                  []string // nil is not set
	DefaultAddCapabilities   []string
	AllowedCapabilities      []string
	RequiredDropCapabilities []string
	SELinuxContext           string // its type
	RunAsUser                string // its type
}

const known = "metadata priority allowPrivilegedContainer seccompProfiles allowHostDirVolumePlugin allowHostNetwork allowHostPorts " +
	"volumes defaultAddCapabilities allowedCapabilities requiredDropCapabilities seLinuxContext runAsUser"

// Read reads the SecurityContextConstraints of a file: documents in YAML or JSON, and v1
// Lists. Other objects are named in warnings. Errors name the document, the object and
// the field.
func Read(data []byte) (list []*Constraints, warnings []string, err error) {
	docs, err := kube.Documents(data)
	if err != nil {
		return nil, nil, err
	}
	for _, doc := range docs {
		objects, err := doc.Objects()
		if err != nil {
			return nil, nil, err
		}
		for _, o := range objects {
			if o.Kind != "SecurityContextConstraints" || o.APIVersion != "security.openshift.io/v1" {
				warnings = append(warnings, fmt.Sprintf("document %d: %s (%s) is skipped: it is no SecurityContextConstraints of security.openshift.io/v1",
					doc.Number, o, o.APIVersion))
				continue
			}
			c, err := decode(o)
			if err != nil {
				return nil, nil, fmt.Errorf("document %d: %s: %w", doc.Number, o, err)
			}
			list = append(list, c)
		}
	}
	return list, warnings, nil
}

func decode(o *kube.Object) (*Constraints, error) {
	c := &Constraints{Name: o.Metadata.Name}
	if c.Name == "" {
		return nil, fmt.Errorf("metadata.name: missing, expected the name of the constraints")
	}
	d := strictjson.NewDecoder(o.JSON())
	err := kube.Fields(d, func(name string) (bool, error) {
		switch name {
		case "priority":
			return true, kube.Optional(d, &c.Priority, strictjson.Signed32)
		case "allowPrivilegedContainer":
			return true, kube.Optional(d, &c.AllowPrivilegedContainer, strictjson.Bool)
		case "seccompProfiles":
			return true, stringList(d, &c.SeccompProfiles)
		case "allowHostDirVolumePlugin":
			return true, kube.Optional(d, &c.AllowHostDirVolumePlugin, strictjson.Bool)
		case "allowHostNetwork":
			return true, kube.Optional(d, &c.AllowHostNetwork, strictjson.Bool)
		case "allowHostPorts":
			return true, kube.Optional(d, &c.AllowHostPorts, strictjson.Bool)
		case "volumes":
			return true, stringList(d, &c.Volumes)
		case "defaultAddCapabilities":
			return true, stringList(d, &c.DefaultAddCapabilities)
		case "allowedCapabilities":
			return true, stringList(d, &c.AllowedCapabilities)
		case "requiredDropCapabilities":
			return true, stringList(d, &c.RequiredDropCapabilities)
		case "seLinuxContext":
			return true, kube.Optional(d, &c.SELinuxContext, strategy)
		case "runAsUser":
			return true, kube.Optional(d, &c.RunAsUser, strategy)
		}
		return false, nil
	}, known)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// stringList reads a list of strings; a null is no list.
func stringList(d *strictjson.Decoder, v *[]string) (err error) {
	*v, err = d.Strings()
	return err
}

// strategy reads the type of a strategy.
func strategy(d *strictjson.Decoder, v *string) error {
	return kube.Fields(d, func(string) (bool, error) { return true, kube.Optional(d, v, strictjson.Text) }, "type")
}
