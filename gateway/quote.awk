# SPDX-License-Identifier: Apache-2.0
# quote.awk: a manual with the files that it shows.  A line "@PATH@" becomes what is in that file below `folder`, as it
# stands there: for roff, with tabs of four columns.  "@pkgdatadir@" elsewhere is the folder `data`.
BEGIN { tab = "    " }

/^@[^@]+\.[^@]+@$/ {
	path = folder "/" substr($0, 2, length($0) - 2)
	while ((got = (getline text < path)) > 0) {
		gsub(/\\/, "\\e", text)
		gsub(/-/, "\\-", text)
		gsub(/\t/, tab, text)
		gsub(/'/, "\\(aq", text)
		gsub(/`/, "\\(ga", text)
		gsub(/\^/, "\\(ha", text)
		gsub(/~/, "\\(ti", text)
		print (text ~ /^\./ ? "\\&" : "") text
	}
	if (got < 0) {
		print "quote.awk: cannot read " path >"/dev/stderr"
		exit 1
	}
	close(path)
	next
}

{
	gsub(/@pkgdatadir@/, data)
	print
}
