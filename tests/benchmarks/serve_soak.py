# SPDX-License-Identifier: LGPL-2.1-or-later
"""The clients of serve-soak.sh, and its verdict.

    serve_soak.py PROCESS URL RTSP MINUTES LINES [NAME=NUMBER …]

Names are arrivals (viewers a second: 0.35), stay (seconds of one, on average, of a heavy tail: 12),
requests (of the other kinds, a second: 1), warm (the share of the time that is not judged: 0.25), valleys
(how many times all go away: 12), limit (by how much of itself memory may grow in an hour: 0.02) and
seed (1).

Memory goes up and down with who is there, and what is given back to the C library stays with the process
for a while. So each line is seen beside the number of sessions, and the slope's interval takes neighbours
as one another's kin (Newey and West 1987); and some times all go away, and what is then left stands by
itself. It grows where either slope is surely above zero, and its upper end above the limit."""
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

PROCESS, URL, RTSP, MINUTES, LINES = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4]), sys.argv[5]
settings = {"arrivals": 0.35, "stay": 12, "requests": 1, "warm": 0.25, "valleys": 12, "limit": 0.02, "seed": 1}
for word in sys.argv[6:]:
    name, _, number = word.partition("=")
    if name not in settings:
        sys.exit(f"{word}: there are {', '.join(settings)}")
    settings[name] = float(number)
chance = random.Random(settings["seed"])
EVERY = 10
MOUNTS = ["digits", "faces", "clock", "common"]


# --- asking ---

class Tally:
    """What was done, and how often it went as it should."""

    def __init__(self):
        self.lock = threading.Lock()
        self.good, self.bad, self.said = {}, {}, {}

    def add(self, kind, good, said=""):
        with self.lock:
            side = self.good if good else self.bad
            side[kind] = side.get(kind, 0) + 1
            if not good:
                self.said.setdefault(kind, said)


tally = Tally()


