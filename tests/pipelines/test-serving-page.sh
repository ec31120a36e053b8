#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# docs/serving.md and what goes with it, walked from top to bottom as whoever operates a server does it: each
# block of commands is run as it stands but for the ports, which are free ones, and for ffplay, in the place of
# which ffmpeg decodes some frames; each block of a studio file is looked at by --check. A block that is neither
# is one of those of which `elsewhere` says who runs them, or fails.
. "$(dirname "$0")/harness.sh"
real=$build/tools/serve/generative-serve
server=
on_exit() {
    if [ -n "$server" ]; then kill -9 "$server" 2>/dev/null; fi
    rm -rf "$work"
}
cd "$work" || exit 1

if [ ! -x "$real" ]; then
    skip "this build has no generative-serve"
    finish
fi
if ! /usr/bin/python3 -c 'import onnx' 2>/dev/null; then
    skip "there is no python3-onnx"
    finish
fi
free_ports() {
    /usr/bin/python3 -c 'import socket
listening = [socket.create_server (("127.0.0.1", 0)) for _ in range (2)]
print (*[one.getsockname ()[1] for one in listening])'
}
ports=$(free_ports)
http=${ports% *} rtsp=${ports#* }

# What the commands of the page find: the server by its name, on its ports; and a player without a screen.
mkdir bin
cat >bin/generative-serve <<END
#!/bin/sh
case \$1 in
token) exec "$real" "\$@" ;;
promote | rollback) exec "$real" "\$@" --url=http://127.0.0.1:$http/ ;;
*) exec "$real" --port=$http --rtsp-port=$rtsp "\$@" ;;
esac
END
cat >bin/ffplay <<'END'
#!/bin/sh
exec timeout 60 ffmpeg -nostdin -v error -i "$1" -frames:v 3 -f null -
END
chmod +x bin/*
PATH=$work/bin:$build/tools:$PATH

# The models that it names: what is drawn of latents, of classes that have names, and a voice.
/usr/bin/python3 "$top/tests/pipelines/make-models.py" . && /usr/bin/python3 - <<'END' || exit 1
import json

import onnx

model = onnx.load ("classes.onnx")
for entry in model.metadata_props:
    if entry.key == "generative.class-names":
        entry.value = '["six", "seven", "eight"]'
onnx.save (model, "digits.onnx")
voice = json.load (open ("voice.onnx.json", encoding="utf-8"))
voice["phoneme_id_map"] = {symbol: [i] for i, symbol in enumerate ("_^$ əhloʊˈ")}
json.dump (voice, open ("voice.onnx.json", "w", encoding="utf-8"))
END
cp digits.onnx faces.onnx
cp dimmer.onnx style.onnx
cp classes.onnx next.onnx
generative-model c2pa demonstration-key . >log 2>&1
printf 'secret' >webhook.secret
chmod 600 webhook.secret

# models [NAME]...: what the pages say of them in a studio file.
models() {
    for model; do printf '[models.%s]\nlocation = "%s.onnx"\n' "$model" "$model"; done
}
mount_of() { printf '[mounts.%s]\nmodel = "%s"\nwidth = 64\nheight = 64\n' "$1" "$1"; }

# serve ARGUMENT...: a server in the place of the one before, once it is ready.
stop() {
    [ -n "$server" ] || return 0
    kill -9 "$server"
    wait "$server" 2>/dev/null
    server=
}
serve() {
    stop
    : >said
    generative-serve "$@" >said 2>complaints &
    server=$!
    comes 'grep -q url said || ! kill -0 $server 2>/dev/null' && grep -q url said || { cat complaints; return 1; }
}

# blocks PAGE: each block of code in a file of its own, PAGE.LINE.
blocks() {
    awk -v page="$(basename "$1" .md)" '
        /^    / && (block != "" || blank) {
            if (block == "") block = sprintf ("%s.%04d", page, FNR)
            for (; gap > 0; gap--) print "" >block
            print substr ($0, 5) >block
            next
        }
        /^ *$/ { blank = 1; if (block != "") gap++; next }
        { blank = 0; block = ""; gap = 0 }' "$1"
}
# elsewhere FILE: who runs it; nothing where it is run here.
elsewhere() {
    case $(cat "$1") in
    *gst-launch-1.0*) echo "test-launch-lines.sh" ;;
    *tests/benchmarks/*) echo "whoever measures: it takes minutes" ;;
    *nginx*) echo "test-serve-proxies.sh" ;;
    *kubectl*) echo "test-serve-kubernetes.sh" ;;
    *systemctl* | *systemd-sysusers* | *'[Socket]'* | *podman*) echo "a machine with systemd, or a container" ;;
    *journalctl*) echo "a machine with systemd" ;;
    *'there is no such key'* | generative_stage_* | '{"time"'*) echo "nobody: it is what is said" ;;
    *scrape_configs*) echo "Prometheus" ;;
    esac
}

# run FILE: its commands, each of which has to succeed; a server that it begins goes on beside.
run() {
    sed -e :a -e '/\\$/N; s/\\\n//; ta' "$1" |
        sed -e "s/\(127\.0\.0\.1\|localhost\):8080/\1:$http/g; s/\(127\.0\.0\.1\|localhost\):8554/\1:$rtsp/g" \
            -e 's/^generative-serve \([^ ]*\.onnx\|--config=\)/serve \1/' \
            -e 's/^curl /curl --fail -sS --max-time 60 /' >commands
    : >log
    while IFS= read -r command; do
        echo "$command" >>log
        eval "$command" >>log 2>&1 </dev/null || return 1
    done <commands
}
# piece FILE: a piece of a studio file is right beside what it does not say.
piece() {
    {
        for model in faces style; do grep -q "^\[models.$model\]" "$1" || models $model; done
        grep -q '^\[mounts.faces\]' "$1" || mount_of faces
        cat "$1"
    } >piece.toml
    generative-serve --check --config=piece.toml
}

# prepare FILE: studio.toml is what it says by then, and a server of it plays where the block wants one.
begin() { serve --config=studio.toml >log 2>&1; }
prepare() {
    case $(cat "$1") in
    # These begin a server by themselves.
    'generative-serve faces.onnx'* | *print-example*) ;;
    *openssl*)
        # What it opens to others is opened to this machine alone here.
        { sed 's/0\.0\.0\.0/127.0.0.1/' "$work/server.toml" && models faces && mount_of faces; } >studio.toml
        rm -f tokens
        ;;
    *'generative-serve token'*)
        { printf '[server]\ntokens = "tokens"\n' && models faces && mount_of faces; } >studio.toml
        ;;
    *promote*)
        rm -rf faces && mkdir faces && cp faces.onnx faces/v1.onnx || return 1
        { cat "$work/publish.toml" && mount_of faces; } >studio.toml
        begin || return 1
        cp next.onnx faces/next && mv faces/next faces/v7.onnx
        comes 'curl -sS "http://127.0.0.1:$http/v1/models/faces/experiment" | grep -q "\"phase\" *: *\"canary\""' || return 1
        ;;
    *voice* | *digits*)
        { models faces digits voice && mount_of faces; } >studio.toml
        begin
        ;;
    *curl* | *ffplay* | *--config=studio.toml*)
        { models faces && mount_of faces; } >studio.toml
        begin
        ;;
    esac
}

mkdir blocks
(cd blocks && for page in serving watching incidents; do blocks "$top/docs/$page.md"; done)
cat $(grep -l '^\[server\]' blocks/*) >server.toml
cat $(grep -l '^\[publish.faces\]' blocks/*) >publish.toml
commands=0
for block in blocks/*; do
    name="docs/$(basename "$block" | sed 's/\.0*/.md:/'): $(head -n 1 "$block" | cut -c 1-60)"
    who=$(elsewhere "$block")
    if [ -n "$who" ]; then
        echo "# $name: $who"
        continue
    fi
    case $(cat "$block") in
    '[server]'*)
        # Certificate, key and tokens come with the next block.
        continue
        ;;
    '[provenance]'*)
        if [ -e certificate.pem ]; then succeeds "$name" piece "$block"; else skip "$name: this build does not sign"; fi
        continue
        ;;
    '['*)
        succeeds "$name" piece "$block"
        continue
        ;;
    esac
    commands=$((commands + 1)) began=$(date +%s)
    if prepare "$block" && run "$block"; then pass "$name ($(($(date +%s) - began)) s)"; else fail "$name" log; fi
done
stop
holds "there were commands to run" [ $commands -ge 10 ]
for picture in face.png now.png; do
    [ ! -e $picture ] || holds "$picture is a picture" sh -c "ffprobe -v error $picture"
done
holds "walk.mp4 is a film of sixty frames" \
    [ "$(ffprobe -v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0 walk.mp4)" = 60 ]
finish
