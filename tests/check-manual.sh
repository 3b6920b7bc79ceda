#!/bin/sh
# check-manual.sh: the manuals name what there is to name: every word, option, fact and counter, every member of
# plugin.h, every event of the log, every field of `lychctl status`, every word of the command lines; and a reader's
# program finds nothing to complain of.  Where there is no groff (Debian's man-db and groff-base), that last part is
# left out.
cd "${SRCDIR:-$(dirname "$0")/..}" || exit 99
BUILDDIR=${BUILDDIR:-build}
bad=0
words=$(mktemp) && text=$(mktemp) && page=$(mktemp) || exit 99
trap 'rm -f "$words" "$text" "$page"' EXIT

# The words in $words stand in the manual $1 (called $2); there is at least one.
named() {
	[ -s "$words" ] && [ -f "$1" ] || exit 99
	sed 's/\\-/-/g; s/\\[&:]//g; s/\\f[BIRP]/ /g' "$1" >"$text"
	while read -r name; do
		grep -qE "(^|[^a-z_-])$(printf '%s' "$name" | sed 's/[.*]/\\&/g')([^a-z_-]|\$)" "$text" && continue
		echo "${2:-$1} does not name $name"
		bad=1
	done <"$words"
}

options() { sed -n 's/^	{ "\([a-z_]*\)", LG_.*/\1/p' "$@"; }
counters() { sed -n 's/^	\[COUNT_[A-Z_]*\] = "\([a-z_-]*\)".*/\1/p' "$@"; }
facts() { grep -ohE '\[FACT_[A-Z_]*\] = "[a-z_-]+' "$@" | sed 's/.*"//'; }
events() { cat "$@" | tr -d '\n\t' | grep -oE 'host->log\([^,]*, LG_[A-Z]*, "[a-z-]+' | sed 's/.*"//' | sort -u; }
# The members of a struct in plugin.h: its functions' names, and those of its declarations' last words.
members() {
	sed -n "/^struct $1 {/,/^};/p" gateway/lychgate/plugin.h | sed 's|/\*.*||; /^	 \*/d; 1d; $d' | tr -d '\n' |
		sed 's|\*/||g' | tr ';' '\n' | sed 's/(\*\([a-z_]*\))(.*/\1/' | tr ',' '\n' |
		grep -oE '[a-z_]+[[:space:]]*$' | tr -d ' \t'
}

