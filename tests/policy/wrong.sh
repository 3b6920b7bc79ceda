#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The runner must see what is wrong with every case of wrong.test.lua.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
cp "$here/words.lua" "$dir/wrong.lua"
cp "$here/wrong.test.lua" "$dir"
said=$(./lychgate --policy-test "$dir/wrong.test.lua") && exit 1
echo "$said"
cases=$(grep -c '^	{\|^	"' "$here/wrong.test.lua")
[ "$(echo "$said" | tail -n 1)" = "0 passed, $cases failed" ]
[ "$(echo "$said" | wc -l)" -eq $((cases + 1)) ]
