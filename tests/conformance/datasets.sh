#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Datasets that other tools write, read by ours, where a Python has numpy and Pillow: datasets.py
# makes them and knows what is in them.
#
#   ONNXRUNTIME_PYTHON  (environment) a Python with numpy and Pillow; what else it has (webdataset) is
#                       used as well
set -u
here=$(dirname "$0")
python=${ONNXRUNTIME_PYTHON:-python3}

if ! "$python" -c 'import numpy, PIL' 2>/dev/null; then
    echo "1..0 # SKIP $python has no numpy or Pillow; ONNXRUNTIME_PYTHON may name one that has"
    exit 0
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
"$python" "$here/datasets.py" "$1" "$folder"
