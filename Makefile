# What .ci/run does, one piece at a time.

BIN := bin
GOLANGCI_LINT_VERSION := v2.15.0
GOLANGCI_LINT := $(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION)
ACTIONLINT_VERSION := v1.7.12
ACTIONLINT := $(BIN)/actionlint-$(ACTIONLINT_VERSION)
# From v2.16 on it needs a module for msix packages that not every module proxy has.
GORELEASER_VERSION := v2.15.0
GORELEASER := $(BIN)/goreleaser-$(GORELEASER_VERSION)
COSIGN_VERSION := v3.1.3
COSIGN := $(BIN)/cosign-$(COSIGN_VERSION)
GOVULNCHECK_VERSION := v1.9.0
GOVULNCHECK := $(BIN)/govulncheck-$(GOVULNCHECK_VERSION)

# Packages whose work is concurrent; the others gain nothing from the race detector's minutes.
CONCURRENT := awsapi|resource|provision|teardown|state|drill|kinds|cli|localcloud

# Packages whose tests ask no more of a machine than a file system and loopback, and expect no words of its system's, so that
# they run on every system.
PORTABLE := atomicfile|drill/measure|drill/predict|kinds/.*|localcloud/dataplane/proxy(/.*)?|resource

.PHONY: build docs prices test test-portable lint lint-workflows race bench microbench fuzz crash-matrix soak cross release release-check release-snapshot release-verify vulnerabilities ci clean

# `platformctl version` reads the version that Go stamps into the binary from the commit and its tag.
build:
	CGO_ENABLED=0 go build -trimpath -buildvcs=auto -ldflags '-s -w' -o $(BIN)/platformctl ./cmd/platformctl

test:
	go test ./...

test-portable:
	go test $$(go list ./... | grep -E '/internal/($(PORTABLE))$$')

lint: $(GOLANGCI_LINT)
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not as gofmt writes it: $$unformatted"; exit 1; }
	go vet ./...
	$(GOLANGCI_LINT) config verify
	$(GOLANGCI_LINT) run ./...

# Ours, and those in docs/ that users copy.
lint-workflows: $(ACTIONLINT)
	$(ACTIONLINT) .github/workflows/*.yml docs/github-actions/*.yml

# Built from source: each its own module, so that none of its dependencies is one of ours.
$(GOLANGCI_LINT): TOOL := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
$(ACTIONLINT): TOOL := github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)
$(GORELEASER): TOOL := github.com/goreleaser/goreleaser/v2@$(GORELEASER_VERSION)
$(COSIGN): TOOL := github.com/sigstore/cosign/v3/cmd/cosign@$(COSIGN_VERSION)
$(GOVULNCHECK): TOOL := golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION)
$(GOLANGCI_LINT) $(ACTIONLINT) $(GORELEASER) $(COSIGN) $(GOVULNCHECK):
	mkdir -p $(BIN)
	GOBIN=$(CURDIR)/$@.install CGO_ENABLED=0 go install -ldflags=-s $(TOOL)
	mv $@.install/* $@
	rmdir $@.install

# What the documents have from the program: docs/architecture.svg, the runbook in docs/operations.md, and the costs in README.md
# and docs/operations.md.
docs:
	go test ./internal/present/runbook -run TestDocuments -update
	go test ./internal/blueprint -run TestDocuments -update
	go test ./internal/cli/exit -run TestDocuments -update

# What AWS publishes that things cost: internal/prices/regions, asked for with AWS credentials, and the tables made of it.
# Some regions alone with PRICES='-regions us-east-1,eu-west-1'.
PRICES :=
prices:
	go run ./internal/prices/refresh $(PRICES)
	$(MAKE) docs

# Fails on known vulnerabilities of code that is reached. Another database than Go's own: VULNERABILITIES='-db file:///…'
VULNERABILITIES :=
SCANNED := ./...
vulnerabilities: $(GOVULNCHECK)
	$(GOVULNCHECK) $(VULNERABILITIES) $(SCANNED)

race:
	go test -race $$(go list ./... | grep -E '/internal/($(CONCURRENT))(/|$$)')

# The figures of bench/benchmarks.md, against Terraform; flags in BENCH, such as BENCH='-only times -settings aws'.
BENCH :=
bench:
	go run ./bench compare $(BENCH)

microbench:
	go test -run '^$$' -bench . -benchmem ./...

# Each fuzz test for a minute, or for as long as FUZZTIME says: what goes into the program from outside.
FUZZTIME := 1m
fuzz:
	go test -run '^$$' -fuzz FuzzLoad -fuzztime $(FUZZTIME) ./internal/config
	# In memory where there is such a directory: each try waits for the disk several times.
	TMPDIR=$$(test -w /dev/shm && echo /dev/shm || echo $${TMPDIR:-/tmp}) GOTMPDIR=$${TMPDIR:-/tmp} \
		go test -run '^$$' -fuzz FuzzOpen -fuzztime $(FUZZTIME) -fuzzminimizetime 100x ./internal/state
	go test -run '^$$' -fuzz FuzzDecode -fuzztime $(FUZZTIME) ./internal/localcloud/wire
	go test -run '^$$' -fuzz FuzzRead -fuzztime $(FUZZTIME) ./internal/localcloud/wire/restxml
	go test -run '^$$' -fuzz FuzzRead -fuzztime $(FUZZTIME) ./internal/localcloud/wire/rpccbor
	go test -run '^$$' -fuzz FuzzMessage -fuzztime $(FUZZTIME) ./internal/localcloud/dataplane/proxy/http1
	# One worker: each try has connections of its own.
	go test -run '^$$' -fuzz FuzzProxy -fuzztime $(FUZZTIME) -parallel 1 -fuzzminimizetime 100x ./internal/localcloud/dataplane/proxy

# Kills the binary at every API call of every scenario: hours. Less with MATRIX='-changes -consistency off -parallel 8'.
MATRIX := -markdown
crash-matrix:
	go run ./resilience matrix $(MATRIX)

# Random commands, kills, faults and drift, for about half an hour; other seeds with SOAK='-from 100 -seeds 50'.
SOAK := -seeds 20 -steps 30
soak:
	go run ./resilience soak $(SOAK)

# Each system that the release builds for, with the tests, on one processor: no file of ours is for one alone, and
# release-snapshot compiles for all. It finds the packages compiled: -trimpath is of both.
SYSTEMS := linux/amd64 darwin/arm64 windows/amd64
cross: $(SYSTEMS:%=vet/%)

vet/%:
	GOOS=$(*D) GOARCH=$(*F) CGO_ENABLED=0 go vet -trimpath ./...

# A release of the tag that is checked out, as a draft: release/README.md.
release: release-check $(COSIGN)
	ln -sf $(notdir $(COSIGN)) $(BIN)/cosign
	$(GORELEASER) release --clean

release-check: $(GORELEASER)
	$(GORELEASER) check

# All of a release but the tag and the upload, in dist/.
release-snapshot: release-check
	$(GORELEASER) release --snapshot --clean --skip=publish,sign
	$(MAKE) release-verify

# What goreleaser made is what a release promises: archives, packages, sums, bills of materials.
release-verify:
	go test -count=1 -tags artifacts ./release

ci:
	bash .ci/run

clean:
	rm -rf $(BIN) dist
