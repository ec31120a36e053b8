#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A server that runs is told of versions by its own command, by whoever may, and remembers them.
. "$(dirname "$0")/harness.sh"
server=
on_exit() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null; fi
    rm -rf "$work"
}
cd "$work" || exit 1
serve="$build/tools/serve/generative-serve"
if [ ! -x "$serve" ]; then
    skip "generative-serve is not built"
    finish
fi
mkdir versions
for version in v1 v2; do
    succeeds "$version is trained" gst-launch-1.0 -q videotestsrc num-buffers=8 ! video/x-raw,format=GRAY8,width=28,height=28 ! \
        gantrainer preset=mlp batch-size=4 max-steps=2 seed=${version#v} silent=true checkpoint=$version
done
cp v1/generator.onnx versions/v1.onnx
cat >studio.toml <<'END'
[server]
port = 0
rtsp-port = 0
tokens = "tokens"
audit = "audit.log"
[models.faces]
location = "versions"
[publish.faces]
canary = 0
state = "state.json"
END
anna=$("$serve" token anna --config=studio.toml --scope=watch,publish 2>log | tail -n 1)
ben=$("$serve" token ben --config=studio.toml --scope=watch 2>log | tail -n 1)
start() {
    rm -f ready
    "$serve" --config=studio.toml >ready 2>said &
    server=$!
    comes '[ -s ready ] || ! kill -0 $server 2>/dev/null'
    url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' ready)
}
by() { token=$1 && shift && GENERATIVE_SERVE_TOKEN=$token timeout 60 "$serve" "$@" --url="$url"; }
start
holds "the server is ready" test -n "$url"
complains "a version that is not there is told" 'no version "v2"' env GENERATIVE_SERVE_TOKEN="$anna" "$serve" promote faces v2 --url="$url"
cp v2/generator.onnx versions/v2.onnx
complains "not everybody may publish" 'publish' env GENERATIVE_SERVE_TOKEN="$ben" "$serve" promote faces v2 --url="$url"
complains "nobody may without a token" 'token' "$serve" promote faces v2 --url="$url"
succeeds "who may, can" by "$anna" promote faces v2
holds "and is told what plays" grep -q 'faces plays v2' log
succeeds "the server ends" kill -TERM $server
wait $server
start
curl -s -H "Authorization: Bearer $ben" "${url}v1/models/faces/experiment" >experiment
holds "one that starts again plays it, and knows what was before" grep -q '"stable" *: *"v2".*"previous" *: *"v1"' experiment
succeeds "it is rolled back" by "$anna" rollback faces
holds "to that" grep -q 'faces plays v1' log
curl -s -H "Authorization: Bearer $ben" "${url}v1/models/faces/experiment" >experiment
holds "and why it does not come again is told" grep -q 'somebody rolled it back' experiment
complains "other models are not there" 'no model "other"' env GENERATIVE_SERVE_TOKEN="$anna" "$serve" promote other --url="$url"
kill -TERM $server
wait $server
succeeds "the audit log is whole" "$GENERATIVE_MODEL" audit verify audit.log
holds "and says who did what" test "$(grep -c '"by":"anna"' audit.log)" -eq 2
finish
