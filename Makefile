# runseal: build, test and demonstration. `make` alone lists the targets.

SHELL       := /bin/sh
.SHELLFLAGS := -eu -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

GO      ?= go
PREFIX  ?= /usr/local
DESTDIR ?=
FUZZTIME ?= 10s
# For test-vm: a target's name or a regular expression for several, and one for tests:
# make test-vm KERNEL=6.1 RUN=TestPidsLimit (integration/vm/README.md).
KERNEL ?=
RUN    ?=
# VMFLAGS=-all runs all tests on all machines.
VMFLAGS ?=
# Flags for the benchmark, for example BENCHFLAGS='-n 20 -target'.
BENCHFLAGS ?=

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# No C anywhere, but for the race detector, which is written in it, and the second
# opinion on profiles, libseccomp (build tag libseccomp, CGO_PKGS).
export CGO_ENABLED := 0

# A working tree that git does not trust (another owner's) or without a commit must
# not stop the build; `runseal --version` then has no commit line.
VCS     := $(shell git rev-parse --verify --quiet HEAD >/dev/null 2>&1 && echo auto || echo false)
# urfave_cli_no_docs leaves out a Markdown generator that nobody calls.
LDFLAGS := -s -w -X main.version=$(VERSION)
BUILD   := $(GO) build -trimpath -buildvcs=$(VCS) -tags urfave_cli_no_docs
# On amd64 runseal begins in nsenter/entry/entry_amd64.s, which goes on to Go's
# entry. Without this option Go's main does the same work, a little later.
ENTRY   := $(if $(filter amd64,$(shell $(GO) env GOARCH)),-E runseal_entry)

# The collector of Go 1.26 keeps marks at the end of every span, so each kind of
# small object touches one more page. runseal never lives long enough to collect
# anything: without it 30 page faults and 0.1 MB less. Another Go may not have it.
GCEXP   := $(shell GOEXPERIMENT=nogreenteagc $(GO) env GOROOT >/dev/null 2>&1 && echo GOEXPERIMENT=nogreenteagc)

# Pure packages: they are worth the race detector, and run without root.
RACE_PKGS := ./seccomp/... ./runtime/spec/...

# 32 and 64 bits, both byte orders; the others of Go's architectures differ in tables only.
PROFILE_ARCHS := 386 mips riscv64 s390x
# sealctl links Kubernetes' types and containerd, a minute's work for each: one that has
# both 32 bits and the other byte order.
SEALCTL_ARCH  := mips

# A module of its own, so that gRPC stays out of the project's.
CRI       := integration/cri

CGO_PKGS  := ./integration/libseccomp ./integration/seccompbench

# The unit tests are all but those below integration/, which need root.
UNIT_PKGS = $(shell $(GO) list ./... | grep -v '/integration/')

# What the targets need besides Go, git and make, as PACKAGE:PROBE. A package is
# missing when its probe, a command in PATH or a file, is not there; so a machine
# with another vendor's containerd and runc keeps them.
DEPS_DEMO := busybox-static:static-busybox
DEPS      := $(DEPS_DEMO) \
	crun:crun runc:runc containerd:containerd bubblewrap:bwrap \
	debootstrap:debootstrap dpkg:dpkg-deb strace:strace \
	gcc:gcc libc6-dev:/usr/include/stdio.h \
	libseccomp-dev:/usr/include/seccomp.h pkg-config:pkg-config \
	chromium:chromium zsh:zsh fish:fish mandoc:mandoc \
	uidmap:newuidmap \
	golang-github-containers-common:/usr/share/containers/seccomp.json \
	lintian:lintian shellcheck:shellcheck
DEPS_ENGINES := $(DEPS_DEMO) containerd:containerd runc:runc podman:podman conmon:conmon \
	docker.io:dockerd tini:/usr/bin/tini-static containernetworking-plugins:/usr/lib/cni/ptp procps:ps
DEPS_VM   := $(DEPS_DEMO) \
	qemu-system-x86:qemu-system-x86_64 \
	apparmor:apparmor_parser secilc:secilc \
	debootstrap:debootstrap e2fsprogs:mke2fs \
	dpkg:dpkg-deb xz-utils:xz debian-archive-keyring:/usr/share/keyrings/debian-archive-keyring.gpg
# The emulator of the other architecture only where its machine is asked for.
DEPS_ARM  := qemu-system-arm:qemu-system-aarch64
DEPS_VM   += $(if $(KERNEL),$(if $(findstring arm64,$(KERNEL)),$(DEPS_ARM)),$(DEPS_ARM))

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##
## Building
##

