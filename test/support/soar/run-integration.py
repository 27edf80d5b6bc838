"""Runs a Cortex XSOAR integration as the product does: its program with a `demisto` in it, for one command.

A line of standard input is an order, {"program", "command", "params", "args", "lastRun", "directory"}; a line of
standard output is what the program reported.
"""

import json
import os
import sys


class Demisto:
    def __init__(self, order):
        self.order, self.entries, self.reported, self.last_run = order, [], None, order.get("lastRun") or {}

    def params(self):
        return self.order["params"]

    def args(self):
        return self.order.get("args", {})

    def command(self):
        return self.order["command"]

    def results(self, entry):
        self.entries.append(entry)

    def investigation(self):
        return {"id": "17"}

    def uniqueFile(self):
        return "a1b2"

    def getLastRun(self):
        return self.last_run

    def setLastRun(self, value):
        self.last_run = value

    def incidents(self, found):
        self.reported = found


for line in sys.stdin:
    order = json.loads(line)
    demisto = Demisto(order)
    os.chdir(order.get("directory") or "/")
    try:
        exec(compile(order["program"], "Picket", "exec"), {"__name__": "__builtin__", "demisto": demisto})
    except SystemExit:
        pass
    report = {"entries": demisto.entries, "incidents": demisto.reported, "lastRun": demisto.last_run}
    print(json.dumps(report), flush=True)
