# Builds, tests and installs matrix-capi; `make help` lists what there is.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DOCDIR ?= $(PREFIX)/share/doc/matrix-capi
CARGO ?= cargo
PYTHON ?= python3
CARGO_DENY := 0.20.2

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
ABI := $(shell cat abi/number)
PROFILE := release
RELEASE := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)/$(PROFILE)
SOURCES := Cargo.toml Cargo.lock build.rs abi/number $(shell find src -name '*.rs')

# SYSTEM_LIBS is what a program needs besides the static library, as rustc names it.
ifeq ($(shell uname -s),Darwin)
BUILT := libmatrix_capi.dylib
SONAME := libmatrix_capi.$(ABI).dylib
SHARED := libmatrix_capi.$(VERSION).dylib
SYSTEM_LIBS := -framework Security -framework CoreFoundation -liconv -lm
else
BUILT := libmatrix_capi.so
SONAME := libmatrix_capi.so.$(ABI)
SHARED := libmatrix_capi.so.$(VERSION)
SYSTEM_LIBS := -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc
endif

# The packages find their prefix from where they lie, so that an installed tree can be moved.
LIBDIR_IN_PREFIX := $(patsubst $(PREFIX)/%,%,$(LIBDIR))
INCLUDEDIR_IN_PREFIX := $(patsubst $(PREFIX)/%,%,$(INCLUDEDIR))
PREFIX_FROM_LIBDIR := $(shell echo '$(LIBDIR_IN_PREFIX)' | sed 's:[^/][^/]*:..:g')
ifneq ($(words $(PREFIX) $(filter $(PREFIX)/%,$(LIBDIR)) $(filter $(PREFIX)/%,$(INCLUDEDIR))),3)
$(error PREFIX must not contain spaces, and LIBDIR and INCLUDEDIR must lie below it)
endif
FILL_IN = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@SONAME@|$(SONAME)|g' -e 's|@SHARED@|$(SHARED)|g' \
	-e 's|@SYSTEM_LIBS@|$(SYSTEM_LIBS)|g' -e 's|@INCLUDEDIR@|$(INCLUDEDIR_IN_PREFIX)|g' \
	-e 's|@PREFIX_FROM_LIBDIR@|$(PREFIX_FROM_LIBDIR)|g'
