#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# ONNX's own backend tests, as Debian's libonnx-testdata installs them, through
# `generative-model check`. What known.txt lists is marked as TAP's TODO: expected to fail.
#
#   ONNX_TESTDATA  (environment) where the tests are
#   DEVICE         (environment) what they run on (cpu)
set -u
here=$(dirname "$0")
data=${ONNX_TESTDATA:-/usr/share/libonnx-testdata/data}

if [ ! -d "$data/node" ]; then
    echo "1..0 # SKIP no ONNX backend tests in $data: install libonnx-testdata, or set ONNX_TESTDATA"
    exit 0
fi

"$GENERATIVE_MODEL" check --device "${DEVICE:-cpu}" --supported "$data" | awk -v known="$here/known.txt" '
    BEGIN {
        while ((getline line < known) > 0) {
            if (line ~ /^#/) continue
            sometimes = sub (/^\? /, "", line)
            name = line; sub (/ .*/, "", name); sub (/^[^ ]* /, "", line)
            reason[name] = line
            if (sometimes) may_pass[name] = 1
        }
    }
    /^[0-9]+ passed/ { print "# " $0; next }
    /^(not )?ok / && !/# SKIP/ {
        name = $NF
        if (name in reason) {
            if ($1 == "not") { print $0 " # TODO " reason[name]; next }
            if (name in may_pass) { print; next }
            sub (/^ok/, "not ok"); print $0; print "# it passes now: strike it from known.txt"; next
        }
    }
    { print }'
