#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Pipelines and the server are watched by what their users have: files of the tracer, /metrics, the log
# and alerts beside what curl and ffmpeg count, and the rules and the dashboard beside what there is.
# promtool is in Debian's package prometheus, a server of 96 MB that is not installed for this.
. "$(dirname "$0")/harness.sh"
promtool=$(command -v promtool || true)
serve=$build/tools/serve/generative-serve

# accepted FILE: promtool has nothing to say of it.
accepted() {
    "$promtool" check metrics <"$1" >"$work/said" 2>&1 && [ ! -s "$work/said" ] || { cat "$work/said"; false; }
}
checked() {
    if [ -n "$promtool" ]; then succeeds "promtool accepts $1" accepted "$2"; else skip "promtool is not installed"; fi
}
# told FILE SAMPLE: its value.
told() {
    awk -v sample="$2" 'index ($0, sample " ") == 1 { print $NF }' "$1"
}

# --- pipelines ---

traced() {
    GST_TRACERS="generative(file=$work/$1.prom,interval=1)" gst-launch-1.0 -q videotestsrc num-buffers=100 ! \
        video/x-raw,format=RGB,width=64,height=48 ! queue name=leaks leaky=downstream max-size-buffers=2 ! \
        qualitymeter metrics=brightness name=meter ! identity name=last ! fakesink name=sink
}
succeeds "a pipeline is traced" traced pipeline
file=$work/pipeline.prom
passed=$(told "$file" 'generative_stage_frames_total{element="leaks",factory="queue"}')
lost=$(told "$file" 'generative_stage_dropped_total{element="leaks",factory="queue",reason="leaky"}')
holds "a leaky queue has let go what it has not handed on" [ $((passed + ${lost:-0})) -eq 100 ]
holds "all that was handed on has been taken" \
    [ "$(told "$file" 'generative_stage_frames_total{element="sink",factory="fakesink"}')" = "$passed" ]
holds "each has a time" \
    [ "$(told "$file" 'generative_stage_seconds_count{element="last",factory="identity"}')" = "$passed" ]
holds "bytes are those of the frames" \
    [ "$(told "$file" 'generative_stage_bytes_total{element="sink",factory="fakesink"}')" = $((passed * 64 * 48 * 3)) ]
holds "quality is told" grep -q '^generative_quality{element="meter",factory="qualitymeter",figure="brightness"} 0\.' "$file"
checked "what the tracer writes" "$file"

# A file is whole whenever its writer is killed.
GST_TRACERS="generative(file=$work/killed.prom,interval=0.1)" gst-launch-1.0 -q videotestsrc is-live=true ! \
    queue ! fakesink >/dev/null 2>&1 &
writer=$!
waited=0
until grep -q 'generative_stage_frames_total{element="queue0"' "$work/killed.prom" 2>/dev/null; do
    waited=$((waited + 1))
    [ $waited -lt 300 ] || break
    sleep 0.1
done
kill -9 $writer
wait $writer 2>/dev/null
holds "the file of a killed process is whole" grep -q '^process_cpu_seconds_total ' "$work/killed.prom"
checked "the file of a killed process" "$work/killed.prom"
wrong() { GST_TRACERS="generative(fiel=a)" gst-launch-1.0 fakesrc num-buffers=1 ! fakesink 2>&1; }
wrong >"$work/log"
holds "a parameter that there is not is told" grep -q 'parameter fiel: there are file' "$work/log"

# --- what is said of figures is so ---

cat >"$work/names.py" <<'END'
import json, re, sys

top = sys.argv[1]
read = lambda path: open(f'{top}/{path}', encoding='utf-8').read()
declared = {}
for path in 'elements/tracer/families.c', 'tools/serve/watch/families.c':
    for name, kind in re.findall(r'GenCounterFamily \w+ = \{ "(\w+)",\s*(?:"[^"]*"\s*)+,\s*GEN_COUNTER_(\w+)', read(path)):
        declared[name] = kind
assert len(declared) > 25, declared
known = set(declared)
for name, kind in declared.items():
    if kind == 'HISTOGRAM':
        known.discard(name)
        known |= {name + end for end in ('_bucket', '_sum', '_count')}

def used(text):
    text = re.sub(r'"[^"]*"', '', text)
    return {name for name in re.findall(r'\b((?:generative|process)_\w+)(?!:)\b', text) if not re.search(rf'{name}:', text)}

dashboard = json.loads(read('examples/monitoring/dashboard.json'))
expressions = [target['expr'] for panel in dashboard['panels'] for target in panel['targets']]
expressions += [variable['definition'] for variable in dashboard['templating']['list'] if 'definition' in variable]
expressions += [annotation['expr'] for annotation in dashboard['annotations']['list']]
rules = read('examples/monitoring/serve-rules.yml')
handbook = set (re.findall (r'(?m)^## (Generative\w+)$', read ('docs/incidents.md')))
alerts = re.findall (r'(?m)^ *- alert: (\w+)$', rules)
assert handbook == set (alerts), f'docs/incidents.md and the rules differ in {handbook ^ set (alerts)}'
runbooks = re.findall (r'(?m)^ *runbook: "docs/incidents.md#(\w+)"$', rules)
assert runbooks == [alert.lower () for alert in alerts], f'runbooks: {runbooks}'
rules = re.sub(r'(?m)^ *(- (alert|record)|summary|description|runbook): .*$', '', rules)
for what, text in [('dashboard.json', e) for e in expressions] + [('serve-rules.yml', rules)]:
    unknown = used(text) - known
    assert not unknown, f'{what}: there is no {sorted(unknown)} (in {text[:80]})'
