#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The launch lines of the elements' section comments run as they are written, in a folder that
# has the files they name.
. "$(dirname "$0")/harness.sh"

# The commands of the |[ ... ]| blocks, a line each: one begins with gst-launch-1.0 and goes on to
# the next or to the block's end.
launch_lines() {
    awk '
        /^ \* \|\[/ { on = 1; next }
        /^ \* \]\|/ { on = 0 }
        !on { if (command != "") print command; command = ""; next }
        {
            sub (/^ \* */, ""); sub (/ *\\$/, "")
            if (/^gst-launch-1.0/) { if (command != "") print command; command = $0 }
            else if (command != "") command = command " " $0
        }' "$1"
}

# First the one that makes the models which others play.
for source in elements/gantrainer.c $(ls elements/*.c | grep -v '/gantrainer\.c$'); do
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
