#!/bin/sh
# check-layers.sh holds the code to the design: which part may include what, that the core names no protocol, that every
# header compiles alone, and the sizes of files and functions.  Run by `make check`; by hand: SRCDIR=.
# tests/check-layers.sh
cd "${SRCDIR:-$(dirname "$0")/..}" || exit 99
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

# A finding is a line "file:line:text" on stdin; $1 is the rule that it breaks.
findings() {
	found=$(cat)
	[ -z "$found" ] && return
	printf '%s:\n%s\n\n' "$1" "$found" | sed '2,$s/^/    /'
	: >"$work/bad"
}

code() { find "$@" -name '*.[ch]' 2>/dev/null | sort; }

# Every include as "file:line:what", the brackets or quotes kept.
includes() {
	code "$@" | xargs -r grep -nE '^[ 	]*#[ 	]*include' /dev/null |
		sed -E 's/^([^:]*:[0-9]+:).*include[ 	]*/\1/; s/[ 	].*$//'
}

# ---- One wrapper per library ----
includes gateway sip plugins | grep -E ':[<"](lua|lauxlib|lualib)\.h' | grep -v '^gateway/script[^/]*:[0-9]' |
	findings 'Lua is used in gateway/script* only'
includes gateway sip plugins | grep -E ':[<"](gnutls|openssl)/' | grep -v '^gateway/tls[^/]*:[0-9]' |
	findings 'GnuTLS and libcrypto are used in gateway/tls* only'
includes gateway sip plugins | grep -E ':[<"]osip' | grep -v '^sip/' |
	findings 'libosip2 is used in sip/ only'
includes gateway sip plugins | grep -E ':[<"]libxml/' | grep -v '^gateway/xml\.c:[0-9]' |
	findings 'libxml2 is used in gateway/xml.c only'
includes gateway sip plugins | grep -E ':[<"]zip(conf)?\.h' | grep -v '^gateway/unzip\.c:[0-9]' |
	findings 'libzip is used in gateway/unzip.c only'
includes sip plugins | grep -E ':[<"](uv|jansson)\.h' |
	findings 'libuv and jansson are for the core'
includes gateway sip plugins | grep -E ':[<"]llhttp' | grep -vE '^plugins/https/(body|head)\.c:[0-9]' |
	findings 'llhttp is used in plugins/https/head.c and body.c only'

# ---- The core knows no protocol; a plugin knows the ABI, its own folder and the library sip/ ----
code gateway | xargs -r grep -nEi '(^|[^a-z])(sips?|https?|stun|rpc|osip)([^a-z]|$)' /dev/null |
	findings 'No file in gateway/ names a protocol'
includes gateway | grep -E ':[<"](\.\./)*(sip|plugins)/' |
	findings 'The core includes neither plugins nor sip/'
includes sip | grep -E ':[<"](lychgate/|\.\./|gateway/|plugins/)' | grep -v ':<lychgate/plugin.h>$' |
	findings 'sip/ needs nothing of the gateway but the types of plugin.h'

standard='arpa/inet|assert|ctype|errno|inttypes|limits|stdalign|stdarg|stdbool|stddef|stdint'
standard="$standard|stdio|stdlib|string|strings"
for dir in plugins/*/; do
	[ -d "$dir" ] || continue
	own=$(cd "$dir" && ls -- *.h 2>/dev/null | sed 's/\.h$//' | paste -sd'|')
	library=
	[ "$dir" = plugins/https/ ] && library='|<llhttp\.h>'
	allowed="<lychgate/plugin\.h>|[<\"]sip/[a-z0-9_-]+\.h[>\"]|<($standard)\.h>"
	allowed="$allowed|\"(${own:-none})\.h\"$library"
	includes "$dir" | grep -vE ":($allowed)$" |
		findings "$dir may include plugin.h, its own headers, sip/, arpa/inet.h, standard C without I/O"
done

# ---- Every header compiles alone; the ABI also as C++ ----
for header in $(code gateway sip plugins | grep '\.h$'); do
	${CC:-cc} ${CPPFLAGS:--Igateway -I.} ${CFLAGS:--Wall -Wextra -Werror} -I. -Igateway -x c -include "$header" \
		-fsyntax-only /dev/null 2>&1 | findings "$header does not compile alone"
done
CXX=${CXX:-$(command -v g++ || command -v clang++)}
if [ -z "$CXX" ]; then
	echo 'no C++ compiler: plugin.h was not tried as C++'
else
	for std in c++11 c++17; do
		$CXX -std=$std -Wall -Wextra -Werror -x c++ -include gateway/lychgate/plugin.h -fsyntax-only \
			/dev/null 2>&1 |
			findings "plugin.h is no $std"
	done
fi

# ---- Sizes: a file has one noun, a function one purpose, a line fits a screen ----
# Characters count, tabs up to the next eighth.  What is not ours to break is left out: messages, fixtures, reports.
find README bootstrap configure.ac Makefile.am gateway sip plugins scripts policies tests -type f ! -name '*.log' \
	! -path 'tests/netscaler/*.*' ! -name '*.vtc' ! -name 'rfc*.py' ! -name '*.tsv' \
	! -path 'tests/topology/*.xml' ! -path 'tests/topology/*.report' ! -path 'tests/topology/*.conf' -print0 |
	LC_ALL=C xargs -0 grep -IE '.{113}|	.*.{57}' -n /dev/null | LC_ALL=C awk '{
		match($0, /^[^:]*:[0-9]*:/)
		where = substr($0, 1, RLENGTH)
		line = substr($0, RLENGTH + 1)
		gsub(/[\200-\277]/, "", line)
		while (at = index(line, "\t"))
			line = substr(line, 1, at - 1) substr("        ", (at - 1) % 8 + 1) substr(line, at + 1)
		if (length(line) > 120)
			print where " " length(line) " columns"
	}' | findings 'Lines have at most 120 columns'
code gateway sip plugins | xargs -r awk 'FNR == 501 { print FILENAME ":501: longer than 500 lines" }' |
	findings 'Files have at most 500 lines'
code gateway sip plugins | xargs -r awk '
	/^{/ { start = FNR }
	/^}/ && start { if (FNR - start - 1 > 60) print FILENAME ":" start ": " FNR - start - 1 " lines"; start = 0 }' |
	findings 'Functions have at most 60 lines'

[ ! -e "$work/bad" ]
