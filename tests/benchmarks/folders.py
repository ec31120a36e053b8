#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opening a folder of many files: how long it takes until the first picture is there, and how much
memory at most, when it is gone through for the first time, when it is opened again, and after a file
has come; beside torchvision's ImageFolder, where a Python has it, and a walk of Python's own.

usage: folders.py build/tests/benchmarks/open-dataset [FILES [FOLDERS [PYTHON]]]

The files are links to a few pictures, in FOLDERS folders of the same size (1: all in one class).
"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

LINKS = 30000  # of one file: no file system has less room for them

PEER = """
import resource, sys, time
import torchvision
imported, used = time.monotonic(), time.process_time()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
data = torchvision.datasets.ImageFolder(sys.argv[1])
opened = time.monotonic()
data[len(data) // 2]
print("open", round(opened - imported, 3), "first", round(time.monotonic() - imported, 3), "items", len(data), "processor", round(time.process_time() - used, 3),
      "program", round(before, 1), "most", round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1))
"""


def picture(value):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes([value]) * 8 for _ in range(8))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def fill(folder, files, folders):
    made = 0
    for f in range(folders):
        path = os.path.join(folder, "class%05d" % f)
        os.mkdir(path)
        for i in range(files // folders):
            name = os.path.join(path, "%08d.png" % i)
            if made % LINKS == 0:
                source = name
                with open(name, "wb") as file:
                    file.write(picture(made // LINKS % 256))
            else:
                os.link(source, name)
            made += 1


def ours(program, folder, environment, *more):
    lines = subprocess.run([program, folder, *more], env=environment, check=True, capture_output=True,
                           text=True).stdout.split()
    return " ".join(lines)


def drop_caches():
    """What is in the system's memory of the folder goes, where we may."""
    try:
        os.sync()
        with open("/proc/sys/vm/drop_caches", "w") as file:
            file.write("3")
        return True
    except OSError:
        return False


def main():
    program = os.path.abspath(sys.argv[1])
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    folders = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    python = sys.argv[4] if len(sys.argv) > 4 else sys.executable
    scratch = tempfile.mkdtemp(prefix="folders-")
    folder = os.path.join(scratch, "data")
    environment = dict(os.environ, XDG_CACHE_HOME=os.path.join(scratch, "cache"))
    try:
        os.mkdir(folder)
        began = time.monotonic()
        fill(folder, files, folders)
        print("%d files in %d folders, made in %.0f s" % (files, folders, time.monotonic() - began), flush=True)
        time.sleep(3)  # times of change are settled
        print("first time    ", ours(program, folder, environment), flush=True)
        for split in ("", "train"):
            print("again %-8s" % split, ours(program, folder, environment, *([split] if split else [])), flush=True)
        if drop_caches():
            print("again, cold   ", ours(program, folder, environment), flush=True)
        with open(os.path.join(folder, "class00000", "new.png"), "wb") as file:
            file.write(picture(7))
        print("one file more ", ours(program, folder, environment), flush=True)
        index = os.path.join(scratch, "cache", "gst-generative", "folders")
        print("index         ", sum(os.path.getsize(os.path.join(index, name)) for name in os.listdir(index)), "bytes")
        began = time.monotonic()
        count = sum(len(names) for _, _, names in os.walk(folder))
        print("os.walk        %.3f s, %d files" % (time.monotonic() - began, count), flush=True)
        peer = subprocess.run([python, "-c", PEER, folder], capture_output=True, text=True)
        print("ImageFolder   ", peer.stdout.strip() or peer.stderr.strip().split("\n")[-1])
    finally:
        shutil.rmtree(scratch)


main()
