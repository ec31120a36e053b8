#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast the files in WebDataset shards are read when nothing is decoded, beside reading the same
shards from end to end (as cat does), from the page cache, in turns of one run; and beside the
webdataset package, where a Python has it.

usage: shards.py build/tests/benchmarks/read-shards [MEGABYTES [TURNS [PYTHON]]]

The shards are made for it: of files of 10, 100 and 1000 kilobytes, each size by itself.
"""
import io
import os
import statistics
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib

SHARDS = 4

PEER = """
import sys, time
import webdataset
began, n = time.monotonic(), 0
for sample in webdataset.WebDataset(sys.argv[1:], shardshuffle=False, empty_check=False):
    n += len(sample["png"])
print(n / (time.monotonic() - began) / 1e9)
"""


def picture():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


def make(folder, size, count):
    """The first file is a picture, which tells what the others are; nobody looks into those."""
    paths = []
    for shard in range(SHARDS):
        paths.append(os.path.join(folder, f"shard-{shard}.tar"))
        with tarfile.open(paths[-1], "w") as archive:
            for item in range(count // SHARDS):
                content = picture() + os.urandom(size)
                member = tarfile.TarInfo(f"{shard:02}{item:06}.png")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return paths


def main():
    program = sys.argv[1]
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    turns = sys.argv[3] if len(sys.argv) > 3 else "31"
    python = sys.argv[4] if len(sys.argv) > 4 else None
    with open("/proc/cpuinfo") as file:
        print(next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "?"))
    print("files of    end to end   in order     share   shuffled     share  [GB/s, medians]")
    for kilobytes in (10, 100, 1000):
        with tempfile.TemporaryDirectory() as folder:
            paths = make(folder, kilobytes * 1000, megabytes * 1000 // kilobytes)
            done = subprocess.run([program, folder, turns] + paths, capture_output=True, text=True, check=True)
            rows = [[float(n) for n in line.split()] for line in done.stdout.splitlines()]
            plain, ordered, shuffled = (statistics.median(row[i] for row in rows) for i in range(3))
            shares = [statistics.median(row[i] / row[0] for row in rows) for i in (1, 2)]
            print(f"{kilobytes:5} kB {plain:14.2f} {ordered:10.2f} {shares[0]:9.2f} {shuffled:10.2f} {shares[1]:9.2f}")
            if python:
                peer = [float(subprocess.run([python, "-c", PEER] + paths, capture_output=True, text=True,
                                             check=True).stdout) for _ in range(5)]
                print(f"         webdataset {statistics.median(peer):10.2f}")


main()
