#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pictures a second of the usual recipe, from JPEG files to normalised numbers, in one run: ours, and
torchvision's and AlbumentationsX's in PyTorch's DataLoader.

    tests/benchmarks/data_pipeline.py build/tests/benchmarks/data-pipeline FOLDER [WORKERS [ROUNDS]]

FOLDER has a folder of JPEG files for each class; `data_pipeline.py --make FROM FOLDER` fills it
first with 2,000 files of 500 by 375 at quality 90, cut by Pillow out of the pictures below FROM. Each decodes
the file, resizes a random part of it (of 0.08 to 1 of the area, 3:4 to 4:3) to 224 by 224, flips half
of them, jitters brightness, contrast, saturation (0.2) and hue (0.03), and makes normalised float32
planes of it, in batches of 64. Ours has WORKERS threads that decode, as many as DataLoader has
processes; all are bound to as many processors. Programs take turns, another one first each round;
rates are the median, by the clock and by processor time. What begins (imports, workers, the list of
files) is left out: a run of three epochs less one of one, or what followed the first picture.

Needs torch, torchvision, albumentationsx and opencv-python-headless.
"""
import glob
import os
import random
import resource
import statistics
import subprocess
import sys
import time

EPOCHS = 2
SIDE = 224


def make (source, folder, count=2000):
    from PIL import Image
    Image.MAX_IMAGE_PIXELS = None
    random.seed (3)
    names = sorted (name for name in glob.glob (os.path.join (source, "**", "*"), recursive=True)
        if name.lower ().endswith ((".jpg", ".png", ".webp")) and os.path.getsize (name) > 150000)
    each = -(-count // len (names))
    made = 0
    for name in names:
        picture = Image.open (name).convert ("RGB")
        picture.thumbnail ((3000, 3000))
        for _ in range (min (each, count - made) if picture.width >= 500 else 0):
            width = int (min (picture.width, picture.height * 4 / 3) * random.uniform (0.25, 1))
            height = width * 3 // 4
            x, y = (random.randint (0, all_of - part) for all_of, part in (
                (picture.width, width), (picture.height, height)))
            os.makedirs (os.path.join (folder, f"class{made % 10}"), exist_ok=True)
            picture.resize ((500, 375), Image.BICUBIC, box=(x, y, x + width, y + height)).save (
                os.path.join (folder, f"class{made % 10}", f"{made:05}.jpg"), quality=90)
            made += 1


def torchvision_pillow (folder):
    from torchvision import datasets, transforms as t
    return datasets.ImageFolder (folder, t.Compose ([t.RandomResizedCrop (SIDE),
        t.RandomHorizontalFlip (), t.ColorJitter (0.2, 0.2, 0.2, 0.03), t.ToTensor (),
        t.Normalize ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]))


def torchvision_tensors (folder):
    import torch
    from torchvision import datasets, io
    from torchvision.transforms import v2 as t
    return datasets.ImageFolder (folder, t.Compose ([t.RandomResizedCrop (SIDE, antialias=True),
        t.RandomHorizontalFlip (), t.ColorJitter (0.2, 0.2, 0.2, 0.03),
        t.ToDtype (torch.float32, scale=True),
        t.Normalize ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]),
        loader=lambda path: io.decode_jpeg (io.read_file (path), io.ImageReadMode.RGB))


def albumentations (folder):
    import cv2
    import albumentations as a
    from albumentations.pytorch import ToTensorV2
    from torchvision import datasets
    cv2.setNumThreads (0)
    recipe = a.Compose ([a.RandomResizedCrop (size=(SIDE, SIDE)), a.HorizontalFlip (p=0.5),
        a.ColorJitter (hue_range=(-0.03, 0.03), p=1), a.Normalize (), ToTensorV2 ()])
    return datasets.ImageFolder (folder, lambda picture: recipe (image=picture)["image"],
        loader=lambda path: cv2.cvtColor (cv2.imread (path), cv2.COLOR_BGR2RGB))


PEERS = {"torchvision, Pillow": torchvision_pillow, "torchvision, tensors": torchvision_tensors,
    "AlbumentationsX": albumentations}


def processor_seconds ():
    return sum (sum (resource.getrusage (who)[:2])
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def read_epochs (dataset, workers, epochs):
    from torch.utils.data import DataLoader
    begin, processor = time.monotonic (), processor_seconds ()
    loader = DataLoader (dataset, batch_size=64, shuffle=True, num_workers=workers,
        persistent_workers=True)
    pictures = 0
    for _ in range (epochs):
        for batch, _ in loader:
            pictures += len (batch)
    del loader # and its workers, whose time is known then
    return pictures, time.monotonic () - begin, processor_seconds () - processor


def run_peer (name, folder, workers):
    import torch
    import warnings
    warnings.simplefilter ("ignore")
    torch.set_num_threads (1)
    dataset = PEERS[name] (folder)
    short, long = (read_epochs (dataset, workers, epochs) for epochs in (1, 1 + EPOCHS))
    print (*(b - a for a, b in zip (short, long)))


def measure (command, workers):
    environment = dict (os.environ, OMP_NUM_THREADS="1", NO_ALBUMENTATIONS_UPDATE="1")
    done = subprocess.run (command, capture_output=True, text=True, env=environment,
        preexec_fn=lambda: os.sched_setaffinity (0, range (workers)))
    if done.returncode != 0:
        sys.exit (f"{' '.join (command)}: {done.stderr.strip ()}")
    pictures, seconds, processor = map (float, done.stdout.split ()[-3:])
    return pictures / seconds, pictures / processor


def main (arguments):
    program, folder = arguments[:2]
    workers, rounds = (int (text) for text in (arguments[2:] + ["1", "5"][len (arguments) - 2:]))
    commands = {"ours": [program, folder, str (workers), str (EPOCHS)]}
    for name in PEERS:
        commands[name] = [sys.executable, __file__, "--peer", name, folder, str (workers)]
    results = {name: [] for name in commands}
    order = list (commands)
    for _ in range (rounds):
        for name in order:
            results[name].append (measure (commands[name], workers))
        order = order[1:] + order[:1]
    rates = {name: [statistics.median (column) for column in zip (*rows)]
        for name, rows in results.items ()}
    print (f"{workers} workers on as many processors, pictures a second")
    for name, (clock, processor) in rates.items ():
        print (f"{name:22} {clock:8.0f} by the clock   {processor:8.0f} by processor time")
    for i, what in enumerate (("the clock", "processor time")):
        fastest = max (rates[name][i] for name in PEERS)
        print (f"times as fast as the fastest of them by {what}: {rates['ours'][i] / fastest:.2f}")


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[:1] == ["--peer"]:
        run_peer (given[1], given[2], int (given[3]))
    elif given[:1] == ["--make"] and len (given) == 3:
        make (given[1], given[2])
    elif 2 <= len (given) <= 4:
        main (given)
    else:
        sys.exit (__doc__)
