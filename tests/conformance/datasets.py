# SPDX-License-Identifier: LGPL-2.1-or-later
"""Datasets that numpy, Pillow, tarfile and others write, read by dataset-dump.

    datasets.py DATASET-DUMP FOLDER [TEST ...]

A function whose name begins with "test_" is a test: it writes into a folder of its own and compares.
"""
import csv
import functools
import gzip
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import wave as wav

import numpy as np
from PIL import Image, ImageCms, ImageOps

DUMP, FOLDER = sys.argv[1:3]
# What the build has of what it need not have.
HAVE_LCMS, HAVE_HEIF, HAVE_WEBPDEMUX, HAVE_JPEG = (name in os.environ.get("GENERATIVE_HAS", "").split() for name in ("lcms2", "libheif", "libwebpdemux", "libjpeg"))
random = np.random.default_rng(7)


def unescape(text):
    """What g_strescape made of it, back."""
    return text.encode().decode("unicode_escape").encode("latin1").decode()


class Dump:
    """What dataset-dump says of a location."""

    def __init__(self, location, **settings):
        out = location.replace("{", "").rstrip("/") + ".raw"
        arguments = [f"{name.replace('_', '-')}={value}" for name, value in settings.items()]
        run = subprocess.run([DUMP, location, out, *arguments], capture_output=True, text=True)
        self.error = run.stderr.strip()
        self.failed = run.returncode != 0
        if self.failed:
            return
        self.format, *lines = run.stdout.splitlines()
        self.items = [line.split("\t") for line in lines]
        self.labels = [int(item[0]) for item in self.items if item[0] != "bad"]
        self.names = [item[1] for item in self.items if item[0] != "bad"]
        self.captions = [unescape(item[2]) for item in self.items if item[0] != "bad"]
        self.bad = [item[1] for item in self.items if item[0] == "bad"]
        with open(out, "rb") as file:
            self.bytes = file.read()

    def pictures(self, *shape):
        return np.frombuffer(self.bytes, np.uint8).reshape(-1, *shape)


def load(location, **settings):
    dump = Dump(location, **settings)
    assert not dump.failed, dump.error
    return dump


def refused(location, words, **settings):
    dump = Dump(location, **settings)
    assert dump.failed, "it was read"
    assert words in dump.error, f"{dump.error!r} does not say {words!r}"


def path(folder, name):
    name = os.path.join(folder, name)
    os.makedirs(os.path.dirname(name), exist_ok=True)
    return name


def bytes_of(*shape):
    return random.integers(0, 256, shape, np.uint8)


# --- arrays ---


def test_npy_types(folder):
    grey = bytes_of(5, 7, 6)
    cases = {
        "uint8": (grey, grey),
        "bool": (grey > 99, (grey > 99) * np.uint8(255)),
        "uint16": (grey.astype(np.uint16) * 257, grey),
        "uint16-of-bytes": (grey.astype(np.uint16), grey),
        "int32": (grey.astype(np.int32), grey),
        "int64-big": (grey.astype(">i8"), grey),
        "float32": ((grey / np.float32(255)).astype(np.float32), grey),
        "float64-signed": (grey / 127.5 - 1, grey),
        "float32-of-bytes": (grey.astype(np.float32), grey),
        "float16": (grey.astype(np.float16), grey),
        "float32-big": ((grey / 255).astype(">f4"), grey),
    }
    for name, (array, wanted) in cases.items():
        file = path(folder, name + ".npy")
        np.save(file, array)
        assert (load(file).pictures(7, 6) == wanted).all(), name


def test_npy_orders(folder):
    for name, shape in {"grey": (4, 5, 6), "last": (4, 5, 6, 3), "alpha": (4, 5, 6, 4), "one": (4, 5, 6, 1)}.items():
        wanted = bytes_of(*shape)
        for order, array in {"c": wanted, "fortran": np.asfortranarray(wanted)}.items():
            file = path(folder, f"{name}-{order}.npy")
            np.save(file, array)
            assert (load(file).pictures(*shape[1:]) == wanted).all(), file
    wanted = bytes_of(4, 5, 6, 3)
    for order in "CF":
        file = path(folder, f"first-{order}.npy")
        np.save(file, np.array(wanted.transpose(0, 3, 1, 2), order=order))
        assert (load(file).pictures(5, 6, 3) == wanted).all(), file


def test_npy_labels(folder):
    labels = np.array([3, 0, -1, 2])
    np.save(path(folder, "x_train.npy"), bytes_of(4, 3, 3))
    np.save(path(folder, "y_train.npy"), labels)
    dump = load(path(folder, "x_train.npy"))
    assert dump.labels == labels.tolist() and dump.names == ["3", "0", "", "2"]
    np.save(path(folder, "y_train.npy"), labels[:, None].astype(np.float32))
    assert load(path(folder, "x_train.npy")).labels == labels.tolist()
    np.save(path(folder, "y_train.npy"), labels[:3])
    refused(path(folder, "x_train.npy"), "y_train.npy: 3 labels")
    np.save(path(folder, "y_train.npy"), labels + 0.5)
    refused(path(folder, "x_train.npy"), "y_train.npy: 3.5 is no class")


def test_npy_refused(folder):
    wide = bytes_of(4, 3, 3).astype(np.int16) * 5
    infinite = np.full((2, 3, 3), np.inf, np.float32)
    for name, array, words in (
        ("wide", wide, "pictures cannot be made"),
        ("infinite", infinite, "no numbers"),
        ("flat", bytes_of(4, 9), "no pictures"),
        ("channels", bytes_of(4, 9, 9, 9), "no pictures"),
        ("empty", bytes_of(0, 9, 9), "no pictures"),
        ("words", np.array(["a", "b"]), "arrays of numbers"),
    ):
        file = path(folder, name + ".npy")
        np.save(file, array)
        refused(file, words)
        refused(file, name + ".npy")
    np.save(path(folder, "cut.npy"), bytes_of(4, 9, 9))
    with open(path(folder, "cut.npy"), "r+b") as file:
        file.truncate(300)
    refused(path(folder, "cut.npy"), "its shape takes")


