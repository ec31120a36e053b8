#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Operators against ONNX Runtime, where a Python has it: onnxruntime-cases.py makes the tests.
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with numpy, onnx and onnxruntime
set -u
here=$(dirname "$0")
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import numpy, onnx, onnxruntime' 2>/dev/null; then
    echo "1..0 # SKIP $python has no onnxruntime; ONNXRUNTIME_PYTHON may name one that has"
    exit 0
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
"$python" "$here/onnxruntime-cases.py" "$folder" || exit 1
"$GENERATIVE_MODEL" check "$folder" | awk '/^[0-9]+ passed/ { print "# " $0; next } { print }'
