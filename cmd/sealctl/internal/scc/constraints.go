package scc

import (
	"errors"
	"fmt"

	securityv1 "github.com/openshift/api/security/v1"

	"github.com/runseal/runseal/cmd/sealctl/internal/kube"
)

// Constraints are those of OpenShift.
type Constraints = securityv1.SecurityContextConstraints

// Read reads the SecurityContextConstraints of a file: documents in YAML or JSON, and v1
// Lists. Other objects, and fields that are not known, are named in warnings. Errors name
// the document, the object and the field.
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
			if o.Kind != "SecurityContextConstraints" || o.APIVersion != securityv1.GroupVersion.String() {
				warnings = append(warnings, fmt.Sprintf("document %d: %s (%s) is skipped: it is no SecurityContextConstraints of security.openshift.io/v1",
					doc.Number, o, o.APIVersion))
				continue
			}
			c := &Constraints{}
			warning, err := o.Decode(c, read...)
			if err == nil && c.Name == "" {
				err = errors.New("metadata.name: missing, expected the name of the constraints")
			}
			if err != nil {
				return nil, nil, fmt.Errorf("document %d: %s: %w", doc.Number, o, err)
			}
			if warning != "" {
				warnings = append(warnings, fmt.Sprintf("document %d: %s: %s", doc.Number, o, warning))
			}
			list = append(list, c)
		}
	}
	return list, warnings, nil
}

// read are the names of the fields that are judged, and of those that decide the order.
var read = []string{"metadata", "name", "priority", "allowPrivilegedContainer", "seccompProfiles", "allowHostDirVolumePlugin", "allowHostNetwork",
	"allowHostPorts", "volumes", "defaultAddCapabilities", "allowedCapabilities", "requiredDropCapabilities", "seLinuxContext", "runAsUser", "type"}

// priority is 0 if it is not set.
func priority(c *Constraints) int32 {
	if c.Priority == nil {
		return 0
	}
	return *c.Priority
}
