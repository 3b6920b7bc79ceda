#!/bin/sh
# check-lists.sh: every file of the source folders is named in Makefile.am, so that nothing is left out of the build, of
# `make check`, of `make install` or of `make dist`.  A program of one file may be named alone: automake adds the ".c".
cd "${SRCDIR:-$(dirname "$0")/..}" || exit 99
find gateway sip plugins scripts policies tests -type f \
	! -name '*.pyc' ! -name '.*' ! -name '*~' ! -name '*.orig' ! -name '*.rej' | sort | awk '
	FILENAME == "Makefile.am" { for (i = 1; i <= NF; i++) named[$i]; next }
	{ program = $0; sub(/\.c$/, "", program) }
	!($0 in named) && !(program in named) { print $0 " is in no list of Makefile.am"; bad = 1 }
	END { exit bad }' Makefile.am -
