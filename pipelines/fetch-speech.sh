#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Brings real speech at 16 kHz, 23 minutes of one speaker: the prompts of Debian's package
# asterisk-core-sounds-en-g722, which is downloaded and unpacked, so that nothing is installed and no
# root is needed. Makes a folder `train` and a folder `held`, with every tenth prompt, and, of the
# package asterisk-core-sounds-en-wav, a folder `narrow` with the prompts of `held` as they were
# recorded for 8 kHz. Prints the folder's path; does nothing when it is there.
# docs/training/restoration.md tells whose they are.
#
#   sh pipelines/fetch-speech.sh [FOLDER]     (build/data/speech)
set -eu
build=${BUILD:-build}
case $build in /*) ;; *) build=$(dirname "$0")/../$build ;; esac
folder=${1:-$build/data/speech}
mkdir -p "$(dirname "$folder")"
folder=$(cd "$(dirname "$folder")" && pwd)/$(basename "$folder")
if [ -d "$folder" ]; then
    echo "$folder"
    exit
fi

command -v apt-get >/dev/null ||
    { echo "No apt-get here: put speech into $folder/train and $folder/held" >&2; exit 1; }
command -v ffmpeg >/dev/null || { echo "No ffmpeg here, which reads G.722" >&2; exit 1; }
# Beside the folder: /tmp may be small. Readable for the user that apt downloads as.
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
chmod 755 "$work"
(
    cd "$work"
    apt() { apt-get -qq -o APT::Sandbox::User=root "$@" >/dev/null 2>apt.log; }
    # Where the machine's package lists are missing or too old, fresh ones of our own.
    own() { apt -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" "$@"; }
    mkdir -p lists/partial cache/archives/partial
    packages='asterisk-core-sounds-en-g722 asterisk-core-sounds-en-wav'
    # Unquoted on purpose: words that are arguments.
    apt download $packages || { own update && own download $packages; } ||
        { cat apt.log >&2; echo "Cannot download the packages $packages" >&2; exit 1; }
    for package in *.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -xf - ./usr/share/asterisk/sounds
        rm "$package"
    done
)

made=$work/speech
mkdir -p "$made/train" "$made/held" "$made/narrow"
n=0
(cd "$work/usr/share/asterisk/sounds" && find . -type f -name '*.g722') |
    LC_ALL=C sort >"$work/list"
while read -r file; do
    path=${file%.g722}
    name=$(printf %s "${path#./*/}" | tr / _)
    n=$((n + 1))
    # No speech.
    case $path in */silence/* | */beep*) continue ;; esac
    part=train
    if [ $((n % 10)) -eq 0 ]; then
        part=held
        cp "$work/usr/share/asterisk/sounds/$path.wav" "$made/narrow/$name.wav"
    fi
    ffmpeg -nostdin -v error -i "$work/usr/share/asterisk/sounds/$file" -c:a pcm_s16le \
        "$made/$part/$name.wav"
done <"$work/list"
[ "$n" -gt 0 ] || { echo "The package has no speech" >&2; exit 1; }
mv "$made" "$folder"
echo "$folder"