def test_npz(folder):
    pictures, labels = bytes_of(6, 5, 4, 3), np.arange(6)[::-1] % 3
    for save in (np.savez, np.savez_compressed):
        file = path(folder, save.__name__ + ".npz")
        save(file, pictures, labels)
        dump = load(file)
        assert (dump.pictures(5, 4, 3) == pictures).all() and dump.labels == labels.tolist()
        # As MedMNIST and Keras name theirs.
        save(file, train_labels=labels[:, None], train_images=pictures, test_images=pictures[:2], test_labels=labels[:2])
        dump = load(file)
        assert (dump.pictures(5, 4, 3) == pictures).all() and dump.labels == labels.tolist()
        dump = load(file, array="test_images")
        assert (dump.pictures(5, 4, 3) == pictures[:2]).all() and dump.labels == labels[:2].tolist()
        save(file, names=np.array(["a"]), x=np.asfortranarray(pictures), y=labels)
        dump = load(file)
        assert (dump.pictures(5, 4, 3) == pictures).all() and dump.labels == labels.tolist()
        refused(file, "array z is not there", array="z")
        save(file, mean=np.zeros(5), covariance=np.eye(5))
        refused(file, "none of its arrays can be pictures: mean [5], covariance [5, 5]")


def test_cifar(folder):
    """The records as the data set's page describes them; nobody's library writes them."""
    pictures = bytes_of(50, 3, 32, 32)
    labels = random.integers(0, 10, 50, np.uint8)
    wanted = pictures.transpose(0, 2, 3, 1)
    for i in range(5):
        part = slice(i * 10, i * 10 + 10)
        np.concatenate([labels[part, None], pictures[part].reshape(10, -1)], 1).tofile(path(folder, f"ten/data_batch_{i + 1}.bin"))
    dump = load(path(folder, "ten/data_batch_2.bin"))
    assert dump.labels == labels[10:20].tolist() and (dump.pictures(32, 32, 3) == wanted[10:20]).all()
    assert dump.names[0] == str(labels[10])
    with open(path(folder, "ten/batches.meta.txt"), "w") as file:
        file.write("".join(f"class{i}\n" for i in range(10)) + "\n")
    dump = load(path(folder, "ten"))
    assert dump.labels == labels.tolist() and (dump.pictures(32, 32, 3) == wanted).all()
    assert dump.names[3] == f"class{labels[3]}"
    fine = random.integers(10, 100, 50, np.uint8)
    np.concatenate([labels[:, None], fine[:, None], pictures.reshape(50, -1)], 1).tofile(path(folder, "train.bin"))
    dump = load(path(folder, "train.bin"))
    assert dump.labels == fine.tolist() and (dump.pictures(32, 32, 3) == wanted).all()
    with open(path(folder, "ten/data_batch_3.bin"), "r+b") as file:
        file.truncate(3073 * 9 + 5)
    refused(path(folder, "ten"), "data_batch_3.bin: cut short")


# --- files ---


def save_pictures(folder, names, *shape):
    pictures = bytes_of(len(names), *shape)
    for name, picture in zip(names, pictures):
        Image.fromarray(picture).save(path(folder, name))
    return pictures


def test_folder_classes(folder):
    names = ["a/cat.0.png", "a/dog.1.png", "b/cat.2.png", "b/fish.png"]
    pictures = save_pictures(folder, names, 5, 6, 3)
    dump = load(folder)
    assert dump.names == ["a", "a", "b", "b"] and (dump.pictures(5, 6, 3) == pictures).all()
    dump = load(folder, class_pattern=r"(\w+)\.\d+\.png$")
    assert dump.names == ["cat", "dog", "cat", ""] and dump.labels == [0, 1, 0, -1]
    assert load(folder, class_pattern="cat|fish").names == ["cat", "", "cat", "fish"]
    refused(folder, "class-pattern=(: no regular expression", class_pattern="(")


def test_folder_captions(folder):
    save_pictures(folder, ["a.png", "b.b.png", "c.png"], 4, 4)
    for name, text in {"a.txt": " A cat.\n", "b.b.txt": "Два кота", "README.txt": "words", "more.txt": ""}.items():
        with open(path(folder, name), "w") as file:
            file.write(text)
    assert load(folder).captions == ["A cat.", "Два кота", ""]
    with open(path(folder, "c.txt"), "wb") as file:
        file.write(b"\xff\xfe")
    assert load(folder).captions == ["A cat.", "Два кота", ""]


ROWS = [
    {"file_name": "deep/a.png", "label": "dog", "text": 'He said "no", twice'},
    {"file_name": "b,c.png", "label": "cat", "text": "two\nlines"},
    {"file_name": "d.png", "label": "", "text": ""},
]


def check_rows(dump, pictures):
    assert (dump.pictures(4, 5, 3) == pictures).all()
    assert dump.names == ["dog", "cat", ""] and dump.labels == [1, 0, -1]
    assert dump.captions == [row["text"] for row in ROWS]


