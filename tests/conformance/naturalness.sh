#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# BRISQUE and NIQE against others (naturalness.py).
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with numpy, scipy and Pillow; OpenCV's contributed
#                       modules (opencv-contrib-python-headless) are compared with where they are
set -u
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import numpy, scipy, PIL' 2>/dev/null; then
    echo "1..0 # SKIP $python has no numpy, scipy or Pillow; ONNXRUNTIME_PYTHON may name one that has"
    exit 0
fi
"$python" "$(dirname "$0")/naturalness.py" "$GENERATIVE_MODEL"
