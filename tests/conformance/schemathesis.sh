#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# generative-serve against its own OpenAPI document, by Schemathesis: requests that the document allows
# are answered as it says, those that it does not are refused, and nothing fails.
#
#   SCHEMATHESIS  (environment) the program schemathesis, 4.0 and later
#   SERVE         (environment) the server
#   EXAMPLES      (environment) requests for each operation and phase
set -u
schemathesis=${SCHEMATHESIS:-schemathesis}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

if ! "$schemathesis" --version >/dev/null 2>&1; then
    echo "1..0 # SKIP there is no schemathesis; SCHEMATHESIS may name one"
    exit 0
fi
if ! /usr/bin/python3 "$here/../pipelines/make-models.py" "$work" 2>/dev/null; then
    echo "1..0 # SKIP /usr/bin/python3 lacks onnx, which makes models"
    exit 0
fi
cd "$work" || exit 1
cat >studio.toml <<END
[server]
port = 0
[limits]
pictures = 4
requests-per-minute = 0
[models.classes]
location = "classes.onnx"
[models.voice]
location = "voice.onnx"
[models.dimmer]
location = "dimmer.onnx"
[mounts.clock]
pipeline = "videotestsrc is-live=true"
protocols = []
END
"$SERVE" --config=studio.toml >said 2>complaints &
server=$!
tries=0
until grep -q url said; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ]; then
        cat complaints >&2
        exit 1
    fi
    sleep 0.1
done
url=$(sed -n 's|.*"url":"\([^"]*\)".*|\1|p' said)
echo 1..2
# It writes no SDP, which is what offers and candidates of WebRTC are.
if "$schemathesis" run "${url}openapi.json" --max-examples "${EXAMPLES:-10}" --no-color \
    --exclude-path-regex '/wh[ei]p' >log 2>&1; then
    echo "ok 1 Schemathesis finds nothing"
else
    echo "not ok 1 Schemathesis finds nothing"
    grep -v '^$' log | sed 's/^/# /' | tail -n 80
fi
kill "$server"
if wait "$server"; then
    echo "ok 2 the server ends well"
else
    echo "not ok 2 the server ends well"
    tail -n 20 complaints | sed 's/^/# /'
fi
server=
