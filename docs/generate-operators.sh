#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Writes docs/operators.md: the operators, from the tool itself, and what ONNX's own backend tests
# say of them, from a run of all of them.
#
#   sh docs/generate-operators.sh [--check]
#
#   --check        write nothing; fail when the page is not what would be written. The tests differ
#                  from release to release, so they are compared with the page's own alone.
#   ONNX_TESTDATA  (environment) where the backend tests are
set -eu
cd "$(dirname "$0")/.."
tool=${BUILD:-build}/tools/generative-model
data=${ONNX_TESTDATA:-/usr/share/libonnx-testdata/data}
page=docs/operators.md
release=$(dpkg-query --show --showformat '${source:Upstream-Version}' libonnx-testdata 2>/dev/null || echo unknown)
made=$(mktemp)
trap 'rm -f "$made" "$made.tap"' EXIT

operators() {
    cat <<TEXT
# Operators

Which operators a model may use, of ONNX's own and of \`com.microsoft\`; \`generative-model operators\` prints this table. An operator without a gradient can be played, but training does not flow back through it.

Models of opsets 1 to 28 are read. Functions that a model defines itself, as PyTorch's exporters do, are written out where they are called. Weights may be of any number of ONNX's: those of int4, uint4, int2, uint2, float8 and float4 can be moved, cast, quantized and dequantized, in blocks too, and are float32 or a 16-bit float where something is computed.

Sequences and optionals are resolved into the tensors that they hold when a model is compiled, so that they cost nothing as it runs. Their lengths and the positions in them must be known by then; a model where these are computed is run in stages (\`GenSession\`, which \`generator\` and \`generative-model\` use by themselves). A Loop over sequences is written out, up to 1024 iterations; where its condition is computed, each iteration is a stage, 256 of them at most, and it has no scan outputs. Scan takes no sequences, and strings, maps and sparse tensors are not supported at all, but as constants that nothing reads. GroupQueryAttention takes a past of one item alone, whose buffers are not shared.

Operators take the types that ONNX allows them. What moves or compares elements, and arithmetic, does so in the type itself. Products (MatMul, Gemm), Softmax and LogSoftmax of double are computed in double, and products of integers exactly, wrapping around as integers do. Operators that know float32 alone (convolutions, normalisations, recurrences, Resize but by nearest, GridSample and others) compute double and integers in float32, with what that loses, and cast the result back. Resize makes integers as ONNX Runtime does: by linear interpolation they are cut, by cubic interpolation or with antialias rounded.

Indices count from the end where they are negative. One out of range, which ONNX has as an error, means the nearest place, since nothing that runs can fail for what it is given; where a model has them as an input, parameters and ids of symbols, \`generator\` refuses them before they go in.

16-bit floats are computed in float32, and on the CPU values stay float32 between nodes, too, so that no sum overflows on its way: they are rounded to 16 bits where they leave the model, and where a model casts from float32 there and at once back. ONNX Runtime does the same, but does not round an input of float32 either that a model casts to 16 bits first.

TEXT
    "$tool" operators
}

# A row for each folder of tests, then the reasons of those that are skipped or fail.
conformance() {
    "$tool" check --supported "$data" >"$made.tap" || true
    echo
    echo "## Conformance"
    echo
    echo "ONNX $release's backend tests, through \`generative-model check\`:"
    echo
    echo "| folder | passed | failed | skipped |"
    echo "|---|---|---|---|"
    for folder in "$data"/*/; do
        folder=$(basename "$folder")
        ls "$data/$folder" | awk -v folder="$folder" -v tap="$made.tap" '
            { in_folder[$1] = 1 }
            END {
                while ((getline line < tap) > 0) {
                    n = split (line, word, " "); name = ""
                    for (i = 1; i <= n; i++) if (word[i] == "-") { name = word[i + 1]; break }
                    if (!(name in in_folder)) continue
                    if (line ~ /# SKIP/) skipped++
                    else if (line ~ /^ok/) passed++
                    else failed++
                }
                if (passed + failed + skipped > 0)
                    printf "| %s | %d | %d | %d |\n", folder, passed, failed, skipped
            }'
    done
    echo
    echo "Skipped, since they need what is not supported:"
    echo
    echo "| what | tests |"
    echo "|---|---|"
    sed -nE 's/^ok .*# SKIP [^:]*: //p' "$made.tap" |
        sed -E "s/an operator is not supported: ([A-Za-z0-9.]+).*/\1/
                s/.*of type STRING.*/strings/
                s/.*is a map, a sparse tensor.*/maps and sparse tensors/
                s/, in node '[^']*'//; s/'[^']*'/…/g; s/\|/\//g" |
        sort | uniq -c | sort -k1,1nr -k2 | awk '{ n = $1; $1 = ""; sub (/^ /, ""); printf "| %s | %d |\n", $0, n }'
    echo
    echo "Failed, of this release's tests or others', and why:"
    echo
    sed -E '/^#/d; s/^(\? )?([^ ]+) (.*)/- `\2`: \3/' tests/conformance/known.txt
}

operators >"$made"
if [ "${1:-}" = --check ]; then
    sed '/^## Conformance/,$d' "$page" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' | diff -u - "$made" ||
        { echo "Stale: run sh docs/generate-operators.sh" >&2; exit 1; }
    grep -q "^ONNX $release's" "$page" || exit 0
fi
conformance >>"$made"
if [ "${1:-}" = --check ]; then
    diff -u "$page" "$made" || { echo "Stale: run sh docs/generate-operators.sh" >&2; exit 1; }
else
    cp "$made" "$page"
fi
