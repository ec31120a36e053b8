#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Brings real drum hits, about 390 of three packages of Debian, which are downloaded and unpacked, so
# that nothing is installed and no root is needed: a folder `train` and a folder `held`, with every
# seventh hit, and in each a folder for kicks, snares, toms and hats. Prints the folder's path; does
# nothing when it is there. docs/training/sounds.md tells whose they are.
#
#   sh pipelines/fetch-drums.sh [FOLDER]     (build/data/drums)
#
#   PACKAGES  (environment) fewer of them, such as "sonic-pi-samples lmms-common", which are small
set -eu
build=${BUILD:-build}
case $build in /*) ;; *) build=$(dirname "$0")/../$build ;; esac
folder=${1:-$build/data/drums}
mkdir -p "$(dirname "$folder")"
folder=$(cd "$(dirname "$folder")" && pwd)/$(basename "$folder")
if [ -d "$folder" ]; then
    echo "$folder"
    exit
fi

packages=${PACKAGES:-sonic-pi-samples lmms-common hydrogen-drumkits}
command -v apt-get >/dev/null ||
    { echo "No apt-get here: put hits into $folder/train and $folder/held" >&2; exit 1; }
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
    # Unquoted on purpose: words that are arguments.
    apt download $packages || { own update && own download $packages; } ||
        { cat apt.log >&2; echo "Cannot download the packages $packages" >&2; exit 1; }
    for package in *.deb; do
        dpkg-deb --fsys-tarfile "$package" |
            tar -xf - --wildcards './usr/share/sonic-pi/samples/*' './usr/share/lmms/samples/drums/*' \
                './usr/share/hydrogen/data/drumkits/*' 2>/dev/null || :
        rm "$package"
    done
)

# Which drum a file's name, in small letters, says it is of; nothing where it is none of the four.
drum_of() {
    case $1 in
    elec_* | perc_* | tabla_* | loop_* | ambi_* | bass_* | guit_* | *roll* | *empty* | *demo*) ;;
    *tom* | tm_* | tm2_* | t1_* | t2_* | ft_* | *conga* | *djembe* | *bongo* | *cajon* | *drum_1* | \
        *drum_2* | 'vp drum'*) echo tom ;;
    *snare* | sn_* | sn3_* | sn4_* | sd_0* | sr_* | rs_* | *powr_sn* | *nasty_rim*) echo snare ;;
    bd_* | bd1* | *kick* | *bassdrum* | *drum_bass* | *powr_bd*) echo kick ;;
    *hihat*closed* | *hihat*foot* | *closehihat* | *pedalhihat* | hhclosed_* | hhpedal_* | hh_0* | \
        hh2_0* | *chh_* | *hat_cl* | *hat_low* | *hat*[123]*cl* | *hatclosed* | *hatpedal* | \
        *hatchoke* | *cymbal_closed* | *cymbal_pedal*) echo hat ;;
    esac
}

made=$work/drums
for part in train held; do
    mkdir -p "$made/$part/kick" "$made/$part/snare" "$made/$part/tom" "$made/$part/hat"
done
n=0
# Of hydrogen-drumkits' kits those are left out whose files bear no drum's name.
find "$work/usr" -type f \( -name '*.flac' -o -name '*.ogg' -o -name '*.wav' -o -name '*.aiff' \) |
    grep -v -e rumpf_kit -e Audiophob | LC_ALL=C sort >"$work/list"
while read -r file; do
    kit=$(basename "$(dirname "$file")" | tr -c 'A-Za-z0-9\n' '_')
    name=$(basename "$file")
    drum=$(drum_of "$(printf %s "$name" | tr 'A-Z' 'a-z')")
    [ -n "$drum" ] || continue
    n=$((n + 1))
    part=train
    if [ $((n % 7)) -eq 0 ]; then part=held; fi
    mv "$file" "$made/$part/$drum/$kit-$(printf %s "$name" | tr ' ' '_')"
done <"$work/list"
[ "$n" -gt 0 ] || { echo "The packages $packages have no drums" >&2; exit 1; }
mv "$made" "$folder"
echo "$folder"
