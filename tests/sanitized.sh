#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# sanitized.sh COMMAND...: run a test built with sanitizers, and once more where LeakSanitizer
# itself crashed: it looks into threads that may be ending at that moment ("Tracer caught signal"),
# which says nothing of the test.
set -u
area=$(mktemp -d)
trap 'rm -rf "$area"' EXIT
trap 'exit 1' INT TERM

once() {
    status=0
    "$@" >"$area/out" 2>"$area/err" || status=$?
}

once "$@"
if [ $status -ne 0 ] && grep -q 'LeakSanitizer has encountered a fatal error' "$area/err"; then
    once "$@"
fi
cat "$area/out"
cat "$area/err" >&2
exit $status
