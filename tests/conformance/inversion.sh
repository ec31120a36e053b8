#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Inversion and directions against PyTorch's gradients and numpy's algebra (inversion.py).
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with numpy, onnx, Pillow and torch
set -u
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import numpy, onnx, PIL, torch' 2>/dev/null; then
    echo "1..0 # SKIP $python lacks numpy, onnx, Pillow or torch; ONNXRUNTIME_PYTHON may name one"
    exit 0
fi
"$python" "$(dirname "$0")/inversion.py" "$GENERATIVE_MODEL"
