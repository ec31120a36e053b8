#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What marks of videomark survive: films are marked, attacked by ffmpeg, and read.

    tests/benchmarks/marks.py BUILD [--attacks NAME,…] [--jobs N] [--keep FOLDER] [--cleaner NET]
                              [--forge] FILM…

Films are brought to 1280x720 and are best without loss. Prints PSNR and SSIM of each marked film, and
for each attack how many of the windows of two seconds are read, bit by bit, of all, film by film, and
the share of symbols that had to be corrected where they were. Needs ffmpeg with its encoders, and
GStreamer's bad set. What stands in the docs is of films that no constant was chosen by, which
mark-films.sh makes, and the nets that some attacks are made by as well. With --keep, films that are
marked and attacked stay in a folder, with the key, and are not made again.
"""
import argparse
import concurrent.futures
import contextlib
import json
import os
import shlex
import subprocess
import sys
import tempfile

try:
    import numpy
except ImportError:
    numpy = None

PAYLOAD = "1007babcde0003e8"
LOSSLESS = "-c:v libx264 -qp 0 -preset ultrafast"
GOOD = "-c:v libx264 -crf 18 -preset veryfast"
FINE = "-c:v libx264 -crf 22 -preset veryfast"
CROP = "crop=iw*0.7:ih*0.7:iw*0.17:ih*0.11"

# Each a row of steps, of arguments between input and output.
ATTACKS = {
    "nothing": [LOSSLESS],
    "H.264, 1.5 Mbit/s": ["-c:v libx264 -b:v 1500k -maxrate 1500k -bufsize 3000k -preset medium"],
    "H.264, 0.7 Mbit/s": ["-c:v libx264 -b:v 700k -maxrate 700k -bufsize 1400k -preset medium"],
    "H.265, 1.5 Mbit/s": ["-c:v libx265 -b:v 1500k -preset fast -x265-params log-level=error"],
    "VP9, 0.75 Mbit/s": ["-c:v libvpx-vp9 -b:v 750k -deadline realtime -cpu-used 6"],
    "AV1, 0.75 Mbit/s": ["-c:v libsvtav1 -b:v 750k -preset 9"],
    "MPEG-4 part 2, 1.5 Mbit/s": ["-c:v mpeg4 -b:v 1500k"],
    "JPEG, quality 50": ["-c:v mjpeg -q:v 8 -pix_fmt yuvj420p"],
    "scaled to half": ["-vf scale=640:360 " + FINE],
    "scaled to two thirds": ["-vf scale=854:480 " + FINE],
    "scaled to twice": ["-vf scale=2560:1440 " + FINE],
    "cut to 70%": [f"-vf {CROP} " + FINE],
    "cut to 70% and enlarged": [f"-vf {CROP},scale=1280:720 " + FINE],
    "squeezed to 4:3": ["-vf scale=960:720 " + FINE],
    "turned by 2 degrees": ["-vf rotate=2*PI/180 " + FINE],
    "mirrored": ["-vf hflip " + FINE],
    "brightness, contrast, gamma": ["-vf eq=brightness=0.12:contrast=0.8:gamma=1.3 " + FINE],
    "blur of 2 pixels": ["-vf gblur=sigma=2 " + FINE],
    "noise of 12 levels": ["-vf noise=alls=12:allf=t " + FINE],
    "30 to 25 frames a second": ["-vf fps=25 " + FINE],
    "30 to 24 frames a second": ["-vf fps=24 " + FINE],
    "30 to 24, mixed": ["-vf framerate=24 " + FINE],
    "like a camera's of a screen": ["-vf scale=1000:-2,rotate=0.4*PI/180,gblur=0.8,"
        "colorchannelmixer=rr=0.95:gg=0.98:bb=1.04,eq=gamma=1.1,scale=1280:720,noise=alls=6:allf=t "
        "-c:v libx264 -crf 26"],
    "three encoders in a row": ["-c:v libx264 -b:v 2500k", "-c:v libvpx-vp9 -b:v 1500k "
        "-deadline realtime -cpu-used 6", "-c:v libx264 -b:v 1500k"],
    # Beyond what is promised:
    "H.264, 0.3 Mbit/s": ["-c:v libx264 -b:v 300k -maxrate 300k -bufsize 600k -preset medium"],
    "cut to 40%": ["-vf crop=iw*0.4:ih*0.4:iw*0.3:ih*0.2 " + FINE],
    "turned by 6 degrees": ["-vf rotate=6*PI/180 " + FINE],
    "perspective": ["-vf perspective=60:30:1250:0:0:720:1280:690 " + FINE],
    "blur of 5 pixels": ["-vf gblur=sigma=5 " + FINE],
    "denoised (hqdn3d)": ["-vf hqdn3d=8 " + FINE],
    "denoised (nlmeans)": ["-vf nlmeans=s=6:p=3:r=7 " + FINE],
    "noise, and a net that cleans": ["-vf noise=alls=12:allf=t " + LOSSLESS, "NET", FINE],
    "regenerated from an eighth": ["-vf scale=160:90:flags=area,scale=1280:720:flags=lanczos " + FINE],
}


def ffmpeg (source, arguments, target):
    # A container for each codec that has all of them.
    subprocess.run (["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, "-an",
        *shlex.split (arguments), "-threads", "1", target], check=True, stderr=subprocess.DEVNULL)


def play (build, source, elements, target):
    """Films of 1280x720 at 30 frames a second through elements of GStreamer."""
    raw = "-f rawvideo -pix_fmt yuv420p".split ()
    reading = subprocess.Popen (["ffmpeg", "-nostdin", "-v", "error", "-i", source, *raw, "-"],
        stdout=subprocess.PIPE)
    playing = subprocess.Popen (["gst-launch-1.0", "-q", "fdsrc", "!", "rawvideoparse", "width=1280",
        "height=720", "format=i420", "framerate=30/1", "!", *elements, "!", "fdsink"],
        stdin=reading.stdout, stdout=subprocess.PIPE, env=dict (os.environ,
            GST_PLUGIN_PATH=os.path.join (build, "elements"), GST_REGISTRY=target + ".registry"))
    subprocess.run (["ffmpeg", "-v", "error", "-y", *raw, "-s", "1280x720", "-r", "30", "-i", "-",
        *shlex.split (LOSSLESS), target], stdin=playing.stdout, check=True)
    os.unlink (target + ".registry")


def mark (build, film, key, folder):
    name = os.path.splitext (os.path.basename (film))[0]
    plain, marked = (os.path.join (folder, f"{name}-{kind}.mkv") for kind in ("plain", "marked"))
    report = os.path.join (folder, name)
    if not os.path.exists (report):
        ffmpeg (film, "-vf scale=1280:720,setsar=1,format=yuv420p,fps=30 " + LOSSLESS, plain)
        play (build, plain, ["videomark", f"key={key}", f"payload={PAYLOAD}"], marked)
        compare (build, plain, marked, report)
    with open (report) as lines:
        summary = json.loads (lines.readlines ()[-1])["summary"]
    return name, plain, marked, *(summary[what]["mean"] for what in ("psnr", "ssim"))


def compare (build, plain, marked, report):
    # Our own measure: ffmpeg's takes the constant of the mean to be a 64th of what it is, and so what
    # is black to be worse than it is.
    pipeline = f"qualitycompare name=c metrics=psnr,ssim report={report}.part ! fakesink"
    for pad, film in (("sink", marked), ("reference", plain)):
        raw = f"{report}-{pad}.raw"
        ffmpeg (film, "-vf \"extractplanes=y,select='not(mod(n,6))'\" "
            "-fps_mode passthrough -f rawvideo -pix_fmt gray", raw)
        pipeline += f" filesrc location={raw} ! rawvideoparse width=1280 height=720 format=gray8 ! c.{pad}"
    subprocess.run (["gst-launch-1.0", "-q", *pipeline.split ()], check=True, env=dict (os.environ,
        GST_PLUGIN_PATH=os.path.join (build, "elements"), GST_REGISTRY=report + ".registry"))
    for rest in ("-sink.raw", "-reference.raw", ".registry"):
        os.unlink (report + rest)
    os.rename (report + ".part", report)


def read (build, film, key):
    """Windows that are read, all windows, and the share of symbols that were wrong."""
    lines = subprocess.run ([os.path.join (build, "tools/generative-model"), "mark", "read", film,
        f"--key={key}", "--json"], stdout=subprocess.PIPE, text=True).stdout.splitlines ()
    lines = [json.loads (line) for line in lines]
    seconds = next (line["summary"]["seconds"] for line in lines if "summary" in line)
    marks = [line["mark"] for line in lines if "mark" in line]
    assert all (one["payload"] == PAYLOAD for one in marks), marks
    rate = subprocess.run (["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
        "stream=r_frame_rate", "-of", "csv=p=0", film], stdout=subprocess.PIPE, text=True).stdout
    numerator, denominator = (int (number) for number in rate.strip ().strip (",").split ("/"))
    frames = round (seconds * numerator / denominator)
    # Parts of half a second are whole frames, four of them a window; what is left at the end is one more.
    whole, rest = divmod (frames, -(-numerator // (2 * denominator)))
    windows = max (whole - 3, 0) + (rest > 0)
    found = sum (one["windows"] for one in marks)
    return found, windows, [one["errors"] for one in marks]


def attack (build, film, key, attack_name, folder, cleaner):
    attacked = os.path.splitext (film)[0] + "-" + "".join (
        letter if letter.isalnum () else "_" for letter in attack_name) + ".mkv"
    if not os.path.exists (attacked):
        with tempfile.TemporaryDirectory (dir=folder) as scratch:
            for i, step in enumerate (ATTACKS[attack_name]):
                target = os.path.join (scratch, f"{i}.mkv")
                if step == "NET":
                    play (build, film, ["videoconvert", "!", "generator", f"model={cleaner}",
                        "tile=auto", "!", "videoconvert", "!", "video/x-raw,format=I420"], target)
                else:
                    ffmpeg (film, step, target)
                film = target
            os.rename (film, attacked)
    return read (build, attacked, key)


def frames_of (film):
    """Luma, and what is behind it, of each frame."""
    size = 1280 * 720
    pipe = subprocess.Popen (["ffmpeg", "-nostdin", "-v", "error", "-i", film, "-f", "rawvideo", "-pix_fmt",
        "yuv420p", "-"], stdout=subprocess.PIPE).stdout
    while len (frame := pipe.read (size * 3 // 2)) == size * 3 // 2:
        frame = numpy.frombuffer (frame, numpy.uint8)
        yield frame[:size].reshape (720, 1280).astype (numpy.float32), frame[size:].tobytes ()


def without_surroundings (luma, radius=6):
    width = 2 * radius + 1
    sums = numpy.pad (luma, radius, mode="edge").astype (numpy.float64)
    for axis in (0, 1):
        sums = numpy.cumsum (numpy.insert (sums, 0, 0, axis=axis), axis=axis)
        sums = sums[width:] - sums[:-width] if axis == 0 else sums[:, width:] - sums[:, :-width]
    return luma - sums / width ** 2


def estimate (film):
    """What all frames of a film have in common, which a mark is where the film moves."""
    total, n = 0, 0
    for luma, _ in frames_of (film):
        total, n = total + numpy.clip (without_surroundings (luma), -6, 6), n + 1
    return numpy.clip (total / n, -4, 4)


def add (film, pattern, target):
    pipe = subprocess.Popen (["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s",
        "1280x720", "-r", "30", "-i", "-", *shlex.split (LOSSLESS), target], stdin=subprocess.PIPE)
    for luma, rest in frames_of (film):
        pipe.stdin.write (numpy.clip (numpy.rint (luma + pattern), 0, 255).astype (numpy.uint8).tobytes () + rest)
    pipe.stdin.close ()
    pipe.wait ()


def forge (build, films, key, folder):
    """Without the key: the mark of each film is estimated, taken away, and added to the next one."""
    print ("\n| film | read after the estimate was taken away | in the next film, that it was added to |\n|---|---|---|")
    for i, (name, _, marked, *_) in enumerate (films):
        pattern, target = estimate (marked), os.path.join (folder, "forged.mkv")
        add (marked, -pattern, target)
        removed = read (build, target, key)
        add (films[(i + 1) % len (films)][1], pattern, target)
        forged = read (build, target, key)
        print (f"| {name} | {removed[0]} of {removed[1]} | {forged[0]} of {forged[1]} |", flush=True)


def main ():
    parser = argparse.ArgumentParser (usage=__doc__)
    parser.add_argument ("build")
    parser.add_argument ("films", nargs="+")
    parser.add_argument ("--attacks", help="some of them, with commas between")
    parser.add_argument ("--jobs", type=int, default=2)
    parser.add_argument ("--keep", help="folder for what is made, in which nothing is made again")
    parser.add_argument ("--cleaner", help="ONNX model that takes noise off pictures")
    parser.add_argument ("--forge", action="store_true", help="and what goes without a key; needs numpy")
    options = parser.parse_args ()
    names = [name for name, steps in ATTACKS.items ()
        if (options.attacks is None or any (part in name for part in options.attacks.split (",")))
        and ("NET" not in steps or options.cleaner is not None)]
    with contextlib.ExitStack () as stack:
        pool = stack.enter_context (concurrent.futures.ThreadPoolExecutor (options.jobs))
        folder = options.keep or stack.enter_context (tempfile.TemporaryDirectory ())
        os.makedirs (folder, exist_ok=True)
        key = os.path.join (folder, "mark.key")
        if not os.path.exists (key):
            with open (os.open (key, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
                file.write (os.urandom (32))
        films = list (pool.map (lambda film: mark (options.build, film, key, folder), options.films))
        print ("| film | PSNR | SSIM |\n|---|---|---|")
        for name, _, _, psnr, ssim in films:
            print (f"| {name} | {psnr:.1f} dB | {ssim:.4f} |")
        print ("\n| attack | windows read | corrected | " + " | ".join (film[0] for film in films) + " |")
        print ("|---|---|---|" + "---|" * len (films), flush=True)
        for name in names:
            results = list (pool.map (lambda film: attack (options.build, film[2], key, name, folder,
                options.cleaner), films))
            found, windows = (sum (result[i] for result in results) for i in (0, 1))
            errors = [error for result in results for error in result[2]]
            print (f"| {name} | {found} of {windows} | "
                + (f"{100 * sum (errors) / len (errors):.0f}% | " if errors else "- | ")
                + " | ".join (f"{result[0]}/{result[1]}" for result in results) + " |", flush=True)
        if options.forge:
            forge (options.build, films, key, folder)


if __name__ == "__main__":
    main ()
