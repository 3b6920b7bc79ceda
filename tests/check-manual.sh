#!/bin/sh
# check-manual.sh: the manual of the sip plugin names every option and every counter that the plugin's tables have.
cd "${SRCDIR:-$(dirname "$0")/..}" || exit 99
manual=plugins/sip/lychgate-sip.7
options=$(sed -n 's/^	{ "\([a-z_]*\)", LG_.*/\1/p' plugins/sip/plugin.c)
counters=$(sed -n 's/^	\[COUNT_[A-Z_]*\] = "\([a-z_]*\)".*/\1/p' plugins/sip/plugin.c)
[ -n "$options" ] && [ -n "$counters" ] || exit 99
bad=0
for name in $options $counters; do
	grep -qE "(^|[^a-z_])$name([^a-z_]|\$)" $manual && continue
	echo "$manual does not name $name"
	bad=1
done
exit $bad
