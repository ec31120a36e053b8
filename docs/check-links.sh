#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whether what the documents point to is there: each file that a link or a picture names, each
# heading behind a `#`, and each document that a comment of the sources or of a script names.
# Headings are called what forges call them: small letters, hyphens for spaces, no punctuation, and
# a number behind a name that was there before. Other places' pages are not asked for. Says each
# that is missing, with its file and line, and fails.
#
#   sh docs/check-links.sh [DOCUMENT...]     (the README, CONTRIBUTING.md and all below docs/)
set -eu
cd "$(dirname "$0")/.."
facts=$(mktemp -d)
trap 'rm -rf "$facts"' EXIT

# "heading FILE#NAME" and "link FILE:LINE TARGET" of documents, with what lies in blocks of code
# left out.
cat >"$facts/read.awk" <<'END_OF_AWK'
FNR == 1 { fenced = 0; blank = 1; code = 0 }
/^ *```/ { fenced = !fenced; next }
fenced { next }
/^ *$/ { blank = 1; next }
/^    / && (blank || code) { code = 1; blank = 0; next }
{ code = 0; blank = 0 }
/^#+ / {
    name = tolower ($0)
    sub (/^#+ +/, "", name)
    gsub (/[^a-z0-9 _-]/, "", name)
    gsub (/ /, "-", name)
    n = seen[FILENAME, name]++
    print "heading " FILENAME "#" name (n ? "-" n : "")
}
{
    text = $0
    gsub (/`[^`]*`/, "", text)
    while (match (text, /\]\([^)]*\)/)) {
        target = substr (text, RSTART + 2, RLENGTH - 3)
        text = substr (text, RSTART + RLENGTH)
        if (target ~ /^[a-z]+:/) continue
        folder = FILENAME
        if (!sub (/[^\/]*$/, "", folder)) folder = ""
        target = target ~ /^#/ ? FILENAME target : folder target
        while (sub (/(^|\/)[^\/.]+\/\.\.\//, "/", target)) sub (/^\//, "", target)
        print "link " FILENAME ":" FNR " " target
    }
}
END_OF_AWK

if [ $# -eq 0 ]; then set -- README.md CONTRIBUTING.md $(find docs -name '*.md' | sort); fi
awk -f "$facts/read.awk" README.md CONTRIBUTING.md $(find docs -name '*.md') | sed -n 's/^heading //p' >"$facts/headings"
awk -f "$facts/read.awk" "$@" | sed -n 's/^link //p' >"$facts/links"
# Comments name documents from the top.
grep -rnoE 'docs/[a-z/-]+\.(md|sh|png)(#[a-z0-9-]+)?' elements examples include lib pipelines tests tools docs/*.sh docs/elements |
    sed -E 's/^([^:]*:[0-9]+):/\1 /' >>"$facts/links"

missing=0
while read -r place target; do
    file=${target%%#*}
    if [ ! -e "$file" ]; then
        echo "$place: there is no $file" >&2
        missing=$((missing + 1))
    elif [ "$file" != "$target" ] && ! grep -Fxq "$target" "$facts/headings"; then
        echo "$place: $file has no heading #${target#*#}" >&2
        missing=$((missing + 1))
    fi
done <"$facts/links"
echo "$(wc -l <"$facts/links") links, $missing of them to what is not there"
[ "$missing" -eq 0 ]
