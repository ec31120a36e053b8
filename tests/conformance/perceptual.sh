#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# LPIPS and DISTS against their authors' packages, at random weights (perceptual.py).
#
#   perceptual.sh CONVERTER
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with torch, torchvision, onnx, lpips, DISTS-pytorch
set -u
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import torch, torchvision, onnx, lpips, DISTS_pytorch' 2>/dev/null; then
    echo "1..0 # SKIP $python lacks torch, torchvision, onnx, lpips or DISTS-pytorch"
    exit 0
fi
"$python" "$(dirname "$0")/perceptual.py" "$GENERATIVE_MODEL" "$1"
