#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Datasets that are written: killed at any moment and gone on with, on a disk that is full, and read
# by programs of others.
. "$(dirname "$0")/harness.sh"
cd "$work" || exit 1

sheet="videotestsrc pattern=snow num-buffers=40 ! video/x-raw,format=GRAY8,width=64,height=32"
sink="datasetsink tile-width=16 tile-height=16 class=snow commit-size=8 shard-items=24"

# All files below a folder, and what is in them.
sums() { (cd "$1" && find . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum); }

# kill -9 at any moment: what was promised is there, and the same line goes on to the same bytes.
for format in folder webdataset idx; do
    gst-launch-1.0 -q $sheet ! $sink location=whole-$format format=$format >log 2>&1
    killed=0
    lines=0
    lost=0
    after=0.05
    for attempt in 1 2 3 4 5 6 7 8; do
        # It takes 0.2 s and more, or it might have ended before it is killed.
        gst-launch-1.0 -q $sheet ! identity sleep-time=5000 ! \
            $sink location=killed-$format format=$format resume=true >killed.log 2>&1 &
        writer=$!
        sleep $after
        after=$(echo "$after" | awk '{ print $1 * 1.5 }')
        kill -9 $writer 2>/dev/null && killed=$((killed + 1))
        wait $writer 2>/dev/null
        now=$(cat killed-$format/metadata.jsonl 2>/dev/null | wc -l)
        [ "$now" -ge "$lines" ] || lost=$((lost + 1))
        lines=$now
    done
    succeeds "$format goes on after kill -9" timeout 100 \
        gst-launch-1.0 -q $sheet ! $sink location=killed-$format format=$format resume=true
    holds "$format: it was killed, and nothing that was promised is lost" \
        test $killed -gt 0 -a $lost -eq 0
    sums whole-$format >whole.sums
    sums killed-$format >killed.sums
    holds "$format: it is what it would be without that" cmp whole.sums killed.sums
    holds "$format: nothing hidden is left" sh -c "[ -z \"\$(find killed-$format -name '.?*')\" ]"
done
succeeds "datasetsrc reads the folder" \
    gst-launch-1.0 -q datasetsrc location=whole-folder epochs=1 ! fakesink
succeeds "and the IDX file" \
    gst-launch-1.0 -q datasetsrc location=whole-idx epochs=1 ! fakesink

# Two processes do not write to one folder.
gst-launch-1.0 -q videotestsrc is-live=true ! video/x-raw,format=GRAY8,width=16,height=16 ! \
    datasetsink location=busy >log 2>&1 &
writer=$!
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    [ -e busy/metadata.jsonl ] && break
    sleep 0.5
done
complains "a folder in which another process writes is refused" 'another dataset' \
    gst-launch-1.0 -q $sheet ! datasetsink location=busy append=true
kill -9 $writer 2>/dev/null
wait $writer 2>/dev/null

# A disk that is full.
mkdir disk
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=600k tmpfs disk 2>/dev/null; then
    on_exit() { umount -l "$work/disk"; rm -rf "$work"; }
    noise="videotestsrc pattern=snow num-buffers=400 ! video/x-raw,format=RGB,width=64,height=64"
    for format in folder webdataset; do
        complains "format=$format names what finds no space" "$format/.*(png|tar|jsonl).*space" \
            gst-launch-1.0 -q $noise ! \
            datasetsink location=disk/$format format=$format class=snow commit-size=4 shard-items=8
        holds "format=$format: nothing half-written stays" \
            sh -c "[ -z \"\$(find disk -name '.?*.tmp')\" ]"
        holds "format=$format: what is whole stays" test -s disk/$format/metadata.jsonl
        if [ $format = folder ]; then
            succeeds "and is read" gst-launch-1.0 -q datasetsrc location=disk/folder epochs=1 ! fakesink
        fi
        rm -rf disk/$format
    done
else
    skip "a full disk: a file system of its own cannot be mounted here"
fi

# Python's own readers, and numpy where it is.
if /usr/bin/python3 -c '' 2>/dev/null; then
    cat >read.py <<'END'
import hashlib, json, tarfile, glob, os
lines = [json.loads(line) for line in open('whole-webdataset/metadata.jsonl')]
assert len(lines) == 320 and [line['item'] for line in lines] == list(range(320))
members = {}
for path in sorted(glob.glob('whole-webdataset/shard-*.tar')):
    with tarfile.open(path) as archive:
        names = archive.getnames()
        assert len(names) == len(set(names)) and len(names) % 2 == 0
        for name in names:
            members[os.path.basename(path), name] = archive.extractfile(name).read()
for line in lines:
    key = line['shard'], line['file_name']
    assert json.loads(members[key[0], key[1].replace('.png', '.json')]) == line
    # The same picture as in the folder.
    assert members[key] == open('whole-folder/snow/' + key[1], 'rb').read()
END
    succeeds "Python's tarfile and json read shards and manifest" /usr/bin/python3 read.py
    gst-launch-1.0 -q $sheet ! $sink location=table manifest=csv >log 2>&1
    succeeds "Python's csv reads the manifest" /usr/bin/python3 -c '
import csv, os
rows = list(csv.DictReader(open("table/metadata.csv")))
assert len(rows) == 320 and all(os.path.exists("table/" + row["file_name"]) for row in rows)
assert [int(row["part"]) for row in rows[:9]] == [0, 1, 2, 3, 4, 5, 6, 7, 0]'
else
    skip "no python3 to read with"
fi
if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    succeeds "numpy reads the IDX file" /usr/bin/python3 -c '
import numpy
data = open("whole-idx/images-idx3-ubyte", "rb").read()
n, rows, columns = numpy.frombuffer(data, ">u4", 3, 4)
assert (n, rows, columns) == (320, 16, 16)
assert numpy.frombuffer(data, "u1", -1, 16).reshape(n, rows, columns)[0].std() > 10'
else
    skip "no numpy to read with"
fi
finish
