// Command kubernetes writes the golden files that package kube of sealctl is tested
// with: what Kubernetes' own functions make of the pods in a file. It is a module of
// its own, so that runseal's does not depend on the kubelet and the API server.
//
// The functions are those of the kubelet (getSeccompProfile of kuberuntime, by
// go:linkname) and of the API server (ValidatePodCreate). For 1.26, the last version
// that reads the deprecated annotations, applySeccompVersionSkew of the API server's pod
// strategy comes before both. From this directory:
//
//	D=../../cmd/sealctl/internal/kube/testdata
//	go run . $D/cases.yaml > $D/kubernetes-1.36.json
//	go run -modfile go126.mod -tags v126 . $D/cases.yaml > $D/kubernetes-1.26.json
//
// Each takes about ten minutes on two processors, nearly all of it to compile the
// kubelet; a second run takes seconds.
package main
