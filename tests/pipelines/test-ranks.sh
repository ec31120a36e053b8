#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# One training by several processes, which mpirun starts: what they learn is the same as in one
# process that splits batches alike, to the bit; they end together, whoever ends first; and they go
# on in another number.
. "$(dirname "$0")/harness.sh"

cd "$work" || exit 1
digits=${GENERATIVE_DIGITS:-$build/data/digits.png}
if ! command -v mpirun >/dev/null; then
    skip "no mpirun; Debian's openmpi-bin brings it"
    finish
fi
if [ ! -e "$build/lib/exchange/mpi/generative-mpi.so" ]; then
    skip "this build is without MPI: libopenmpi-dev was not there"
    finish
fi
if [ ! -s "$digits" ]; then
    echo "# no digits, which sh pipelines/fetch-digits.sh brings: a sheet of noise in their place"
    digits=$work/sheet.png
    succeeds "a sheet is drawn" gst-launch-1.0 -q videotestsrc num-buffers=1 pattern=snow ! \
        video/x-raw,format=GRAY8,width=2000,height=1000 ! pngenc ! filesink location="$digits"
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# Sockets of Open MPI lie below it, and have no more than 108 letters.
TMPDIR=/tmp
export TMPDIR

# ranks N COMMAND...: by N processes on this machine, however few cores it has.
ranks() {
    n=$1
    shift
    timeout 110 mpirun --oversubscribe --bind-to none -n "$n" "$@"
}
train() { "$GENERATIVE_MODEL" train settings.json threads=1 "$@"; }
train_by() {
    n=$1
    shift
    ranks "$n" "$GENERATIVE_MODEL" train settings.json threads=1 "$@"
}
# same A B: the states are.
same() { cmp -s "$1/state.safetensors" "$2/state.safetensors"; }
different() { ! same "$@"; }

cat >settings.json <<END
{ "data": { "location": "$digits", "tile-width": 20, "tile-height": 20, "fit": "pad",
            "split": "train", "width": 28, "height": 28, "channels": 1 },
  "preset": "dcgan", "width": 4, "batch-size": 16, "ema": 0.9, "max-steps": 12 }
END

succeeds "one process, batches in two parts" train checkpoint=one --parts=2
succeeds "two processes" train_by 2 checkpoint=two
holds "learn the same to the bit" same one two
holds "and say that they were two" grep -q '"processes" : 2' two/training.json
holds "which two parts are not" grep -q '"processes" : 1' one/training.json
holds "and what they ran on" grep -q '"device" : "cpu"' one/training.json
succeeds "two processes again" train_by 2 checkpoint=again
holds "learn the same again" same two again
succeeds "one process, batches whole" train checkpoint=whole
holds "learns something else: statistics are those of parts" different one whole
succeeds "one writes" test -e two/generator.onnx
holds "one log" test "$(ls two/logs | wc -l)" -eq 1

# Four parts, whoever has them; and going on with others.
succeeds "four processes" train_by 4 checkpoint=four
succeeds "two processes of two parts, for a while" train_by 2 checkpoint=some max-steps=4 --parts=4
succeeds "one process goes on" train checkpoint=some max-steps=8 --parts=4 --resume
succeeds "and four go on" train_by 4 checkpoint=some --resume
holds "which is as if nothing had happened" same four some

