# SPDX-License-Identifier: LGPL-2.1-or-later
# Prints how many tests of meson's log (testlog.json) have passed and failed: one program a line,
# with what it has printed, in TAP.
{
    result = $0; sub (/.*"result": "/, "", result); sub (/".*/, "", result)
    good = bad = 0
    n = split ($0, line, /\\n/)
    for (i = 1; i <= n; i++) {
        if (line[i] ~ /^ok / && tolower (line[i]) !~ /# *skip/) good++
        if (line[i] ~ /^not ok / && tolower (line[i]) !~ /# *todo/) bad++
    }
    if (result !~ /^(OK|SKIP|EXPECTEDFAIL)$/ && bad == 0) bad = 1
    if (result == "OK" && good + bad == 0) good = 1
    passed += good; failed += bad
}
END { print passed + 0, failed + (NR == 0) }
