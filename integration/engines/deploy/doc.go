// Package deploy has the tests of deploy/: each configuration is read by the engine that
// it is for, the Kubernetes objects by Kubernetes' own types, and the installer of nodes
// runs on roots of its own with real versions of containerd. They need root.
package deploy
