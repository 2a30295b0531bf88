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

# What a function is built with: no RPC mode of old runtimes, and no validator tag that
# would keep every method of the program; nothing that differs from build to build.
DIST_FLAGS := -trimpath -buildvcs=false -tags lambda.norpc,validator_novalidatefn -ldflags "-s -w -buildid="
DIST ?= dist

.PHONY: dist
dist: ## build every Lambda function for arm64 into dist/<system>-<role>/bootstrap
	rm -rf "$(DIST)"
	for main in functions/*/*/main.go; do \
		folder=$${main%/main.go}; name=$${folder#functions/}; \
		GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build $(DIST_FLAGS) -o "$(DIST)/$${name/\//-}/bootstrap" "./$$folder"; \
	done

.PHONY: reproducible
reproducible: dist ## build every Lambda function again, in another folder and from nothing, and compare the bytes
	rm -rf .tools/again .tools/cache-again && mkdir -p .tools/again
	git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t .tools/again
	GOCACHE="$(CURDIR)/.tools/cache-again" $(MAKE) -C .tools/again dist DIST="$(CURDIR)/.tools/dist-again"
	rm -rf .tools/again .tools/cache-again
	diff -r "$(DIST)" .tools/dist-again && echo "the same bytes, built twice from two folders"

.PHONY: size
size: dist ## size, start and memory of every Lambda function, against the smallest and the budget
	go run ./scripts/size -dist "$(DIST)"

.PHONY: fuzz
fuzz: ## fuzz every decoder, codec and verifier (FUZZTIME= each)
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: schemas
schemas: ## write events/schemas and events/samples from the model
	go run ./scripts/schemas

.PHONY: format
format: $(GOLANGCI) ## format the sources
	$(GOLANGCI) fmt

$(GOLANGCI):
	GOFLAGS= GOBIN="$(CURDIR)/.tools" go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv .tools/golangci-lint $@
