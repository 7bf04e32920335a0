module github.com/runseal/runseal/integration/cri

go 1.26.8

require (
	github.com/opencontainers/runtime-spec v1.3.0
	github.com/runseal/runseal v0.0.0
	golang.org/x/sys v0.49.0
	google.golang.org/grpc v1.83.2
	k8s.io/cri-api v0.36.3
	k8s.io/streaming v0.36.3
)

require (
	github.com/go-logr/logr v1.4.4 // indirect
	github.com/moby/profiles/seccomp v0.2.3 // indirect
	github.com/moby/spdystream v0.5.1 // indirect
	golang.org/x/net v0.59.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260825221802-da73d73af1c5 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
	k8s.io/klog/v2 v2.140.0 // indirect
	k8s.io/utils v0.0.0-20260626114624-be93311217bd // indirect
)

replace github.com/runseal/runseal => ../..
