# SPDX-License-Identifier: LGPL-2.1-or-later
"""A player of low-latency HLS that looks at nothing, and at everything: hls-client.py ADDRESS SECONDS

It reads a list as RFC 8216bis has it, asks for what is to come, and holds what it gets against what
the lists promise, and against what the fragments themselves say. It prints what is wrong, a line each,
and ends with 1; else it prints what it has seen."""
import datetime
import re
import struct
import sys
import threading
import urllib.error
import urllib.request
from urllib.parse import urljoin

MASTER, SECONDS = sys.argv[1], float(sys.argv[2])
wrong = []


def check(condition, text):
    if not condition:
        wrong.append(text)


def fetch(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read()


def status(address):
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def attributes(line):
    pairs = re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)', line.split(":", 1)[1])
    return {name: value.strip('"') for name, value in pairs}


# --- lists ---

class List:
    def __init__(self, text):
        self.segments, self.parts, self.skipped, self.reports = [], [], 0, []
        self.hint = self.map = None
        pending, time, lines = [], None, text.split("\n")
        check(lines[0] == "#EXTM3U", "a list does not begin with #EXTM3U")
        for line in lines:
            if line.startswith("#EXT-X-TARGETDURATION:"):
                self.target = int(line.split(":")[1])
            elif line.startswith("#EXT-X-MEDIA-SEQUENCE:"):
                self.sequence = int(line.split(":")[1])
            elif line.startswith("#EXT-X-SERVER-CONTROL:"):
                self.control = attributes(line)
            elif line.startswith("#EXT-X-PART-INF:"):
                self.part_target = float(attributes(line)["PART-TARGET"])
            elif line.startswith("#EXT-X-SKIP:"):
                self.skipped = int(attributes(line)["SKIPPED-SEGMENTS"])
            elif line.startswith("#EXT-X-MAP:"):
                self.map = attributes(line)["URI"]
            elif line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
                time = datetime.datetime.fromisoformat(line.split(":", 1)[1].replace("Z", "+00:00"))
            elif line.startswith("#EXT-X-PART:"):
                part = attributes(line)
                pending.append((part["URI"], float(part["DURATION"]), part.get("INDEPENDENT") == "YES"))
            elif line.startswith("#EXTINF:"):
                duration = float(line.split(":")[1].rstrip(","))
            elif line.startswith("#EXT-X-PRELOAD-HINT:"):
                self.hint = attributes(line)["URI"]
            elif line.startswith("#EXT-X-RENDITION-REPORT:"):
                self.reports.append(attributes(line))
            elif line and not line.startswith("#"):
                self.segments.append({"uri": line, "duration": duration, "time": time, "parts": pending})
                self.parts += pending
                pending, time = [], None
        self.open = pending
        self.parts += pending
        self.check()

    def check(self):
        control = self.control
        check(control.get("CAN-BLOCK-RELOAD") == "YES", "lists cannot be waited for")
        check(float(control["PART-HOLD-BACK"]) >= 3 * self.part_target, "PART-HOLD-BACK is too short")
        check(float(control["CAN-SKIP-UNTIL"]) >= 6 * self.target, "CAN-SKIP-UNTIL is too short")
        for segment in self.segments:
            check(round(segment["duration"]) <= self.target, "%(uri)s is longer than the target" % segment)
            check(segment["time"] is not None, "%(uri)s has no time" % segment)
            if segment["parts"]:
                total = sum(part[1] for part in segment["parts"])
                check(abs(total - segment["duration"]) < 0.001, "%(uri)s is not as long as its parts" % segment)
                check(segment["parts"][0][2], "%(uri)s begins with no independent part" % segment)
            for part in segment["parts"][:-1]:
                check(part[1] >= 0.85 * self.part_target, "part %s is too short" % part[0])
        for part in self.parts:
            check(part[1] <= self.part_target, "part %s is too long" % part[0])
        for first, second in zip(self.segments, self.segments[1:]):
            gap = (second["time"] - first["time"]).total_seconds() - first["duration"]
            check(abs(gap) < 0.002, "there are %.3f s between %s and the next" % (gap, first["uri"]))

    def next(self):
        """The segment and part that come next."""
        return self.sequence + self.skipped + len(self.segments), len(self.open)


# --- fragments ---

def boxes(data, start, end):
    while start + 8 <= end:
        size, kind = struct.unpack(">I4s", data[start:start + 8])
        yield kind.decode("latin-1"), start + 8, start + size
        start += size


def find(data, path, start=0, end=None):
    end = len(data) if end is None else end
    for name in path:
        found = [box for box in boxes(data, start, end) if box[0] == name]
        if not found:
            return None
        start, end = found[0][1:]
    return start, end


def scale_of(init):
    start, _ = find(init, ["moov", "trak", "mdia", "mdhd"])
    return struct.unpack(">I", init[start + (20 if init[start] else 12):][:4])[0]


