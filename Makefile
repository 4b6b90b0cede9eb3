# kac needs Go and make; everything else comes through the Go module proxy.

GO ?= go

# make bench: which benchmarks, on how many processors, how often and how long each. All of them take
# about an hour; BENCH='Velocity/.*/.*/n=4096' takes minutes. Six runs are what benchstat needs for an
# interval.
BENCH ?= .
BENCH_CPU ?= 1,2
BENCH_COUNT ?= 6
BENCH_TIME ?= 200ms
BENCH_FILE ?= out/bench/kernels.txt

.PHONY: help run build install uninstall release test lint comments bench benchcmp forms roofline peers generate binutils figures notice test-amx test-encoding test-processors test-durability test-readers test-report test-slurm test-shells clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## the main job: the gap of he4 at d = 16, table here, files in out/he4
	./bin/kac gap --problem he4 --dim 16 --widths 64,128,256,512 --seeds 8 --horizon 20 --points 21 --out out/he4

# The go command records the revision itself, but neither in a worktree nor against -buildvcs=false in GOFLAGS.
REVISION = $(shell git rev-parse HEAD 2>/dev/null)$(shell test -z "$$(git status --porcelain 2>/dev/null)" || echo +dirty)

build: ## the program, bin/kac, with its revision whatever GOFLAGS say
	$(GO) build -buildvcs=auto -ldflags "-X kac/internal/provenance.revision=$(REVISION)" -o bin/kac ./cmd/kac

# make install: DESTDIR goes before PREFIX, for packages.
PREFIX ?= /usr/local
share = $(DESTDIR)$(PREFIX)/share

install: build ## program, manual page and completions below PREFIX, /usr/local
	install -d $(DESTDIR)$(PREFIX)/bin $(share)/man/man1 $(share)/bash-completion/completions $(share)/zsh/site-functions $(share)/fish/vendor_completions.d
	install -m 755 bin/kac $(DESTDIR)$(PREFIX)/bin/kac
	./bin/kac manual >$(share)/man/man1/kac.1
	./bin/kac completion bash >$(share)/bash-completion/completions/kac
	./bin/kac completion zsh >$(share)/zsh/site-functions/_kac
	./bin/kac completion fish >$(share)/fish/vendor_completions.d/kac.fish

uninstall: ## what make install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/kac $(share)/man/man1/kac.1 $(share)/bash-completion/completions/kac $(share)/zsh/site-functions/_kac $(share)/fish/vendor_completions.d/kac.fish

# make release: PLATFORMS="linux/amd64 ..." builds fewer; those of STARTED must have run here or by an emulator.
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
STARTED ?=

release: ## archives for Linux, macOS and Windows on amd64 and arm64 in dist, started where this machine can
	$(GO) run ./internal/release -go $(GO) -out dist -platforms "$(PLATFORMS)" -require "$(STARTED)"

test: ## all tests
	$(GO) test -timeout 20m ./...

test-durability: ## a sweep under 200 random SIGKILLs, kills at every operation, failing disks, damaged files
	KAC_KILLS=200 KAC_DAMAGES=400 $(GO) test -count=1 -timeout 90m -run 'Sweep(Killed|Damaged|Stopped|Shared)|Check|Interrupt' -v ./cmd/kac
	$(GO) test -count=1 -timeout 20m -v -run 'Kill|Failing|Stubborn|Damage|Wrong|Generations|Restart|Workers|Save|NonFinite' ./bench/sweep ./bench ./bench/gap ./bench/training ./internal/sealed

test-readers: ## the results of a sweep, and kac from Python, in real NumPy and pandas
	@/usr/bin/python3 -c 'import numpy, pandas' 2>/dev/null || { echo 'NumPy and pandas are needed for /usr/bin/python3: install python3-numpy and python3-pandas' >&2; exit 1; }
	KAC_REQUIRE_READERS=1 $(GO) test -count=1 -run 'Readers' -v ./bench/sweep ./internal/npy ./cmd/kac

# make test-report: where the pictures of the report go, to be looked at.
REPORT_SHOTS ?= out/report-shots

test-report: ## a sweep's report and kac explore in headless Chromium; pictures in out/report-shots
	@command -v chromium >/dev/null || { echo 'a browser is needed: install chromium and fonts-liberation' >&2; exit 1; }
	KAC_REQUIRE_REPORT=1 KAC_REPORT_SHOTS=$(abspath $(REPORT_SHOTS)) $(GO) test -count=1 -timeout 10m -run 'ReportBrowser|ExploreBrowser' -v ./cmd/kac

test-shells: ## completions in bash, zsh and fish, the manual page in mandoc, make install
	@for tool in bash zsh fish mandoc; do command -v $$tool >/dev/null || { echo "$$tool is needed: install zsh fish mandoc" >&2; exit 1; }; done
	KAC_REQUIRE_SHELLS=1 $(GO) test -count=1 -run 'Completion|Manual|Install' -v ./cmd/kac

