"""Runs actions of the Splunk SOAR app in the folder argv[1]; packets of the vault go to the file argv[2].

A line of standard input is an order, {"config", "identifier", "parameters"}; a line of standard output its result.
"""

import importlib
import json
import os
import sys

sys.path[:0] = [sys.argv[1], os.path.dirname(os.path.abspath(__file__))]
with open(os.path.join(sys.argv[1], "picket.json"), encoding="utf-8") as file:
    main_module = json.load(file)["main_module"]
module = importlib.import_module(main_module.removesuffix(".py"))

for line in sys.stdin:
    order = json.loads(line)
    connector = module.PicketConnector()
    connector._asset, connector._action = order["config"], order["identifier"]
    connector.initialize()
    connector.handle_action(order["parameters"])
    connector.finalize()
    told = connector._results[0]
    report = {"status": told.status, "message": told.message, "data": told.data, "summary": told.summary}
    print(json.dumps(report), flush=True)
