#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# FID by Inception against clean-fid and pytorch-fid, at random weights (inception.py).
#
#   inception.sh CONVERTER
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with torch, torchvision, pytorch-fid and clean-fid
set -u
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import torch, torchvision, onnx, pytorch_fid, cleanfid.fid' 2>/dev/null; then
    echo "1..0 # SKIP $python lacks torch, torchvision, onnx, pytorch-fid or clean-fid"
    exit 0
fi
"$python" "$(dirname "$0")/inception.py" "$GENERATIVE_MODEL" "$1"
