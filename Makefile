# What .ci/run does, one piece at a time.

BIN := bin
GOLANGCI_LINT_VERSION := v2.15.0
GOLANGCI_LINT := $(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION)

# Packages whose work is concurrent; the others gain nothing from the race detector's minutes.
CONCURRENT := awsapi|resource|provision|teardown|state|drill|cli|localcloud

.PHONY: build test lint race bench microbench fuzz crash-matrix soak cross ci clean

# `platformctl version` reads the version that Go stamps into the binary from the commit and its tag.
build:
	CGO_ENABLED=0 go build -trimpath -buildvcs=auto -ldflags '-s -w' -o $(BIN)/platformctl ./cmd/platformctl

test:
	go test ./...

lint: $(GOLANGCI_LINT)
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not as gofmt writes it: $$unformatted"; exit 1; }
	go vet ./...
	$(GOLANGCI_LINT) config verify
	$(GOLANGCI_LINT) run ./...

# Built from source: its own module, so that none of its dependencies is one of ours.
$(GOLANGCI_LINT):
	mkdir -p $(BIN)
	GOBIN=$(CURDIR)/$(BIN)/install go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	mv $(BIN)/install/golangci-lint $@
	rmdir $(BIN)/install

race:
	go test -race $$(go list ./... | grep -E '/internal/($(CONCURRENT))(/|$$)')

# The figures of docs/benchmarks.md, against Terraform; flags in BENCH, such as BENCH='-only times -settings aws'.
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

# Kills the binary at every API call of every scenario: hours. Less with MATRIX='-changes -consistency off -parallel 8'.
MATRIX := -markdown
crash-matrix:
	go run ./resilience matrix $(MATRIX)

# Random commands, kills, faults and drift, for about half an hour; other seeds with SOAK='-from 100 -seeds 50'.
SOAK := -seeds 20 -steps 30
soak:
	go run ./resilience soak $(SOAK)

# What the release builds, as far as it differs: files that are only built for one system.
cross:
	GOOS=darwin GOARCH=arm64 CGO_ENABLED=0 go build -o /dev/null ./...

ci:
	bash .ci/run

clean:
	rm -rf $(BIN) dist
