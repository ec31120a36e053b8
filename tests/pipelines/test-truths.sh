#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Metrics say what is known to be true: a set is at no distance from itself, its halves are as far apart
# as theory has it, the more samples are damaged the worse figures get, a sound that is half as loud
# differs by what arithmetic says, and sets that say nothing are told to.
. "$(dirname "$0")/harness.sh"
cd "$work" || exit 1

# compare SET [NAME=VALUE...]: the figures of a set against the real one, in SET.json.
compare() {
    set=$1
    shift
    "$GENERATIVE_MODEL" compare --json "$set" real "$@" >"$set.json" || { cat "$set.json"; return 1; }
}
# figure SET NAME: one of them.
figure() { sed -n "s/^ *\"$2\" : \\([^,]*\\),*\$/\\1/p" "$1.json"; }
# about FIGURE TRUTH TOLERANCE
about() {
    awk -v a="${1:-nan}" -v b="$2" -v most="$3" 'BEGIN { exit !(a != "nan" && a - b <= most && b - a <= most) }'
}
# is SET NAME TRUTH TOLERANCE
is() { holds "$1: $2 is $3 (to $4): $(figure "$1" "$2")" about "$(figure "$1" "$2")" "$3" "$4"; }
# goes UP|DOWN NAME SET...: a figure from set to set. What has come to its end may stay there.
goes() {
    way=$1 metric=$2
    shift 2
    figures=
    for set; do figures="$figures $(figure "$set" "$metric")"; done
    holds "$*: $metric goes $way:$figures" awk -v way="$way" -v all="$figures" -v sets=$# 'BEGIN {
        n = split (all, figure, " ")
        for (i = 2; i <= n; i++) if (way == "up" ? figure[i] <= figure[i - 1] : figure[i] > figure[i - 1]) exit 1
        exit n != sets || figure[1] == figure[n] }'
}

# Five kinds of pictures, no two pictures alike, and what is drawn for one kind is not drawn for another.
drawn() {
    seed=$2
    for kind in ball checkers-4 spokes pinwheel circular; do
        gst-launch-1.0 -q videotestsrc pattern=$kind num-buffers=60 ! \
            video/x-raw,format=GRAY8,width=32,height=32 ! \
            videoaugment seed=$seed rotate=180 scale=0.3 contrast=0.5 brightness=0.1 noise=0.02 ! \
            datasetsink location="$1/$kind" || return 1
        seed=$((seed + 10))
    done
}
# damaged SET ELEMENTS...: the other set, damaged.
damaged() {
    set=$1
    shift
    gst-launch-1.0 -q datasetsrc location=other epochs=1 ! video/x-raw,format=GRAY8,width=32,height=32 ! "$@" ! \
        datasetsink location="$set" && compare "$set"
}
succeeds "pictures are drawn" drawn real 1
succeeds "and others, of the same kinds" drawn other 2

succeeds "a set is compared with itself" compare real
for metric in frechet cmmd sliced-wasserstein nearest; do is real $metric 0 1e-9; done
for metric in precision recall coverage; do is real $metric 1 0; done
# The mean over all pairs but those of a sample and itself is 0 for sets of one distribution. The chance
# that no ball to the fifth neighbour is missed is 1 - 2^-5; a ball has its share of samples (Naeem et al. 2020).
succeeds "the two are compared" compare other --halves=10
error=$(figure other kernel-distance-standard-error)
is other kernel-distance 0 "$(awk -v error="$error" 'BEGIN { print 3 * error }')"
is other coverage 0.969 0.03
is other density 1 0.1

# Damage takes samples away from what is real.
for radius in 1 2 4; do
    succeeds "blurred by up to $radius" damaged blur-$radius videoaugment seed=3 blur=$radius
done
for amount in 0.1 0.2 0.4; do
    succeeds "noise of up to $amount" damaged noise-$amount videoaugment seed=3 noise=$amount
done
for quality in 30 10 3; do
    succeeds "JPEG of quality $quality" damaged jpeg-$quality jpegenc quality=$quality ! jpegdec
done
for sets in "blur-1 blur-2 blur-4" "noise-0.1 noise-0.2 noise-0.4" "jpeg-30 jpeg-10 jpeg-3"; do
    # Unquoted on purpose: a word a set.
    for metric in frechet kernel-distance cmmd sliced-wasserstein; do goes up $metric other $sets; done
    for metric in precision density coverage; do goes down $metric other $sets; done
done

