#!/bin/sh
# staged.sh: `make install`, `make installcheck` and `make uninstall` in a folder of their own; nothing is left in the
# end.
stage=$BUILDDIR/tests/outside/stage.$$
trap 'rm -rf "$stage"' EXIT
unset MAKEFLAGS MAKELEVEL MFLAGS
in_stage() { "${MAKE:-make}" -s -C "$BUILDDIR" "$1" DESTDIR="$stage" >"$stage.log" 2>&1; }

for target in install installcheck uninstall; do
	mkdir -p "$stage"
	in_stage $target
	status=$?
	[ $status != 0 ] || [ $target = installcheck ] && cat "$stage.log"
	rm -f "$stage.log"
	[ $status = 0 ] || { echo "make $target failed"; exit 1; }
done
left=$(find "$stage" ! -type d)
[ -z "$left" ] || { printf 'make uninstall has left:\n%s\n' "$left"; exit 1; }
