# SPDX-License-Identifier: LGPL-2.1-or-later
# What tests of generative-serve share: a server and its clients, which end with the test. A test
# sources this in the place of harness.sh, and works in its own folder.
. "$(dirname "$0")/harness.sh"
serve=$build/tools/serve/generative-serve
server=
clients=
on_exit() {
    for process in $clients $server; do kill -9 "$process" 2>/dev/null; done
    rm -rf "$work"
}
cd "$work" || exit 1
if [ ! -x "$serve" ]; then
    skip "this build has no generative-serve"
    finish
fi

# start ARGUMENT...: what the server says goes to the files said and complaints; $address is where it
# is then.
start() {
    : >said
    "$serve" "$@" >said 2>complaints &
    server=$!
    comes 'grep -q url said || ! kill -0 $server 2>/dev/null'
    grep -q url said || { cat complaints >&2; return 1; }
    address=$(sed -n 's|.*"url":"\([^"]*\)/".*|\1|p' said)
}
# ends: how it ends, by itself or after SIGTERM.
ends() {
    wait "$server"
    status=$?
    server=
    return $status
}
stop() {
    kill "$server"
    ends
}
