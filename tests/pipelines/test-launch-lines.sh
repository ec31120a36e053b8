#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The launch lines of the elements' section comments run as they are written, in a folder that
# has the files they name.
. "$(dirname "$0")/harness.sh"

# The lines of a |[ ... ]| block that begin with gst-launch-1.0, joined where they end on a
# backslash.
launch_lines() {
    sed -n '/^ \* |\[/,/^ \* \]|/p' "$1" | sed -e 's/^ \* \{0,1\}//' -e '/^|\[/d' -e '/^\]|/d' |
        sed -e ':join' -e '/\\$/{N;s/\\\n */ /;b join' -e '}' | grep '^gst-launch-1.0' || true
}

for source in elements/*.c; do
    element=$(basename "$source" .c)
    grep -q "SECTION:element-$element" "$source" || continue
    launch_lines "$source" >"$work/lines"
    if [ ! -s "$work/lines" ]; then
        fail "$element has a launch line"
        continue
    fi
    while read -r line; do
        succeeds "$element: $line" sh -c "cd '$work' && $line"
    done <"$work/lines"
done
finish
