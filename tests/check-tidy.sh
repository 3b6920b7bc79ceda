#!/bin/sh
# check-tidy.sh has clang-tidy read every source with the checks of .clang-tidy.  Run by `make check` in a build with
# clang; `make tidy` (the argument "deep") has clang's static analyzer read them instead, which takes minutes and is
# wrong about intrusive lists now and then: it only reports.
cd "${SRCDIR:-$(dirname "$0")/..}" || exit 99
command -v clang-tidy >/dev/null || { echo 'no clang-tidy here'; exit 77; }
checks=
analyzer='clang-analyzer-*,-clang-analyzer-optin.performance.Padding'
[ "${1:-}" != deep ] || checks="--checks=-*,$analyzer --warnings-as-errors=-*"
export checks
work=$(mktemp) || exit 99
trap 'rm -f "$work"' EXIT

# Word splitting is meant: these are lists.
# shellcheck disable=SC2016
find gateway sip plugins -name '*.c' | sort | xargs -P "$(nproc)" -n 8 sh -c 'exec clang-tidy --quiet $checks "$@" -- \
	-D_GNU_SOURCE -DPACKAGE_VERSION=\"0\" -DLYCHGATE_BUILDDIR=\"/\" -DLYCHGATE_DATADIR=\"/\" \
	-DLYCHGATE_PLUGINDIR=\"/\" -DLYCHGATE_BINDIR=\"/\" -DLYCHGATE_SBINDIR=\"/\" -DLYCHGATE_SRCDIR=\"/\" -std=gnu11 \
	-Igateway -I. $LLHTTP $CFLAGS' tidy >"$work" 2>&1
status=$?
grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed |^Use -header-filter' "$work"
exit $status
