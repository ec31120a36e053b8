#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Brings 5,000 real handwritten digits, a sheet of 20 by 20 pixels each, 5 rows of 100 for each
# of the classes 0 to 9: digits.png of Debian's package opencv-doc (OpenCV's licence, Apache-2.0).
# The package is downloaded and the one file unpacked from it, so that nothing is installed and
# no root is needed. Prints the file's path; does nothing when it is there.
#
#   sh pipelines/fetch-digits.sh [FILE]     (build/data/digits.png)
set -eu
build=${BUILD:-build}
case $build in /*) ;; *) build=$(dirname "$0")/../$build ;; esac
file=${1:-$build/data/digits.png}
mkdir -p "$(dirname "$file")"
file=$(cd "$(dirname "$file")" && pwd)/$(basename "$file")
if [ -s "$file" ]; then
    echo "$file"
    exit
fi

inside=usr/share/doc/opencv-doc/examples/data/digits.png
if [ -s "/$inside" ]; then
    cp "/$inside" "$file.part"
else
    command -v apt-get >/dev/null ||
        { echo "No apt-get here: put OpenCV's samples/data/digits.png at $file" >&2; exit 1; }
    # Beside the file: /tmp may be small. Readable for the user that apt downloads as.
    folder=$(mktemp -d "$file.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 1' INT TERM
    chmod 755 "$folder"
    (
        cd "$folder"
        apt() { apt-get -qq -o APT::Sandbox::User=root "$@" >/dev/null 2>apt.log; }
        # Where the machine's package lists are missing or too old, fresh ones of our own.
        own() { apt -o Dir::State::lists="$folder/lists" -o Dir::Cache="$folder/cache" "$@"; }
        mkdir -p lists/partial cache/archives/partial
        apt download opencv-doc || { own update && own download opencv-doc; } ||
            { cat apt.log >&2; echo "Cannot download the package opencv-doc" >&2; exit 1; }
        dpkg-deb --fsys-tarfile opencv-doc_*.deb | tar -xOf - "./$inside" >digits.png
    )
    mv "$folder/digits.png" "$file.part"
fi
[ -s "$file.part" ] || { echo "The package opencv-doc has no $inside" >&2; exit 1; }
mv "$file.part" "$file"
echo "$file"
