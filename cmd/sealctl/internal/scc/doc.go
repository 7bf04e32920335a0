// Package scc says which of OpenShift's SecurityContextConstraints (SCC) admit what a
// pod asks of seccomp, and what they make of it.
//
// # How OpenShift chooses
//
// When a pod is created, the constraints are tried in an order (Sort): the higher
// priority first; of equal ones the more restrictive, by a score of what they allow;
// of equal ones by name. The first that admits the pod as a whole, and that its user or
// service account may use, is taken. Before a constraint judges the pod it completes
// it (Judge):
//
//   - If the pod has no profile, neither as a field nor as the deprecated annotation,
//     it gets the first entry of seccompProfiles that is not "*". Without such an entry
//     it stays as it is, and the kubelet decides: Unconfined, or RuntimeDefault under
//     --seccomp-default.
//   - Annotations are copied to the fields, in every version: Kubernetes itself has
//     ignored them since 1.27, OpenShift's admission has not. Where both are set and
//     differ the annotation wins; another version of the code prefers the pod's field.
//
// Then the profile of the pod, and that of each container, has to be an entry of
// seccompProfiles: runtime/default (docker/default is the same), unconfined,
// localhost/FILE or "*" for all. A constraint without entries admits only a pod that
// sets no profile. A privileged container needs allowPrivilegedContainer.
//
//	list, _, err := scc.Read(data)
//	scc.Sort(list)
//	for _, c := range list {
//		v := scc.Judge(c, workload, kube.Options{})
//		fmt.Println(c.Name, v.Admits)
//	}
//
// # What is not judged
//
// Users, capabilities, volumes, SELinux and all else that a constraint restricts: one
// that is said to admit a pod here may refuse it for them. Who may use a constraint
// (users, groups, RBAC) is in the cluster, not in the pod.
//
// The rules are compared with OpenShift's own code (apiserver-library-go of August 2023,
// pkg/securitycontextconstraints): integration/openshift writes the golden file. What
// later versions order constraints by, userNamespaceLevel among it, is not known here.
package scc
