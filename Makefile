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
ENTRIES ?= 1000000
FUZZTIME ?= 1m
STAGE ?= dev

BUILD = $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

.PHONY: help
help: ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: causeway ## start engine, connectors and fakes here, play the sample day, keep running (PORT=, DATA=, SETTINGS=)
	go build -o .tools/causeway-local ./scripts/local
	exec .tools/causeway-local -port $(PORT) -data "$(DATA)" -settings "$(SETTINGS)"

.PHONY: causeway
causeway: ## build the operator's command to bin/causeway
	go build -o bin/causeway ./scripts/causeway

.PHONY: demo
demo: ## play the sample day from an empty folder, print the table and the count, stop
	go build -o .tools/causeway-local ./scripts/local
	exec .tools/causeway-local -demo

# Connectors, virtual time, CDK and tools of one goroutine: the race detector would make minutes of
# them. Connectors work side by side in the engine of scripts/local, under the detector. `make
# check` has vetted all of it.
WITHOUT_RACE := /(functions/.+|infra|infra/causeway|infra/causeway/operators|infra/causeway/watch|test|test/sim|test/module|scripts/causeway|shared/cloud/desk|shared/operate/redrive)$$

# Nobody debugs these programs, and a linker is faster without what a debugger reads.
TEST_FLAGS := -vet=off -ldflags=-w

# Two groups side by side, each with half of the processors: what the one waits for, the other
# computes.
HALF = $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN) + 1) / 2 )))

.PHONY: test
test: ## every test, with the race detector where code runs concurrently
	$(MAKE) --no-print-directory --jobs=2 test-race test-rest

.PHONY: test-race
test-race:
	go test -p $(HALF) -timeout 30m -race $(TEST_FLAGS) $$(go list ./... | grep -vE '$(WITHOUT_RACE)')
	go test -p $(HALF) -timeout 30m -race $(TEST_FLAGS) ./test ./functions/netsuite/... -run 'Test[AB][12][A-Z]|TestH2|AtOnce|ManyRefusals|SlowAnswer'

.PHONY: test-rest
test-rest:
	go test -p $(HALF) -timeout 30m $(TEST_FLAGS) $$(go list ./... | grep -E '$(WITHOUT_RACE)')
	cd test/infraexample && go test -p $(HALF) $(TEST_FLAGS) ./...
	cd scripts/supply && go test -p $(HALF) $(TEST_FLAGS) ./...

.PHONY: check
check: VULNDB = $(VULNDB_CHECKED)
check: $(GOLANGCI) licenses vulnerabilities ## format, vet, linters, house rules, generated files up to date, licenses, vulnerabilities
	GOGC=400 $(GOLANGCI) run ./...
	go mod tidy -diff
	go test -vet=off ./test -run 'TestRooms|TestARule|TestFunctions|TestInterfaces|TestEverything|TestTestsAnd|TestPackages|TestDocs|TestReadme'
	go run ./scripts/schemas -check
	go run ./scripts/hops

# The vulnerability database is a Go module, so it comes from where the dependencies come from.
# `make check` takes a version of it, so that the same commit gives the same answer; `make
# vulnerabilities` takes the newest. Without either the target fails: it skips nothing.
VULNDB_CHECKED := v0.0.0-20261105234957-e22db6528018
VULNDB ?= latest