.PHONY: build
build: ## bin/runseal and bin/sealctl
	$(GCEXP) $(BUILD) -ldflags '$(LDFLAGS) $(ENTRY)' -o bin/runseal ./cmd/runseal
	$(BUILD) -ldflags '$(LDFLAGS)' -o bin/sealctl ./cmd/sealctl

# bin/sealctl may be for another machine than this one, so it cannot be asked.
SCRIPT = GOOS= GOARCH= $(GO) run -tags urfave_cli_no_docs ./cmd/sealctl completion

.PHONY: install
install: build ## install both below DESTDIR/PREFIX (/usr/local), with manual pages and completion
	install -D -m 0755 bin/runseal '$(DESTDIR)$(PREFIX)/sbin/runseal'
	install -D -m 0755 bin/sealctl '$(DESTDIR)$(PREFIX)/bin/sealctl'
	install -D -m 0644 docs/man/runseal.8 '$(DESTDIR)$(PREFIX)/share/man/man8/runseal.8'
	install -D -m 0644 docs/man/sealctl.8 '$(DESTDIR)$(PREFIX)/share/man/man8/sealctl.8'
	install -D -m 0644 cmd/runseal/completion/runseal.bash '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/runseal'
	install -D -m 0644 cmd/runseal/completion/runseal.zsh '$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_runseal'
	install -D -m 0644 cmd/runseal/completion/runseal.fish '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/runseal.fish'
	@for shell in bash zsh fish; do $(SCRIPT) $$shell > bin/sealctl.$$shell; done
	install -D -m 0644 bin/sealctl.bash '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/sealctl'
	install -D -m 0644 bin/sealctl.zsh '$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_sealctl'
	install -D -m 0644 bin/sealctl.fish '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/sealctl.fish'

.PHONY: uninstall
uninstall: ## remove what make install has installed below DESTDIR/PREFIX
	rm -f '$(DESTDIR)$(PREFIX)/sbin/runseal' '$(DESTDIR)$(PREFIX)/bin/sealctl'
	rm -f $(foreach p,runseal sealctl,'$(DESTDIR)$(PREFIX)/share/man/man8/$(p).8' \
		'$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$(p)' \
		'$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$(p)' \
		'$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$(p).fish')

# 0~git... sorts before any release; a release's tag is v1.2.
EPOCH   = $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
DEBVERSION ?= $(if $(filter v%,$(VERSION)),$(subst -,+,$(patsubst v%,%,$(VERSION))),0~git$(shell date -u -d @$(EPOCH) +%Y%m%d).$(subst -,.,$(VERSION)))-1
DEBARCH ?= $(shell dpkg --print-architecture 2>/dev/null)
DEB     ?= bin/runseal_$(DEBVERSION)_$(DEBARCH).deb

.PHONY: deb
deb: ## bin/runseal_VERSION_ARCH.deb, a Debian package (needs dpkg-deb)
	rm -rf bin/deb
	$(MAKE) --no-print-directory install DESTDIR='$(CURDIR)/bin/deb' PREFIX=/usr
	deploy/debian/build.sh bin/deb '$(DEBVERSION)' '$(DEBARCH)' '$(EPOCH)' '$(DEB)'
	rm -rf bin/deb
	@echo '$(DEB)'

IMAGE ?= bin/runseal-image.tar

.PHONY: image
image: deps-demo build ## bin/runseal-image.tar, the OCI image that installs on nodes (deploy/)
	$(GO) run ./deploy/image -runseal bin/runseal -o '$(IMAGE)'
	@echo '$(IMAGE)'

.PHONY: cross
cross: ## compile and vet everything for arm64, and what works with profiles for others
	GOARCH=arm64 $(GO) build ./...
	GOARCH=arm64 $(GO) vet ./...
	@for arch in $(PROFILE_ARCHS); do \
		echo "GOARCH=$$arch $(GO) build (profiles)"; \
		GOARCH=$$arch $(GO) build $$($(GO) list ./seccomp/... | grep -v /containerd); \
	done
	GOARCH=$(SEALCTL_ARCH) $(GO) build -o /dev/null ./cmd/sealctl

.PHONY: generate
generate: ## regenerate the z*.go files, docs/reference and docs/man
	$(GO) generate ./...

.PHONY: clean
clean: ## remove what the other targets built
	rm -rf bin

##
## Using it
##

