# kac needs Go and make; everything else comes through the Go module proxy.

GO ?= go

.PHONY: help run test lint bench generate figures build clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## the main job: the gap of he4 at d = 16, table here, files in out/he4
	./bin/kac gap --problem he4 --dim 16 --widths 64,128,256,512 --seeds 8 --horizon 20 --points 21 --out out/he4

build: ## the program, bin/kac
	$(GO) build -o bin/kac ./cmd/kac

test: ## all tests
	$(GO) test -timeout 20m ./...

lint: ## formatting, vet, staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt -w is needed for:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

bench: ## benchmarks of all packages
	$(GO) test -run '^$$' -bench . ./...

generate: ## remake generated code
	$(GO) generate ./...

figures: build ## remake the README's picture
	rm -rf out/figure
	./bin/kac gap --problem he4 --dim 16 --widths 64,128,256,512 --seeds 64 --horizon 20 --points 41 --out out/figure >/dev/null
	cp out/figure/gap.svg docs/gap.svg

clean: ## remove what make made
	rm -rf bin out
