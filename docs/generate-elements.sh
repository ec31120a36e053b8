#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Writes docs/elements/*.md from what gst-inspect-1.0 says of the built plugin and from the
# section comments, so that a page says what the element does. Only what the elements themselves
# define is taken: what GStreamer's base classes add differs from release to release.
#
#   sh docs/generate-elements.sh [--check]
#
#   --check  write nothing; fail when a page is not what would be written
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
GST_PLUGIN_PATH="$build/elements"
GST_REGISTRY="$build/docs-registry.bin"
LC_ALL=C.UTF-8
export GST_PLUGIN_PATH GST_REGISTRY LC_ALL
# What GstObject and the base classes add.
foreign=" name parent blocksize num-buffers typefind do-timestamp automatic-eos qos"
foreign="$foreign enable-last-sample last-sample max-bitrate max-lateness processing-deadline"
foreign="$foreign render-delay stats sync throttle-time ts-offset latency min-upstream-latency"
foreign="$foreign start-time start-time-selection emit-signals force-live "
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT

# The section comment as Markdown: its head lines go, code blocks become fences.
section() {
    awk '/SECTION:element-/ { on = 1; next } on && /^ \*\// { exit } on { sub (/^ \* ?/, ""); print }' "$1" |
        sed -e '/^@title:/d' -e '/^@short_description:/d' -e 's/^|\[.*/```sh/' -e 's/^\]|.*/```/' -e 's/^## /### /' |
        sed -e '/./,$!d'
}

for source in elements/*/*.c; do
    element=$(basename "$source" .c)
    grep -q "SECTION:element-$element" "$source" || continue
    {
        echo "# $element"
        echo
        section "$source"
        echo
        echo '### Properties'
        echo
        gst-inspect-1.0 --no-colors "$element" | awk -v foreign="$foreign" '
            /^Element Properties:/ { on = 1; next }
            on && /^[A-Z]/ { on = 0 }
            !on { next }
            /^  [a-z][a-z0-9-]* *:/ {
                name = $1; sub (/:.*/, "", name)
                blurb = $0; sub (/^ *[a-z0-9-]* *: */, "", blurb)
                show = index (foreign, " " name " ") == 0
                if (show) printf "- `%s`: %s\n", name, blurb
                next
            }
            !show { next }
            /^ *flags:/ { sub (/^ *flags: */, ""); printf "  - %s\n", $0; next }
            /^ +\(-?[0-9]+\):/ { sub (/^ */, ""); sub (/ +- /, " - "); gsub (/  +/, " "); printf "    - %s\n", $0; next }
            NF { sub (/^ */, ""); gsub (/  +/, " "); gsub (/0x[0-9a-f]{8,}/, "…"); printf "  - %s\n", $0 }'
    } >"$pages/$element.md"
done
{
    echo "# The elements"
    echo
    for page in "$pages"/[a-z]*.md; do
        element=$(basename "$page" .md)
        # A line each, from the element's own metadata.
        printf -- '- [%s](%s.md): %s\n' "$element" "$element" \
            "$(gst-inspect-1.0 --no-colors "$element" | sed -nE 's/^  Description +//p' | head -n 1)"
    done
} >"$pages/README.md"

if [ "${1:-}" = --check ]; then
    diff -ru docs/elements "$pages" || { echo "Stale: run sh docs/generate-elements.sh" >&2; exit 1; }
else
    mkdir -p docs/elements
    rm -f docs/elements/*.md
    cp "$pages"/*.md docs/elements/
fi
