#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The one entry to the tests: sets up what they need, runs them all, and ends on the line
# "N passed, N failed". What a test says is shown when it fails; everything is in the logs that
# are named.
#
#   sh tests/run.sh
#
#   BUILD, MESON  (environment) as in pipelines/setup.sh
#   MODELS=1      (environment) also compare models of others, and operators one by one, with ONNX
#                 Runtime; it is fetched with the models, about 350 MB (tests/models,
#                 tests/conformance/onnxruntime.sh)
set -eu
cd "$(dirname "$0")/.."
export BUILD="${BUILD:-build}"
sh pipelines/setup.sh --tests

case $BUILD in /*) build=$BUILD ;; *) build=$PWD/$BUILD ;; esac
export GST_PLUGIN_PATH="$build/elements${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
export GENERATIVE_MODEL="$build/tools/generative-model"
# Kernels that elements measure are not the user's.
export XDG_CACHE_HOME="$build/tests/cache"
logs=$build/test-logs
rm -rf "$logs"
mkdir -p "$logs"
passed=0
failed=0

# summarise TITLE PASSED FAILED: show a part's result and add it up.
summarise() {
    printf '%-28s %5d passed, %d failed\n' "$1" "$2" "$3"
    passed=$((passed + $2))
    failed=$((failed + $3))
}

# summarise_tap TITLE FILE STATUS: count the lines of a TAP file. A program that ends badly
# without having said what failed counts as a failure.
summarise_tap() {
    good=$(grep -cE '^ok\b' "$2" || true)
    skipped=$(grep -ciE '^ok\b.*# *skip' "$2" || true)
    bad=$(grep -cE '^not ok\b' "$2" || true)
    if [ "$3" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ $((good + bad)) -eq 0 ]; then bad=1; fi
    if [ "$skipped" -gt 0 ]; then grep -iE '^ok\b.*# *skip' "$2" | sed 's/^/  /'; fi
    summarise "$1" $((good - skipped)) "$bad"
}

# Scripts wait for most of their time, for something to play or to end: they run in two lanes beside
# the programs that meson knows, and the longest of them has a lane of its own.
#
# lane SCRIPT...: one after the other, each with its logs, and what it ended with beside them.
lane() {
    for script; do
        name=$(basename "$script" .sh)
        sh "$script" >"$logs/$name.tap" 2>"$logs/$name.log" &
        running=$!
        trap 'kill $running; exit 1' TERM
        status=0
        wait $running || status=$?
        echo $status >"$logs/$name.status"
    done
}
scripts=$(ls tests/pipelines/test-*.sh)
longest=tests/pipelines/test-launch-lines.sh
lane $longest &
lanes=$!
# Unquoted on purpose: a word a script.
lane $(echo "$scripts" | grep -Fxv $longest) &
lanes="$lanes $!"
trap 'kill $lanes; exit 1' INT TERM

# The programs that meson knows, one TAP program a line of its log.
meson test -C "$build" --no-rebuild --print-errorlogs >"$logs/meson.txt" 2>&1 || cat "$logs/meson.txt"
awk -f tests/count-meson.awk "$build/meson-logs/testlog.json" >"$logs/meson.count"
read -r good bad <"$logs/meson.count"
summarise "unit and element tests" "$good" "$bad"

wait $lanes || true
trap - INT TERM
for script in $scripts; do
    name=$(basename "$script" .sh)
    status=$(cat "$logs/$name.status" || echo 1)
    if [ "$status" -ne 0 ]; then
        grep -E '^(not ok|#)' "$logs/$name.tap" || true
        tail -n 20 "$logs/$name.log" || true
    fi
    summarise_tap "pipelines/${name#test-}" "$logs/$name.tap" "$status"
done

if [ "${MODELS:-0}" = 1 ]; then
    status=0
    sh tests/models/test-models.sh >"$logs/models.tap" 2>"$logs/models.log" || status=$?
    if [ $status -ne 0 ]; then grep -A1 '^not ok' "$logs/models.tap" || true; fi
    summarise_tap "models of others" "$logs/models.tap" $status
    # Operators, by the same ONNX Runtime, unless meson's run above had one.
    if [ -z "${ONNXRUNTIME_PYTHON:-}" ]; then
        status=0
        ONNXRUNTIME_PYTHON="${MODELS_CACHE:-$build/models}/venv/bin/python" \
            sh tests/conformance/onnxruntime.sh >"$logs/onnxruntime.tap" 2>"$logs/onnxruntime.log" ||
            status=$?
        if [ $status -ne 0 ]; then grep -A1 '^not ok' "$logs/onnxruntime.tap" || true; fi
        summarise_tap "operators, ONNX Runtime" "$logs/onnxruntime.tap" $status
    fi
fi

# The documents: whether what is generated is fresh, and what they point to is there.
for check in 'generate-elements.sh --check' 'generate-operators.sh --check' 'plot-truths.sh --check' check-links.sh; do
    page=${check%%.sh*}
    # Unquoted on purpose: words that are arguments.
    if sh docs/$check >"$logs/docs-$page.log" 2>&1; then
        summarise "docs/$page" 1 0
    else
        cat "$logs/docs-$page.log"
        summarise "docs/$page" 0 1
    fi
done

echo "logs: $logs"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