.PHONY: demo
demo: deps-demo build ## run a bundle and show what its seccomp filter does (root)
	RUNSEAL='$(CURDIR)/bin/runseal' $(GO) run ./integration/demo

.PHONY: bench
bench: deps build ## compare with crun and runc (root); BENCHFLAGS='-n 20 -target'
	$(GO) build -o bin/bench ./integration/bench
	RUNSEAL='$(CURDIR)/bin/runseal' bin/bench $(BENCHFLAGS)

.PHONY: bench-seccomp
bench-seccomp: deps ## compare compiled filters with libseccomp's (cgo); BENCHFLAGS='-n 41 -target'
	CGO_ENABLED=1 $(GO) build -tags libseccomp -o bin/bench-seccomp ./integration/seccompbench
	bin/bench-seccomp $(BENCHFLAGS)

##
## Testing
##

# One after the other even under make -j, so that the parts do not disturb each
# other's timing and each line of output belongs to the part named last.
TEST_PARTS := deps lint build unit race cross integration test-engines demo bench-check vm-check

.PHONY: test
test: ## everything that .ci/run runs (root)
	@start=$$(date +%s); \
	for part in $(TEST_PARTS); do \
		echo "=== $$part ($$(( $$(date +%s) - start )) s)"; \
		$(MAKE) --no-print-directory CONTAINERD2= $$part || { echo "=== FAILED: make $$part" >&2; exit 1; }; \
	done; \
	echo "=== passed ($$(( $$(date +%s) - start )) s)"

.PHONY: unit
unit: ## the tests that need no root
	$(GO) test $(UNIT_PKGS)

.PHONY: race
race: ## the pure packages' tests under the race detector (needs gcc)
	CGO_ENABLED=1 $(GO) test -race -short $(RACE_PKGS)

.PHONY: integration
integration: build ## the tests on the real kernel (root)
	@if [ "$$(id -u)" != 0 ]; then echo 'make integration: needs root: it runs containers' >&2; exit 1; fi
	RUNSEAL='$(CURDIR)/bin/runseal' SEALCTL='$(CURDIR)/bin/sealctl' $(GO) test -count=1 -p 1 -parallel 4 -timeout 20m $$($(GO) list ./integration/... | grep -v '/integration/engines/')
	CGO_ENABLED=1 $(GO) test -count=1 -tags libseccomp $(CGO_PKGS)

# The command of containerd 2 is built for deploy/'s tests, but not by make test: two
# minutes of compiling.
CONTAINERD2 ?= yes

# Two engines at a time, each with four containers: most of the time they wait for each
# other's processes.
.PHONY: test-engines
test-engines: deps-engines build ## the same under containerd, its CRI, podman and Docker, runc beside (root)
	@if [ "$$(id -u)" != 0 ]; then echo 'make test-engines: needs root: it runs containers' >&2; exit 1; fi
	RUNSEAL='$(CURDIR)/bin/runseal' RUNSEAL_IT_CONTAINERD2='$(CONTAINERD2)' $(GO) test -count=1 -p 2 -parallel 4 -timeout 15m ./integration/engines/...
	cd $(CRI) && RUNSEAL='$(CURDIR)/bin/runseal' $(GO) test -count=1 -parallel 4 -timeout 10m ./...

VM := bin/vmtest

.PHONY: test-vm
test-vm: deps-vm ## the root tests on other kernels, in virtual machines; KERNEL=6.1 RUN=TestX
	$(GO) build -o $(VM) ./integration/vm
	$(VM) test -kernel '$(KERNEL)' -run '$(RUN)' $(VMFLAGS)

# The part of it that every change has to pass: one kernel, and cgroup version 2 alone.
.PHONY: vm-check
vm-check:
	@$(MAKE) --no-print-directory test-vm KERNEL='^6.12$$'

.PHONY: vm-pins
vm-pins: deps-vm ## pin the newest kernels that Debian's archive has (integration/vm/pins.json)
	$(GO) build -o $(VM) ./integration/vm
	$(VM) pin -kernel '$(KERNEL)'

.PHONY: docs-kernels
docs-kernels: ## docs/kernels.md from the last make test-vm of all machines
	$(GO) build -o $(VM) ./integration/vm
	$(VM) doc

# Figures of a loaded machine mean nothing; that the benchmarks work does.
.PHONY: bench-check
bench-check:
	@$(MAKE) --no-print-directory bench BENCHFLAGS='-n 1 -warmup 0 -pause 0'
	@$(MAKE) --no-print-directory bench-seccomp BENCHFLAGS=-check

