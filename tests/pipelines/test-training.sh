#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Trainings that are interrupted, by hand, by force and by accident: what was learned is there
# afterwards, goes on, and is not replaced by a repeated command, a second training or a failure.
. "$(dirname "$0")/harness.sh"
cd "$work" || exit 1

# Endless pictures, no two alike, and nets that take a few milliseconds a step.
pictures="videotestsrc pattern=zone-plate kx2=20 ky2=20 kt=1 ! video/x-raw,format=GRAY8,width=8,height=8"
train="gantrainer name=trainer preset=mlp batch-size=8 seed=1"

# begin ARGUMENTS...: a training in the background, as $trainer; what it says is in training.log.
begin() {
    : >training.log # lest the last one's steps be taken for this one's
    gst-launch-1.0 "$@" >>training.log 2>&1 &
    trainer=$!
}
# interrupt SIGNAL: end it after its first steps; $status is what it ends with.
interrupt() {
    for attempt in $(seq 100); do
        grep -q 'step [1-9]' training.log && break
        sleep 0.1
    done
    kill -s "$1" $trainer
    wait $trainer
    status=$?
}
# step FOLDER: of the checkpoint, by its description; 0 where there is none.
step() {
    sed -n 's/.*"step" : \([0-9]*\).*/\1/p' "$1/training.json" 2>/dev/null | grep . || echo 0
}
half_written() { find "$1" -name '.*.tmp'; }

# By hand.
begin $pictures ! $train checkpoint=stopped
interrupt INT
holds "Ctrl-C ends training well" test $status -eq 0
holds "and its last step is kept" test "$(step stopped)" -gt 0
succeeds "which is said" grep -q "stopped after step $(step stopped); resume=true" training.log
holds "nothing but the checkpoint is left" test -z "$(find stopped -name '.*')"
before=$(step stopped)
begin $pictures ! $train checkpoint=stopped resume=true
interrupt INT
holds "it goes on from there, and is kept again" test "$(step stopped)" -gt "$before"
begin -e $pictures ! $train checkpoint=ended preview-interval=1 ! videoconvert ! avimux ! \
    filesink location=preview.avi
interrupt INT
holds "with -e it ends as with the data" test $status -eq 0 -a "$(step ended)" -gt 0
holds "what it shows is recorded to the end" grep -q 'Got EOS' training.log

# By a repeated command.
cp -r stopped copy
complains "the same command again is refused, with what to do" \
    "'stopped'.*resume=true.*overwrite=true.*another folder" \
    gst-launch-1.0 -q $pictures ! $train checkpoint=stopped max-steps=1
holds "and changes nothing" diff -r stopped copy
succeeds "overwrite=true begins anew" \
    gst-launch-1.0 -q $pictures ! $train checkpoint=stopped max-steps=1 overwrite=true silent=true
holds "with the first step" test "$(step stopped)" -eq 1
holds "and a log of its own beside the old one" test -d stopped/logs/run-1 -a -d stopped/logs/run-2

# By a second training.
begin $pictures ! $train checkpoint=shared
for attempt in $(seq 100); do
    [ -e shared/.lock ] && break
    sleep 0.1
done
complains "a second training in the folder is refused, and the first is named" \
    "'shared'.*process $trainer" gst-launch-1.0 -q $pictures ! $train checkpoint=shared overwrite=true
interrupt INT
holds "which goes on" test $status -eq 0 -a "$(step shared)" -gt 0

# By force: nobody can do anything then, but the last checkpoint is whole, and what was being
# written is removed by the next training.
begin $pictures ! $train checkpoint=terminated checkpoint-interval=1
interrupt TERM
before=$(step terminated)
holds "SIGTERM leaves the last checkpoint" test "$before" -gt 0
succeeds "from which it goes on" \
    gst-launch-1.0 -q $pictures ! $train checkpoint=terminated resume=true max-steps=$((before + 1)) silent=true
cp -r terminated killed
left=''
for attempt in $(seq 20); do
    begin $pictures ! $train checkpoint=killed checkpoint-interval=1 resume=true
    interrupt KILL
    left=$(half_written killed)
    [ -z "$left" ] || break
done
if [ -n "$left" ]; then
    holds "kill -9 leaves a lock that is nobody's" test -e killed/.lock
    before=$(step killed)
    succeeds "after it training goes on" \
        gst-launch-1.0 -q $pictures ! $train checkpoint=killed resume=true max-steps=$((before + 5)) silent=true
    holds "and nothing half-written is left" test -z "$(half_written killed)"
else
    skip "kill -9 never came while a file was being written"
fi

# By accident.
complains "an error elsewhere ends training" 'error-after|requested' \
    gst-launch-1.0 -q $pictures ! $train checkpoint=elsewhere silent=true \
    videotestsrc is-live=true ! identity error-after=60 ! fakesink
holds "and what was learned is kept" test "$(step elsewhere)" -gt 0
cp -r elsewhere before
complains "a learning rate that is far too large is named" 'diverged.*smaller learning-rate than 1e\+06' \
    gst-launch-1.0 -q $pictures ! $train checkpoint=elsewhere resume=true learning-rate=1e6
holds "and the checkpoint stays as it was" cmp -s before/state.safetensors elsewhere/state.safetensors

# What the first picture is refused for, before PLAYING, however threads come to run. (What hangs is
# left out: see complains.)
missed=0 heard=0
for attempt in $(seq 20); do
    timeout 30 gst-launch-1.0 videotestsrc num-buffers=40 ! video/x-raw,format=GRAY8,width=28,height=28 ! \
        modeltrainer preset=classifier classes=2 silent=true checkpoint=refused >log 2>&1
    status=$?
    if [ $status -eq 124 ]; then continue; fi
    heard=$((heard + 1))
    grep -q 'a sample has none' log && [ $status -eq 1 ] || missed=$((missed + 1))
done
holds "an error of the first picture is told each time, and gst-launch-1.0 ends with 1" \
    test $missed -eq 0 -a $heard -ge 15

# A disk that is full for a while, and has room again.
mkdir disk
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=80m tmpfs disk 2>/dev/null; then
    on_exit() { umount -l "$work/disk"; rm -rf "$work"; }
    head -c 78m /dev/zero >disk/filling
    begin $pictures ! $train checkpoint=disk/model log-dir=log checkpoint-interval=5
    for attempt in $(seq 100); do
        grep -q 'training goes on' training.log && break
        sleep 0.1
    done
    succeeds "a full disk is told, and training goes on" grep -Eq 'space.*training goes on' training.log
    rm disk/filling
    interrupt INT
    holds "once there is room, it is kept" test $status -eq 0 -a -s disk/model/state.safetensors
else
    skip "a disk that is full for a while: a file system of its own cannot be mounted here"
fi
finish