assert len({panel['id'] for panel in dashboard['panels']}) == len(dashboard['panels'])
page = read('docs/watching.md')
for name in declared:
    short = name.replace('generative_queue', '')
    assert f'`{name}`' in page or f'`{short}`' in page, f'docs/watching.md says nothing of {name}'
# What a server or a file tells is declared as well.
for path in sys.argv[2:]:
    for name in re.findall(r'^# TYPE (\S+)', open(path).read(), re.M):
        assert name in declared, f'{name} is in no list'
END
names() { /usr/bin/python3 "$work/names.py" "$top" "$@"; }
succeeds "dashboard, rules and the page know the figures that there are" names "$file"
if [ -n "$promtool" ]; then
    succeeds "promtool accepts the server's rules" "$promtool" check rules examples/monitoring/serve-rules.yml
    succeeds "the server's rules do what they should" "$promtool" test rules examples/monitoring/serve-rules-test.yml
else
    skip "promtool is not installed: the rules were not tested"
fi

# --- the server ---

if [ ! -x "$serve" ] || ! command -v curl >/dev/null; then
    skip "generative-serve or curl is not there"
    finish
fi
cat >"$work/studio.toml" <<END
[server]
port = 0
rtsp-port = 0
log = "json"
[mounts.clock]
pipeline = "videotestsrc is-live=true ! qualitymeter metrics=brightness"
width = 160
height = 120
framerate = 25
protocols = ["mjpeg"]
[alerts.busy]
when = "requests > 0.2"
command = ["tee", "notice"]
[alerts.dark]
when = "quality-brightness < 0.9 for 1s"
END
cd "$work" || exit 1
"$serve" --config=studio.toml >ready 2>server.log &
server=$!
on_exit() { kill -9 $server 2>/dev/null; rm -rf "$work"; }
waited=0
until [ -s ready ] || [ $waited -ge 300 ]; do
    waited=$((waited + 1))
    sleep 0.1
done
url=$(/usr/bin/python3 -c 'import json; print (json.load (open ("ready"))["url"].rstrip ("/"))')
total=0
for n in 1 2 3 4 5 6 7 8; do
    curl -sf -H "X-Request-Id: mine-$n" -o "shot-$n" "$url/mounts/clock/snapshot.png"
    total=$((total + $(wc -c <"shot-$n")))
done
# A client that goes: what it has got is no more than what was sent.
curl -s --max-time 2 -o stream "$url/mounts/clock/stream.mjpeg"
curl -s -o missing "$url/mounts/%0Anothing/snapshot.png"
total=$((total + $(wc -c <missing)))
curl -sf -o metrics "$url/metrics"
route='/mounts/{name}/snapshot.png'
holds "requests are counted" \
    [ "$(told metrics "generative_serve_requests_total{route=\"$route\",method=\"GET\",status=\"200\"}")" = 8 ]
sent=$(told metrics "generative_serve_response_bytes_total{route=\"$route\"}")
holds "bytes are those that curl got ($sent of $total)" [ "${sent:-0}" -eq $total ]
got=$(wc -c <stream)
route='/mounts/{name}/stream.mjpeg'
sent=$(told metrics "generative_serve_response_bytes_total{route=\"$route\"}")
holds "a stream was sent" [ "$got" -gt 1000 ]
holds "no fewer bytes were sent than came ($got of $sent)" [ "${sent:-0}" -ge "$got" ]
checked "what the server tells" metrics
succeeds "all that the server tells is in a list" names "$work/metrics"
# Frames of an encoded stream, as a player counts them, are not more than were made.
waited=0
until curl -sf "$url/v1/status" >status && grep -q '"alert":"dark","when":"[^"]*","active":true' status || [ $waited -ge 300 ]; do
    curl -sf -o /dev/null "$url/mounts/clock/snapshot.png"
    waited=$((waited + 1))
    sleep 0.1
done
holds "an alert on quality begins" grep -q '"alert":"dark","when":"[^"]*","active":true' status
waited=0
until [ -s notice ] || [ $waited -ge 100 ]; do
    waited=$((waited + 1))
    sleep 0.1
done
holds "a command reads what has happened" grep -q '"alert":"busy","state":"begin"' notice
kill -TERM $server
wait $server
holds "SIGTERM ends it well" [ $? -eq 0 ]
cat >log.py <<'END'
import json

lines = [json.loads(line) for line in open('server.log', encoding='utf-8')]
requests = [line for line in lines if 'request' in line]
mine = [line for line in requests if line['request'].startswith('mine-')]
assert [line['request'] for line in mine] == [f'mine-{n}' for n in range(1, 9)], mine
assert all(line['status'] == 200 and line['bytes'] > 0 and line['seconds'] >= 0 for line in mine), mine
assert any(line['path'].startswith('/mounts/%0A') and line['status'] == 404 for line in requests), requests
assert any(line.get('alert') == 'busy' and line['state'] == 'begin' for line in lines), lines
END
succeeds "each line of the log is JSON, and each request has one" /usr/bin/python3 log.py
finish
