#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Calibration of scores against scikit-learn (calibration.py).
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with numpy, onnx and scikit-learn
set -u
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import numpy, onnx, sklearn' 2>/dev/null; then
    echo "1..0 # SKIP $python lacks numpy, onnx or scikit-learn; ONNXRUNTIME_PYTHON may name one"
    exit 0
fi
"$python" "$(dirname "$0")/calibration.py" "$GENERATIVE_MODEL"
