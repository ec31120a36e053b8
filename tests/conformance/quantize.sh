#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Quantised models against ONNX Runtime and its own quantisation (quantize.py).
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with numpy, onnx and onnxruntime
set -u
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import numpy, onnx, onnxruntime' 2>/dev/null; then
    echo "1..0 # SKIP $python lacks numpy, onnx or onnxruntime; ONNXRUNTIME_PYTHON may name one"
    exit 0
fi
"$python" "$(dirname "$0")/quantize.py" "$GENERATIVE_MODEL"
