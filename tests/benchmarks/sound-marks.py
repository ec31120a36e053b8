#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What marks of audiomark survive: sounds are marked, attacked, and read.

    tests/benchmarks/sound-marks.py BUILD [--attacks NAME,…] [--jobs N] [--picture PNG] SOUND…

Sounds are brought to 48 kHz and two channels, 40 s of each at most. Prints how far the difference's
loudness (EBU R 128, by ffmpeg) is below the sound's, and for each attack how many
windows are read, bit by bit, of all, sound by sound, and the share of symbols that had to be corrected
where they were. Windows end each second from the 8th on, and are of the last 16 s. Needs ffmpeg with
libopus and libmp3lame, numpy and scipy. --picture draws spectrograms of the first sound and of 20 times
what its mark changed (it takes Pillow). What stands in the docs is of sounds that no constant was chosen by.
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import tempfile

import numpy
from scipy import signal

PAYLOAD = "1007babcde0003e8"
RATE = 48000
FLOAT = ["-c:a", "pcm_f32le"]


def ffmpeg (source, target, *arguments):
    subprocess.run (["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, *arguments, target], check=True)


def load (path):
    raw = subprocess.run (["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "f32le", "-ar", str (RATE),
        "-ac", "2", "-"], stdout=subprocess.PIPE, check=True).stdout
    return numpy.frombuffer (raw, numpy.float32).reshape (-1, 2).astype (numpy.float64)


def save (path, samples):
    subprocess.run (["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "f32le", "-ar", str (RATE), "-ac", "2",
        "-i", "-", *FLOAT, path], input=samples.astype (numpy.float32).tobytes (), check=True)


def noise (source, target):
    """White noise, 20 dB below the sound."""
    sound = load (source)
    power = numpy.sqrt ((sound ** 2).mean ()) / 10
    save (target, sound + power * numpy.random.default_rng (1).standard_normal (sound.shape))


def loudspeaker (source, target):
    """150 to 6000 Hz, with ripple of 5 dB up and down, in a room of 0.25 s of reverberation."""
    random, n = numpy.random.default_rng (2), 4096
    frequencies = numpy.linspace (0, RATE / 2, n // 2 + 1)
    ripple = numpy.interp (numpy.log (frequencies + 50), numpy.linspace (numpy.log (50), numpy.log (25000), 28),
        random.uniform (-5, 5, 28))
    filtered = numpy.roll (numpy.fft.irfft (10 ** (ripple / 20)), n // 2) * numpy.hanning (n)
    time = numpy.arange (int (0.3 * RATE)) / RATE
    room = random.standard_normal (len (time)) * 10 ** (-3 * time / 0.25)
    room *= numpy.sqrt (0.4 / (room ** 2).sum ())
    room[0] = 1
    sound = load (source)
    for order, edge, kind in ((2, 150, "high"), (4, 6000, "low")):
        sound = signal.sosfilt (signal.butter (order, edge, kind, fs=RATE, output="sos"), sound, axis=0)
    sound = signal.fftconvolve (sound, filtered[:, None], axes=0)
    save (target, 0.5 * signal.fftconvolve (sound, room[:, None], axes=0))


def by_ffmpeg (extension, *arguments):
    def attack (source, target):
        ffmpeg (source, target + extension, *arguments)
    return attack


def faster (speed):
    return by_ffmpeg (".wav", "-af", f"asetrate={round (RATE * speed)},aresample={RATE}", *FLOAT)


def alone (function):
    def attack (source, target):
        function (source, target + ".wav")
    return attack


ATTACKS = {
    "nothing": by_ffmpeg (".wav", *FLOAT),
    "Opus, 48 kbit/s": by_ffmpeg (".ogg", "-c:a", "libopus", "-b:a", "48k"),
    "AAC, 64 kbit/s": by_ffmpeg (".m4a", "-c:a", "aac", "-b:a", "64k"),
    "MP3, 96 kbit/s": by_ffmpeg (".mp3", "-c:a", "libmp3lame", "-b:a", "96k"),
    "16 kHz, one channel": by_ffmpeg (".wav", "-ar", "16000", "-ac", "1"),
    "cut by 3.3374 s": by_ffmpeg (".wav", "-af", "atrim=start=3.3374", *FLOAT),
    "10 dB quieter": by_ffmpeg (".wav", "-af", "volume=-10dB", "-c:a", "pcm_s16le"),
    "2% faster": faster (1.02),
    "2% slower": faster (0.98),
    "noise, 20 dB below": alone (noise),
    "loudspeaker and room": alone (loudspeaker),
    # Beyond what is promised:
    "Opus, 24 kbit/s": by_ffmpeg (".ogg", "-c:a", "libopus", "-b:a", "24k"),
    "MP3, 32 kbit/s": by_ffmpeg (".mp3", "-c:a", "libmp3lame", "-b:a", "32k"),
    "telephone (GSM)": by_ffmpeg (".wav", "-ar", "8000", "-ac", "1", "-c:a", "gsm_ms"),
    "stretched by 2%, as high": by_ffmpeg (".wav", "-af", "atempo=1.02", *FLOAT),
    "4% faster": faster (1.04),
}


def loudness (path):
    text = subprocess.run (["ffmpeg", "-nostdin", "-i", path, "-af", "ebur128", "-f", "null", "-"],
        stderr=subprocess.PIPE, text=True).stderr
    return float (re.findall (r"I:\s+(-?[\d.]+) LUFS", text)[-1])


def mark (build, sound, key, folder):
    name = os.path.splitext (os.path.basename (sound))[0]
    plain, marked, changed = (os.path.join (folder, f"{name}-{kind}.wav") for kind in ("plain", "marked", "change"))
    ffmpeg (sound, plain, "-t", "40", "-ar", str (RATE), "-ac", "2", *FLOAT)
    environment = dict (os.environ, GST_PLUGIN_PATH=os.path.join (build, "elements"),
        GST_REGISTRY=os.path.join (folder, name + ".registry"))
    subprocess.run (["gst-launch-1.0", "-q", "filesrc", f"location={plain}", "!", "wavparse", "!", "audiomark",
        f"key={key}", f"payload={PAYLOAD}", "!", "wavenc", "!", "filesink", f"location={marked}"],
        env=environment, check=True)
    before, after = load (plain), load (marked)
    assert before.shape == after.shape, (before.shape, after.shape)
    # The difference is 40 dB louder than it is, so that the meter's gate is not what is measured.
    save (changed, 100 * (after - before))
    return name, plain, marked, changed, loudness (changed) - 40 - loudness (plain)


def read (build, sound, key):
    lines = subprocess.run ([os.path.join (build, "tools/generative-model"), "mark", "read", sound,
        f"--key={key}", "--json"], stdout=subprocess.PIPE, text=True).stdout.splitlines ()
    lines = [json.loads (line) for line in lines]
    marks = [line["mark"] for line in lines if "mark" in line]
    assert all (one["payload"] == PAYLOAD for one in marks), marks
    windows = next (line["summary"]["windows-of-sound"] for line in lines if "summary" in line)
    return sum (one["windows"] for one in marks), windows, [one["errors"] for one in marks]


def attack (build, sound, key, function, folder):
    with tempfile.TemporaryDirectory (dir=folder) as scratch:
        function (sound, os.path.join (scratch, "attacked"))
        return read (build, os.path.join (scratch, os.listdir (scratch)[0]), key)


def draw (plain, changed, target):
    from PIL import Image
    rows = []
    for path, gain in ((plain, 1), (changed, 0.2)):
        _, _, spectrum = signal.stft (gain * load (path)[:4 * RATE, 0], RATE, nperseg=2048, noverlap=2048 - 768)
        levels = 20 * numpy.log10 (numpy.abs (spectrum[:342]) + 1e-7)
        rows.append (numpy.clip ((levels[::-1] + 110) / 90, 0, 1))
    Image.fromarray ((255 * numpy.hstack (rows)).astype (numpy.uint8)).quantize (32).save (target, optimize=True)


def main ():
    parser = argparse.ArgumentParser (usage=__doc__)
    parser.add_argument ("build")
    parser.add_argument ("sounds", nargs="+")
    parser.add_argument ("--attacks", help="some of them, with commas between")
    parser.add_argument ("--jobs", type=int, default=2)
    parser.add_argument ("--picture")
    options = parser.parse_args ()
    names = [name for name in ATTACKS
        if options.attacks is None or any (part in name for part in options.attacks.split (","))]
    with tempfile.TemporaryDirectory () as folder, \
            concurrent.futures.ThreadPoolExecutor (options.jobs) as pool:
        key = os.path.join (folder, "mark.key")
        with open (os.open (key, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write (os.urandom (32))
        sounds = list (pool.map (lambda sound: mark (options.build, sound, key, folder), options.sounds))
        print ("| sound | difference |\n|---|---|")
        for name, _, _, _, level in sounds:
            print (f"| {name} | {level:.1f} LU |")
        if options.picture:
            draw (sounds[0][1], sounds[0][3], options.picture)
        print ("\n| attack | windows read | symbols corrected | " + " | ".join (sound[0] for sound in sounds) + " |")
        print ("|---|---|---|" + "---|" * len (sounds), flush=True)
        for name in names:
            results = list (pool.map (lambda sound: attack (options.build, sound[2], key, ATTACKS[name],
                folder), sounds))
            found, windows = (sum (result[i] for result in results) for i in (0, 1))
            errors = [error for result in results for error in result[2]]
            print (f"| {name} | {found} of {windows} | "
                + (f"{100 * sum (errors) / len (errors):.0f}% | " if errors else "- | ")
                + " | ".join (f"{result[0]}/{result[1]}" for result in results) + " |", flush=True)


if __name__ == "__main__":
    main ()
