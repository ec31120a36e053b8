#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What contentgate holds, decided on by the page of `generative-model review`, from the pipeline to the
# decision and back: by curl, over TLS as well, and by a browser where there is Chromium. The audit
# log of both is checked by openssl and sha256sum.
. "$(dirname "$0")/harness.sh"
unset DISPLAY WAYLAND_DISPLAY
server=
playing=
on_exit() {
    for process in $server $playing; do kill "$process" 2>/dev/null; done
    rm -rf "$work"
}
cd "$work" || exit 1

if "$GENERATIVE_MODEL" review 2>&1 | grep -q 'without libsoup'; then
    skip "this build has no page for reviews"
    finish
fi

# review FOLDER OPTION...: start the page; $address and $token say where and how.
review() {
    rm -f said
    "$GENERATIVE_MODEL" review "$@" --port=0 --name=anna >said 2>complaints &
    server=$!
    comes 'grep -q "token is" said' || { cat complaints >&2; return 1; }
    address=$(sed -n 's|.* is at \(.*\)/$|\1|p' said)
    token=$(sed -n 's|.*token is ||p' said)
}
stop_review() {
    kill "$server"
    wait "$server"
    status=$?
    server=
    return $status
}

# ask PATH [BODY]: what the page answers, by curl; its status goes to the file status.
ask() {
    path=$1
    shift
    if [ $# -gt 0 ]; then
        set -- -H "Origin: $address" -H "X-CSRF-Token: $(cat csrf 2>/dev/null)" \
            -H 'Content-Type: application/json' -d "$1"
    fi
    curl -s -m $patience ${cacert:+--cacert "$cacert"} -b jar -c jar -w '%{stderr}%{http_code}' "$@" \
        "$address$path" 2>status
}
log_in() {
    rm -f jar csrf
    touch jar
    ask /login "{\"token\":\"$token\"}" | sed 's/.*"csrf":"\([^"]*\)".*/\1/' >csrf
    [ "$(cat status)" = 200 ]
}
decide() { ask "/items/$1" "{\"decision\":\"$2\",\"reason\":\"$3\"}" >answer; }

# A picture is as bright as its model says.
/usr/bin/python3 - <<'END' || exit 1
import os
import onnx
from onnx import TensorProto, helper
from PIL import Image

model = helper.make_model (helper.make_graph (
    [helper.make_node ("GlobalAveragePool", ["x"], ["mean"]),
     helper.make_node ("Flatten", ["mean"], ["bright"])], "bright",
    [helper.make_tensor_value_info ("x", TensorProto.FLOAT, [1, 1, 8, 8])],
    [helper.make_tensor_value_info ("bright", TensorProto.FLOAT, [1, 1])]),
    opset_imports=[helper.make_opsetid ("", 13)], ir_version=8)
helper.set_model_props (model, {"generative.input-range": "0,1"})
onnx.save (model, "bright.onnx")
os.mkdir ("in")
for number, level in enumerate ((10, 200, 20, 210, 30)):
    Image.new ("L", (8, 8), level).save (f"in/{number}.png")
END
openssl genpkey -algorithm ed25519 -out audit.pem && openssl pkey -in audit.pem -pubout -out audit.pub || exit 1

# play FOLDER NAME=VALUE...: the five pictures through the gate, what passes into FOLDER.out.
play() {
    folder=$1
    shift
    mkdir "$folder.out"
    gst-launch-1.0 -q multifilesrc location=in/%d.png caps=image/png,framerate=10/1 ! pngdec ! videoconvert ! \
        video/x-raw,format=GRAY8 ! \
        contentgate model=bright.onnx threshold=0.6 action=hold "hold-location=$folder" "$@" ! pngenc ! \
        multifilesink "location=$folder.out/%d.png" >"$folder.log" 2>&1 &
    playing=$!
}
# What has passed, as levels in order.
levels() {
    /usr/bin/python3 -c '
import glob, sys
from PIL import Image
paths = sorted (glob.glob (sys.argv[1] + "/*.png"), key=lambda p: int (p.split ("/")[-1][:-4]))
print (*(Image.open (p).getpixel ((0, 0)) for p in paths))' "$1"
}

# --- somebody decides ---

mkdir -m 700 held
review held --audit-log=audit.log --audit-key=audit.pem || exit 1
holds "a token logs in" log_in
play held hold-mode=wait hold-timeout=0 audit-log=audit.log audit-key=audit.pem
holds "what is held appears on the page" comes 'ask /items | grep -q "\"number\":1,"'
ask /items/1 >first.png
holds "it is the picture" cmp -s first.png held/000001.png
decide 1 approve ""
holds "it is approved" [ "$(cat status)" = 200 ]
holds "then comes the next" comes 'ask /items | grep -q "\"number\":2,"'
decide 2 reject "too bright"
decide 2 approve ""
holds "who decides second is told who was first" grep -q '"decision":"reject","by":"anna"' answer
wait $playing
holds "the pipeline ends well" [ $? -eq 0 ]
playing=
holds "what was approved passes in order, and what was rejected does not" [ "$(levels held.out)" = "10 200 20 30" ]
holds "the page ends well" stop_review

# --- the log of both ---

succeeds "the log is as it was written" "$GENERATIVE_MODEL" audit verify audit.log --key=audit.pub
events=$(sed 's/.*"event":"\([^"]*\)".*/\1/' audit.log | grep -v signature | tr '\n' ' ')
holds "it has all of it" [ "$events" = \
    "review-started login settings closed held approved passed open closed held rejected withheld open stopped review-stopped " ]
before=$(sed -n 4p audit.log | tr -d '\n' | sha256sum | cut -d ' ' -f 1)
holds "sha256sum finds the same chain" [ "$(sed -n 's/.*"previous":"\([^"]*\)".*/\1/p' audit.log | sed -n 5p)" = "$before" ]
line=$(grep -n '"event":"signature"' audit.log | tail -n 1 | cut -d : -f 1)
sed -n "${line}p" audit.log | sed 's/.*,"signature":"\([^"]*\)"}$/\1/' | base64 -d >signature
{ echo "gst-generative audit log" && sed -n "${line}p" audit.log | tr -d '\n' | sed 's/,"signature":"[^"]*"}$/}/'; } >signed
succeeds "openssl finds the same signature" openssl pkeyutl -verify -pubin -inkey audit.pub -rawin -in signed -sigfile signature
sed 's/too bright/too dark!!/' audit.log >changed.log
complains "what was changed is found" 'line [0-9]+: the record is not as it was written' \
    "$GENERATIVE_MODEL" audit verify changed.log --key=audit.pub

# --- nobody decides ---

play late hold-mode=wait hold-timeout=0.1 audit-log=late.log
wait $playing
playing=
holds "what nobody decides on does not pass" [ "$(levels late.out)" = "10 20 30" ]
holds "the log says so" [ "$(grep -c '"event":"expired"' late.log)" = 2 ]
review late || exit 1
log_in
holds "the page says who did" [ "$(ask /items | grep -o '"by":"hold-policy"' | wc -l)" = 2 ]
stop_review

# --- a live stream ---

mkdir -m 700 live
review live || exit 1
log_in
gst-launch-1.0 -q -e videotestsrc is-live=true pattern=white ! \
    video/x-raw,format=GRAY8,width=8,height=8,framerate=30/1 ! \
    contentgate model=bright.onnx threshold=0.6 action=hold hold-location=live ! \
    filesink location=live.raw buffer-mode=unbuffered >live.log 2>&1 &
playing=$!
comes 'ask /items | grep -q "\"number\":1,"'
comes '[ "$(stat -c %s live.raw)" -ge 640 ]'
decide 1 approve ""
holds "a live stream shows the slate until then, and goes on" comes '[ "$(tail -c 1 live.raw | od -An -tu1 | tr -d " ")" -gt 200 ]'
kill -INT $playing
wait $playing
playing=
holds "nothing was seen before" [ "$(head -c 640 live.raw | od -An -v -tu1 | tr -s ' \n' '\n' | sort -u | tr -d '\n')" = 0 ]
stop_review

# --- two at once ---

# Two pages of one folder, asked at the same moment: of each item one of both decides.
mkdir -m 700 pair
for item in 1 2 3 4 5 6 7 8; do
    echo text >pair/00000$item.txt
    echo "{\"number\":$item,\"media\":\"00000$item.txt\",\"label\":\"x\"}" >pair/00000$item.json
done
review pair --audit-log=pair.log || exit 1
log_in
first_server=$server first_address=$address
cp jar first.jar && cp csrf first.csrf || exit 1
review pair --audit-log=pair.log || exit 1
log_in
both="$first_server $server"
server=$both
# post ADDRESS JAR CSRF ITEM: the status of an approval.
post() {
    curl -s -m $patience -o /dev/null -w '%{http_code}\n' -b "$2" -H "Origin: $1" -H "X-CSRF-Token: $(cat "$3")" \
        -H 'Content-Type: application/json' -d '{"decision":"approve"}' "$1/items/$4"
}
for item in 1 2 3 4 5 6 7 8; do
    post "$first_address" first.jar first.csrf $item >first.status &
    other=$!
    post "$address" jar csrf $item >second.status
    wait $other
    sort first.status second.status | tr '\n' ' ' >>both.status
done
holds "of two who decide at once one does, and the other is told" [ "$(cat both.status)" = \
    "200 409 200 409 200 409 200 409 200 409 200 409 200 409 200 409 " ]
kill $both
for process in $both; do wait "$process"; done
server=
succeeds "and the log of both is whole" "$GENERATIVE_MODEL" audit verify pair.log

# --- over a network ---

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 2 \
    -subj /CN=review -addext 'subjectAltName=IP:127.0.0.1' >/dev/null 2>&1
chmod 600 tls.key
if review live --certificate=tls.pem --key=tls.key 2>/dev/null; then
    cacert=tls.pem
    holds "TLS: a token logs in" log_in
    holds "TLS: the cookie is for TLS alone" grep -q '	/	TRUE	' jar
    holds "TLS: without it there is no answer" [ "$(curl -s -m $patience -o /dev/null -w '%{http_code}' "http${address#https}/")" = 000 ]
    stop_review
    chmod 644 tls.key
    complains "TLS: the key is nobody else's" 'chmod 600' "$GENERATIVE_MODEL" review live --certificate=tls.pem --key=tls.key
    cacert=
elif grep -q glib-networking complaints; then
    skip "TLS wants glib-networking"
else
    fail "the page starts with TLS" complaints
fi

# --- in a browser ---

chromium=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$chromium" ]; then
    skip "the page in a browser wants Chromium"
    finish
fi
mkdir -m 700 page
cp held/000001.png page/000001.png && cp held/000002.png page/000004.png || exit 1
gst-launch-1.0 -q audiotestsrc num-buffers=10 ! wavenc ! filesink location=page/000002.wav
echo 'A text with <b>markup</b> and <script>document.title = "bad"</script>.' >page/000003.txt
for item in '1 png nsfw' '2 wav <script>alert(1)</script>' '3 txt badword' '4 png failure'; do
    # Unquoted on purpose: a word each.
    set -- $item
    echo "{\"number\":$1,\"media\":\"00000$1.$2\",\"label\":\"$3\",\"score\":0.97}" >"page/00000$1.json"
done
review page || exit 1
/usr/bin/python3 "$top/tests/pipelines/review-page.py" "$chromium" "$address/#$token" page >page.tap 2>page.log
while read -r result _ name; do
    case $result in
    ok) pass "page: $name" ;;
    not) fail "page: ${name#* }" page.tap ;;
    esac
done <page.tap
holds "the page was looked at whole" grep -q '^1\.\.' page.tap
stop_review
finish
