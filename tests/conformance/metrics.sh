#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Metrics of distributions against what others compute of the same features (metrics.py).
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with numpy; what else it has (torch-fidelity, prdc,
#                       vendi-score, POT) is compared with as well
set -u
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import numpy' 2>/dev/null; then
    echo "1..0 # SKIP $python has no numpy; ONNXRUNTIME_PYTHON may name one that has"
    exit 0
fi
"$python" "$(dirname "$0")/metrics.py" "$GENERATIVE_MODEL"