# None of Slurm's configuration or daemons is needed: the test starts its own.
test-slurm: ## a sweep on a real Slurm of two nodes, one killed mid-run
	@for tool in munged slurmctld slurmd sbatch scontrol squeue scancel sinfo shellcheck; do command -v $$tool >/dev/null || { echo "$$tool is needed: install slurm-wlm, munge and shellcheck" >&2; exit 1; }; done
	KAC_REQUIRE_SLURM=1 $(GO) test -count=1 -timeout 20m -run 'Slurm|SweepMerge|Scripts' -v ./cmd/kac ./bench/sweep/slurm

lint: ## formatting, vet, staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt -w is needed for:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

comments: ## wrap comments that are wider than 120 columns
	KAC_WRAP=1 $(GO) test -count=1 -run TestComments ./internal/comments

bench: ## the kernels' benchmarks at every level, into out/bench/kernels.txt; BENCH=... chooses
	@mkdir -p $(dir $(BENCH_FILE))
	$(GO) test -run '^$$' -bench '$(BENCH)' -cpu $(BENCH_CPU) -count $(BENCH_COUNT) -benchtime $(BENCH_TIME) -timeout 0 ./kernels | tee $(BENCH_FILE).partial
	@tail -n 1 $(BENCH_FILE).partial | grep -q '^ok' || { echo "a benchmark failed; what it wrote is in $(BENCH_FILE).partial"; exit 1; }
	@mv $(BENCH_FILE).partial $(BENCH_FILE)

benchcmp: ## compare the levels in what make bench stored
	@test -f $(BENCH_FILE) || { echo "$(BENCH_FILE) is not there; run make bench first"; exit 1; }
	$(GO) tool benchstat -col '/level@(avx2 avx512 generic)' -filter '.unit:(GFLOP/s OR "%peak")' $(BENCH_FILE)

forms: ## measure again from how many particles on sums go through moments; kernels/forms_table.go (close other programs first)
	KAC_MEASURE_FORMS=1 $(GO) test -count=1 -timeout 30m -run MeasureForms -v ./kernels

roofline: build ## this machine's limits and how near the kernels come; picture in out/roofline
	./bin/kac roofline --out out/roofline

peers: ## time NumPy, PyTorch and gonum against the kernels; table in out/peers.txt
	@/usr/bin/python3 -c 'import numpy, torch, ctypes; ctypes.CDLL("libopenblas.so.0")' 2>/dev/null || echo 'peers that are not installed are left out; for all of them install python3-numpy, python3-torch and libopenblas0-openmp' >&2
	$(GO) build -o bin/peers ./bench/peers
	./bin/peers --out out/peers.txt

generate: binutils ## remake generated code; asm2plan9s encodes instructions with GNU as
	$(GO) generate ./...

test-encoding: binutils ## the bytes of instructions that Go's assembler does not know, read back by objdump
	KAC_REQUIRE_BINUTILS=1 $(GO) test -count=1 -run 'Skipped|Objdump' -v ./kernels

binutils:
	@command -v as >/dev/null && command -v objdump >/dev/null || { echo 'GNU as and objdump are needed: install binutils' >&2; exit 1; }

test-processors: ## level generic on emulated processors with and without fused multiply-adds, bytes compared
	@command -v qemu-x86_64 >/dev/null || { echo 'an emulator of processors is needed: install qemu-user' >&2; exit 1; }
	KAC_REQUIRE_QEMU=1 $(GO) test -count=1 -run 'GenericLevelOn' -v ./cmd/kac

test-amx: ## the AMX kernels, on a processor without AMX by an emulator of their instructions (right or wrong, not how fast)
	@mkdir -p bin
	$(GO) build -o bin/tilemu ./kernels/internal/tilemu
	$(GO) test -c -tags amxemulator -o bin/kernels.test ./kernels
	cd kernels && KAC_REQUIRE_ENGINES=amx,avx512-bf16 ../bin/tilemu ../bin/kernels.test -test.v -test.run 'Split|RequiredEngines'

figures: build ## remake the pictures of README and tutorial
	rm -rf out/figure
	./bin/kac gap --problem he4 --dim 16 --widths 64,128,256,512 --seeds 64 --horizon 20 --points 41 --out out/figure >/dev/null
	cp out/figure/gap.svg docs/gap.svg
	KAC_TUTORIAL=$(abspath docs) $(GO) test -count=1 -run TestTutorial ./cmd/kac

notice: ## remake NOTICE, the licences of all that is linked into bin/kac
	@$(GO) run ./internal/notice >NOTICE.partial && mv NOTICE.partial NOTICE || { rm -f NOTICE.partial; exit 1; }

clean: ## remove what make made
	rm -rf bin dist out
