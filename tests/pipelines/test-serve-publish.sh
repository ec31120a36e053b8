#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A server that runs is told of versions by its own command, by whoever may, and remembers them.
. "$(dirname "$0")/serve-harness.sh"
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
by() { token=$1 && shift && GENERATIVE_SERVE_TOKEN=$token timeout 60 "$serve" "$@" --url="$address/"; }
succeeds "the server is ready" start --config=studio.toml
complains "a version that is not there is told" 'no version "v2"' env GENERATIVE_SERVE_TOKEN="$anna" "$serve" promote faces v2 --url="$address/"
cp v2/generator.onnx versions/v2.onnx
complains "not everybody may publish" 'publish' env GENERATIVE_SERVE_TOKEN="$ben" "$serve" promote faces v2 --url="$address/"
complains "nobody may without a token" 'token' "$serve" promote faces v2 --url="$address/"
succeeds "who may, can" by "$anna" promote faces v2
holds "and is told what plays" grep -q 'faces plays v2' log
holds "the server ends" stop
succeeds "and begins again" start --config=studio.toml
curl -s -H "Authorization: Bearer $ben" "$address/v1/models/faces/experiment" >experiment
holds "one that starts again plays it, and knows what was before" grep -q '"stable" *: *"v2".*"previous" *: *"v1"' experiment
succeeds "it is rolled back" by "$anna" rollback faces
holds "to that" grep -q 'faces plays v1' log
curl -s -H "Authorization: Bearer $ben" "$address/v1/models/faces/experiment" >experiment
holds "and why it does not come again is told" grep -q 'somebody rolled it back' experiment
complains "other models are not there" 'no model "other"' env GENERATIVE_SERVE_TOKEN="$anna" "$serve" promote other --url="$address/"
stop
succeeds "the audit log is whole" "$GENERATIVE_MODEL" audit verify audit.log
holds "and says who did what" test "$(grep -c '"by":"anna"' audit.log)" -eq 2
finish
