#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The runner must see what is wrong with every case of wrong.test.lua, and of broken.test.lua, and tell the two apart.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT

# run NAME STATUS COUNT: COUNT with %d for the number of cases is the last line, before it is a line for each case.
run()
{
	cp "$here/words.lua" "$dir/$1.lua"
	cp "$here/$1.test.lua" "$dir"
	status=0
	said=$(./lychgate --policy-test "$dir/$1.test.lua") || status=$?
	echo "$said"
	[ $status -eq $2 ]
	cases=$(grep -c '^	{\|^	"' "$here/$1.test.lua")
	[ "$(echo "$said" | tail -n 1)" = "$(printf "$3" $cases)" ]
	[ "$(echo "$said" | wc -l)" -eq $((cases + 1)) ]
}

run wrong 1 "0 passed, %d failed"
run broken 2 "0 passed, 0 failed, %d broken"
[ "$(echo "$said" | grep -c ": broken: ")" -eq $cases ]

# Both at once: the broken test counts.
status=0
./lychgate --policy-test "$dir/wrong.test.lua" "$dir/broken.test.lua" >"$dir/said" || status=$?
[ $status -eq 2 ]

# No policy beside it, a list of names where the edits should be, and an output that is full.
rm "$dir/wrong.lua"
status=0
said=$(./lychgate --policy-test "$dir/wrong.test.lua" 2>&1) || status=$?
[ $status -eq 2 ]
echo "$said" | grep -q "wrong.test.lua: tests .*wrong.lua: No such file"
for edit in 'set = { "x-wait" }' 'answer = { 5 }' 'remove = { true }' 'set = 5' '5'; do
	echo "return { { expect = edit{ $edit } } }" >"$dir/broken.test.lua"
	status=0
	./lychgate --policy-test "$dir/broken.test.lua" >"$dir/said" 2>&1 || status=$?
	[ $status -eq 2 ]
	grep -q "bad argument #1 to 'edit'" "$dir/said"
done
# What is changed after its word made it compares as another, and harms nothing.
cat >"$dir/broken.test.lua" <<'END'
local parts = { set = { a = "b" } }
local expected = edit(parts)
parts.set = 5
return { { options = { say = "edit" }, expect = expected } }
END
status=0
./lychgate --policy-test "$dir/broken.test.lua" >"$dir/said" || status=$?
[ $status -eq 1 ]
echo 'return { { expect = pass() } }' >"$dir/broken.test.lua"
if [ -e /dev/full ]; then
	status=0
	./lychgate --policy-test "$dir/broken.test.lua" >/dev/full 2>"$dir/said" || status=$?
	[ $status -eq 2 ]
fi
# A message of bytes: a STUN Binding request has neither lines nor a name's bytes.
cat >"$dir/bytes.lua" <<'END'
return { plugin = "stun", reads = { "source" }, decide = function(m) if m.source then return drop() end end }
END
cat >"$dir/bytes.test.lua" <<'END'
return { { message = "\0\1\0\0\x21\x12\xa4\x42" .. ("t"):rep(12), expect = drop() } }
END
./lychgate --policy-test "$dir/bytes.test.lua"