LIB_TO = $(DESTDIR)$(LIBDIR)
INCLUDE_TO = $(DESTDIR)$(INCLUDEDIR)
DOC_TO = $(DESTDIR)$(DOCDIR)
HEADERS := $(notdir $(wildcard include/*.h include/*.hpp))
LICENCES := LICENSE-APACHE LICENSE-MIT
PC := pkgconfig/matrix-capi.pc
CMAKE := cmake/matrix_capi/matrix_capi-config.cmake cmake/matrix_capi/matrix_capi-config-version.cmake

.PHONY: help abi audit bench bindings build demo deny test faults fuzz soak lint sanitize sanitize-rust miri wheel install \
	uninstall clean
.DEFAULT_GOAL := build

help:
	@echo 'make build                  the libraries, into $(RELEASE); PROFILE=small for a phone (docs/mobile.md)'
	@echo 'make bindings               the generated parts of the bindings, after a change of the tables'
	@echo 'make abi                    adds new symbols and constants to the lists in abi, for a commit'
	@echo 'make demo                   asks a real homeserver on this machine for a reset mail, and shows it;'
	@echo '                            HOMESERVER=https://... EMAIL=... asks that server instead'
	@echo 'make test                   everything this machine can test; SUITES="rust lint" picks some,'
	@echo '                            JOBS=1 runs them one by one, REQUIRE_ALL=1 makes a skipped one a failure,'
	@echo '                            ARGS=--write puts the table into docs/testing.md'
	@echo 'make bench                  this library beside libcurl and others, in one table; ARGS=--quick for a first look,'
	@echo '                            ARGS=--write into docs/performance.md, ARGS=NAME for one row'
	@echo 'make faults                 the faults of make test with a cut at every byte, the real homeserver included'
	@echo 'make soak                   ten minutes of calls against a faulty server, then 10,000 calls at once;'
	@echo '                            SECONDS=60 is shorter, SEED=n repeats the choices of a run'
	@echo 'make lint                   formatting, lints, types'
	@echo 'make fuzz SECONDS=60        each fuzz target for that long; TARGET="params urls" picks some'
	@echo 'make deny                   licences, sources and versions of the crates, by cargo-deny'
	@echo 'make audit                  known weaknesses of the crates, by cargo-deny: fetches the list of advisories'
	@echo 'make sanitize               memory errors, leaks, undefined behaviour, data races: asan, tsan, valgrind'
	@echo 'make sanitize-rust          the Rust tests in the same way, without valgrind'
	@echo 'make miri                   what of the unit tests Miri can run, with a nightly that has it'
	@echo 'make wheel                  the Python package with the library, into build/wheels'
	@echo 'make install PREFIX=...     header, libraries, pkg-config and CMake packages; also LIBDIR, DESTDIR'
	@echo 'make uninstall PREFIX=...   removes them'
	@echo 'make clean                  removes what was built here'

# Without the rlib, for which every public function of the Rust is kept: a tenth smaller, and a twentieth fewer instructions.
build:
	@echo 'Building the $(PROFILE) libraries into $(RELEASE)'
	@$(CARGO) rustc --locked --profile $(PROFILE) --lib --crate-type cdylib,staticlib

# A file, not the phony build: after `make build`, `sudo make install` needs no cargo.
$(RELEASE)/libmatrix_capi.a: $(SOURCES)
	@$(MAKE) --no-print-directory build
	@touch $@

bindings: build
	@echo 'Writing what the bindings repeat, from the tables of $(RELEASE)/$(BUILT)'
	@cd bindings && $(PYTHON) -m generate '$(abspath $(RELEASE)/$(BUILT))'

abi:
	@echo 'Adding what is new to abi/symbols.txt and abi/constants.txt'
	@$(PYTHON) tests/abi/lists.py

demo: build
	@if [ -n '$(HOMESERVER)' ]; then python=$(PYTHON); \
	else python=$$(tests/homeserver/venv.sh)/bin/python || exit 1; fi; \
	HOMESERVER='$(HOMESERVER)' EMAIL='$(EMAIL)' "$$python" examples/demo/demo.py

test:
	@$(PYTHON) tests/run.py $(if $(JOBS),--jobs $(JOBS)) $(if $(SUITES),--only $(SUITES)) $(ARGS)

faults: build
	@python=$$(PYTHON=$(PYTHON) tests/homeserver/venv.sh)/bin/python || exit 1; \
	MX_FAULTS=all "$$python" -m pytest tests/faults -o timeout=1500 --durations=15

soak:
	@$(PYTHON) tests/soak/soak.py $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

bench: build
	@$(PYTHON) benches/bench.py $(ARGS)

lint:
	@$(PYTHON) tests/run.py --only lint

fuzz:
	@sh fuzz/run.sh $(or $(SECONDS),60) $(TARGET)

deny audit: CHECKS = $(if $(filter audit,$@),advisories,licenses bans sources)
deny audit:
	@$(CARGO) deny --version 2>/dev/null || { echo 'There is no cargo-deny: cargo install --locked cargo-deny@$(CARGO_DENY)'; exit 1; }
	@$(CARGO) deny --locked check $(CHECKS)

sanitize:
	@$(PYTHON) tests/run.py --only sanitizers c-asan c-tsan c-valgrind

sanitize-rust:
	@$(PYTHON) tests/sanitizers/sanitizer.py address rust
	@$(PYTHON) tests/sanitizers/sanitizer.py thread rust

# Miri has no sockets with TLS and no poll(): it runs what is pure, and the queue.
miri:
	@$(CARGO) +nightly miri test --lib -- --skip engine::client --skip engine::readable --skip the_descriptor

wheel: $(RELEASE)/libmatrix_capi.a
	@echo 'Making the Python package into build/wheels'
	@rm -f build/wheels/*.whl
	@MATRIX_CAPI_LIBRARY='$(RELEASE)/$(BUILT)' $(PYTHON) bindings/python/build_wheel.py

install: $(RELEASE)/libmatrix_capi.a
	@echo 'Installing matrix-capi $(VERSION) into $(DESTDIR)$(PREFIX)'
	@install -d '$(LIB_TO)/pkgconfig' '$(LIB_TO)/cmake/matrix_capi' '$(INCLUDE_TO)' '$(DOC_TO)'
	@for header in $(HEADERS); do install -m 644 "include/$$header" '$(INCLUDE_TO)' || exit 1; done
	@install -m 644 '$(RELEASE)/libmatrix_capi.a' '$(LIB_TO)'
	@install -m 755 '$(RELEASE)/$(BUILT)' '$(LIB_TO)/$(SHARED)'
	@ln -sf '$(SHARED)' '$(LIB_TO)/$(SONAME)'
	@ln -sf '$(SONAME)' '$(LIB_TO)/$(BUILT)'
	@$(FILL_IN) matrix-capi.pc.in >'$(LIB_TO)/$(PC)'
	@for file in $(CMAKE); do $(FILL_IN) "cmake/$${file##*/}.in" >'$(LIB_TO)'/$$file || exit 1; done
	@chmod 644 '$(LIB_TO)/$(PC)' $(CMAKE:%='$(LIB_TO)/%')
	@install -m 644 $(LICENCES) '$(DOC_TO)'

uninstall:
	@echo 'Removing matrix-capi from $(DESTDIR)$(PREFIX)'
	@rm -f $(HEADERS:%='$(INCLUDE_TO)/%') $(LICENCES:%='$(DOC_TO)/%')
	@for file in libmatrix_capi.a $(BUILT) $(SONAME) $(SHARED) $(PC) $(CMAKE); do rm -f '$(LIB_TO)'/$$file; done
	@-rmdir '$(LIB_TO)/cmake/matrix_capi' '$(DOC_TO)' 2>/dev/null || true

clean:
	@echo 'Removing $(RELEASE:%/release=%) and build'
	@$(CARGO) clean
	@rm -rf build
