package kube

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
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
	Spec        corev1.PodSpec
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
			w, warning, err := o.workload()
			if warning != "" {
				warnings = append(warnings, fmt.Sprintf("document %d: %s: %s", doc.Number, o, warning))
			}
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

// workload reads the object's pod; nil is an object of another kind.
func (o *Object) workload() (w *Workload, warning string, err error) {
	template, prefix, warning, err := o.template()
	if template == nil || err != nil {
		return nil, "", err
	}
	if len(template.Spec.Containers) == 0 {
		return nil, "", fmt.Errorf("%s: missing, expected a list with a container", under(prefix, "spec.containers"))
	}
	w = &Workload{Kind: o.Kind, Namespace: o.Metadata.Namespace, Name: o.Name(), Prefix: prefix, Annotations: template.Annotations, Spec: template.Spec}
	if prefix != "" {
		for _, key := range slices.Sorted(maps.Keys(o.Metadata.Annotations)) {
			if key == corev1.SeccompPodAnnotationKey || strings.HasPrefix(key, corev1.SeccompContainerAnnotationKeyPrefix) {
				w.Misplaced = append(w.Misplaced, key)
			}
		}
	}
	return w, warning, nil
}

// read are the names of the fields that decide what is said of a workload.
var read = []string{"apiVersion", "kind", "metadata", "name", "generateName", "namespace", "annotations", "spec", "template", "jobTemplate",
	"os", "nodeSelector", "securityContext", "privileged", "initContainers", "containers", "ephemeralContainers"}

// template reads the object in the type of its kind. It returns the pod, and its path
// in the object; nil is an object of another kind.
func (o *Object) template() (t *corev1.PodTemplateSpec, path, warning string, err error) {
	const inSpec, inJob = "spec.template", "spec.jobTemplate.spec.template"
	switch o.APIVersion + " " + o.Kind {
	case "v1 Pod":
		var v corev1.Pod
		warning, err = o.Decode(&v, read...)
		return &corev1.PodTemplateSpec{ObjectMeta: v.ObjectMeta, Spec: v.Spec}, "", warning, err
	case "v1 ReplicationController":
		v := corev1.ReplicationController{Spec: corev1.ReplicationControllerSpec{Template: &corev1.PodTemplateSpec{}}}
		warning, err = o.Decode(&v, read...)
		if v.Spec.Template == nil { // it is null
			v.Spec.Template = &corev1.PodTemplateSpec{}
		}
		return v.Spec.Template, inSpec, warning, err
	case "apps/v1 Deployment":
		var v appsv1.Deployment
		warning, err = o.Decode(&v, read...)
		return &v.Spec.Template, inSpec, warning, err
	case "apps/v1 DaemonSet":
		var v appsv1.DaemonSet
		warning, err = o.Decode(&v, read...)
		return &v.Spec.Template, inSpec, warning, err
	case "apps/v1 StatefulSet":
		var v appsv1.StatefulSet
		warning, err = o.Decode(&v, read...)
		return &v.Spec.Template, inSpec, warning, err
	case "apps/v1 ReplicaSet":
		var v appsv1.ReplicaSet
		warning, err = o.Decode(&v, read...)
		return &v.Spec.Template, inSpec, warning, err
	case "batch/v1 Job":
		var v batchv1.Job
		warning, err = o.Decode(&v, read...)
		return &v.Spec.Template, inSpec, warning, err
	case "batch/v1 CronJob":
		var v batchv1.CronJob
		warning, err = o.Decode(&v, read...)
		return &v.Spec.JobTemplate.Spec.Template, inJob, warning, err
	}
	return nil, "", "", nil
}
