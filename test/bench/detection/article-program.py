"""The article's program, on captures: IsolationForest(contamination=0.1) over packet size and time; whatever
it flags is blocked by its source.

Reads lines of JSON {"name", "file"} on standard input; prints one line of JSON for each: packets, packets
flagged, and how often each source was flagged. Size and time come from tshark.
"""
import collections
import json
import subprocess
import sys

import numpy
from sklearn.ensemble import IsolationForest

FIELDS = ["frame.time_epoch", "frame.len", "ip.src", "ipv6.src", "arp.src.proto_ipv4"]


def packets_of(path):
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=,", "-E", "occurrence=f"]
    for field in FIELDS:
        command += ["-e", field]
    # Dissectors beyond the addresses only cost time.
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    for line in output.splitlines():
        time, size, *sources = line.split(",")
        yield float(time), int(size), next((source for source in sources if source), "")


for line in sys.stdin:
    capture = json.loads(line)
    rows = list(packets_of(capture["file"]))
    flagged = collections.Counter()
    if len(rows) > 1:
        features = numpy.array([[size, time - rows[0][0]] for time, size, _ in rows])
        verdicts = IsolationForest(contamination=0.1, random_state=1).fit_predict(features)
        flagged.update(row[2] for row, verdict in zip(rows, verdicts) if verdict == -1 and row[2])
    answer = {"name": capture["name"], "packets": len(rows), "flagged": sum(flagged.values()), "blocked": flagged}
    print(json.dumps(answer), flush=True)