def test_csv(folder):
    pictures = save_pictures(folder, [row["file_name"] for row in ROWS], 4, 5, 3)
    for name, options in {
        "a.csv": {},
        "b.csv": {"quoting": csv.QUOTE_ALL, "lineterminator": "\n"},
        "c.csv": {"delimiter": ";"},
        "d.tsv": {"delimiter": "\t"},
    }.items():
        with open(path(folder, name), "w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, ["label", "file_name", "text"], **options)
            writer.writeheader()
            writer.writerows(ROWS)
        check_rows(load(path(folder, name)), pictures)
    with open(path(folder, "bare.csv"), "w") as file:
        file.write('deep/a.png,dog\n"b,c.png",cat\nd.png,\n')
    assert load(path(folder, "bare.csv")).names == ["dog", "cat", ""]
    with open(path(folder, "numbers.csv"), "w") as file:
        file.write("path,label\nd.png,7\ndeep/a.png,0\n")
    assert load(path(folder, "numbers.csv")).labels == [7, 0]
    for text, words in (
        ('path\n"d.png', "line 2: a quote"),
        ("path,label\nd.png\n", "line 2: 1 values"),
        ("path,label\n\n\nd.png,1\n,2\n", "line 5: it names no file"),
        ("path\n", "names no files"),
        ("path,x,y,width,height\nd.png,1,1,0,2\n", "line 2: its box"),
        ("path\nnone.png\n", "none.png"),
    ):
        with open(path(folder, "bad.csv"), "w") as file:
            file.write(text)
        refused(path(folder, "bad.csv"), words)


def test_json_lines(folder):
    pictures = save_pictures(folder, [row["file_name"] for row in ROWS], 4, 5, 3)
    with open(path(folder, "a.jsonl"), "w") as file:
        for row in ROWS:
            file.write(json.dumps({**row, "other": {"deep": [1, None]}}, ensure_ascii=row["label"] == "dog") + "\n\n")
    check_rows(load(path(folder, "a.jsonl")), pictures)
    with open(path(folder, "b.jsonl"), "w") as file:
        for row, label in zip(ROWS, (3, 0, None)):
            file.write(json.dumps({"path": os.path.abspath(path(folder, row["file_name"])), "class": label}) + "\r\n")
    assert load(path(folder, "b.jsonl")).labels == [3, 0, -1]
    for text, words in (
        ('{"path": "d.png"}\n{"path": ', "line 2: no JSON"),
        ("[1]", "line 1: it has to be an object"),
        ('{"label": 1}', "line 1: it names no file"),
        ("[" * 100000, "nested"),
        ('{"path": "d.png", "bbox": [1, 2, 3]}', "its box"),
    ):
        with open(path(folder, "bad.jsonl"), "w") as file:
            file.write(text)
        refused(path(folder, "bad.jsonl"), words)


def test_boxes(folder):
    picture = save_pictures(folder, ["a.png"], 9, 8, 3)[0]
    with open(path(folder, "a.jsonl"), "w") as file:
        for box in ([1, 2, 4, 3], [4, 6, 4, 3], [5, 2, 4, 3]):
            file.write(json.dumps({"image": "a.png", "bbox": box}) + "\n")
    with open(path(folder, "a.csv"), "w") as file:
        file.write("image,xmin,ymin,xmax,ymax\na.png,1,2,5,5\na.png,4,6,8,9\na.png,5,2,9,5\n")
    for name in ("a.jsonl", "a.csv"):
        dump = load(path(folder, name), fit="stretch")
        wanted = [np.array(Image.fromarray(picture[y : y + 3, x : x + 4])) for x, y in ((1, 2), (4, 6))]
        assert dump.format.startswith("4 x 3 pixels") and (dump.pictures(3, 4, 3) == wanted).all()
        assert len(dump.bad) == 1 and "a.png: the box of 4 x 3 at 5, 2 is not within" in dump.bad[0]


# --- shards ---


def png(picture):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png")
    return file.getvalue()


def add(archive, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def write_shard(file, pictures, first=0, mode="w", format=tarfile.PAX_FORMAT):
    """Samples with a class and a caption, as WebDataset has them."""
    with tarfile.open(file, mode, format=format) as archive:
        for i, picture in enumerate(pictures, first):
            add(archive, f"{i:04}.cls", b"%d\n" % (i % 3))
            add(archive, f"{i:04}.png", png(picture))
            add(archive, f"{i:04}.txt", f"Nº {i}".encode())


def check_shards(dump, pictures):
    assert (dump.pictures(*pictures.shape[1:]) == pictures).all()
    assert dump.labels == [i % 3 for i in range(len(pictures))]
    assert dump.captions == [f"Nº {i}" for i in range(len(pictures))]


def test_tar(folder):
    pictures = bytes_of(6, 5, 4, 3)
    for name, mode, format in (
        ("pax.tar", "w", tarfile.PAX_FORMAT),
        ("gnu.tar", "w", tarfile.GNU_FORMAT),
        ("ustar.tar", "w", tarfile.USTAR_FORMAT),
        ("gzip.tar.gz", "w:gz", tarfile.PAX_FORMAT),
        ("gzip.tgz", "w:gz", tarfile.PAX_FORMAT),
        ("xz.tar.xz", "w:xz", tarfile.PAX_FORMAT),
        ("bzip.tar.bz2", "w:bz2", tarfile.PAX_FORMAT),
    ):
        write_shard(path(folder, name), pictures, mode=mode, format=format)
        check_shards(load(path(folder, name)), pictures)
    if shutil.which("zstd"):
        subprocess.run(["zstd", "-q", path(folder, "pax.tar"), "-o", path(folder, "zstd.tar.zst")], check=True)
        check_shards(load(path(folder, "zstd.tar.zst")), pictures)


def test_tar_shards(folder):
    pictures = bytes_of(25, 5, 4, 3)
    for i in range(12):
        write_shard(path(folder, f"all/shard-{i:03}.tar"), pictures[i * 2 : i * 2 + 2], i * 2)
    check_shards(load(path(folder, "all")), pictures[:24])
    check_shards(load(path(folder, "all/shard-{000..011}.tar")), pictures[:24])
    check_shards(load(path(folder, "all/shard-{000,001}.tar")), pictures[:4])
    check_shards(load(path(folder, "all/shard-0{0..0}{0..3}.tar")), pictures[:8])
    refused(path(folder, "all/shard-{000..012}.tar"), "shard-012.tar: no such file")
    refused(path(folder, "all/shard-{0..99999999}.tar"), "more than")


def test_tar_names(folder):
    """Long names, folders in archives, several pictures a sample, objects, members that are none."""
    pictures = bytes_of(5, 5, 4, 3)
    deep = "deep/" * 40 + "a" * 90
    with tarfile.open(path(folder, "a.tar"), "w") as archive:
        archive.add(os.path.dirname(path(folder, "empty/x")), "folder.d")
        add(archive, "./cat/0.seg.png", png(pictures[4]))
        add(archive, "./cat/0.png", png(pictures[0]))
        add(archive, "./cat/0.json", json.dumps({"label": "cat", "caption": "one", "more": [1]}).encode())
        add(archive, f"{deep}.PNG", png(pictures[1]))
        add(archive, f"{deep}.cls", b"owl")
        add(archive, f"{deep}.json", b'{"label": "not this"}')
        add(archive, "dog/2.png", png(pictures[2]))
        add(archive, "dog/2.json", b"no object")
        add(archive, "__index__", b"not a sample")
        add(archive, ".hidden.png", png(pictures[4]))
        add(archive, "words.txt", b"no picture")
        add(archive, "кот.png", png(pictures[3]))
    dump = load(path(folder, "a.tar"))
    assert (dump.pictures(5, 4, 3) == pictures[:4]).all()
    assert dump.names == ["cat", "owl", "", ""] and dump.captions == ["one", "", "", ""]
    assert load(path(folder, "a.tar"), class_pattern="(\\w+)/[^/]*$").names == ["cat", "deep", "dog", ""]


def test_tar_damage(folder):
    pictures = bytes_of(4, 40, 40, 3)
    write_shard(path(folder, "a.tar"), pictures)
    whole = open(path(folder, "a.tar"), "rb").read()
    at = whole.index(b"0002.png")
    with open(path(folder, "a.tar"), "wb") as file:
        file.write(whole[: at + 1500])
    dump = load(path(folder, "a.tar"))
    assert len(dump.labels) == 2 and len(dump.bad) == 1 and "a.tar" in dump.bad[0] and "cut short" in dump.bad[0], dump.items
    with open(path(folder, "a.tar"), "wb") as file:
        file.write(whole[: at - 512] + bytes(random.integers(1, 256, 512, np.uint8)) + whole[at + 512 :])
    dump = load(path(folder, "a.tar"))
    assert len(dump.labels) >= 2 and len(dump.bad) == 1 and "a.tar" in dump.bad[0], dump.items
    damaged = bytearray(whole)
    at = whole.index(b"IDAT", whole.index(b"0001.png"))
    damaged[at + 20 : at + 30] = bytes(10)
    with open(path(folder, "a.tar"), "wb") as file:
        file.write(damaged)
    dump = load(path(folder, "a.tar"))
    assert len(dump.labels) == 3 and len(dump.bad) == 1 and "a.tar: 0001.png" in dump.bad[0], dump.items
    for name, data in {"empty.tar": b"", "noise.tar": bytes(bytes_of(5000)), "words.tar.gz": gzip.compress(b"words"), "cut.tar.gz": gzip.compress(whole)[:900]}.items():
        with open(path(folder, name), "wb") as file:
            file.write(data)
        refused(path(folder, name), name)


def test_webdataset(folder):
    try:
        import webdataset
    except ImportError:
        return "there is no webdataset"
    pictures = bytes_of(20, 8, 8, 3)
    with webdataset.ShardWriter(path(folder, "shards/s-%06d.tar"), maxcount=7, verbose=0) as sink:
        for i, picture in enumerate(pictures):
            sink.write({"__key__": f"sample{i:06}", "png": picture / 255.0, "cls": i % 3, "txt": f"Nº {i}"})
    check_shards(load(path(folder, "shards")), pictures)
    with webdataset.TarWriter(path(folder, "a.tar.gz")) as sink:
        for i, picture in enumerate(pictures):
            sink.write({"__key__": f"{i}", "png": picture / 255.0, "json": {"label": i % 3, "text": f"Nº {i}"}})
    check_shards(load(path(folder, "a.tar.gz")), pictures)


def test_tar_sounds(folder):
    wave = np.sin(np.arange(4000) / 9).astype(np.float32)
    file = io.BytesIO()
    with wav.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes((wave * 32767).astype("<i2").tobytes())
    with tarfile.open(path(folder, "a.tar"), "w") as archive:
        for name in ("a", "b"):
            add(archive, f"{name}.wav", file.getvalue())
            add(archive, f"{name}.cls", name.encode())
    dump = load(path(folder, "a.tar"))
    assert dump.format == "4000 frames of mono sound at 8000 Hz" and dump.names == ["a", "b"]
    assert abs(np.frombuffer(dump.bytes, np.float32).reshape(2, 4000) - wave).max() < 1e-4


# --- films ---


def counting_film(frames, height=16, width=24):
    """Frame n is grey of value 4 n, and has a stripe at n."""
    film = np.zeros((frames, height, width, 3), np.uint8)
    for n in range(frames):
        film[n] = n * 4
        film[n, :, n % width] = 255
    return film


def encode(file, film, *options):
    height, width = film.shape[1:3]
    command = ["ffmpeg", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", "25", "-i", "-"]
    subprocess.run([*command, *options, file], input=film.tobytes(), check=True)
    decoded = subprocess.run(["ffmpeg", "-loglevel", "error", "-i", file, "-f", "rawvideo", "-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    return np.frombuffer(decoded.stdout, np.uint8).reshape(-1, height, width, 3)


def test_films(folder):
    film = counting_film(50)
    for name, options in {
        "lossless.mkv": ("-c:v", "ffv1"),
        "b-frames.mp4": ("-c:v", "libx264rgb", "-qp", "0", "-bf", "3", "-g", "12"),
        "one-key.mkv": ("-c:v", "libx264rgb", "-qp", "0", "-g", "1000", "-bf", "2"),
        "a.avi": ("-c:v", "png"),
    }.items():
        decoded = encode(path(folder, name), film, *options)
        assert (decoded == film).all(), name
        ours = load(path(folder, name)).pictures(16, 24, 3)
        assert ours.shape == film.shape and (ours == film).all(), name
        # In any order: the nearest key frame before each.
        assert (load(path(folder, name), frame_step=7).pictures(16, 24, 3) == film[::7]).all(), name
    ours = load(path(folder, "one-key.mkv"), clip_length=8).pictures(16, 24, 3)
    assert (ours == film[:48]).all()
    refused(path(folder, "a.avi"), "no clip of 51 frames", clip_length=51)
    for name, options in {"lossy.mp4": ("-c:v", "libx264", "-pix_fmt", "yuv420p"), "lossy.webm": ("-c:v", "libvpx"), "lossy.mpg": ("-c:v", "mpeg2video")}.items():
        decoded = encode(path(folder, name), film, *options)
        ours = load(path(folder, name)).pictures(16, 24, 3)
        assert len(ours) == len(decoded) == 50, f"{name}: {len(ours)}, {len(decoded)}"
        # Half the colours are interpolated, by another filter.
        assert abs(ours.mean((1, 2, 3)) - decoded.mean((1, 2, 3))).max() < 3, name


def test_folder_of_films(folder):
    film = counting_film(20)
    for name in ("run/a.mkv", "run/b.mkv", "walk/c.mkv"):
        encode(path(folder, name), film, "-c:v", "ffv1")
    with open(path(folder, "walk/d.mkv"), "wb") as file:
        file.write(b"no film")
    dump = load(folder, frame_step=5, clip_length=2)
    assert dump.names == ["run"] * 8 + ["walk"] * 4 and len(dump.bad) == 2 and "d.mkv" in dump.bad[0], dump.items
    assert (dump.pictures(16, 24, 3) == np.concatenate([film[::5]] * 3)).all()


def test_cut_films(folder):
    film = bytes_of(20, 16, 24, 3)
    encode(path(folder, "a.mkv"), film, "-c:v", "ffv1")
    with open(path(folder, "a.mkv"), "r+b") as file:
        file.truncate(os.path.getsize(file.name) // 2)
    dump = load(path(folder, "a.mkv"))
    n = len(dump.labels)
    assert 5 < n < 15 and (dump.pictures(16, 24, 3) == film[:n]).all(), dump.items


def test_animations(folder):
    frames = [Image.fromarray(f) for f in np.repeat(np.arange(8, dtype=np.uint8)[:, None, None] * 30, 200, 1).reshape(8, 10, 20)]
    for name in ("a.gif", "a.png"):
        frames[0].save(path(folder, name), save_all=True, append_images=frames[1:], duration=40)
        picture = Image.open(path(folder, name))
        wanted = [np.array(picture.convert("RGB")) for i in range(8) if picture.seek(i) is None]
        dump = load(path(folder, name), animation="true")
        channels = 4 if "alpha" in dump.format else 1 if "grey" in dump.format else 3
        ours = dump.pictures(10, 20, channels)
        assert len(ours) == 8 and (ours[..., :3] == (wanted if channels > 1 else np.array(wanted)[..., :1])).all(), name
        assert len(load(path(folder, name)).labels) == 1


def test_animated_webp(folder):
    """Frames that are laid over parts of others, as Pillow puts them together."""
    frames = [Image.fromarray(smooth(30, 40, 4) * np.array([1, 1, 1, 0], np.uint8) + np.array([0, 0, 0, 255], np.uint8))]
    for n in range(1, 9):
        frames.append(frames[0].copy())
        frames[n].paste((n * 25, 255 - n * 25, 0, 128 + n), (n, n, n + 9, n + 12))
    file = path(folder, "a.webp")
    frames[0].save(file, save_all=True, append_images=frames[1:], lossless=True, duration=40)
    picture = Image.open(file)
    assert picture.n_frames == 9
    wanted = [np.array(picture.convert("RGBA")) for i in range(9) if picture.seek(i) is None]
    if not HAVE_WEBPDEMUX:
        refused(file, "this build has no libwebpdemux", animation="true")
        return "this build has no libwebpdemux"
    ours = load(file, animation="true").pictures(30, 40, 4)
    assert (ours == wanted).all(), abs(ours.astype(int) - wanted).max()
    # In any order, and as one of several films.
    assert (load(file, animation="true", frame_step=3, clip_length=3).pictures(30, 40, 4) == wanted[::3]).all()
    frames[0].save(path(folder, "films/b.gif"), save_all=True, append_images=frames[1:], duration=40)
    os.replace(file, path(folder, "films/a.webp"))
    assert len(load(path(folder, "films"), animation="true").labels) >= 9 + 8
    assert len(load(path(folder, "films")).labels) == 2


def test_scenes(folder):
    """Cuts between pictures that ffmpeg makes, and where its own scene score finds them."""
    sources = ["testsrc2=size=160x120:rate=25", "mandelbrot=size=160x120:rate=25", "rgbtestsrc=size=160x120:rate=25", "testsrc=size=160x120:rate=25", "smptebars=size=160x120:rate=25"]
    lengths = [31, 17, 40, 23, 12]
    chains = [f"{source},format=yuv420p,trim=end_frame={n},setpts=PTS-STARTPTS[s{i}]" for i, (source, n) in enumerate(zip(sources, lengths))]
    joined = ";".join(chains) + ";" + "".join(f"[s{i}]" for i in range(len(sources))) + f"concat=n={len(sources)}"
    file = path(folder, "film.mp4")
    subprocess.run(["ffmpeg", "-loglevel", "error", "-filter_complex", joined, "-c:v", "libx264", "-g", "50", file], check=True)
    scores = subprocess.run(["ffprobe", "-loglevel", "error", "-f", "lavfi", f"movie={file},select='gt(scene,0.3)'", "-show_entries", "frame=pts_time", "-of", "csv=p=0"], capture_output=True, text=True, check=True)
    theirs = [round(float(line.split(",")[0]) * 25) for line in scores.stdout.split()]
    cuts = list(np.cumsum(lengths)[:-1])
    assert theirs == cuts, theirs

    def numbers(**settings):
        """Which frames items are: all pictures of the film differ, or are as far from a cut."""
        every = load(file).pictures(120, 160, 3)
        return [[n for n in range(len(every)) if (every[n] == item).all()] for item in load(file, **settings).pictures(120, 160, 3)]

    clip = 5
    found = numbers(scene_threshold=0.1, clip_length=clip)
    begins = [0, *cuts]
    wanted = [begin + i for begin, n in zip(begins, lengths) for i in range(n // clip * clip)]
    assert len(found) == len(wanted) and all(n in places for n, places in zip(wanted, found)), found
    assert len(load(file, clip_length=clip).labels) == sum(lengths) // clip * clip
    assert len(load(file, scene_threshold=0.1, clip_length=3, frame_step=4).labels) == sum((n + 3) // 4 // 3 * 3 for n in lengths)
    refused(file, "without a cut", scene_threshold=0.1, clip_length=41)
    # A flash is none, nor is motion.
    film = np.repeat(np.roll(smooth(60, 80, 3), 3, 0)[None], 30, 0)
    film[12] = 255
    encode(path(folder, "flash.mkv"), film, "-c:v", "ffv1")
    assert len(load(path(folder, "flash.mkv"), scene_threshold=0.1, clip_length=30).labels) == 30
    moving = np.stack([np.roll(bytes_of(1, 80, 3).repeat(60, 0), 0, 0) if n == 0 else np.roll(smooth(60, 80, 3), 7 * n, 1) for n in range(1, 31)])
    encode(path(folder, "motion.mkv"), moving, "-c:v", "ffv1")
    assert len(load(path(folder, "motion.mkv"), scene_threshold=0.1, clip_length=30).labels) == 30


# --- texts ---


def test_texts(folder):
    words = ["one", "Größe", "日本語 テキスト", "tab\tinside", "😀 end"]
    corpus = path(folder, "c/corpus.txt")
    with open(corpus, "w", encoding="utf-8-sig", newline="") as file:
        file.write("\r\n".join(f"  {word} {i}\n" * (i % 3) for i in range(3000) for word in words))
    with open(corpus, encoding="utf-8-sig") as file:
        wanted = [line.strip() for line in file if line.strip()]
    dump = load(corpus, lines="true", shuffle="false")
    assert dump.bytes.decode().split("\0")[:-1] == wanted
    assert load(corpus).bytes[:-1] == open(corpus, "rb").read()[3:]
    assert load(corpus, medium="text").format == load(corpus).format

    # What is no UTF-8 is told by its place.
    lines = [b"good", b"b\xe4d", b"\xed\xa0\x80 a surrogate", b"nul \0", b"fine"]
    with open(path(folder, "d/bad.txt"), "wb") as file:
        file.write(b"\n".join(lines))
    dump = load(path(folder, "d/bad.txt"), lines="true")
    assert dump.bytes == b"good\0fine\0"
    assert [reason.split("bad.txt, ")[1] for reason in dump.bad] == ["line 2: byte 1 is no UTF-8", "line 3: byte 0 is no UTF-8", "line 4: byte 4 is no UTF-8"]

    # Documents and lines of a folder, with its classes; a manifest of texts.
    for name, text in {"ham/a.txt": "dear\nfriend", "spam/b.txt": "win", "spam/wide.txt": None}.items():
        with open(path(folder, "mails/" + name), "wb") as file:
            file.write(text.encode() if text is not None else "win\n".encode("utf-16"))
    dump = load(path(folder, "mails"))
    assert dump.names == ["ham", "spam"] and dump.bytes == b"dear\nfriend\0win\0"
    assert len(dump.bad) == 1 and "iconv" in dump.bad[0]
    dump = load(path(folder, "mails"), lines="true")
    assert dump.names == ["ham", "ham", "spam"] and dump.bytes == b"dear\0friend\0win\0"
    with open(path(folder, "mails/list.csv"), "w") as file:
        file.write("file,label,caption\nham/a.txt,0,polite\nspam/b.txt,1,\n")
    dump = load(path(folder, "mails/list.csv"), medium="text")
    assert dump.labels == [0, 1] and dump.captions == ["polite", ""] and dump.bytes == b"dear\nfriend\0win\0"
    refused(path(folder, "mails/list.csv"), "have no lines", lines="true")
    open(path(folder, "none.txt"), "w").close()
    refused(path(folder, "none.txt"), "no lines of text", lines="true")
    refused(path(folder, "none.txt"), "empty")


# --- pictures as they are found ---


def smooth(height, width, channels):
    """What lossy codecs keep."""
    y, x = np.mgrid[:height, :width] / 9
    planes = [127 + 120 * np.sin(x * (c + 1) / 3 + y * (3 - c) / 2 + c) for c in range(channels)]
    return np.stack(planes, -1).astype(np.uint8)


def upright(image):
    """Pillow turns TIFF when it reads it, and before 9.5 once more when it is asked to."""
    return image if image.format == "TIFF" else ImageOps.exif_transpose(image)


def picture_of(file, mode):
    """The file as a folder's only picture, and as Pillow has it: upright, in the mode given."""
    dump = load(os.path.dirname(file))
    wanted = np.array(upright(Image.open(file)).convert(mode))
    channels = {"grey": 1, "colour": 3, "colour with alpha": 4}[dump.format.split(", ")[1]]
    return dump.pictures(*wanted.shape[:2], channels)[0].astype(int), wanted.astype(int)


def compare(file, mode, bound):
    ours, wanted = picture_of(file, mode)
    if wanted.ndim == 2:
        wanted = wanted[..., None]
    if ours.shape[2] == 4 and wanted.shape[2] == 3:
        assert (ours[..., 3] == 255).all(), "what is opaque has another alpha"
        ours = ours[..., :3]
    if wanted.shape[2] == 4:
        # What nobody sees may have any colour.
        ours[..., :3] *= ours[..., 3:] > 0
        wanted[..., :3] *= wanted[..., 3:] > 0
    assert ours.shape == wanted.shape, f"{ours.shape} for {wanted.shape}"
    assert abs(ours - wanted).max() <= bound, f"{os.path.basename(file)}: off by {abs(ours - wanted).max()}"


def test_orientation(folder):
    exif = Image.Exif()
    for ending, bound, options in (("jpg", 4, {"quality": 95, "subsampling": 0}), ("png", 0, {}), ("tif", 0, {}), ("webp", 0, {"lossless": True})):
        for orientation in range(1, 9):
            exif[0x0112] = orientation
            file = path(folder, f"{ending}-{orientation}/a.{ending}")
            Image.fromarray(smooth(24, 40, 3)).save(file, exif=exif, **options)
            compare(file, "RGB", bound)


def test_cmyk(folder):
    for name, options in {"plain": {}, "progressive": {"progressive": True}}.items():
        file = path(folder, f"{name}/a.jpg")
        Image.fromarray(smooth(32, 48, 4), "CMYK").save(file, quality=95, subsampling=0, **options)
        compare(file, "RGB", 4)


def test_deep_samples(folder):
    deep = (smooth(20, 30, 1)[..., 0].astype(np.uint16) * 257) ^ 3
    file = path(folder, "grey/a.png")
    Image.fromarray(deep).save(file)
    ours = load(os.path.dirname(file)).pictures(20, 30)[0]
    assert abs(ours - deep / 257).max() <= 1
    for name, channels in {"rgb48le": 3, "rgba64le": 4}.items():
        deep = smooth(20, 30, channels).astype("<u2") * 257
        file = path(folder, f"{name}/a.png")
        subprocess.run(["ffmpeg", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", name, "-s", "30x20", "-i", "-", file], input=deep.tobytes(), check=True)
        ours = load(os.path.dirname(file)).pictures(20, 30, channels)[0]
        assert abs(ours - deep / 257).max() <= 1, name


def compare_profile(file, profile, save):
    """What ImageCms makes of the colours that the same file has for us without a profile, and what they become with it."""
    folder, name = os.path.split(file)
    colours = {}
    for kind, options in {"plain": {}, "profile": {"icc_profile": profile}}.items():
        save(path(folder, f"{kind}/{name}"), **options)
        dump = load(path(folder, kind))
        width, height = int(dump.format.split()[0]), int(dump.format.split()[2])
        colours[kind] = dump.pictures(height, width, 4 if "alpha" in dump.format else 3)[0, ..., :3]
    wanted = ImageCms.profileToProfile(Image.fromarray(np.ascontiguousarray(colours["plain"])), ImageCms.getOpenProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"))
    wanted = np.array(wanted).astype(int)
    assert abs(wanted - colours["plain"]).max() > 8, "the profile changes nothing"
    off = abs(wanted - colours["profile"]).max()
    assert off <= 1, f"{name}: off by {off}"


def matrix_profile(primaries, gamma):
    """A profile of three primaries and an exponent, by no library of ours: numbers in ICC's layout."""
    white = np.array([0.9642, 1.0, 0.8249])
    x, y = np.array(primaries).T
    xyz = np.stack([x / y, np.ones(3), (1 - x - y) / y])
    d65 = np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290])
    colours = xyz * np.linalg.solve(xyz, d65)
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    adapt = np.linalg.inv(bradford) @ np.diag((bradford @ white) / (bradford @ d65)) @ bradford
    colours = adapt @ colours
    fixed = lambda v: struct.pack(">i", int(round(v * 65536)))
    tags = {b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(fixed, white)), b"desc": b"desc\0\0\0\0\0\0\0\x05test\0" + bytes(79), b"cprt": b"text\0\0\0\0none\0\0\0\0"}
    for i, channel in enumerate(b"rgb"):
        tags[bytes([channel]) + b"XYZ"] = b"XYZ \0\0\0\0" + b"".join(map(fixed, colours[:, i]))
        tags[bytes([channel]) + b"TRC"] = b"curv\0\0\0\0\0\0\0\x01" + struct.pack(">H", int(round(gamma * 256))) + b"\0\0"
    offset, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for tag, content in tags.items():
        content += bytes(-len(content) % 4)
        table += tag + struct.pack(">II", offset + len(data), len(content))
        data += content
    header = struct.pack(">I4sI4s4s4s", offset + len(data), b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ") + bytes(12) + b"acsp" + bytes(28) + b"".join(map(fixed, white)) + bytes(48)
    return header + struct.pack(">I", len(tags)) + table + data


def test_profiles(folder):
    if not HAVE_LCMS:
        return "this build has no lcms2"
    adobe = matrix_profile([(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)], 563 / 256)
    wide = matrix_profile([(0.68, 0.32), (0.265, 0.69), (0.15, 0.06)], 2.2)
    picture = Image.fromarray(smooth(48, 64, 3))
    for name, profile in {"adobe": adobe, "p3": wide}.items():
        for ending, options in {"png": {}, "tif": {}, "webp": {"lossless": True}, "jpg": {"quality": 90}}.items():
            compare_profile(path(folder, f"{name}-{ending}/a.{ending}"), profile, functools.partial(picture.save, **options))
    # sRGB's own changes nothing, nor does one that is damaged or of other samples.
    for name, profile in {"srgb": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), "cut": adobe[:200], "grey": adobe[:16] + b"GRAY" + adobe[20:]}.items():
        file = path(folder, f"{name}/a.png")
        picture.save(file, icc_profile=profile)
        compare(file, "RGB", 0)


def test_heic(folder):
    try:
        import pillow_heif
    except ImportError:
        return "there is no pillow_heif"
    if not HAVE_HEIF:
        return "this build has no libheif"
    pillow_heif.register_heif_opener()
    colour, alpha = Image.fromarray(smooth(64, 96, 3)), Image.fromarray(smooth(64, 96, 4))
    for name, picture in {"colour.heic": colour, "alpha.heic": alpha, "named.png": colour}.items():
        file = path(folder, f"{name}-folder/{name}")
        with open(file, "wb") as out:
            picture.save(out, format="HEIF", quality=95, chroma=444)
        ours, wanted = picture_of(file, picture.mode)
        assert ours.shape == wanted.shape and abs(ours - wanted).max() <= 3, f"{name}: {abs(ours - wanted).max()}"
    exif = Image.Exif()
    for orientation in (3, 6, 8):
        exif[0x0112] = orientation
        file = path(folder, f"turned-{orientation}/a.heic")
        colour.save(file, format="HEIF", quality=95, chroma=444, exif=exif.tobytes())
        ours, wanted = picture_of(file, "RGB")
        assert ours.shape == wanted.shape and abs(ours - wanted).max() <= 3, f"{orientation}: {ours.shape}, {wanted.shape}"
    file = path(folder, "cut/a.heic")
    colour.save(file, format="HEIF")
    Image.fromarray(smooth(8, 8, 3)).save(path(folder, "cut/b.png"))
    with open(file, "r+b") as cut:
        cut.truncate(os.path.getsize(file) * 2 // 3)
    dump = load(path(folder, "cut"))
    assert len(dump.labels) == 1 and "HEIC" in dump.bad[0], dump.items
    # Where colours are told by a profile.
    if HAVE_LCMS:
        adobe = matrix_profile([(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)], 563 / 256)
        compare_profile(path(folder, "profile/a.heic"), adobe, functools.partial(colour.save, format="HEIF", quality=95))


def distance(a, b):
    """Kolmogorov and Smirnov's, of two samples."""
    both = np.sort(np.concatenate([a, b]))
    return abs(np.searchsorted(np.sort(a), both, "right") / len(a) - np.searchsorted(np.sort(b), both, "right") / len(b)).max()


def draw_crop(width, height, area, aspect):
    """The definition of fit=random-crop, by numpy's numbers."""
    for _ in range(10):
        wanted, shape = random.uniform(area, 1) * width * height, np.exp(random.uniform(-np.log(aspect), np.log(aspect)))
        w, h = round(np.sqrt(wanted * shape)), round(np.sqrt(wanted / shape))
        if 0 < w <= width and 0 < h <= height:
            x, y = random.integers(width - w + 1), random.integers(height - h + 1)
            return x, y, w, h
    w, h = min(width, round(height * aspect)), min(height, round(width * aspect))
    return (width - w) // 2, (height - h) // 2, w, h


def test_random_crops(folder):
    """Pixels say where they are, so that crops do."""
    width, height, n = 256, 200, 600
    y, x = np.mgrid[:height, :width]
    Image.fromarray(np.stack([x, y, x * 0], -1).astype(np.uint8)).save(path(folder, "a.png"))
    with open(path(folder, "list.csv"), "w") as file:
        file.write("file\n" + "a.png\n" * n)
    for area, aspect in ((0.08, 4 / 3), (0.5, 2.0)):
        settings = {"fit": "random-crop", "crop_area": area, "crop_aspect": aspect}
        crops = load(path(folder, "list.csv"), **settings).pictures(height, width, 3).astype(float)
        ours = np.stack([crops[:, :, 0, 0].mean(1), crops[:, 0, :, 1].mean(1), crops[:, :, -1, 0].mean(1), crops[:, -1, :, 1].mean(1)], -1)
        drawn = np.array([draw_crop(width, height, area, aspect) for _ in range(n)])
        theirs = np.stack([drawn[:, 0], drawn[:, 1], drawn[:, 0] + drawn[:, 2] - 1, drawn[:, 1] + drawn[:, 3] - 1], -1)
        for what in range(4):
            assert distance(np.round(ours[:, what]), theirs[:, what]) < 1.8 * np.sqrt(2 / n), (what, area)
        area_of = lambda c: (c[:, 2] - c[:, 0] + 1) * (c[:, 3] - c[:, 1] + 1) / width / height
        shape_of = lambda c: (c[:, 2] - c[:, 0] + 1) / (c[:, 3] - c[:, 1] + 1)
        assert distance(area_of(ours), area_of(theirs)) < 1.8 * np.sqrt(2 / n)
        assert distance(shape_of(ours), shape_of(theirs)) < 1.8 * np.sqrt(2 / n)
        again = load(path(folder, "list.csv"), **settings).pictures(height, width, 3)
        other = load(path(folder, "list.csv"), seed=8, **settings).pictures(height, width, 3)
        assert (again == crops).all() and not (other == crops).all()


def test_small_jpeg(folder):
    """What becomes much smaller is decoded smaller: against all of it, averaged by Pillow, turned or not."""
    Image.fromarray(smooth(75, 100, 3)).save(path(folder, "0.png"))
    exif = Image.Exif()
    for n, (orientation, options) in enumerate(((1, {}), (1, {"progressive": True}), (3, {}), (6, {"subsampling": 0})), 1):
        exif[0x0112] = orientation
        y, x = np.mgrid[:600, :800] / 40
        Image.fromarray(np.stack([127 + 120 * np.sin(x * (c + 1) / 3 + y + c) for c in range(3)], -1).astype(np.uint8)).save(path(folder, f"{n}.jpg"), quality=95, exif=exif, **options)
    ours = load(folder).pictures(75, 100, 3).astype(int)
    assert len(ours) == 5
    for n in range(1, 5):
        whole = ImageOps.exif_transpose(Image.open(path(folder, f"{n}.jpg")))
        wanted = np.array(ImageOps.fit(whole, (100, 75), Image.Resampling.BOX)).astype(int)
        off = abs(ours[n] - wanted)
        assert off.max() <= 6 and off.mean() <= 2, (n, off.max(), off.mean())


def jpeg_kinds():
    """Each way in which Pillow writes them."""
    for mode, layouts in {"RGB": (0, 1, 2), "L": (0,)}.items():
        for layout in layouts:
            for progressive in (False, True):
                for options in ({}, {"restart_marker_blocks": 3}):
                    yield mode, {"subsampling": layout, "progressive": progressive, "quality": 85, **options}


def test_jpegs(folder):
    """To the bit what Pillow decodes; halved, what Pillow's draft is; and a part is that of the whole."""
    if not HAVE_JPEG:
        return "this build has no libjpeg-turbo"
    for n, (mode, options) in enumerate(jpeg_kinds()):
        for width, height in ((333, 251), (64, 64), (17, 90)):
            picture = Image.fromarray(smooth(height, width, 3) ^ (bytes_of(height, width, 3) & 15)).convert(mode)
            file = path(folder, f"{n}-{width}/a.jpg")
            picture.save(file, **options)
            compare(file, mode, 0)
            if width == height:
                half = Image.open(file)
                half.draft(mode, (width // 2, height // 2))
                half.load()
                # The first picture says how large all become.
                half.reduce(2).save(path(folder, f"{n}-half/0.png"))
                os.symlink(file, path(folder, f"{n}-half/1.jpg"))
                first, ours = load(path(folder, f"{n}-half"), fit="stretch").pictures(16, 16, len(mode)).astype(int)
                assert abs(first - ours).max() <= 1, (mode, options)
    decoded = [Image.open(path(folder, f"{n}-333/a.jpg")) for n, _ in enumerate(jpeg_kinds())]
    for n, picture in enumerate(decoded):
        picture.convert("RGB").save(path(folder, f"png/{n:02}.png"))
        os.symlink(path(folder, f"{n}-333/a.jpg"), path(folder, f"jpg/{n:02}.jpg"))
    for seed in range(20):
        crops = [load(path(folder, kind), fit="random-crop", crop_area=0.1, seed=seed).pictures(251, 333, 3) for kind in ("jpg", "png")]
        assert (crops[0] == crops[1]).all(), seed


def test_palettes(folder):
    rgba = np.concatenate([smooth(20, 30, 3) & 0xC0, (np.mgrid[:20, :30][1:].transpose(1, 2, 0) * 8).astype(np.uint8)], -1)
    palette = Image.fromarray(rgba[..., :3]).convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
    for name, picture, mode, options in (
        ("opaque.png", palette, "RGB", {}),
        ("one.png", palette, "RGBA", {"transparency": 7}),
        ("many.png", palette, "RGBA", {"transparency": bytes(i * 4 for i in range(64))}),
        ("bits.png", palette.quantize(4), "RGB", {"bits": 2}),
        ("one.gif", palette, "RGBA", {"transparency": 7}),
        ("opaque.bmp", palette, "RGB", {}),
        ("alpha.png", Image.fromarray(rgba), "RGBA", {}),
        ("alpha.webp", Image.fromarray(rgba), "RGBA", {"lossless": True, "exact": True}),
        ("alpha.tif", Image.fromarray(rgba), "RGBA", {}),
        ("alpha.tga", Image.fromarray(rgba), "RGBA", {}),
        ("grey-alpha.png", Image.fromarray(rgba).convert("LA"), "RGBA", {}),
        ("bilevel.png", Image.fromarray(rgba[..., 3] > 99), "L", {}),
    ):
        file = path(folder, f"{name}-folder/{name}")
        picture.save(file, **options)
        compare(file, mode, 0)


def test_bad_files(folder):
    picture = Image.fromarray(smooth(40, 40, 3))
    picture.save(path(folder, "good.png"))
    for ending in ("jpg", "png", "gif", "webp", "tif", "bmp"):
        file = path(folder, f"cut.{ending}")
        picture.save(file)
        with open(file, "r+b") as cut:
            cut.truncate(os.path.getsize(file) * 2 // 3)
    open(path(folder, "empty.jpg"), "w").close()
    with open(path(folder, "words.jpg"), "w") as file:
        file.write("These are words, and many of them.\n" * 40)
    os.symlink("nowhere.png", path(folder, "link.png"))
    os.mkdir(path(folder, "folder.png"))
    dump = load(folder)
    assert len(dump.labels) == 1, dump.items
    named = sorted(os.path.basename(reason.split(": ")[0]) for reason in dump.bad)
    assert named == ["cut.bmp", "cut.gif", "cut.jpg", "cut.png", "cut.tif", "cut.webp", "empty.jpg", "words.jpg"], dump.bad
    assert all(len(reason.split(": ", 1)[1]) > 5 for reason in dump.bad)


# --- all of them ---


def main():
    failed = 0
    wanted = sys.argv[3:]
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_") and (not wanted or name[5:] in wanted)]
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        folder = os.path.join(FOLDER, name)
        os.mkdir(folder)
        try:
            skipped = test(folder)
            print(f"ok {number} - {name[5:]}" + (f" # SKIP {skipped}" if skipped else ""), flush=True)
        except Exception as error:  # a test that fails does not keep the others from running
            failed += 1
            line = error.__traceback__
            while line.tb_next is not None and line.tb_next.tb_frame.f_code.co_filename == __file__:
                line = line.tb_next
            print(f"not ok {number} - {name[5:]}: line {line.tb_lineno}: {error!r}", flush=True)
    sys.exit(failed > 0)


main()
