#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Resampling of pictures against Pillow's (resampling.py).
#
#   resampling.sh LIBRARY
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with numpy and Pillow
set -u
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import numpy, PIL' 2>/dev/null; then
    echo "1..0 # SKIP $python has no numpy or Pillow; ONNXRUNTIME_PYTHON may name one that has"
    exit 0
fi
"$python" "$(dirname "$0")/resampling.py" "$1"
