# SPDX-License-Identifier: LGPL-2.1-or-later
# What the pipeline tests share: a folder of their own, TAP lines, and checks. A test sources this
# file first and ends with `finish`.
set -u
cd "$(dirname "$0")/../.."
top=$PWD
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
export GST_PLUGIN_PATH="$build/elements"
export GST_REGISTRY="$build/test-registry.bin"
export GENERATIVE_MODEL="$build/tools/generative-model"
work=$(mktemp -d)
. "$top/tests/pipelines/sanitizers.sh"
on_exit() { rm -rf "$work"; }
trap on_exit EXIT
trap 'exit 1' INT TERM
# Seconds until what is waited for cannot be coming any more.
patience=${patience:-60}
tests=0
failures=0

# pass NAME, fail NAME [FILE]: one test's result; FILE is what to show of it.
pass() {
    tests=$((tests + 1))
    echo "ok $tests $1"
}
fail() {
    tests=$((tests + 1))
    failures=$((failures + 1))
    echo "not ok $tests $1"
    if [ -n "${2:-}" ]; then tail -n 15 "$2" | sed 's/^/#   /'; fi
}
skip() {
    tests=$((tests + 1))
    echo "ok $tests # SKIP $1"
}

# A command within the time that no hang would keep; functions run as they are.
bounded() {
    if [ "$(command -v "$1")" = "$1" ]; then "$@"; else timeout 120 "$@"; fi
}

# succeeds NAME COMMAND...: the command ends with 0, within the time that a hang would need.
succeeds() {
    name=$1
    shift
    if bounded "$@" >"$work/log" 2>&1; then pass "$name"; else fail "$name" "$work/log"; fi
}
# complains NAME PATTERN COMMAND...: the command fails by itself (no signal, no time-out; what
# gst-launch-1.0 ends with is 255) and
# says something that matches.
complains() {
    name=$1 pattern=$2
    shift 2
    # gst-launch-1.0 itself hangs now and then when a pipeline fails while it prerolls, one time in
    # eighty with nothing but `videotestsrc ! identity error-after=1 ! fakesink`. What hangs here
    # by its own fault hangs again.
    for attempt in 1 2 3; do
        timeout 30 "$@" >"$work/log" 2>&1
        status=$?
        [ $status -eq 124 ] || break
    done
    if [ $status -eq 0 ] || { [ $status -ge 124 ] && [ $status -ne 255 ]; }; then
        echo "ended with status $status" >>"$work/log"
        fail "$name" "$work/log"
    elif ! grep -Eiq "$pattern" "$work/log"; then
        echo "says nothing like: $pattern" >>"$work/log"
        fail "$name" "$work/log"
    else
        pass "$name"
    fi
}
# holds NAME TEST...: a condition.
holds() {
    name=$1
    shift
    if "$@"; then pass "$name"; else fail "$name"; fi
}
# comes CONDITION: whether it holds before long.
comes() {
    end=$(($(date +%s) + patience))
    until eval "$1"; do
        [ "$(date +%s)" -lt $end ] || return 1
        sleep 0.1
    done
}
# draw_waves FOLDER COUNT AUGMENT...: where there are no digits, COUNT pictures of 28x28 of each of ten
# kinds of waves, in the folders 0 to 9, with what videoaugment is told.
draw_waves() {
    folder=$1 count=$2
    shift 2
    class=0
    for kind in kx=12 ky=12 kx=12,ky=12 kx=12,ky=-12 kx2=20,ky2=20 kx2=20 ky2=20 kx2=20,ky2=-20 kxy=20 kx=24; do
        # Unquoted on purpose: a word a property.
        timeout 120 gst-launch-1.0 -q videotestsrc pattern=zone-plate $(echo "$kind" | tr , ' ') \
            num-buffers="$count" ! video/x-raw,format=GRAY8,width=28,height=28 ! videoaugment seed=$class "$@" ! \
            datasetsink location="$folder" class=$class append=true || return 1
        class=$((class + 1))
    done
}
has_element() { gst-inspect-1.0 "$1" >/dev/null 2>&1; }

finish() {
    echo "1..$tests"
    [ "$failures" -eq 0 ]
    exit
}