# So does it if ever more of them are of one kind, and there is less of the others: the kernel's
# distance of such a mixture is as the square of how much it lacks.
for each in 30 15 5 0; do
    mkdir few-$each && cp -r other/spokes few-$each
    for kind in ball checkers-4 pinwheel circular; do
        [ $each -gt 0 ] || continue
        mkdir few-$each/$kind
        ls other/$kind/*.png | head -n $each | xargs cp -t few-$each/$kind
    done
    succeeds "$each of each other kind" compare few-$each
done
for metric in frechet kernel-distance cmmd sliced-wasserstein; do
    goes up $metric other few-30 few-15 few-5 few-0
done
for metric in recall coverage; do goes down $metric other few-30 few-15 few-5 few-0; done

# Sounds: saws about one pitch, and others of another pitch, or another level.
sounds() {
    gst-launch-1.0 -q audiotestsrc wave=saw freq="$2" volume=0.5 samplesperbuffer=4096 num-buffers=200 ! \
        audio/x-raw,format=F32LE,rate=16000,channels=1 ! audioaugment seed="$3" noise=0.1 gain=3 pitch-shift=0.5 ! \
        volume volume="$4" ! datasetsink location="$1"
}
mkdir heard && cd heard || exit 1
succeeds "sounds are made" sounds real 220 1 1
compare_sounds() { compare "$1" medium=sound; }
sounds other 220 2 1 && succeeds "and others" compare_sounds other
for semitones in 1 2 4; do
    sounds pitch-$semitones "$(awk -v n=$semitones 'BEGIN { print 220 * 2 ^ (n / 12) }')" 2 1 &&
        succeeds "$semitones semitones higher" compare_sounds pitch-$semitones
done
for level in 0.7 0.5 0.2; do
    sounds level-$level 220 2 $level && succeeds "at $level of the level" compare_sounds level-$level
done
for metric in frechet kernel-distance sliced-wasserstein; do
    goes up $metric other pitch-1 pitch-2 pitch-4
    goes up $metric other level-0.7 level-0.5 level-0.2
done

# Pairs, by arithmetic: a sound at half the level, and grey levels 8 apart.
cd "$work" || exit 1
level() {
    gst-launch-1.0 -q audiotestsrc wave=saw freq=220 volume="$2" samplesperbuffer=4096 num-buffers=40 ! \
        audio/x-raw,format=F32LE,rate=16000,channels=1 ! datasetsink location="$1" window=16384
}
grey() {
    gst-launch-1.0 -q videotestsrc pattern=solid-color foreground-color="$2" num-buffers="$3" ! \
        video/x-raw,format=RGB,width=32,height=32 ! datasetsink location="$1"
}
# pairs SET SET [NAME=VALUE...]: the figures of pairs, in pairs.txt.
pairs() { "$GENERATIVE_MODEL" compare --pairs "$@" >pairs.txt; }
# of_pairs NAME TRUTH TOLERANCE
of_pairs() {
    mean=$(awk -v name="$1" '$1 == name { print $2 }' pairs.txt)
    holds "$1 is $2: $mean" about "$mean" "$2" "$3"
}
succeeds "there is a sound" level whole 0.8
succeeds "and half of it" level half 0.4
succeeds "they are compared" pairs half whole medium=sound \
    --metrics=snr,si-sdr,log-spectral-distance,multi-resolution-stft
of_pairs snr 6.0206 0.001
of_pairs log-spectral-distance 6.0206 0.001
of_pairs multi-resolution-stft-convergence 0.5 0.0001
of_pairs multi-resolution-stft-magnitude 0.6931 0.001
holds "si-sdr does not mind: $(awk '$1 == "si-sdr" { print $2 }' pairs.txt)" \
    awk '$1 == "si-sdr" { exit !($2 > 80) }' pairs.txt
succeeds "there is grey" grey grey 0xff808080 20
succeeds "and a lighter one" grey lighter 0xff888888 20
succeeds "they are compared, too" pairs lighter grey
of_pairs psnr 30.0690 0.0001
of_pairs psnr-overall 30.0690 0.0001
of_pairs gmsd 0 0.001

# Sets that say little or nothing.
says() { succeeds "$1" grep -Eq "$2" "$3"; }
nothing() { "$GENERATIVE_MODEL" compare "$@" >said.txt 2>&1; }
succeeds "20 pictures that are one" nothing grey grey
says "are at no distance" '^frechet +0( |$)' said.txt
says "count for one" '^vendi-score +1( |$)' said.txt
says "and are fewer than features have numbers, which is said" 'singular.*20 samples|20 samples is singular' said.txt
succeeds "one picture" grey single 0xff808080 1
succeeds "is compared with many" nothing single grey
for metric in frechet frechet-infinity kernel-distance cmmd sliced-wasserstein precision recall density coverage; do
    says "$metric says how many it takes" "^$metric +it takes .* samples at least" said.txt
done
silence() {
    gst-launch-1.0 -q audiotestsrc wave=silence samplesperbuffer=4096 num-buffers=40 ! \
        audio/x-raw,format=F32LE,rate=16000,channels=1 ! datasetsink location=silence window=16384
}
succeeds "there is silence" silence
succeeds "which is compared with itself" nothing silence silence medium=sound
says "and is at no distance" '^frechet +0( |$)' said.txt
succeeds "and by pairs" nothing silence silence medium=sound --pairs
says "snr says that it is silent" '^snr +one of both is silent' said.txt
says "and so does si-sdr" '^si-sdr +one of both is silent' said.txt
succeeds "and with a sound" nothing silence whole medium=sound --pairs
says "of which it lacks all" '^snr +0 ' said.txt
says "si-sdr says that it is silent" '^si-sdr +one of both is silent' said.txt
says "and spectra are far" '^log-spectral-distance +[0-9]{2,}' said.txt

# npy FILE ROWS NUMBER: a matrix of four columns, as numpy writes it: 0, 1, 2 … but for the last
# number, which are bytes for printf.
npy() {
    {
        printf '\223NUMPY\001\000v\000'
        printf '%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': ($2, 4), }"
        awk -v n=$(($2 * 4 - 1)) 'BEGIN { for (i = 0; i < n; i++) printf "\\000\\000\\%03o\\%03o", i * 37 % 128, 63 }' |
            xargs -0 printf
        printf "$3"
    } >"$1"
}
npy good.npy 40 '\000\000\200\077'
npy nan.npy 40 '\000\000\300\177'
npy infinite.npy 40 '\000\000\200\177'
succeeds "features are compared" nothing good.npy good.npy
for bad in nan infinite; do
    succeeds "a row with a number that is $bad" nothing $bad.npy good.npy
    says "is left out" '^39 samples and 40 of the reference' said.txt
    says "and told" "$bad.npy: 1 were left out, whose features are no finite numbers" said.txt
done
finish
