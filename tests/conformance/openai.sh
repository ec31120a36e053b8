#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# generative-serve by OpenAI's own client of Python: what it makes, streams and lists, and what the
# errors become that it knows.
#
#   CLIENTS_PYTHON    (environment) a Python that has the package openai
#   GENERATIVE_SERVE  (environment) the server
. "$(dirname "$0")/../pipelines/harness.sh"
python=${CLIENTS_PYTHON:-python3}
server=
on_exit() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null; fi
    rm -rf "$work"
}
cd "$work" || exit 1

if ! "$python" -c 'import openai' 2>/dev/null; then
    skip "no Python with the package openai; CLIENTS_PYTHON may name one"
    finish
fi
if ! /usr/bin/python3 "$top/tests/pipelines/make-models.py" . 2>/dev/null; then
    skip "/usr/bin/python3 lacks onnx, which makes models"
    finish
fi
cat >studio.toml <<END
[server]
port = 0
rtsp-port = 0
tokens = "tokens"
[limits]
pictures = 4
requests-per-minute = 600
[models.classes]
location = "classes.onnx"
[models.voice]
location = "voice.onnx"
END
maker=$("$GENERATIVE_SERVE" token anna --scope=watch,generate --config=studio.toml)
watcher=$("$GENERATIVE_SERVE" token wanda --scope=watch --config=studio.toml)
"$GENERATIVE_SERVE" --config=studio.toml >said 2>complaints &
server=$!
comes 'grep -q url said' || { fail "it starts" complaints; finish; }
url=$(sed -n 's|.*"url":"\([^"]*\)".*|\1|p' said)

timeout 120 "$python" "$top/tests/conformance/openai-client.py" "$url" "$maker" "$watcher" >log 2>&1
status=$?
# Its lines are ours.
while read -r word name; do
    case $word in
    good) pass "$name" ;;
    bad) fail "$name" ;;
    *) echo "# $word $name" ;;
    esac
done <log
holds "all of it was tried" [ $status -eq 0 ]
kill "$server"
wait "$server"
holds "the server ends well" [ $? -eq 0 ]
server=
finish
