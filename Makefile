# Every command of the repository. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GOLANGCI_VERSION := v2.15.0
GOLANGCI := .tools/golangci-lint-$(GOLANGCI_VERSION)

export GOFLAGS := -mod=readonly

PORT ?= 4600
DATA ?= data
SETTINGS ?= causeway.env
FUZZTIME ?= 1m

.PHONY: help
help: ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## start engine, connectors and fakes here, play the sample day, keep running (PORT=, DATA=, SETTINGS=)
	go build -o .tools/causeway-local ./scripts/local
	exec .tools/causeway-local -port $(PORT) -data "$(DATA)" -settings "$(SETTINGS)"

.PHONY: demo
demo: ## play the sample day from an empty folder, print the table and the count, stop
	go build -o .tools/causeway-local ./scripts/local
	exec .tools/causeway-local -demo

.PHONY: test
test: ## every test, with the race detector
	go test -race ./...

.PHONY: check
check: $(GOLANGCI) ## format, vet, linters, house rules, generated files up to date
	$(GOLANGCI) fmt --diff
	$(GOLANGCI) run ./...
	go mod tidy -diff
	go test ./test -run 'TestRooms|TestARule|TestFunctions|TestInterfaces|TestEverything|TestTestsAnd|TestReadme'
	go run ./scripts/schemas -check

.PHONY: bench
bench: ## speed of the translation and of the local engine, as ratios
	go test -run '^$$' -bench . -benchmem ./test/bench/... ./shared/formats/... ./shared/local/...

.PHONY: fuzz
fuzz: ## fuzz every decoder, codec and verifier (FUZZTIME= each)
	scripts/fuzz.sh $(FUZZTIME)

SEEDS ?= 200
MIXES ?= 500

.PHONY: faults
faults: ## break the pipeline under a virtual clock: first tier, 200 seeds each, 500 mixes (FAULT= SEED= for one)
	@go run ./test/sim/faults -seeds $(SEEDS) -mixes $(MIXES) $(if $(FAULT),-fault $(FAULT)) $(if $(SEED),-seed $(SEED))

NIGHTLY_SEEDS ?= 10000
NIGHTLY_MIXES ?= 50000
NIGHTLY_LIMIT ?= 4h

.PHONY: faults-nightly
faults-nightly: ## the same with every fault, 10,000 seeds each and 50,000 mixes
	@go run ./test/sim/faults -tier 2 -seeds $(NIGHTLY_SEEDS) -mixes $(NIGHTLY_MIXES) -limit $(NIGHTLY_LIMIT)

.PHONY: faults-mutants
faults-mutants: ## take each guard of the pipeline away and see that some fault notices
	@go run ./test/sim/mutants

POINTS ?= 25
RUNS ?= 20

.PHONY: kills
kills: ## kill the engine's process with SIGKILL at 25 points of the sample day, 20 times each, and audit the books
	@go test ./scripts/local -run 'TestKills$$' -v -count 1 -parallel 6 -timeout 3h -args -points $(POINTS) -runs $(RUNS) | grep -v -E '^ *(=== |--- PASS)'

.PHONY: schemas
schemas: ## write events/schemas and events/samples from the model
	go run ./scripts/schemas

.PHONY: format
format: $(GOLANGCI) ## format the sources
	$(GOLANGCI) fmt

$(GOLANGCI):
	GOFLAGS= GOBIN="$(CURDIR)/.tools" go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv .tools/golangci-lint $@
