#!/bin/sh
# short.sh feeds every codec some seconds of noise.  Run by `make check` in a build with clang; `make fuzz TARGET=NAME`
# goes on for as long as it may.
exec "${MAKE:-make}" --no-print-directory -s -C "${BUILDDIR:-.}" fuzz-short RUNS=5000