# ---- The plugins' own manuals ----
{ options plugins/sip/plugin.c && counters plugins/sip/plugin.c; } >"$words"
named plugins/sip/lychgate-sip.7
{
	options plugins/https/plugin.c plugins/https/cookie.h plugins/https/probe.c &&
		counters plugins/https/plugin.c &&
		facts plugins/https/facts.c && events plugins/https/*.c
} >"$words"
named plugins/https/lychgate-https.7

for plugin in tcp rpc stun; do
	{
		counters plugins/$plugin/plugin.c
		facts plugins/$plugin/plugin.c
		grep -ohE 'LG_(ERROR|WARNING|INFO|DEBUG), "[a-z-]+"' plugins/$plugin/*.c | sed 's/.* "//; s/"//'
		sed -n 's/^static const char \*const counters\[\] = { \(.*\), NULL };/\1/p' plugins/$plugin/plugin.c |
			grep -oE '[a-z-]+'
	} >"$words"
	sed -n "/^\.SS $plugin\$/,/^\.S/{p;}" gateway/lychgate-network.7 >"$page"
	named "$page" "the part of $plugin in lychgate-network(7)"
done

# ---- lychgate.conf(5): the tables as it should have found them ----
conf=$BUILDDIR/lychgate.conf.5
{
	sed -n 's/^.*{ key = "\([a-z_]*\)".*/\1/p' scripts/words.lua
	sed -n 's/^    word = "\([a-z]*\)".*/\1/p' scripts/words.lua | tr '[:lower:]' '[:upper:]'
	options plugins/*/*.[ch]
	counters plugins/*/*.c
	facts gateway/facts.c plugins/*/*.c
	policies=$(find policies -name '*.lua' ! -name '*.test.lua')
	sed -n 's/^		\([a-z_]*\) = { *\(type = .*\)\{0,1\}$/\1/p' $policies
	printf '%s\n' $policies | sed 's|policies/||; s|\.lua$||'
} | sort -u >"$words"
named "$conf"
for wrong in nosuch no/such; do
	"$BUILDDIR/lychgate" --manual tcp $wrong >/dev/null 2>"$text" && bad=1
	grep -q "$wrong" "$text" && continue
	echo "lychgate --manual tcp $wrong does not say that there is none"
	bad=1
done

# ---- The others ----
for struct in lg_plugin lg_host; do
	members $struct >"$words"
	sed -n "/^\.SH MEMBERS OF STRUCT $(echo $struct | tr '[:lower:]' '[:upper:]')/,/^\.SH [^M]/p" \
		gateway/lychgate-plugin.3.in | sed -n '/^\.TP/{n;p;}' >"$page"
	named "$page" "the part of $struct in lychgate-plugin(3)"
done
cat gateway/*.c plugins/*/*.c | tr -d '\n\t' >"$text"
{
	grep -oE 'log_(error|warning|info|debug)\("[a-z-]+"' "$text"
	grep -oE 'LG_(ERROR|WARNING|INFO|DEBUG), *"[a-z-]+"' "$text"
	grep -oE '(log_event\(|event = )[^;]*;' "$text" | grep -oE '"[a-z]+(-[a-z]+)+"'
	grep -oE '"server-(drained|disabled|enabled)"' "$text"
} | grep -oE '"[a-z-]+"' | tr -d '"' | sort -u >"$words"
named gateway/lychgate.8
cat gateway/status.c gateway/command*.c | grep -oE '(put(_text|_number)?|json_object_set(_new)?)\(o, "[a-z_]+' |
	sed 's/.*"//' |
	sort -u >"$words"
named gateway/lychctl.1
grep -ohE 'trouble_word\(.*' gateway/lychctl*.c | grep -oE '"[A-Za-z]+"' | tr -d '"' | sort -u >"$words"
named gateway/lychctl.1
sed -n '/^const char \*server_state_word/,/^}/p' gateway/server.c | grep -oE '"[a-z]+"' | tr -d '"' >"$words"
named gateway/lychctl.1
grep -oE '\{ "[a-z-]+", (required|optional|no)_argument' gateway/main.c |
	sed 's/{ "/--/; s/".*//' | grep -vE 'help|version' >"$words"
named gateway/lychgate.8
{
	sed -n '/base_own\[\]/,/NULL/p' gateway/script_sandbox.c | grep -oE '\{ "[a-z]+"' | tr -d '{ "'
	sed -n '/luaL_Reg words/,/NULL/p' gateway/script_verdict.c | grep -oE '"[a-z]+"' | tr -d '"'
	sed -n '/struct charge [a-z_]*_lua/,/NULL/p' gateway/script_sandbox.c | grep -oE '\{ "[a-z]+"' | tr -d '{ "'
	sed -n '/text_own\[\]/,/NULL/p' gateway/script_sandbox.c | grep -oE '\{ "[a-z]+"' | tr -d '{ "'
	sed -n '/type_words\[\]/,/NULL/p' gateway/script_describe.c | grep -oE '"[a-z]+"' | tr -d '"'
} | sort -u >"$words"
named gateway/lychgate-policy.7.in

# ---- As a reader sees them ----
readable() {
	said=$(sed "s|$data|/usr/share/lychgate|g" "$1" |
		MANWIDTH=80 LC_ALL=C.UTF-8 man -l --warnings - 2>&1 >/dev/null)
	[ -z "$said" ] && return
	printf '%s: %s\n' "$1" "$said"
	bad=1
}
# The file $2, as it is, in the manual $1.
shows() {
	MANWIDTH=200 LC_ALL=C man -l "$1" >"$text"
	sed 's/	/    /g; /^$/d; s/^/       /' "$2" >"$words"
	[ -s "$text" ] && [ -s "$words" ] || exit 99
	grep -vxFf "$text" "$words" | grep -q . || return
	echo "$1 does not show $2 as it is:"
	grep -vxFf "$text" "$words"
	bad=1
}
if man --version 2>/dev/null | grep -q '^man 2' && command -v groff >/dev/null; then
	data=$(sed -n 's|^\.I \(.*\)/scripts/examples$|\1|p' "$conf") # however long a folder's name is
	[ -n "$data" ] || exit 99
	for manual in gateway/*.[0-9] plugins/*/*.[0-9] "$BUILDDIR"/*.[0-9]; do readable "$manual"; done
	shows "$BUILDDIR/lychgate-plugin.3" tests/outside/parley.c
	shows "$BUILDDIR/lychgate-policy.7" scripts/examples/no-guests.lua
	shows "$BUILDDIR/lychgate-policy.7" scripts/examples/no-guests.test.lua
fi
exit $bad
