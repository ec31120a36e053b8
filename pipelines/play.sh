# SPDX-License-Identifier: LGPL-2.1-or-later
# What scripts that play a model of others on a file share; they source it, with $arguments naming
# what they take. Sets $model, $in, $out and $more, what else there is.
usage() {
    echo "usage: sh pipelines/$(basename "$0") $arguments" >&2
    exit 2
}
[ $# -ge 3 ] || usage
model=$1 in=$2 out=$3
shift 3
more=$*
for file in "$model" "$in"; do
    if [ ! -f "$file" ]; then
        echo "There is no file $file" >&2
        exit 1
    fi
done
top=$(cd "$(dirname "$0")/.." && pwd)
[ "${SETUP:-yes}" = no ] || sh "$top/pipelines/setup.sh"
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
export GST_PLUGIN_PATH="$build/elements${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
export GST_REGISTRY="$build/registry.bin"
. "$top/pipelines/film.sh"

# What inspect says of the model with those of the properties that it takes as options.
describe() {
    set --
    for word in $more; do
        case ${word%%=*} in
        states | parameters | frames | shapes | spectrum | chain | sample-rate | outputs)
            set -- "$@" "--${word%%=*}" "${word#*=}"
            ;;
        esac
    done
    "$build/tools/generative-model" inspect "$model" "$@" 2>/dev/null
}

# wants PATTERN WHAT: a model of another job ends the script here. Of one that cannot be read the
# element says why.
wants() {
    said=$(describe) || return 0
    if ! echo "$said" | grep -qE "$1"; then
        echo "$(basename "$0") wants $2, but $(echo "$said" | head -n 1)" >&2
        exit 1
    fi
}

# What a pipeline has computed, in ticks of a hundredth of a second, and written.
progress() {
    awk '{ print $14 + $15 }' "/proc/$1/stat" 2>/dev/null || echo 0
}

# Wait for process $1, but not for one that does nothing: for $patience seconds it has computed less
# than a hundredth of that, and its file has not grown.
patience=${PATIENCE:-120}
watch() {
    turns=0 ticks=0 size=0
    while kill -0 "$1" 2>/dev/null; do
        sleep 0.2
        turns=$((turns + 1))
        [ $turns -ge $((5 * patience)) ] || continue
        now=$(progress "$1") written=$(wc -c 2>/dev/null <"$out" || echo 0)
        if [ $((now - ticks)) -lt "$patience" ] && [ "$written" -eq "$size" ]; then
            echo "Nothing has come of it for $patience seconds: the pipeline is stopped" >&2
            kill -KILL "$1"
            return
        fi
        turns=0 ticks=$now size=$written
    done
}

# What is doubtful is told, and nothing else. What failed leaves no file.
launch() {
    status=0
    gst-launch-1.0 "$@" >"$out.log" &
    pipeline=$!
    trap 'kill -KILL $pipeline; rm -f "$out" "$out.log"; exit 130' INT TERM
    watch $pipeline
    wait $pipeline 2>/dev/null || status=1
    trap - INT TERM
    grep '^WARNING' "$out.log" >&2 || true
    rm -f "$out.log"
    [ $status -eq 0 ] || rm -f "$out"
    return $status
}
