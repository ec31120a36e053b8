#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Pruned and converted models against ONNX Runtime (shrinking.py).
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with numpy, onnx and onnxruntime
set -u
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import numpy, onnx, onnxruntime' 2>/dev/null; then
    echo "1..0 # SKIP $python lacks numpy, onnx or onnxruntime; ONNXRUNTIME_PYTHON may name one"
    exit 0
fi
"$python" "$(dirname "$0")/shrinking.py" "$GENERATIVE_MODEL"
