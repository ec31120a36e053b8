#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Draws docs/images/truths.svg from the table of docs/metrics.md that says what metrics of sets say as
# samples get worse: distances in the upper row, as shares of the greatest of each, and shares in
# the lower one. Lines differ by dashes and marks, as those of reports do.
#
#   sh docs/plot-truths.sh [--check]
#
#   --check  write nothing; fail when the picture is not what would be drawn
set -eu
cd "$(dirname "$0")/.."
picture=docs/images/truths.svg
made=$(mktemp)
trap 'rm -f "$made"' EXIT

LC_ALL=C awk -F' *[|] *' '
function mark(k, x, y) {
    if (k == 1) return sprintf ("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>", x, y)
    if (k == 2) return sprintf ("<path d=\"M%.1f %.1fh6v6h-6z\"/>", x - 3, y - 3)
    if (k == 3) return sprintf ("<path d=\"M%.1f %.1fl4 7h-8z\"/>", x, y - 4)
    return sprintf ("<path d=\"M%.1f %.1fl4 4l-4 4l-4 -4z\"/>", x, y - 4)
}
function text(x, y, anchor, words) {
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, words
}
# What is the amount of damage of this row, by its words: of which panel.
/^\| \| frechet \| kernel-distance/ { on = 1; for (c = 3; c <= 9; c++) title[c] = $c; next }
on && !/^\|/ { exit }
on && /^\| *the other half/ { for (p = 1; p <= 3; p++) { n[p] = 1; at[p, 1] = p == 3 ? 10 : 0; for (c = 3; c <= 9; c++) value[p, 1, c] = $c }; next }
on && /^\| *blurred by/ { panel = 1 }
on && /^\| *noise of/ { panel = 2 }
on && /^\| *[0-9]+ of the 10/ { panel = 3 }
on && panel && match ($2, /[0-9.]+/) {
    amount = substr ($2, RSTART, RLENGTH)
    k = ++n[panel]; at[panel, k] = amount
    for (c = 3; c <= 9; c++) value[panel, k, c] = $c
}
END {
    split ("blur, deviation in pixels|noise, deviation in levels|classes of 10", name, "|")
    split ("#0072b2|#d55e00|#007a5a|#a3498b", colour, "|")
    split ("none|7 3|2 2|9 3 2 3", dash, "|")
    width = 240; height = 150; left = 40; gap = 34; top = 20
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 470\" width=\"860\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\" aria-label=\"metrics of sets over blur, noise and classes that are missing\">\n"
    print "<rect width=\"860\" height=\"470\" fill=\"#fff\"/>"
    for (p = 1; p <= 3; p++) for (row = 0; row < 2; row++) {
        x0 = left + (p - 1) * (width + gap); y0 = top + row * (height + 70)
        first = row ? 6 : 3; last = row ? 9 : 5
        from = at[p, 1]; to = at[p, n[p]]
        for (t = 0; t <= 1; t += 0.5) {
            y = y0 + height * (1 - t)
            printf "<path d=\"M%.1f %.1fh%d\" stroke=\"#ccc\"/>\n", x0, y, width
            text (x0 - 5, y + 4, "end", t)
        }
        for (k = 1; k <= n[p]; k++) text (x0 + (at[p, k] - from) / (to - from) * width, y0 + height + 15, "middle", at[p, k])
        text (x0 + width / 2, y0 + height + 31, "middle", name[p])
        for (c = first; c <= last; c++) {
            most = 1
            if (!row) for (most = k = 0; k++ < n[p];) if (value[p, k, c] > most) most = value[p, k, c]
            s = c - first + 1; points = marks = ""
            for (k = 1; k <= n[p]; k++) {
                share = value[p, k, c] / most; if (share < 0) share = 0; if (share > 1) share = 1
                x = x0 + (at[p, k] - from) / (to - from) * width; y = y0 + height * (1 - share)
                points = points sprintf ("%.1f,%.1f ", x, y); marks = marks mark(s, x, y)
            }
            printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" stroke-dasharray=\"%s\"/>\n", points, colour[s], dash[s]
            printf "<g fill=\"#fff\" stroke=\"%s\" stroke-width=\"1.4\">%s</g>\n", colour[s], marks
        }
        if (p == 1) for (c = first; c <= last; c++) {
            s = c - first + 1; x = left + (s - 1) * 190; y = y0 + height + 47
            printf "<path d=\"M%.1f %.1fh40\" stroke=\"%s\" stroke-width=\"1.6\" stroke-dasharray=\"%s\"/>\n", x, y, colour[s], dash[s]
            printf "<g fill=\"#fff\" stroke=\"%s\" stroke-width=\"1.4\">%s</g>\n", colour[s], mark(s, x + 20, y)
            text (x + 46, y + 4, "start", title[c])
        }
    }
    print "</svg>"
    exit n[1] < 3 || n[2] < 3 || n[3] < 3
}' docs/metrics.md >"$made"

if [ "${1:-}" = --check ]; then
    cmp "$made" $picture || { echo "Stale: run sh docs/plot-truths.sh" >&2; exit 1; }
else
    cp "$made" $picture
    chmod 644 $picture
fi
