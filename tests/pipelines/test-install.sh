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