def ask(method, path, body=None):
    """The status and the body of the answer; 0 where there is none."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(URL + path, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        return 0, str(error).encode()


def expect(kind, statuses, method, path, body=None):
    status, answer = ask(method, path, body)
    tally.add(kind, status in statuses, f"{status} {answer[:300]}")
    return answer


# --- viewers: programs that stay for a while ---

def ffmpeg(address, *options):
    return ["ffmpeg", "-v", "error", "-analyzeduration", "500000", *options, "-i", address, "-map", "0", "-c", "copy",
            "-f", "null", "-"]


VIEWERS = {
    "rtsp by tcp": lambda mount: ffmpeg(f"{RTSP}/{mount}", "-rtsp_transport", "tcp"),
    "rtsp by udp": lambda mount: ffmpeg(f"{RTSP}/{mount}", "-rtsp_transport", "udp"),
    "mjpeg": lambda mount: ["curl", "-sN", "-o", "/dev/null", f"{URL}/mounts/{mount}/stream.mjpeg"],
    "mjpeg, slow": lambda mount: ["curl", "-sN", "--limit-rate", "8k", "-o", "/dev/null", f"{URL}/mounts/{mount}/stream.mjpeg"],
    "hls": lambda mount: ffmpeg(f"{URL}/mounts/{mount}/hls/index.m3u8"),
    "webrtc": lambda mount: [os.environ["WHEP_CLIENT"], "--frames=1000000", "--seconds=100000", '--tell={"speed":2}' if mount != "clock"
                             else "--audio", f"{URL}/mounts/{mount}/whep"],
    "webrtc, given up": lambda mount: [os.environ["WHEP_CLIENT"], "--leave", "--seconds=20", f"{URL}/mounts/{mount}/whep"],
    "whip": lambda mount: [os.environ["WHEP_CLIENT"], "--publish", "--audio", "--seconds=100000", f"{URL}/mounts/clock/whip"],
}
ends = threading.Event()  # of all there are


def stop(process, how):
    if process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def watch(kind, seconds, how):
    mount = chance.choice(MOUNTS)
    process = subprocess.Popen(VIEWERS[kind](mount), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    end = time.monotonic() + seconds
    while time.monotonic() < end and not ends.is_set() and process.poll() is None:
        time.sleep(0.2)
    by_itself = process.poll()
    stop(process, how)
    said = process.stdout.read()
    process.stdin.close()
    process.stdout.close()
    # Who has ended before had his session deleted, or his publication taken from him.
    tally.add(kind, by_itself in (None, 0) or b"ended" in said or b"409" in said or kind == "webrtc, given up", f"{by_itself} {said[:300]}")


# --- requests ---

def generate():
    model = chance.choice(["digits", "faces"])
    kind = chance.choice(["png", "jpeg", "webp", "npy", "mp4"])
    body = {"model": model, "format": kind, "count": chance.randint(1, 8), "seed": chance.randrange(10**6)}
    if kind == "mp4":
        body.update(walk="slerp", count=24)
    expect("generate", (200, 503), "POST", "/v1/generate", body)


def generate_wrong():
    body = chance.choice([{"model": "none"}, {"model": "digits", "count": 10**9}, {"model": "digits", "latent": [1, 2]}, [1], "x"])
    expect("generate, wrong", (400, 404, 422), "POST", "/v1/generate", body)


def openai():
    expect("openai", (200, 503), "POST", "/v1/images/generations", {"model": "digits", "prompt": "seven", "n": 2})


def leave_in_the_middle():
    process = subprocess.Popen(["curl", "-s", "-o", "/dev/null", "--limit-rate", "20k", "-d",
                                '{"model":"faces","count":64}', "-H", "Content-Type: application/json", f"{URL}/v1/generate"])
    time.sleep(1)
    stop(process, signal.SIGKILL)
    tally.add("generate, left", True)


def snapshot():
    expect("snapshot", (200, 503), "GET", f"/mounts/{chance.choice(MOUNTS)}/snapshot.{chance.choice(['png', 'jpeg'])}")


def sessions():
    return json.loads(ask("GET", "/v1/sessions")[1] or '{"data":[]}')["data"]


def patch():
    there = [one for one in sessions() if one["mount"] != "clock"]
    if there:
        body = chance.choice([{"seed": chance.randrange(1000)}, {"speed": chance.uniform(0, 4)}, {"walk": "loop"}, {"speed": "x"}])
        expect("patch", (200, 204, 400, 404, 422), "PATCH", f"/v1/sessions/{chance.choice(there)['id']}", body)


def delete():
    there = sessions()
    if there:
        expect("delete", (200, 204, 404), "DELETE", f"/v1/sessions/{chance.choice(there)['id']}")


def look():
    expect("look", (200,), "GET", chance.choice(["/", "/metrics", "/v1/status", "/v1/models", "/v1/mounts", "/openapi.json", "/readyz"]))


REQUESTS = [(generate, 5), (generate_wrong, 1), (openai, 1), (leave_in_the_middle, 0.5), (snapshot, 2), (patch, 4), (delete, 0.3),
            (look, 2)]


# --- what operators do ---

def hang_up(_):
    # Another rate each time, so that the mount is made anew.
    with open("studio.toml") as file:
        text = file.read()
    now = text.replace("framerate = 10\n", "framerate = 11\n") if "framerate = 10\n" in text else text.replace(
        "framerate = 11\n", "framerate = 10\n")
    with open("studio.toml", "w") as file:
        file.write(now)
    os.kill(PROCESS, signal.SIGHUP)
    tally.add("SIGHUP", True)


def put(name, data):
    with open("versions/coming", "wb") as file:
        file.write(data)
    os.rename("versions/coming", "versions/" + name)


def publish(turn):
    """A new version, by turns of each net, and old ones go that are not played."""
    with open(f"{'odd' if turn % 2 else 'even'}/generator.onnx", "rb") as file:
        put(f"v{turn + 2}.onnx", file.read())
    there = sorted(os.listdir("versions"), key=lambda name: int(re.sub(r"\D", "", name) or 0))
    playing = ask("GET", "/v1/models/digits/experiment")[1].decode()
    for name in there[:-4]:
        if f'"{name.removesuffix(".onnx")}"' not in playing:
            os.unlink("versions/" + name)
    tally.add("publish", True)


def rubbish(turn):
    put(f"v{turn + 2}.onnx", bytes(chance.randrange(256) for _ in range(2000)))
    tally.add("publish, rubbish", True)


def promote(_):
    expect("promote", (200, 409), "POST", "/v1/models/digits/promote", {})


def roll_back(_):
    expect("roll back", (200, 409), "POST", "/v1/models/digits/rollback", {})


OPERATORS = [hang_up, publish, promote, hang_up, publish, roll_back, hang_up, rubbish, publish]


# --- what is measured ---

def read(path):
    with open(f"/proc/{PROCESS}/{path}") as file:
        return file.read()


def line(began):
    memory = dict(re.findall(r"(\w+): +(\d+) kB", read("smaps_rollup")))
    text = ask("GET", "/metrics")[1].decode()
    return {
        "seconds": round(time.monotonic() - began),
        "pss": int(memory["Pss"]) / 1024,
        "anonymous": int(memory["Anonymous"]) / 1024,
        "files": len(os.listdir(f"/proc/{PROCESS}/fd")),
        "threads": len(os.listdir(f"/proc/{PROCESS}/task")),
        "sessions": int(sum(float(n) for n in re.findall(r"^generative_serve_sessions{[^}]*} (\S+)", text, re.M))),
        "frames": int(sum(float(n) for n in re.findall(r'^generative_stage_frames_total{[^}]*factory="tee"} (\S+)', text, re.M))) // 2,
        "processor": sum(int(n) for n in read("stat").rpartition(")")[2].split()[11:13]) / os.sysconf("SC_CLK_TCK"),
    }


def solve(matrix, right):
    """By Gauss; both are small, and are changed."""
    n = len(matrix)
    for i in range(n):
        pivot = max(range(i, n), key=lambda row: abs(matrix[row][i]))
        matrix[i], matrix[pivot], right[i], right[pivot] = matrix[pivot], matrix[i], right[pivot], right[i]
        for row in range(i + 1, n):
            share = matrix[row][i] / matrix[i][i]
            matrix[row] = [a - share * b for a, b in zip(matrix[row], matrix[i])]
            right[row] -= share * right[i]
    for i in reversed(range(n)):
        right[i] = (right[i] - sum(matrix[i][j] * right[j] for j in range(i + 1, n))) / matrix[i][i]
    return right


def slope(rows, name, beside, lag):
    """How much a figure grows in an hour, and by how much more or less that may be (95%)."""
    columns = [[1.0] * len(rows), [row["seconds"] / 3600 for row in rows]]
    if beside and len({row[beside] for row in rows}) > 1:
        columns.append([float(row[beside]) for row in rows])
    # In one's own unit numbers are nearly the same: what goes into the sums is what they differ by.
    columns[1:] = [[x - statistics.fmean(column) for x in column] for column in columns[1:]]
    y = [row[name] for row in rows]
    normal = [[sum(a * b for a, b in zip(one, other)) for other in columns] for one in columns]
    beta = solve([list(row) for row in normal], [sum(a * b for a, b in zip(one, y)) for one in columns])
    error = [y[t] - sum(b * column[t] for b, column in zip(beta, columns)) for t in range(len(rows))]
    # The row of the inverse that belongs to time makes of each line its share in the slope.
    inverse = solve([list(row) for row in normal], [float(i == 1) for i in range(len(columns))])
    part = [error[t] * sum(a * column[t] for a, column in zip(inverse, columns)) for t in range(len(rows))]
    variance = sum(p * p for p in part)
    for k in range(1, min(lag, len(rows) - 1) + 1):
        variance += 2 * (1 - k / (lag + 1)) * sum(part[t] * part[t - k] for t in range(k, len(rows)))
    free = max(len(rows) - len(columns), 1)
    # Student's t for few lines: 97.5%, by Cornish and Fisher's series.
    z = 1.96
    t = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    return beta[1], t * (max(variance, 0) * len(rows) / free) ** 0.5


def judge(rows, valleys):
    """Prints it; whether all is flat."""
    end = MINUTES * 60
    warm = [row for row in rows if row["seconds"] >= settings["warm"] * end]
    left = [row for row in valleys if row["seconds"] >= settings["warm"] * end]
    flat = True
    for title, these, beside, lag in (("while it is used", warm, "sessions", 30), ("when all have gone", left, None, 1)):
        if len(these) < 4:
            print(f"{title}: too few lines")
            continue
        for name in ("pss", "anonymous", "files", "threads"):
            level = statistics.fmean(row[name] for row in these)
            growth, about = slope(these, name, beside, lag)
            limit = settings["limit"] * level
            grows = growth - about > 0 and growth + about > limit
            word = "GROWS" if grows else "flat" if growth + about <= limit else "flat as far as can be told"
            print(f"{title}: {name} {level:.1f}, {growth:+.2f} an hour (95%: {growth - about:+.2f} to {growth + about:+.2f}): {word}")
            flat = flat and not grows
    return flat


# --- the hour ---

def wait_until(moment):
    time.sleep(max(0, moment - time.monotonic()))


def valley(began, viewers):
    ends.set()
    for thread in viewers:
        thread.join()
    viewers.clear()
    # Longer than handshakes may take, and than idle-seconds.
    end = time.monotonic() + 25
    while sessions() and time.monotonic() < end:
        time.sleep(0.5)
    for one in sessions():
        tally.add(f"a session by {one['protocol']} ends", False, json.dumps(one))
    time.sleep(3)
    row = line(began)
    ends.clear()
    return row


def show(row, file, mark=""):
    if file.tell() == 0:
        file.write("\t".join(row) + "\twhere\n")
    file.write("\t".join(f"{x:.1f}" if isinstance(x, float) else str(x) for x in row.values()) + f"\t{mark}\n")
    file.flush()


def main():
    began = time.monotonic()
    end = began + MINUTES * 60
    kinds, requests = list(VIEWERS), [one for one, _ in REQUESTS]
    weights = [weight for _, weight in REQUESTS]
    rows, valleys, threads, turn = [], [], [], 0
    pause = MINUTES * 60 / (settings["valleys"] + 1)
    operate = max(4, min(20, MINUTES * 60 / 60))
    coming = {"viewer": began, "request": began, "line": began + EVERY, "operator": began + operate, "valley": began + pause}
    with open(LINES, "w") as file:
        while time.monotonic() < end:
            what = min(coming, key=coming.get)
            wait_until(coming[what])
            if what == "viewer":
                kind = chance.choice(kinds)
                seconds = min(settings["stay"] * 0.5 * chance.paretovariate(2), 300)
                how = chance.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
                threads = [thread for thread in threads if thread.is_alive()]
                threads.append(threading.Thread(target=watch, args=(kind, seconds, how)))
                threads[-1].start()
                coming[what] += chance.expovariate(settings["arrivals"])
            elif what == "request":
                threads.append(threading.Thread(target=chance.choices(requests, weights)[0]))
                threads[-1].start()
                coming[what] += chance.expovariate(settings["requests"])
            elif what == "operator":
                OPERATORS[turn % len(OPERATORS)](turn)
                turn += 1
                coming[what] += operate
            elif what == "line":
                rows.append(line(began))
                show(rows[-1], file)
                coming[what] += EVERY
            else:
                valleys.append(valley(began, threads))
                show(valleys[-1], file, "nobody is there")
                coming = {name: max(moment, time.monotonic()) for name, moment in coming.items()}
                coming[what] += pause
        last = valley(began, threads)
        valleys.append(last)
        show(last, file, "nobody is there")
    flat = judge(rows, valleys)
    for kind in sorted({*tally.good, *tally.bad}):
        bad = tally.bad.get(kind, 0)
        print(f"{kind}: {tally.good.get(kind, 0)} went well" + (f", {bad} did not: {tally.said[kind]}" if bad else ""))
    seconds = last["seconds"]
    print(f"{last['frames']} frames in {seconds} s, {statistics.fmean(row['sessions'] for row in rows):.1f} sessions at a time, "
          f"{last['processor'] / seconds:.2f} cores")
    print("flat" if flat else "NOT FLAT")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