# What is kept of samples, how much weights count for them, and what comes again.
train_classes() { train preset=classifier data.rows-per-label=5 batch-size=16 "$@"; }
classes_by() {
    n=$1
    shift
    train_by "$n" preset=classifier data.rows-per-label=5 batch-size=16 "$@"
}
# kept FOLDER: the samples that a state has, as it lists them.
kept() {
    /usr/bin/python3 -c '
import json, sys
data = open (sys.argv[1], "rb").read ()
size = int.from_bytes (data[:8], "little")
for name, tensor in sorted (json.loads (data[8:8 + size]).items ()):
    if name.startswith ("memory."):
        begin, end = tensor["data_offsets"]
        print (name, tensor["shape"], data[8 + size + begin:8 + size + end].hex ())' "$1/state.safetensors" >"$1.kept"
}
keeps_same() { kept "$1" && kept "$2" && test -s "$1.kept" && cmp -s "$1.kept" "$2.kept"; }
for policy in reservoir by-class; do
    keep="memory-samples=30 memory-policy=$policy importance-samples=10"
    # Unquoted on purpose: words that are settings.
    succeeds "one process keeps samples, $policy" train_classes $keep checkpoint=keeps-$policy --parts=2
    succeeds "two keep samples" classes_by 2 $keep checkpoint=two-keep-$policy
    holds "the same ones" same keeps-$policy two-keep-$policy
    holds "for which weights count as much" cmp -s keeps-$policy/importance.safetensors \
        two-keep-$policy/importance.safetensors
    if ! /usr/bin/python3 -c '' 2>/dev/null; then
        skip "no python3 to read what is kept with"
        continue
    fi
    succeeds "one process that has whole batches" train_classes $keep checkpoint=whole-keep-$policy
    holds "keeps the same ones, too" keeps_same two-keep-$policy whole-keep-$policy
done
again="weights=two-keep-by-class replay=memory retain=ewc memory-samples=30"
complains "a share that parts cannot have equally" \
    "0.2 of a batch of 16 are 3 samples, .* of 2 parts of it; 0.25, which are 4, would be" \
    "$GENERATIVE_MODEL" train settings.json preset=classifier data.rows-per-label=5 batch-size=16 $again \
    replay-share=0.2 checkpoint=uneven --parts=2
succeeds "one process has them come again" train_classes $again checkpoint=again-one --parts=2
succeeds "two do" classes_by 2 $again checkpoint=again-two max-steps=5
succeeds "and go on" classes_by 2 $again checkpoint=again-two --resume
holds "with the same ones" same again-one again-two
succeeds "two have learned to make some" train_by 2 preset=vae width=0 checkpoint=made max-steps=4
made="preset=vae width=0 weights=made replay=generator max-steps=4"
succeeds "one process learns what is made" train $made checkpoint=made-one --parts=2
succeeds "two do so" train_by 2 $made checkpoint=made-two
holds "of the same" same made-one made-two

# A pipeline is the same, whose source reads its own part of the samples.
succeeds "two pipelines" ranks 2 gst-launch-1.0 -q datasetsrc location="$digits" tile-width=20 \
    tile-height=20 fit=pad split=train ! queue ! video/x-raw,format=GRAY8,width=28,height=28 ! \
    modeltrainer preset=dcgan width=4 batch-size=16 ema=0.9 max-steps=12 threads=1 checkpoint=piped
holds "learn what the command does" same piped two

complains "a batch that cannot be shared" "batch-size: 16 samples are not the same number for each of 3" \
    mpirun --oversubscribe -n 3 "$GENERATIVE_MODEL" train settings.json checkpoint=three
complains "a folder that has models" "process 0 of 2: .*has trained models already" \
    mpirun --oversubscribe -n 2 "$GENERATIVE_MODEL" train settings.json checkpoint=two

# Validation is one's alone, and all end by it.
succeeds "early stopping" train_by 2 checkpoint=early preset=vae width=0 max-steps=4000 \
    validation.split=validation validation-interval=2 early-stopping=2 learning-rate=1e-9
holds "ends all" grep -Eq '"step" : ([4-9]|[1-9][0-9]),' early/training.json

# kill_one FOLDER SETTING...: one of two processes that train into it, which mpirun and the other one
# notice.
kill_one() {
    folder=$1
    shift
    ranks 2 "$GENERATIVE_MODEL" train settings.json threads=1 checkpoint="$folder" max-steps=100000 \
        checkpoint-interval=5 "$@" >"$work/log" 2>&1 &
    job=$!
    for i in $(seq 100); do
        [ -e "$folder/state.safetensors" ] && break
        sleep 0.2
    done
    victim=$(pgrep -f "checkpoint=$folder max-steps" | while read -r pid; do
        tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx OMPI_COMM_WORLD_RANK=1 && echo "$pid"
    done | head -n 1)
    kill -9 "$victim"
    wait $job
    status=$?
    if [ $status -ne 0 ] && [ $status -ne 124 ] && grep -q "rank 1 .*signal 9" "$work/log"; then
        pass "a process that is killed ends all, and it is said which ($folder)"
    else
        echo "ended with status $status" >>"$work/log"
        fail "a process that is killed ends all, and it is said which ($folder)" "$work/log"
    fi
}
kill_one killed
succeeds "and training goes on from its checkpoint" train checkpoint=killed max-steps=100000 --parts=2 \
    --resume --until=1 validation.split=validation validation-interval=1

