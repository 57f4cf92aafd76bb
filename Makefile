# Hardcore: `make run` and `make test` are all you need; the rest is for makers.

CARGO ?= cargo
PROMPT ?= 170 bpm gabber, F minor, rolling kick and a screaming hoover
OUT ?= out
FUZZ_SECONDS ?= 120
# Through the environment, so that a prompt may hold quotes and any other sign.
export PROMPT OUT

# sclang has no window here; its class library needs Qt all the same. A script that does not parse would leave it
# waiting for more.
LIMIT := $(shell command -v timeout >/dev/null 2>&1 && echo timeout 300)
SCLANG = QT_QPA_PLATFORM=offscreen QTWEBENGINE_CHROMIUM_FLAGS=--no-sandbox QTWEBENGINE_DISABLE_SANDBOX=1 $(LIMIT) sclang

.DEFAULT_GOAL := help
.PHONY: help run piece demo screenshots test setup setup-test check fmt soak bench rules fuzz synthdefs

help: ## say what can be made (this)
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | \
		while IFS="$$(printf '\t')" read -r name words; do printf '  make %-12s %s\n' "$$name" "$$words"; done
	@printf '\n  make piece PROMPT="150 bpm hard techno in A minor"   a piece of your own words\n'

run: setup ## open the window on the demo set
	$(CARGO) run --release --locked

piece: setup ## make a piece from PROMPT, say where it is, play it if there is a device
	@mkdir -p "$$OUT"
	$(CARGO) run --release --locked -- generate "$$PROMPT" \
		--out "$$OUT/first.wav" --midi "$$OUT/first.mid" --save "$$OUT/first.hcs" --play

test: setup-test ## everything that must hold: tests, format, lints
	$(CARGO) test --locked
	@$(MAKE) --no-print-directory check

check: setup ## format and lints only, where the toolchain has them
	@if $(CARGO) fmt --version >/dev/null 2>&1; then $(CARGO) fmt --all --check; \
	else echo "SKIPPED: format not checked, rustfmt is missing (rustup component add rustfmt)" >&2; fi
	@if $(CARGO) clippy --version >/dev/null 2>&1; then $(CARGO) clippy --locked --all-targets -- -D warnings; \
	else echo "SKIPPED: lints not checked, clippy is missing (rustup component add clippy)" >&2; fi

fmt: ## format the code
	$(CARGO) fmt --all

soak: setup-test ## the long forms of the tests
	HARDCORE_SOAK=1 $(CARGO) test --release --locked

bench: setup-test ## measure speed, memory, time per voice and effect, and what the window costs
	$(CARGO) build --release --locked
	$(CARGO) run --release --locked --example bench

rules: setup ## compose and render 20 pieces a genre and hold them against the rules of the music
	$(CARGO) run --release --locked --example rules -- 20

fuzz: ## try to break the project parser and the action parser (FUZZ_SECONDS each; needs cargo-fuzz and nightly)
	cd fuzz && for target in hcs action; do $(CARGO) +nightly fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) || exit 1; done

demo: setup ## compose the demo set anew
	@mkdir -p target/demo
	$(CARGO) run --release --locked -- generate "170 bpm gabber, F minor, rolling kick and a screaming hoover" \
		--seed 7 --bars 64 --out target/demo/piece.wav --save target/demo/piece.hcs
	$(CARGO) run --release --locked --example demo -- target/demo/piece.hcs 8 assets/demo.hcs \
		Intro Roll Groove Build Drop "Drop II" Peak Finale

screenshots: ## photograph the window for this page, on a display of its own (xvfb, xdotool, imagemagick)
	$(CARGO) build --release --locked
	sh assets/screenshots/take target/release/hardcore

synthdefs: setup-test ## compile synthdefs/*.scd to the .scsyndef files that are built in (ONLY=name: just those)
	@mkdir -p target
	@printf 'includePaths:\n    - "%s"\nexcludePaths: []\n' "$(CURDIR)/synthdefs/classes" > target/sclang.yaml
	$(SCLANG) -l target/sclang.yaml synthdefs/compile.scd $(ONLY) < /dev/null

setup: ## install what building needs (nothing to do: no time)
	@sh .ci/setup build

setup-test: ## install also what the tests compare with (SuperCollider)
	@sh .ci/setup test