.PHONY: lint
lint: ## gofmt, go vet, staticcheck (needs gcc and libseccomp-dev)
	@bad=$$(gofmt -l $$($(GO) list -f '{{.Dir}}' ./...) $(CGO_PKGS)); \
	if [ -n "$$bad" ]; then echo "gofmt: not formatted:" >&2; echo "$$bad" >&2; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	CGO_ENABLED=1 $(GO) vet -tags libseccomp $(CGO_PKGS)
	CGO_ENABLED=1 $(GO) tool staticcheck -tags libseccomp $(CGO_PKGS)
	@bad=$$(gofmt -l $(CRI) integration/containerd2 integration/kubernetes integration/openshift); if [ -n "$$bad" ]; then echo "gofmt: not formatted:" >&2; echo "$$bad" >&2; exit 1; fi
	check=$$($(GO) tool -n staticcheck) && cd $(CRI) && $(GO) vet ./... && $$check ./...

# Go's fuzzer can take the end of its time for a failure (context deadline exceeded); a real
# one has written its input to testdata/fuzz.
.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s)
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	for pkg in $(UNIT_PKGS); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "=== $$pkg $$target"; \
			if $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$pkg >"$$log" 2>&1; then \
				tail -n 1 "$$log"; \
			elif grep -q 'context deadline exceeded' "$$log" && ! grep -q 'Failing input' "$$log"; then \
				echo 'the end came in the middle of an input'; \
			else cat "$$log"; exit 1; fi; \
		done; \
	done

# A test binary without the flag would refuse it, so only packages that declare it.
.PHONY: golden
golden: ## rewrite the golden files from what the code does now; read the diff
	@for dir in $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -r -n 1 dirname | sort -u); do \
		echo "=== $$dir"; \
		$(GO) test -count=1 "$$dir" -update; \
	done
	@git --no-pager diff --stat

# Kubernetes' and OpenShift's own functions on the pods of the tests: the expectations
# of sealctl pod and scc. The first build takes many minutes, so it is no part of test.
KUBE := $(CURDIR)/cmd/sealctl/internal/kube/testdata
SCC  := $(CURDIR)/cmd/sealctl/internal/scc/testdata

.PHONY: golden-kube
golden-kube: ## rewrite what Kubernetes' and OpenShift's own code says (downloads, slow)
	cd integration/kubernetes && $(GO) run . $(KUBE)/cases.yaml > $(KUBE)/kubernetes-1.36.json
	cd integration/kubernetes && $(GO) run -modfile go126.mod -tags v126 . $(KUBE)/cases.yaml > $(KUBE)/kubernetes-1.26.json
	cd integration/openshift && $(GO) run . $(KUBE)/cases.yaml $(SCC)/standard.yaml $(SCC)/odd.yaml > $(SCC)/openshift.json
	@git --no-pager diff --stat

##
## What the machine needs
##

# On Debian as root missing packages are installed; elsewhere they are named.
define install-missing
	@missing=; \
	for dep in $(1); do \
		package=$${dep%%:*}; probe=$${dep#*:}; \
		case $$probe in \
		static-busybox) \
			found=$$(command -v busybox || true); \
			if [ -n "$$found" ] && LC_ALL=C ldd "$$found" 2>&1 | grep -Eq 'not a dynamic|statically linked'; then continue; fi;; \
		/*)	if [ -e "$$probe" ]; then continue; fi;; \
		*)	if command -v "$$probe" >/dev/null 2>&1; then continue; fi;; \
		esac; \
		missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null 2>&1; then \
		echo "make: not a Debian machine; please install what these Debian packages have:$$missing" >&2; exit 1; \
	fi; \
	if [ "$$(id -u)" != 0 ]; then \
		echo "make: please run as root: apt-get install --no-install-recommends$$missing" >&2; exit 1; \
	fi; \
	echo "installing:$$missing"; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get -q update; \
	apt-get -q -y --no-install-recommends install $$missing
endef

.PHONY: deps
deps: ## install the Debian packages that demo, test and bench need (root)
	$(call install-missing,$(DEPS))

.PHONY: deps-engines
deps-engines: ## the same for test-engines (root)
	$(call install-missing,$(DEPS_ENGINES))

.PHONY: deps-vm
deps-vm: ## the same for test-vm (root)
	$(call install-missing,$(DEPS_VM))

.PHONY: deps-demo
deps-demo:
	$(call install-missing,$(DEPS_DEMO))
