# SPDX-License-Identifier: LGPL-2.1-or-later
"""What benchmarks of generative-serve share: what /metrics says, and marks that are counted in what comes."""
import re
import urllib.request


class Figures:
    """All that /metrics says, once."""

    def __init__(self, url):
        with urllib.request.urlopen(url + "/metrics", timeout=60) as answer:
            text = answer.read().decode()
        self.rows = [(name, dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(value))
                     for name, labels, value in re.findall(r"^(\w+)(?:{(.*)})? (\S+)$", text, re.M)]

    def sum(self, name, **labels):
        """Of all rows that have these labels, whatever others they have."""
        return sum(value for of, has, value in self.rows if of == name and labels.items() <= has.items())


class Marks:
    """How often a mark, which does not begin as it ends, stands in what comes in pieces."""

    def __init__(self, mark):
        self.mark, self.rest, self.count = mark, b"", 0

    def take(self, piece):
        data = self.rest + piece
        self.count += data.count(self.mark)
        self.rest = data[1 - len(self.mark):]


# What stands behind each frame of MJPEG, and what gst-launch-1.0 -v says of each that a sink gets.
MJPEG_MARK = b"\r\n--frame\r\n"
SINK_MARK = b"last-message = chain"
