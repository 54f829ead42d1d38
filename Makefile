# The two commands of the README: make demo, make test. Each installs what is missing, builds and runs.

SWIFT ?= swift
# Where the demo goes; empty for lethe-demo, or the next free name.
DEMO_DIR ?=
# Where make install puts the program and its control packs.
PREFIX ?= /usr/local
# The demo and the benchmark run optimised code; the tests run with checks on.
RELEASE := $(SWIFT) build -c release --product lethe

.PHONY: demo test bench build install verifier fuzz format packages clean

demo: packages
	$(RELEASE)
	.build/release/lethe demo $(DEMO_DIR) $(DEMO_FLAGS)

test: packages
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --parallel

# Optimised code first shows that it gives the published bytes.
bench: packages
	$(RELEASE)
	.build/release/lethe recipe test
	.build/release/lethe bench $(BENCH_FLAGS)

build: packages
	$(RELEASE)

# The program, and the packs where it looks for them.
install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/lethe
	install .build/release/lethe $(DESTDIR)$(PREFIX)/bin/lethe
	rm -rf $(DESTDIR)$(PREFIX)/share/lethe/policies
	cp -R policies $(DESTDIR)$(PREFIX)/share/lethe/policies

# The verifier alone, with every library in it: no database, no network, one file that needs nothing beside it.
# Nothing in it unwinds a stack, so the tables for that stay out.
verifier: packages
	@mkdir -p .build
	echo 'SECTIONS { /DISCARD/ : { *(.eh_frame) *(.eh_frame_hdr) } } INSERT AFTER .text;' > .build/no-unwinding.ld
	LETHE_SMALL=1 $(SWIFT) build -c release --product lethe-verify --scratch-path .build/verifier \
	  -Xswiftc -static-executable -Xswiftc -Osize -Xlinker --gc-sections -Xlinker --icf=all -Xswiftc -use-ld=lld \
	  -Xlinker --no-eh-frame-hdr -Xlinker -T -Xlinker $(CURDIR)/.build/no-unwinding.ld
	strip -o .build/lethe-verify .build/verifier/release/lethe-verify
	@ls -l .build/lethe-verify

# Throws made-up bytes at every parser that a verifier has, a minute each; FUZZ_SECONDS says otherwise.
fuzz: packages
	Tests/Fuzz/run $(or $(FUZZ_SECONDS),60)

# libsodium and SQLite from Debian, with sudo where this is not root. Nothing is installed that is there already.
packages:
	@missing=""; \
	for package in libsodium-dev libsqlite3-dev pkg-config; do \
	  dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  echo "installing$$missing"; \
	  for try in 1 2 3; do \
	    $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing && break; \
	    [ $$try = 3 ] && { echo "could not install$$missing; install them by hand and try again" >&2; exit 1; }; \
	    sleep 5; \
	  done; \
	fi

# Lays out every source as .swift-format says.
format:
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

clean:
	rm -rf .build