.PHONY: vulnerabilities
vulnerabilities: ## known vulnerabilities that the code of functions and commands calls (VULNDB=)
	cd scripts/supply && go build -o ../../.tools/ golang.org/x/vuln/cmd/govulncheck && go build -o ../../.tools/supply .
	database=$$(cd .tools && GOFLAGS=-mod=mod go mod download -json golang.org/x/vulndb@$(VULNDB) | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'); \
		test -n "$$database" || { echo "the vulnerability database golang.org/x/vulndb@$(VULNDB) cannot be had: nothing was checked" >&2; exit 1; }; \
		.tools/govulncheck -json -db "file://$$database/data/osv" ./functions/... ./scripts/... > .tools/vulnerabilities.json
	.tools/supply -vulnerabilities .tools/vulnerabilities.json

.PHONY: licenses
licenses: ## the license of every module in the build, held to the allow-list
	cd scripts/supply && go run . -licenses ../..

.PHONY: sbom
sbom: dist ## write dist/sbom.cdx.json: what the built functions consist of, by their build information
	cd scripts/supply && go build -o ../../.tools/supply .
	.tools/supply -sbom "$(or $(DIST),dist)" > "$(or $(DIST),dist)/sbom.cdx.json"

# Where test-aws finds the stage's templates and the programs for this machine; without them they
# are synthesized and built first.
TEMPLATES ?=
PROGRAMS ?=

# How often test-aws plays each fault and the day, with other moments of the kills.
AWS_RUNS ?= 1

.PHONY: test-aws
test-aws: $(if $(TEMPLATES),,synth) $(if $(PROGRAMS),,programs) ## run what is deployed, without an account: templates and functions at a stand-in or AWS_ENDPOINT_URL (TEMPLATES= PROGRAMS=)
	go test -tags aws -c -o .tools/test-aws ./test/aws
	cd test/aws && TEMPLATES="$(abspath $(or $(TEMPLATES),infra/cdk.out))" PROGRAMS="$(abspath $(or $(PROGRAMS),.tools/programs))" ../../.tools/test-aws -test.v -test.parallel 8 -test.timeout 3h -runs $(AWS_RUNS)

.PHONY: bench
bench: ## speed of the translation, of the local engine and of the operator's tools, as ratios (a ledger of ENTRIES=1000000)
	CAUSEWAY_BENCH_ENTRIES="$(ENTRIES)" go test -run '^$$' -bench . -benchmem ./test/bench/... ./shared/formats/... ./shared/local/... ./shared/operate/...

# What a function is built with: no RPC mode of old runtimes, and no validator tag that
# would keep every method of the program; nothing that differs from build to build.
# HTTP/2 stays out: it is a tenth of a program's text, and a function's few calls at once
# need no more than HTTP/1.1 gives them. Modules of others, and what of the standard library is
# no part of a translation, are compiled without inlining, which makes a program 0.9 MB smaller.
DIST_FLAGS := -trimpath -buildvcs=false -tags lambda.norpc,validator_novalidatefn,nethttpomithttp2 -gcflags=github.com/aws/...=-l -gcflags=github.com/go-playground/...=-l -gcflags=github.com/caarlos0/...=-l -gcflags=net/...=-l -gcflags=crypto/tls=-l -gcflags=crypto/x509=-l -gcflags=regexp/...=-l -gcflags=mime/...=-l -gcflags=html/...=-l -gcflags=text/...=-l -gcflags=encoding/...=-l -gcflags=math/big=-l -gcflags=vendor/...=-l -gcflags=log/...=-l -gcflags=compress/...=-l -gcflags=os/...=-l -gcflags=path/...=-l -gcflags=bufio=-l -gcflags=golang.org/x/...=-l -gcflags=github.com/gabriel-vasile/...=-l -gcflags=github.com/leodido/...=-l -ldflags "-s -w -buildid="
DIST ?= dist

# RULES=1 builds the delivering functions with the language of rules, which takes 0.9 MB. It is
# the default of a stage with a rule.
comma := ,
RULES_FLAGS := $(subst -tags ,-tags rules$(comma),$(DIST_FLAGS))
RULES ?= $(shell grep -qsE '^ *([A-Z]+_RULE_[A-Z_]+|rules):' infra/stages/$(STAGE).yaml && echo 1)

# The functions' names, such as shopify-receive. They are compiled together and then linked side by
# side, because a linker leaves processors idle.
FUNCTIONS := $(subst /,-,$(patsubst functions/%/main.go,%,$(wildcard functions/*/*/main.go)))

.PHONY: functions
functions:
	@CGO_ENABLED=0 go list -export -f '' $(DIST_FLAGS) $(foreach name,$(FUNCTIONS),./functions/$(subst -,/,$(name))) > /dev/null
	@CGO_ENABLED=0 $(MAKE) --no-print-directory --jobs=$$(getconf _NPROCESSORS_ONLN) $(FUNCTIONS:%=link-%)

link-%:
	@go build $(if $(and $(RULES),$(filter %-deliver,$*)),$(RULES_FLAGS),$(DIST_FLAGS)) -o "$(OUT)/$*/bootstrap" "./functions/$(subst -,/,$*)"

.PHONY: dist
dist: ## build every Lambda function for arm64 into dist/<system>-<role>/bootstrap (RULES=1 with the language of rules)
	rm -rf "$(DIST)"
	@GOOS=linux GOARCH=arm64 $(MAKE) --no-print-directory functions OUT="$(DIST)"

.PHONY: programs
programs:
	@$(MAKE) --no-print-directory functions OUT=.tools/programs

.PHONY: reproducible
reproducible: dist ## build every Lambda function again, in another folder and from nothing, and compare the bytes
	rm -rf .tools/again .tools/cache-again && mkdir -p .tools/again
	git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t .tools/again
	GOCACHE="$(CURDIR)/.tools/cache-again" $(MAKE) -C .tools/again dist DIST="$(CURDIR)/.tools/dist-again"
	rm -rf .tools/again .tools/cache-again
	diff -r "$(DIST)" .tools/dist-again && echo "the same bytes, built twice from two folders"

.PHONY: size
size: dist programs ## size, start and memory of every Lambda function, against the smallest and the budget (RULES=1 with the language of rules)
	CGO_ENABLED=0 go build $(DIST_FLAGS) -o .tools/programs/minimal/bootstrap ./scripts/size/minimal
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build $(DIST_FLAGS) -o .tools/programs/arm64/minimal ./scripts/size/minimal
	go run ./scripts/size -dist "$(DIST)" -programs .tools/programs $(if $(RULES),-budget scripts/size/budget_rules.json)

.PHONY: fuzz
fuzz: ## fuzz every decoder, codec and verifier (FUZZTIME= each)
	scripts/fuzz.sh $(FUZZTIME)

SEEDS ?= 200
MIXES ?= 500

.PHONY: faults
faults: ## break the pipeline under a virtual clock: first tier, 200 seeds each, 500 mixes, and the connectors against their fakes (FAULT= SEED= for one)
	@go run ./test/sim/faults -seeds $(SEEDS) -mixes $(MIXES) $(if $(FAULT),-fault $(FAULT)) $(if $(SEED),-seed $(SEED))

NIGHTLY_SEEDS ?= 10000
NIGHTLY_MIXES ?= 50000
NIGHTLY_VENDOR_SEEDS ?= 200
NIGHTLY_VENDOR_MIXES ?= 2000
NIGHTLY_LIMIT ?= 4h

.PHONY: faults-nightly
faults-nightly: ## the same with every fault, 10,000 seeds each and 50,000 mixes; 200 and 2,000 against each fake
	@go run ./test/sim/faults -tier 2 -seeds $(NIGHTLY_SEEDS) -mixes $(NIGHTLY_MIXES) -vendor-seeds $(NIGHTLY_VENDOR_SEEDS) -vendor-mixes $(NIGHTLY_VENDOR_MIXES) -limit $(NIGHTLY_LIMIT)

.PHONY: faults-mutants
faults-mutants: ## take each guard of the pipeline and the connectors away and see that some fault notices
	@go run ./test/sim/mutants

POINTS ?= 25
RUNS ?= 20

.PHONY: hops
hops: ## how many functions and files one delivery visits, by coverage; fails over the bars
	@go run ./scripts/hops

.PHONY: kills
kills: ## kill the engine's process with SIGKILL at 25 points of the sample day, 20 times each, and audit the books
	@go test ./scripts/local -run 'TestKills$$' -v -count 1 -parallel 6 -timeout 3h -args -points $(POINTS) -runs $(RUNS) | grep -v -E '^ *(=== |--- PASS)'

.PHONY: kills-aws
kills-aws: AWS_RUNS := $(RUNS)
kills-aws: test-aws ## the same with the functions' programs: test-aws, each fault and the day with its kills 20 times

.PHONY: schemas
schemas: ## write events/schemas and events/samples from the model
	go run ./scripts/schemas

.PHONY: synth
synth: dist ## write a stage's CloudFormation templates to infra/cdk.out, checked (STAGE=)
	go build -o .tools/causeway-infra ./infra
	.tools/causeway-infra -stage "$(STAGE)" -build "$(BUILD)" -dist "$(or $(DIST),dist)"

.PHONY: synth-cost
synth-cost: ## time, processor time and memory of synth: building it from nothing, and running it (GNU time)
	rm -rf .tools/cache-synth
	GOCACHE="$(CURDIR)/.tools/cache-synth" command time -f 'build, cold: %E, %U + %S CPU seconds, %M KB' go build -o .tools/causeway-infra ./infra
	GOCACHE="$(CURDIR)/.tools/cache-synth" command time -f 'build, warm: %E, %U + %S CPU seconds, %M KB' go build -o .tools/causeway-infra ./infra
	command time -f 'run:         %E, %U + %S CPU seconds, %M KB' .tools/causeway-infra -stage "$(STAGE)" -build "$(BUILD)" -dist "$(or $(DIST),dist)" -out .tools/synth-cost
	rm -rf .tools/cache-synth .tools/synth-cost

.PHONY: bootstrap
bootstrap: synth .tools/cdk ## prepare the account and region of the credentials for CDK, once
	$(CDK) bootstrap

.PHONY: diff
diff: synth .tools/cdk ## what a deployment would change in the account (STAGE=)
	$(CDK) diff --all

.PHONY: deploy
deploy: synth .tools/cdk ## put a stage into the account of the credentials (STAGE=)
	$(CDK) deploy --all --require-approval broadening

.PHONY: destroy
destroy: synth .tools/cdk ## take a stage away again; a production stage keeps its data (STAGE=)
	$(CDK) destroy --all

# The command is pinned, because a later major on the registry refuses what CDK for Go writes.
CDK := cd infra && ../.tools/cdk/node_modules/.bin/cdk

.tools/cdk: infra/package-lock.json
	mkdir -p $@
	cp infra/package.json infra/package-lock.json $@
	cd $@ && npm ci --no-audit --no-fund
	touch $@

.PHONY: cost
cost: ## what a million webhooks and a million orders cost, from what the functions ask for
	@go run ./scripts/cost

.PHONY: format
format: $(GOLANGCI) ## format the sources
	$(GOLANGCI) fmt

$(GOLANGCI):
	GOGC=400 GOFLAGS= GOBIN="$(CURDIR)/.tools" go install -ldflags "-s -w" github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv .tools/golangci-lint $@
