#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Signed metadata against the reference library of the C2PA (c2pa.py).
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with c2pa-python
set -u
python=${ONNXRUNTIME_PYTHON:-python3}

if [ "${GENERATIVE_C2PA:-}" != yes ]; then
    echo "1..0 # SKIP this build has no signed metadata: libcbor is missing"
    exit 0
fi
if ! "$python" -c 'import c2pa' 2>/dev/null; then
    echo "1..0 # SKIP $python lacks c2pa-python; ONNXRUNTIME_PYTHON may name one"
    exit 0
fi
"$python" "$(dirname "$0")/c2pa_reader.py" "$GENERATIVE_MODEL"
