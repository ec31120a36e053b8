# SPDX-License-Identifier: LGPL-2.1-or-later
"""Training steps on a GPU, for training_step.py --device cuda: ours in each precision against
PyTorch's. Each step brings its pictures from the host and is waited for. PyTorch's fastest way is
the whole step, compiled or not, recorded as one CUDA graph; what does not work there is named and
left out. With the emulation (tests/emulation) in GEN_CUDA_MODULE ours runs without a GPU, and its
times mean nothing."""
import contextlib
import os
import statistics
import subprocess
import time

import torch

import adversarial_nets

ROUNDS, STEPS, WARM = 5, 200, 5
PRECISIONS = ["fp32", "tf32", "fp16", "bf16"]
KINDS = {"tf32": None, "fp16": torch.float16, "bf16": torch.bfloat16}


class Peer:
    def __init__(self, preset, batch, precision, compiled, recorded):
        nets = {"mlp": adversarial_nets.mlp, "dcgan": adversarial_nets.dcgan}[preset]()
        self.g, self.d = (net.cuda().to(memory_format=torch.channels_last)
                          for net in nets)
        self.batch, self.joined = batch, preset == "mlp"
        self.pictures = torch.zeros(batch, 1, 28, 28).pin_memory()
        self.real = self.pictures.cuda()
        self.kind = KINDS[precision]
        self.optimizers = [torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999), fused=True,
                                            capturable=recorded) for net in (self.g, self.d)]
        # A scaler without a scale is none.
        self.scalers = [torch.amp.GradScaler("cuda", enabled=precision == "fp16") for _ in range(2)]
        self.loss = torch.nn.functional.softplus
        self.losses = [self.d_loss, self.g_loss]
        if compiled:
            mode = "max-autotune-no-cudagraphs" if recorded else "max-autotune"
            self.g = torch.compile(self.g, mode="max-autotune-no-cudagraphs")
            self.losses = [torch.compile(f, mode=mode) for f in self.losses]
        self.replay = self.work
        if recorded:
            self.record()

    def narrow(self):
        # Casts are not kept from one step to the next: a recorded step would keep the first's.
        return (torch.autocast("cuda", self.kind, cache_enabled=False) if self.kind
                else contextlib.nullcontext())

    def d_loss(self, fake):
        if self.joined:
            real, made = self.d(torch.cat([self.real, fake])).split(self.batch)
        else:
            real, made = self.d(self.real), self.d(fake)
        return self.loss(-real.float()).mean() + self.loss(made.float()).mean()

    def g_loss(self, fake):
        return self.loss(-self.d(fake).float()).mean()

    def learn(self, which, fake):
        optimizer, scaler = self.optimizers[which], self.scalers[which]
        optimizer.zero_grad(set_to_none=True)
        with self.narrow():
            loss = self.losses[1 - which](fake)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    def work(self):
        with self.narrow():
            fake = self.g(torch.randn(self.batch, 100, device="cuda"))
        self.learn(1, fake.detach())
        # Only the generator's gradients are wanted.
        self.d.requires_grad_(False)
        self.learn(0, fake)
        self.d.requires_grad_(True)

    def record(self):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM):
                self.work()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.work()
        self.replay = graph.replay

    def times(self, steps):
        result = []
        for _ in range(steps):
            start = time.perf_counter()
            self.real.copy_(self.pictures, non_blocking=True)
            self.replay()
            torch.cuda.synchronize()
            result.append((time.perf_counter() - start) * 1e3)
        return result


def peers(preset, batch):
    """Those that work here, by name."""
    found = {}
    if not torch.cuda.is_available():
        print("SKIPPED torch: it finds no GPU")
        return found
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    for precision in KINDS:
        for way, compiled, recorded in (("eager", False, False), ("recorded", False, True),
                                        ("compiled", True, False),
                                        ("compiled, recorded", True, True)):
            name = f"torch {precision} {way}"
            try:
                peer = Peer(preset, batch, precision, compiled, recorded)
                peer.times(WARM)
                found[name] = peer
            except Exception as error:  # what one way lacks must not end the others' run
                print(f"SKIPPED {name}: {(str(error).strip() or repr(error)).splitlines()[0]}")
    return found


def main(device, program, preset="mlp", batch=None):
    if device != "cuda":
        raise SystemExit(f"training_step.py: there is no device '{device}' here; there is cuda")
    batch = int(batch or {"mlp": 128, "dcgan": 64}[preset])
    emulated = "emulated" in os.environ.get("GEN_CUDA_MODULE", "")
    rounds, steps = (1, 1) if emulated else (ROUNDS, STEPS)
    if emulated:
        print("emulated: that it runs is all that the following says")
    rivals = peers(preset, batch)
    times = {name: [] for name in [f"ours {p}" for p in PRECISIONS] + list(rivals)}
    for _ in range(rounds):
        for precision in PRECISIONS:
            lines = subprocess.run([program, preset, str(batch), "1", str(steps), "cuda", precision],
                                   check=True, stdout=subprocess.PIPE, text=True).stdout.split()
            times[f"ours {precision}"] += [float(line) for line in lines]
        for name, peer in rivals.items():
            times[name] += peer.times(steps)
    median = {name: statistics.median(t) for name, t in times.items()}
    for name, t in times.items():
        print(f"{preset}, batch {batch}: {name:30} best {min(t):8.4f} ms  median {median[name]:8.4f} ms")
    if not rivals:
        return
    best = min((name for name in times if name not in rivals), key=median.get)
    rival = min(rivals, key=median.get)
    print(f"{preset}, batch {batch}, torch {torch.__version__}: {best} is "
          f"{median[rival] / median[best]:.2f} times as fast as {rival}", flush=True)
