# SPDX-License-Identifier: Apache-2.0
# bash completion of lychgate and lychctl.  What they take is read from what they say to -h, so that it is always what
# the program at hand can do: options, files after them, words, and the servers and policies of the gateway that runs.

# POOL/NAME of each server, LISTENER/NAME of each policy: what the lists $2 in the list $1 hold, of the output of
# `lychctl status --json` on stdin.  With $3 the NAME alone too.
_lychgate_names() {
	sed -n '/^  "'"$1"'"/,/^  \]/{ s/^      "name": "\(.*\)",$/\1/; T inner; h; d
		:inner; /^      "'"$2"'": \[$/,/^      \]/{ s/^          "name": "\(.*\)",$/\1/; T
			'"${3:+p;}"' G; s/^\(.*\)\n\(.*\)$/\2\/\1/p; }; }'
}

# Sets `kind` to what usage names after option $1 (FILE, PATH, ...); fails where it takes nothing.
_lychgate_argument() {
	[[ $usage =~ [][\ \|]"$1"\ ([A-Z]+|[a-z]+=) ]] && kind=${BASH_REMATCH[1]}
}

# The words that may follow the words `typed`, one a line.
_lychgate_words() {
	local form i
	while read -ra form; do
		for ((i = 0; i < ${#typed[@]}; i++)); do
			[[ ${form[i]} == "${typed[i]}" || ${form[i]} == [A-Z]* ]] || continue 2
		done
		case ${form[i]} in
		FILE) compgen -f -- "$cur" ;;
		NAME) "$program" "${socket[@]}" status --json 2>/dev/null | _lychgate_names pools servers alone ;;
		LISTENER/NAME)
			"$program" "${socket[@]}" status --json 2>/dev/null | _lychgate_names listeners policies ;;
		[a-z]*) printf '%s\n' "${form[i]}" ;;
		esac
	done < <(sed -nE '/^(usage:)? +lych[a-z]+ /!d; s///; s/\[[^]]*\]//g; s/^ +//; s/  .*//
		s/(^| )--?[A-Za-z-]+( [A-Z]+)?//g; p' <<<"$usage")
}

_lychgate() {
	local line=${COMP_LINE:0:COMP_POINT} words typed=() socket=() program usage kind choices word cur='' i
	COMPREPLY=()
	read -ra words <<<"$line"
	[[ $line == *' ' ]] || { cur=${words[-1]} && unset 'words[-1]'; }
	program=${words[0]/#\~\//$HOME/}
	usage=$("$program" -h 2>/dev/null) || return
	for ((i = 1; i < ${#words[@]}; i++)); do
		kind=
		if [[ ${words[i]} != -* ]]; then
			typed+=("${words[i]}")
		elif _lychgate_argument "${words[i]}"; then
			((++i < ${#words[@]})) || break
			[[ ${words[i - 1]} == -s ]] && socket=(-s "${words[i]/#\~\//$HOME/}")
			kind=
		fi
	done
	case $kind in
	FILE | PATH)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	?*) return ;;
	esac
	if [[ $cur == -* ]]; then
		choices=$(grep -oE '[][ |]--?[A-Za-z][a-z-]*' <<<"$usage" | tr -d '[]| ')
	else
		choices=$(_lychgate_words)
	fi
	while read -r word; do # not by compgen -W: it would carry out what a server is called
		[[ -n $word && $word == "$cur"* ]] && COMPREPLY+=("$word")
	done < <(sort -u <<<"$choices")
	# Where readline takes a colon for the end of a word, it wants what comes after the last one only.
	[[ $cur != *:* || $COMP_WORDBREAKS != *:* ]] || COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
}

complete -F _lychgate lychgate lychctl