# With a GPU each, which are emulated, as NCCL is.
emulation=$build/tests/emulation
if [ ! -e "$emulation/nccl/libnccl.so.2" ] || [ ! -e "$emulation/generative-cuda-emulated.so" ]; then
    skip "GPUs: this build is without -Demulation=enabled"
    finish
fi
export GEN_CUDA_MODULE="$emulation/generative-cuda-emulated.so" GEN_EMULATION_DEVICES=2
mkdir broken
: >broken/libnccl.so.2
LD_LIBRARY_PATH=$emulation/nccl
export LD_LIBRARY_PATH
# says NAME PATTERN: what the last command has said.
says() { if grep -Eq "$2" "$work/log"; then pass "$1"; else fail "$1" "$work/log"; fi; }

succeeds "two GPUs" train_by 2 device=cuda max-steps=4 checkpoint=by-nccl
says "by NCCL" "^2 processes sum gradients on their GPUs, by NCCL"
succeeds "two GPUs again" train_by 2 device=cuda max-steps=4 checkpoint=by-nccl-again
holds "learn the same again" same by-nccl by-nccl-again
succeeds "two GPUs without NCCL" env LD_LIBRARY_PATH="$work/broken" timeout 110 mpirun --oversubscribe \
    --bind-to none -n 2 "$GENERATIVE_MODEL" train settings.json threads=1 device=cuda max-steps=4 checkpoint=by-memory
says "say so" "through the memory of the CPU.*process 0 of 2: it has no NCCL: .*broken/libnccl.so.2"
# Of two numbers there is but one sum.
holds "and learn what NCCL has them learn" same by-nccl by-memory
succeeds "one GPU for two" env GEN_EMULATION_DEVICES=1 timeout 110 mpirun --oversubscribe --bind-to none -n 2 \
    "$GENERATIVE_MODEL" train settings.json threads=1 device=cuda max-steps=4 checkpoint=shared
says "is told of" "process 1 of 2: it shares GPU"
holds "and learn the same, too" same by-nccl shared
complains "parts of one process that share a GPU" "2 parts of a training in one process are for device=cpu" \
    "$GENERATIVE_MODEL" train settings.json device=cuda checkpoint=parts --parts=2
complains "a GPU that only one of them has" "process 1 of 2 begins with another device" \
    mpirun --oversubscribe -n 2 sh -c '[ "$OMPI_COMM_WORLD_RANK" = 0 ] || export GEN_EMULATION_DRIVER=12000
        exec "$GENERATIVE_MODEL" train settings.json threads=1 checkpoint=mixed'
complains "GPUs that lose each other" "NCCL, a sum: remote process exited" \
    env GEN_EMULATION_NCCL=lost mpirun --oversubscribe -n 2 "$GENERATIVE_MODEL" train settings.json threads=1 \
    device=cuda checkpoint=lost
succeeds "two pipelines with a GPU each" ranks 2 gst-launch-1.0 -q datasetsrc location="$digits" tile-width=20 \
    tile-height=20 fit=pad split=train ! queue ! video/x-raw,format=GRAY8,width=28,height=28 ! \
    modeltrainer preset=dcgan width=4 batch-size=16 ema=0.9 max-steps=4 threads=1 device=cuda checkpoint=piped-by-nccl
holds "learn what the command does on them" same piped-by-nccl by-nccl
kill_one killed-on-gpu device=cuda
succeeds "and the CPU goes on from its checkpoint" train device=cpu checkpoint=killed-on-gpu max-steps=100000 \
    --parts=2 --resume --until=1 validation.split=validation validation-interval=1
finish
