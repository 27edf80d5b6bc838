"""Splunk's alert action: orders a block from the Picket agent that a result names.

Reads the payload on standard input (alert_actions.conf: payload_format = json). Exit code 0: blocked, or already
blocked; 2: refused by a guard, or wrongly configured; 3: the agent could not be reached.
"""

import ipaddress
import json
import ssl
import sys
import urllib.error
import urllib.request


def fail(code, words):
    sys.stderr.write("ERROR %s\n" % words)
    sys.exit(code)


def read_order(configuration):
    try:
        target = str(ipaddress.ip_network(configuration["target"].strip(), strict=True))
        ttl = int(configuration.get("ttl_seconds") or 3600)
        with open(configuration["token_file"], encoding="utf-8") as file:
            token = file.read().strip()
    except (KeyError, ValueError, OSError) as error:
        fail(2, "the action is wrongly configured: %s" % error)
    reason = (configuration.get("reason") or "ordered by Splunk")[:200]
    return token, {"target": target, "ttlSeconds": ttl, "reason": reason}


def main():
    payload = json.load(sys.stdin)
    configuration = payload.get("configuration", {})
    token, order = read_order(configuration)
    url = configuration.get("url", "").rstrip("/") + "/v1/blocks"
    request = urllib.request.Request(
        url,
        data=json.dumps(order).encode("utf-8"),
        headers={
            "Authorization": "Bearer " + token,
            "Content-Type": "application/json",
            # A search that is run again orders the same block, not another.
            "Idempotency-Key": ("splunk-%s-%s" % (payload.get("sid", "none"), order["target"]))[:200],
        },
        method="POST",
    )
    context = None
    if url.startswith("https:"):
        context = ssl.create_default_context(cafile=configuration.get("ca_file") or None)
    try:
        with urllib.request.urlopen(request, timeout=15, context=context) as answer:
            block = json.load(answer)
    except urllib.error.HTTPError as error:
        fail(2, "the agent refused: %s %s" % (error.code, error.read(2000).decode("utf-8", "replace")))
    except (urllib.error.URLError, OSError, ValueError) as error:
        fail(3, "the agent at %s could not be asked: %s" % (url, error))
    sys.stderr.write("INFO %s is blocked (%s)\n" % (block.get("target"), block.get("state")))


if __name__ == "__main__":
    main()
