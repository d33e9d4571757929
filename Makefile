# Builds, tests and installs matrix-capi; `make help` lists what there is.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DOCDIR ?= $(PREFIX)/share/doc/matrix-capi
CARGO ?= cargo
PYTHON ?= python3

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
ABI := $(shell sed -n 's/^const ABI: .* = \(.*\);/\1/p' build.rs)
RELEASE := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)/release
SOURCES := Cargo.toml Cargo.lock build.rs $(shell find src -name '*.rs')

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

.PHONY: help bindings build demo test lint sanitize sanitize-rust miri wheel install uninstall clean
.DEFAULT_GOAL := build

help:
	@echo 'make build                  the libraries, into $(RELEASE)'
	@echo 'make bindings               the generated parts of the bindings, after a change of the tables'
	@echo 'make demo                   asks a real homeserver on this machine for a reset mail, and shows it;'
	@echo '                            HOMESERVER=https://... EMAIL=... asks that server instead'
	@echo 'make test                   everything this machine can test; SUITES="rust lint" picks some,'
	@echo '                            REQUIRE_ALL=1 makes a skipped suite a failure'
	@echo 'make lint                   formatting, lints, types'
	@echo 'make sanitize               memory errors, leaks, undefined behaviour, data races: asan, tsan, valgrind'
	@echo 'make sanitize-rust          the Rust tests in the same way, without valgrind'
	@echo 'make miri                   what of the unit tests Miri can run, with a nightly that has it'
	@echo 'make wheel                  the Python package with the library, into build/wheels'
	@echo 'make install PREFIX=...     header, libraries, pkg-config and CMake packages; also LIBDIR, DESTDIR'
	@echo 'make uninstall PREFIX=...   removes them'
	@echo 'make clean                  removes what was built here'

build:
	@echo 'Building the release libraries into $(RELEASE)'
	@$(CARGO) build --release --lib

# A file, not the phony build: after `make build`, `sudo make install` needs no cargo.
$(RELEASE)/libmatrix_capi.a: $(SOURCES)
	@$(MAKE) --no-print-directory build
	@touch $@

bindings: build
	@echo 'Writing what the bindings repeat, from the tables of $(RELEASE)/$(BUILT)'
	@cd bindings && $(PYTHON) -m generate '$(abspath $(RELEASE)/$(BUILT))'

demo: build
	@if [ -n '$(HOMESERVER)' ]; then python=$(PYTHON); \
	else python=$$(tests/homeserver/venv.sh)/bin/python || exit 1; fi; \
	HOMESERVER='$(HOMESERVER)' EMAIL='$(EMAIL)' "$$python" examples/demo/demo.py

test:
	@$(PYTHON) tests/run.py $(if $(SUITES),--only $(SUITES))

lint:
	@$(PYTHON) tests/run.py --only lint

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
