#!/bin/sh
# check-manual.sh: the manuals of the plugins name every option, fact and counter that the plugins' tables have.
cd "${SRCDIR:-$(dirname "$0")/..}" || exit 99
bad=0

# The words on stdin stand in the manual of plugin $1; there is at least one.
named() {
	manual=plugins/$1/lychgate-$1.7
	some=0
	while read -r name; do
		some=1
		sed 's/\\-/-/g' "$manual" | grep -qE "(^|[^a-z_])$name([^a-z_]|\$)" && continue
		echo "$manual does not name $name"
		bad=1
	done
	[ $some = 1 ] || exit 99
}

options() { sed -n 's/^	{ "\([a-z_]*\)", LG_.*/\1/p' "$@"; }
counters() { sed -n 's/^	\[COUNT_[A-Z_]*\] = "\([a-z_]*\)".*/\1/p' "$@"; }
facts() { grep -oE '\[FACT_[A-Z_]*\] = "[a-z_]+' "$@" | sed 's/.*"//'; }
events() { cat "$@" | tr -d '\n\t' | grep -oE 'host->log\([^,]*, LG_[A-Z]*, "[a-z-]+' | sed 's/.*"//' | sort -u; }

# Not a pipe: `bad` has to be heard of.
words=$(mktemp) || exit 99
trap 'rm -f "$words"' EXIT
{ options plugins/sip/plugin.c && counters plugins/sip/plugin.c; } >"$words"
named sip <"$words"
{
	options plugins/https/plugin.c plugins/https/cookie.h plugins/https/probe.c && counters plugins/https/plugin.c &&
		facts plugins/https/facts.c && events plugins/https/*.c
} >"$words"
named https <"$words"
exit $bad