def span_of(part):
    """Ticks in front of a fragment, in it, and whether it begins with a key frame."""
    start, _ = find(part, ["moof", "traf", "tfdt"])
    begin = struct.unpack(">Q" if part[start] else ">I", part[start + 4:start + (12 if part[start] else 8)])[0]
    head, _ = find(part, ["moof", "traf", "tfhd"])
    flags, at, default = struct.unpack(">I", part[head:head + 4])[0] & 0xffffff, head + 8, [0, 0, 0]
    at += (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
    for i, bit in enumerate((8, 16, 32)):
        if flags & bit:
            default[i], at = struct.unpack(">I", part[at:at + 4])[0], at + 4
    run, _ = find(part, ["moof", "traf", "trun"])
    flags, n, at = struct.unpack(">I", part[run:run + 4])[0] & 0xffffff, *struct.unpack(">I", part[run + 4:run + 8]), run + 8
    at += (4 if flags & 1 else 0)
    first = default[2]
    if flags & 4:
        first, at = struct.unpack(">I", part[at:at + 4])[0], at + 4
    total = 0
    for i in range(n):
        values = {}
        for bit in (0x100, 0x200, 0x400, 0x800):
            if flags & bit:
                values[bit], at = struct.unpack(">I", part[at:at + 4])[0], at + 4
        total += values.get(0x100, default[0])
        if i == 0 and 0x400 in values:
            first = values[0x400]
    return begin, total, not first & 0x10000


# --- a player ---

class Player:
    def __init__(self, address):
        self.address, self.seen, self.end = address, {}, None
        self.list = List(fetch(address).decode())
        self.scale = scale_of(fetch(urljoin(address, self.list.map)))

    def take(self, uri, duration, independent, data):
        begin, ticks, key = span_of(data)
        check(abs(ticks / self.scale - duration) < 0.001, "%s is not as long as it is said to be" % uri)
        check(key or not independent, "%s is said to be independent, and is not" % uri)
        check(self.end is None or begin == self.end, "%s does not go on where the last part ended" % uri)
        self.end = begin + ticks
        self.seen[uri] = data

    def step(self):
        """What comes next: the list that has it, the part itself, before either is there."""
        segment, part = self.list.next()
        hint, got = self.list.hint, {}
        waiting = threading.Thread(target=lambda: got.update(data=fetch(urljoin(self.address, hint))))
        waiting.start()
        query = "?_HLS_msn=%d&_HLS_part=%d" % (segment, part)
        whole = List(fetch(self.address + query).decode())
        waiting.join()
        delta = List(fetch(self.address + query + "&_HLS_skip=YES").decode())
        check(whole.next() > (segment, part), "the list was there before it had what was asked for")
        check(delta.sequence + delta.skipped + len(delta.segments) >= whole.sequence + len(whole.segments),
              "a delta update has fewer segments than the list")
        listed = {uri: (duration, independent) for uri, duration, independent in whole.parts}
        check(hint in listed, "%s was hinted at, and is not listed" % hint)
        if hint in listed:
            self.take(hint, *listed[hint], got["data"])
        self.list = whole

    def whole(self):
        """Segments of which all parts have been seen."""
        return [segment for segment in self.list.segments
                if segment["parts"] and all(part[0] in self.seen for part in segment["parts"])]

    def compare(self):
        """Segments are what their parts are."""
        for segment in self.whole():
            check(fetch(urljoin(self.address, segment["uri"])) == b"".join(self.seen[part[0]] for part in segment["parts"]),
                  "%(uri)s is not what its parts are" % segment)

    def refuse(self):
        segment, _ = self.list.next()
        for query, expected in (("?_HLS_part=1", 400), ("?_HLS_msn=x", 400), ("?_HLS_msn=%d" % (segment + 50), 400),
                                ("?_HLS_skip=maybe", 400)):
            check(status(self.address + query) == expected, "%s is not answered by %d" % (query, expected))
        for file in ("video-part-1.m4s", "nothing.m3u8", "..%2findex.m3u8"):
            check(status(urljoin(self.address, file)) == 404, "%s is not answered by 404" % file)


master = fetch(MASTER).decode()
lists = [urljoin(MASTER, line) for line in master.split("\n") if line and not line.startswith("#")]
lists += [urljoin(MASTER, attributes(line)["URI"]) for line in master.split("\n") if line.startswith("#EXT-X-MEDIA:")]
variant = attributes([line for line in master.split("\n") if line.startswith("#EXT-X-STREAM-INF:")][0])
check(re.fullmatch(r"((avc1\.[0-9A-F]{6}|mp4a\.40\.2|opus),?)+", variant["CODECS"]), "CODECS is " + variant["CODECS"])
players = [Player(address) for address in lists]


def play(player):
    try:
        begin = player.list.segments[0]["time"]
        while (player.list.segments[-1]["time"] - begin).total_seconds() < SECONDS or not player.whole():
            player.step()
        player.compare()
        player.refuse()
    except Exception as error:  # of a thread nobody hears else
        wrong.append("%s: %r" % (player.address, error))


threads = [threading.Thread(target=play, args=(player,)) for player in players]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
# Pictures and sound are of one time: what both call now lies less than two parts apart.
if len(players) == 2 and not wrong:
    ends = [player.end / player.scale for player in players]
    check(abs(ends[0] - ends[1]) < 2.5, "pictures and sound are %.3f s apart" % abs(ends[0] - ends[1]))
    check(all(player.list.reports for player in players), "a list does not tell of the other one")
for text in wrong:
    print(text)
print("%d lists, %d parts" % (len(players), sum(len(player.seen) for player in players)))
sys.exit(1 if wrong else 0)
