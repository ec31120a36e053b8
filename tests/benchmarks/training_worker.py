#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""PyTorch's side of training_step.py, which starts it:

training_worker.py PRESET BATCH THREADS FOLDER wall|processor eager|compiled [FORMAT]

FOLDER has the preset's nets as ONNX. It says which memory format it takes and how many megabytes its
steps took beyond what was resident before there were nets, and then, for each number of steps that
it reads, their milliseconds, by the clock or of all threads' processor time.
"""
import gc
import pathlib
import sys
import time

import torch

import adversarial_nets
import onnx_net
import recipes
import translations

CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
FORMATS = {"plain": torch.contiguous_format, "channels-last": torch.channels_last}
WRITTEN = {"mlp": adversarial_nets.mlp, "dcgan": adversarial_nets.dcgan,
           "wavegan": adversarial_nets.wavegan, "stylegan-lite": adversarial_nets.stylegan,
           "r3gan-lite": adversarial_nets.r3gan}
TRANSLATIONS = {"pix2pix": translations.Paired, "cyclegan": translations.Unpaired}
READ = {"vae": recipes.Variational, "autoencoder": recipes.Autoencoder,
        "vq-vae": recipes.VectorQuantized, "masked-autoencoder": recipes.Masked,
        "classifier": recipes.Classifier, "unet-diffusion": recipes.Diffusion,
        "super-resolver": recipes.Enlarging, "inpainter": recipes.Inpainting,
        "cleaner": recipes.Cleaning, "interpolator": recipes.Interpolation,
        "frame-predictor": recipes.Interpolation, "sound-vae": recipes.SoundVariational,
        "masked-sound-autoencoder": recipes.Masked, "sound-classifier": recipes.Classifier,
        "bandwidth-extender": recipes.Extending}
SOUNDS = ("wavegan", "sound-vae", "masked-sound-autoencoder", "sound-classifier",
          "bandwidth-extender")
SHAPES = {**dict.fromkeys(SOUNDS, (1, 8192)), "stylegan-lite": (3, 32, 32), "r3gan-lite": (3, 32, 32),
          "super-resolver": (3, 64, 64), "inpainter": (3, 64, 64), "cleaner": (3, 64, 64),
          "interpolator": (9, 64, 64), "frame-predictor": (9, 64, 64)}
# Nets that look at a batch as a whole score real and made samples one behind the other.
APART = ("dcgan", "stylegan-lite")


def resident(name):
    """Megabytes, as the kernel tells them."""
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return int(line.split()[1]) * 1024e-6
    return 0


class Steps:
    def __init__(self, preset, batch, folder, clock, form):
        self.clock = CLOCKS[clock]
        self.samples = torch.zeros(batch, *SHAPES.get(preset, (1, 28, 28)))
        self.labels = torch.zeros(batch, dtype=torch.long)
        if preset in TRANSLATIONS:
            self.trainer = TRANSLATIONS[preset](batch)
        elif preset in WRITTEN:
            nets = dict(zip(("generator", "discriminator"), WRITTEN[preset]()))
            self.trainer = recipes.Adversarial(nets, joined=preset not in APART)
        else:
            recipe = READ[preset]
            files = sorted(pathlib.Path(folder).glob("*.onnx"))
            nets = {file.stem: onnx_net.Net(file, file.stem in recipe.logits) for file in files}
            self.trainer = recipe(nets)
        if form != "plain":
            self.trainer.arrange(FORMATS[form])
            self.samples = self.samples.contiguous(memory_format=FORMATS[form])

    def times(self, n):
        result = []
        for _ in range(n):
            start = self.clock()
            self.trainer.step(self.samples, self.labels)
            result.append((self.clock() - start) * 1e3)
        return result


def choose_format(words, before):
    """The faster of those that there are, and the memory of the plain one."""
    best = Steps(*words, "plain")
    best.times(2)
    fastest, form = min(best.times(3)), "plain"
    memory = resident("VmHWM") - before
    if best.samples.dim() == 4:
        other = Steps(*words, "channels-last")
        other.times(2)
        if min(other.times(3)) < fastest:
            best, form = other, "channels-last"
        del other
        gc.collect()
    return best, form, memory


def main():
    preset, batch, threads, folder, clock, way = sys.argv[1:7]
    words = (preset, int(batch), folder, clock)
    torch.set_num_threads(int(threads))
    before = resident("VmRSS")
    if way == "eager":
        steps, form, memory = choose_format(words, before)
    else:
        form, memory = sys.argv[7], 0
        steps = Steps(*words, form)
        steps.trainer.compile()
        steps.times(3)
    print(form, memory, flush=True)
    for line in sys.stdin:
        print(*steps.times(int(line)), flush=True)


if __name__ == "__main__":
    main()
