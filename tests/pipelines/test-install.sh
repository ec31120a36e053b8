#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installed to a folder, the library is found through pkg-config by a program that knows nothing
# of this tree, and the plugin by GStreamer.
. "$(dirname "$0")/harness.sh"

succeeds "it installs" env DESTDIR="$work/root" meson install -C "$build" --no-rebuild --quiet
pc=$(find "$work/root" -name generative.pc)
holds "with a pkg-config file" test -n "$pc"
prefix=$(sed -n 's/^prefix=//p' "$pc")
library=$(dirname "$(dirname "$pc")")
# As if the folder were the root of this machine.
sed -i "s|^prefix=.*|prefix=$work/root$prefix|" "$pc"
compile() {
    flags=$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags --libs generative) || return 1
    cc -Werror "$top/examples/run-model.c" $flags -o "$work/run-model"
}
succeeds "the example compiles against it" compile

# Each header alone, by the flags that the library declares.
headers=$(find "$work/root" -path '*/include/generative/*.h')
alone() {
    language=$1 standard=$2
    flags=$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags generative) || return 1
    for header in $headers; do
        echo "#include <generative/$(basename "$header")>" |
            cc -x "$language" "-std=$standard" -Wall -Wextra -Werror -fsyntax-only $flags - || return 1
    done
}
succeeds "each header compiles alone as C" alone c c11
if command -v c++ >/dev/null; then
    succeeds "and as C++" alone c++ c++17
else
    skip "as C++: there is no compiler"
fi

# Functions and data of the headers are there, and next to them what modules of the same build
# want (lib/private-api.h), and no more.
library_file=$(find "$work/root" -name 'libgenerative.so.*.*')
declared() {
    macro=$1
    shift
    cat "$@" | tr '\n' ' ' | grep -oE "\\b$macro [^;]*;" | sed -E 's/[[(].*//; s/;//' | grep -oE 'gen_[a-z0-9_]+ *$' |
        tr -d ' ' | sort -u
}
exports_what_is_promised() {
    nm -D --defined-only "$library_file" | cut -d ' ' -f 3 | sort -u >"$work/exported"
    # Unquoted on purpose: a word a header.
    declared GEN_API $headers >"$work/promised"
    find "$top/lib" -name '*.h' -exec cat {} + >"$work/private.h"
    declared GEN_PRIVATE_API "$work/private.h" | sort -u - "$work/promised" | diff - "$work/exported"
}
succeeds "the library exports what the headers promise" exports_what_is_promised
# A module is linked when it is loaded, which nobody may have a device for.
module=$(find "$work/root" -name generative-cuda.so)
module_finds_all() {
    nm -D --undefined-only "$module" | grep -oE '\bgen_[a-z0-9_]+' | sort -u | comm -23 - "$work/exported" >"$work/lacking"
    cat "$work/lacking"
    ! [ -s "$work/lacking" ]
}
if [ -n "$module" ]; then
    succeeds "and what the module for GPUs calls" module_finds_all
fi
GST_PLUGIN_PATH=$(dirname "$(find "$work/root" -name libgstgenerative.so)")
LD_LIBRARY_PATH=$library
GST_REGISTRY=$work/registry.bin
export GST_PLUGIN_PATH LD_LIBRARY_PATH GST_REGISTRY
succeeds "the installed plugin is loaded" gst-inspect-1.0 generator
succeeds "and makes a model" sh -c "cd '$work' && gst-launch-1.0 -q videotestsrc num-buffers=32 ! \
    video/x-raw,format=GRAY8,width=28,height=28 ! \
    gantrainer preset=mlp batch-size=32 max-steps=1 silent=true checkpoint=model"
succeeds "which the example runs" "$work/run-model" "$work/model/generator.onnx" 7
complains "and complains about where there is none" 'nothing\.onnx' "$work/run-model" "$work/nothing.onnx"
finish
