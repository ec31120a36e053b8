#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server of pictures in Python, as well made as serve_peer.py knows how to have it.

usage: serve_peer_server.py MODEL.onnx PORT [--threads N] [--batch N]

ONNX Runtime behind Starlette, uvloop and httptools. Requests that come while a run is made have theirs
together in the next one (dynamic batching). Its answers are those that generative-serve gives to the
same requests:

POST /v1/generate                {"seed":7,"count":16,"format":"png"}: a file, an array, or JSON
GET  /mounts/walk/stream.mjpeg   frames of a walk of the viewer's own, at --framerate
"""
import argparse
import asyncio
import base64
import collections
import concurrent.futures
import io
import time

import numpy
import onnxruntime
import orjson
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route


class Batcher:
    """One run at a time, in a thread of its own; whoever comes meanwhile is in the next one."""

    def __init__(self, model, threads, most):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.length = self.session.get_inputs()[0].shape[1]
        self.most, self.waiting, self.running = most, collections.deque(), False
        # A run of a small net costs less than going to another thread and back.
        self.inline = self.measure() < 0.0005
        self.thread = concurrent.futures.ThreadPoolExecutor(1)

    def run(self, latents):
        return self.session.run(None, {self.input: latents})[0]

    def measure(self):
        latents, times = numpy.zeros((1, self.length), numpy.float32), []
        for _ in range(30):
            began = time.perf_counter()
            self.run(latents)
            times.append(time.perf_counter() - began)
        return min(times)

    def take(self):
        """As many as are in a run, the first of them at least."""
        group, rows = [], 0
        while self.waiting and (not group or rows + len(self.waiting[0][0]) <= self.most):
            group.append(self.waiting.popleft())
            rows += len(group[-1][0])
        return group

    async def go(self):
        loop = asyncio.get_running_loop()
        while self.waiting:
            group = self.take()
            latents = numpy.concatenate([g[0] for g in group]) if len(group) > 1 else group[0][0]
            try:
                made = (self.run(latents) if self.inline
                        else await loop.run_in_executor(self.thread, self.run, latents))
            except Exception as error:
                for _, future in group:
                    future.set_exception(error)
                continue
            at = 0
            for rows, future in group:
                if not future.cancelled():
                    future.set_result(made[at:at + len(rows)])
                at += len(rows)
        self.running = False

    async def make(self, latents):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.waiting.append((latents, future))
        if not self.running:
            self.running = True
            # Behind what else has come at the same moment.
            loop.call_soon(lambda: loop.create_task(self.go()))
        return await future


def draw(seed, count, length):
    return numpy.random.Generator(numpy.random.Philox(seed)).standard_normal((count, length), numpy.float32)


def encode(picture, kind):
    """Of [channels, rows, columns], numbers from -1 to 1."""
    pixels = (picture * 127.5 + 128).clip(0, 255).astype(numpy.uint8)
    image = Image.fromarray(pixels[0] if len(pixels) == 1 else numpy.ascontiguousarray(pixels.transpose(1, 2, 0)))
    file = io.BytesIO()
    if kind == "png":
        image.save(file, "PNG", compress_level=1)
    else:
        image.save(file, "JPEG", quality=85)
    return file.getvalue()


def save(array):
    file = io.BytesIO()
    numpy.save(file, array)
    return file.getvalue()


class Server:
    def __init__(self, batcher, framerate):
        self.batcher, self.framerate = batcher, framerate
        self.sessions = 0

    async def generate(self, request):
        if request.headers.get("content-type") != "application/json":
            return Response(status_code=415)
        try:
            body = orjson.loads(await request.body())
            seed, count, kind = body["seed"], body.get("count", 1), body.get("format", "png")
            if not (isinstance(seed, int) and isinstance(count, int) and 1 <= count <= 64
                    and kind in ("png", "jpeg", "npy")):
                raise ValueError("seed, count or format")
        except (KeyError, ValueError, AttributeError) as error:
            return Response(orjson.dumps({"error": {"message": str(error)}}), 400, media_type="application/json")
        made = await self.batcher.make(draw(seed, count, self.batcher.length))
        if kind == "npy":
            return Response(save(made), media_type="application/x-npy")
        files = [encode(picture, kind) for picture in made]
        if count == 1:
            return Response(files[0], media_type=f"image/{kind}")
        data = [{"b64_json": base64.b64encode(file).decode()} for file in files]
        return Response(orjson.dumps({"created": int(time.time()), "seed": seed, "output_format": kind,
                                      "data": data}), media_type="application/json")

    async def frames(self, seed):
        """By a walk of four frames from one latent to the next, on a sphere; what is late is left out."""
        loop = asyncio.get_running_loop()
        random = numpy.random.Generator(numpy.random.Philox(seed))
        a, b = (random.standard_normal((1, self.batcher.length), numpy.float32) for _ in range(2))
        began, number = loop.time(), 0
        yield b"--frame\r\n"
        while True:
            t = number % 25 / 25
            if number and number % 25 == 0:
                a, b = b, random.standard_normal((1, self.batcher.length), numpy.float32)
            angle = numpy.arccos((a * b).sum() / numpy.linalg.norm(a) / numpy.linalg.norm(b))
            latent = ((numpy.sin((1 - t) * angle) * a + numpy.sin(t * angle) * b)
                      / numpy.sin(angle)).astype(numpy.float32)
            picture = await self.batcher.make(latent)
            jpeg = encode(picture[0], "jpeg")
            yield (b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
                   + jpeg + b"\r\n--frame\r\n")
            due = int((loop.time() - began) * self.framerate)
            number = max(number + 1, due)
            await asyncio.sleep(began + number / self.framerate - loop.time())

    async def stream(self, request):
        self.sessions += 1
        return StreamingResponse(self.frames(self.sessions), media_type="multipart/x-mixed-replace; boundary=frame")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("port", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--framerate", type=int, default=25)
    arguments = parser.parse_args()
    server = Server(Batcher(arguments.model, arguments.threads, arguments.batch), arguments.framerate)
    app = Starlette(routes=[Route("/v1/generate", server.generate, methods=["POST"]),
                            Route("/mounts/walk/stream.mjpeg", server.stream)])
    uvicorn.run(app, port=arguments.port, log_level="warning", access_log=False, loop="uvloop",
                http="httptools", lifespan="off")


if __name__ == "__main__":
    main()
