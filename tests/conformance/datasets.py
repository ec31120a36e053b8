# SPDX-License-Identifier: LGPL-2.1-or-later
"""Datasets that numpy, Pillow, tarfile and others write, read by dataset-dump.

    datasets.py DATASET-DUMP FOLDER [TEST ...]

A function whose name begins with "test_" is a test: it writes into a folder of its own and compares.
"""
import csv
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import wave as wav

import numpy as np
from PIL import Image, ImageOps

DUMP, FOLDER = sys.argv[1:3]
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
