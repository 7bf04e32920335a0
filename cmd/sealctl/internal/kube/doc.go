// Package kube says which seccomp profile each container of a Kubernetes workload
// runs under, and why.
//
// # From a manifest to a filter
//
// Four programs decide in turn, and each sees less of the manifest than the one
// before:
//
//   - The API server creates the pod. It refuses one whose seccompProfile is not
//     valid (Validate). Until 1.26 it also copies two deprecated annotations to the
//     fields that are not set (applyAnnotations); since 1.27 the annotations do
//     nothing, though their values still have to be valid.
//   - The kubelet takes the container's securityContext.seccompProfile, else the
//     pod's, else RuntimeDefault if it was started with --seccomp-default, else
//     Unconfined, and hands a SecurityProfile (CRI) to the engine (fieldProfile). It
//     does so for privileged containers too.
//   - The engine (containerd, CRI-O) ignores the SecurityProfile of a privileged
//     container. For RuntimeDefault it takes a profile of its own, for Localhost the
//     file that the kubelet names.
//   - The OCI runtime installs what the engine put into linux.seccomp.
//
// A workload is read with Parse and judged with Evaluate:
//
//	list, warnings, err := kube.Parse(data)
//	for _, w := range list {
//		r := kube.Evaluate(w, kube.Options{ProfileRoot: "/var/lib/kubelet/seccomp"})
//		for _, c := range r.Containers {
//			fmt.Println(c.Name, c.Effective, c.Source)
//		}
//	}
//
// # What is read, and what is not
//
// Objects are decoded into Kubernetes' own types (k8s.io/api) by the decoder of its API
// server (sigs.k8s.io/json): names have to be spelt exactly, and a wrong type anywhere
// is an error. The server lets unknown fields pass with a warning, and so does Parse,
// for a manifest may be newer than the types; but where a profile would be ignored in
// silence they are errors (Object.Decode).
//
// # Where the rules are from
//
// The golden files in testdata were written by Kubernetes' own functions, those of
// the kubelet and of the API server, for the pods in testdata/cases.yaml; the program
// is integration/kubernetes. That engines ignore the profile of a privileged container
// is from their sources: generateSeccompSpecOpts of containerd's CRI plugin and
// CreateContainer of CRI-O.
//
// What admission webhooks, Pod Security admission or other plugins change or refuse is
// not seen here, nor what is on the node: whether a profile's file is there, or what
// the engine's default profile is.
package kube
