# The two commands: `make run` and `make test`.  Both first install what is missing (Debian packages).
BUILD ?= build

.PHONY: run test bench install clean build packages

run: packages
	@TARGETS=cli/hepta tools/build $(BUILD)
	@$(BUILD)/cli/hepta browse www.google.com

test: packages
	@tools/test

bench: packages
	@tools/packages bench
	@tools/bench

install: build
	@meson install -C $(BUILD)

build: packages
	@tools/build $(BUILD)

packages:
	@tools/packages $(if $(filter test,$(MAKECMDGOALS)),test,build)

clean:
	rm -rf build build-* out
