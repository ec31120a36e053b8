#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What Prometheus reads is what its own promtool accepts: the file that elements write, of pictures
# and of sounds, while an alert is on, and the rules to start from. promtool is in Debian's package
# prometheus, which is a server of 96 MB and is not installed for this.
. "$(dirname "$0")/harness.sh"
promtool=$(command -v promtool || true)

# accepted FILE: promtool has nothing to say of it.
accepted() {
    "$promtool" check metrics <"$1" >"$work/said" 2>&1 && [ ! -s "$work/said" ] || { cat "$work/said"; false; }
}

succeeds "pictures are measured for Prometheus" gst-launch-1.0 -q videotestsrc num-buffers=20 ! \
    video/x-raw,format=RGB,width=64,height=64 ! qualitymeter recent=1 interval=5 \
    alert="black >= 0, sharpness < 0" prometheus="$work/pictures.prom" ! fakesink
succeeds "sounds are measured for Prometheus" gst-launch-1.0 -q audiotestsrc num-buffers=60 wave=silence ! \
    audio/x-raw,channels=2 ! qualitymeter prometheus="$work/sounds.prom" ! fakesink
succeeds "pairs are measured for Prometheus" gst-launch-1.0 -q videotestsrc num-buffers=20 ! \
    video/x-raw,format=RGB,width=192,height=192 ! tee name=t t. ! queue ! c.sink t. ! queue ! c.reference \
    qualitycompare name=c prometheus="$work/pairs.prom" ! fakesink
if [ -z "$promtool" ]; then
    skip "promtool is not installed (Debian's package prometheus): the files were not checked by it"
else
    for kind in pictures sounds pairs; do
        succeeds "promtool accepts the figures of $kind" accepted "$work/$kind.prom"
    done
    succeeds "promtool accepts the rules to start from" "$promtool" check rules examples/prometheus-rules.yml
    printf 'generative_x{element="a"} 1\ngenerative_x{element="a"} nonsense\n' >"$work/wrong.prom"
    complains "promtool refuses what is wrong" "." sh -c "'$promtool' check metrics <'$work/wrong.prom'"
fi
finish
