#!/bin/sh
# check-lists.sh: every file of the source folders is named in Makefile.am, so that nothing is left out of the build, of
# `make check`, of `make install` or of `make dist`.  A program of one file may be named alone: automake adds the ".c".
cd "${SRCDIR:-$(dirname "$0")/..}" || exit 99
bad=0
for file in $(find gateway sip plugins scripts policies tests -type f \
	! -name '*.pyc' ! -name '.*' ! -name '*~' ! -name '*.orig' ! -name '*.rej' | sort); do
	name=$(printf '%s' "${file%.c}" | sed 's/[.+]/\\&/g')
	case $file in *.c) name="$name(\\.c)?" ;; esac
	grep -qE "(^|[[:space:]])$name([[:space:]]|\$)" Makefile.am && continue
	echo "$file is in no list of Makefile.am"
	bad=1
done
exit $bad
