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

# What is doubtful is told, and nothing else. What failed leaves no file.
launch() {
    status=0
    gst-launch-1.0 "$@" >"$out.log" || status=$?
    grep '^WARNING' "$out.log" >&2 || true
    rm -f "$out.log"
    [ $status -eq 0 ] || rm -f "$out"
    return $status
}
