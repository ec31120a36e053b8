#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Random graphs against ONNX Runtime, where a Python has it.
#
#   onnxruntime-graphs.sh PROGRAM   that of tests/unit/random-graphs.c, which tells what it reads
#   ONNXRUNTIME_PYTHON  (environment) a Python with numpy and onnxruntime
set -u
here=$(dirname "$0")
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import numpy, onnxruntime' 2>/dev/null; then
    echo "1..0 # SKIP $python has no onnxruntime; ONNXRUNTIME_PYTHON may name one that has"
    exit 0
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
GENERATIVE_GRAPHS_FOLDER=$folder "$1" >/dev/null || exit 1
"$python" "$here/onnxruntime-graphs.py" "$folder"
