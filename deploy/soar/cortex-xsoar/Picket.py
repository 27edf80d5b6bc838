"""Cortex XSOAR's integration: one instance an agent; a command without `using` runs on all of them."""

import json
import sys

import demistomock as demisto
from picket_client import Picket, PicketError

ENTRY_NOTE, ENTRY_FILE, ENTRY_ERROR = 1, 3, 4
SEVERITIES = ((9, 4), (7, 3), (4, 2), (1, 1))
REMEMBERED_EVENTS = 2000


def client():
    params = demisto.params()
    return Picket(
        params["url"],
        params["credentials"]["password"],
        ca=params.get("ca"),
        verify=not params.get("insecure", False),
        proxy=params.get("proxy", False),
    )


def number(args, name, default=None):
    """A number of the command's arguments, which come as text."""
    text = args.get(name)
    if text in (None, ""):
        return default
    try:
        return int(text)
    except ValueError:
        raise PicketError("%s is %r; a whole number was expected" % (name, text)) from None


def at_most(args, default):
    """How many things to list: 1 or more, since none at all would look as if there were none."""
    limit = number(args, "limit", default)
    if limit < 1:
        raise PicketError("limit is %d; 1 or more was expected" % limit)
    return limit


def table(title, rows, columns):
    """Rows as Markdown; a bar within a value must not begin a column."""
    def cell(value):
        text = ", ".join(map(str, value)) if isinstance(value, list) else str("" if value is None else value)
        return text.replace("|", "\\|").replace("\n", " ")
    lines = ["### " + title]
    if rows:
        lines += ["|" + "|".join(columns) + "|", "|" + "---|" * len(columns)]
        lines += ["|" + "|".join(cell(row.get(name)) for name in columns) + "|" for row in rows]
    else:
        lines.append("None.")
    return "\n".join(lines)


def told(contents, words, path=None, key="id"):
    """An entry with what came back, in words and in the context."""
    entry = {
        "Type": ENTRY_NOTE,
        "ContentsFormat": "json",
        "Contents": contents,
        "ReadableContentsFormat": "markdown",
        "HumanReadable": words,
    }
    if path:
        entry["EntryContext"] = {"Picket.%s(val.%s && val.%s == obj.%s)" % (path, key, key, key): contents}
    return entry


BLOCK_COLUMNS = ["target", "state", "expiresAt", "reason", "orderedBy", "id"]
EVENT_COLUMNS = ["lastSeen", "kind", "severity", "verdict", "attacker", "victims", "summary", "id"]
FLOW_COLUMNS = ["start", "originator", "responder", "responderPort", "protocol", "application", "state"]


def block_ip(picket, args):
    block = picket.block(
        args["target"],
        ttl_seconds=number(args, "ttl_seconds"),
        reason=args.get("reason") or "ordered by Cortex XSOAR",
        event_id=args.get("event_id"),
        direction=args.get("direction"),
        protocol=args.get("protocol"),
        ports=[int(port) if str(port).isdigit() else port for port in as_list(args.get("ports"))],
    )
    return told(block, table("Blocked", [block], BLOCK_COLUMNS), "Block")


def unblock(picket, args):
    lifted = picket.unblock(args.get("target"), args.get("block_id"))
    return told(lifted, table("Lifted", lifted, BLOCK_COLUMNS), "Block")


def list_blocks(picket, args):
    query = {"state": args.get("state"), "target": args.get("target")}
    blocks = picket.pages("/v1/blocks", query, at_most(args, 100))
    return told(blocks, table("Blocks", blocks, BLOCK_COLUMNS), "Block")


def simulate(picket, args):
    found = picket.simulate(args["target"], number(args, "hours", 24))
    refused = found["refusal"]
    words = "### A block of %s would cut off\n%s flows of the last %s h, %s open connections, %s administrators.%s" % (
        found["target"], found["flows"], number(args, "hours", 24), len(found["sockets"]), len(found["administrators"]),
        " It would be refused: " + refused["detail"] if refused else "",
    )
    return told(found, words, "Simulation", "target")


def get_events(picket, args):
    names = {"attacker": "attacker", "address": "address", "kind": "kind", "family": "family", "from": "from",
             "to": "to", "min_severity": "minSeverity", "incident": "incident", "words": "q"}
    query = {theirs: args.get(ours) for ours, theirs in names.items()}
    events = picket.pages("/v1/events", query, at_most(args, 50))
    return told(events, table("Events", events, EVENT_COLUMNS), "Event")


def get_flows(picket, args):
    names = {"address": "address", "domain": "domain", "ja4": "ja4", "port": "port", "process": "process",
             "community_id": "communityId", "from": "from", "to": "to"}
    query = {theirs: args.get(ours) for ours, theirs in names.items()}
    flows = picket.pages("/v1/flows", query, at_most(args, 50))
    return told(flows, table("Flows", flows, FLOW_COLUMNS), "Flow", "communityId")


def get_evidence(picket, args):
    """The capture file as an entry; XSOAR looks for its bytes under INVESTIGATION_FILE."""
    packets = picket.evidence(args["event_id"])
    file_id = demisto.uniqueFile()
    with open("%s_%s" % (demisto.investigation()["id"], file_id), "wb") as file:
        file.write(packets)
    return {"Type": ENTRY_FILE, "ContentsFormat": "text", "Contents": "", "FileID": file_id,
            "File": "picket-%s.pcap" % args["event_id"]}


def give_verdict(picket, args):
    verdict = picket.judge(args["event_id"], args["verdict"], args.get("reason"))
    return told(verdict, table("Verdict", [verdict], ["eventId", "verdict", "reason"]), "Verdict", "eventId")


def fetch_incidents(picket, params):
    """New events of the wanted severity; an event has several states, and becomes one incident."""
    last = demisto.getLastRun() or {}
    seen, after = last.get("events", []), last.get("sequence")
    if after is None:
        after = newest_number(picket)
    most = int(params.get("max_fetch") or 50)
    states = picket.pages("/v1/events", {"fromSequence": after + 1}, most)
    if not states and last and newest_number(picket) < after:
        # The log was begun anew, and numbers from 1 again.
        after = 0
        states = picket.pages("/v1/events", {"fromSequence": 1}, most)
    incidents = []
    for event in states:
        after = max(after, event["sequence"])
        if event["severity"] < int(params.get("min_severity") or 7) or event["id"] in seen:
            continue
        seen.append(event["id"])
        incidents.append({
            "name": "%s: %s" % (event["kind"], event["attacker"] or event["host"] or "unknown"),
            "occurred": event["firstSeen"],
            "dbotMirrorId": event["id"],
            "severity": next((level for least, level in SEVERITIES if event["severity"] >= least), 0.5),
            "rawJSON": json.dumps(event),
        })
    demisto.setLastRun({"sequence": after, "events": seen[-REMEMBERED_EVENTS:]})
    demisto.incidents(incidents)


def newest_number(picket):
    return picket.call("GET", "/v1/health").get("record", {}).get("lastSequence", 0)


def as_list(value):
    if value in (None, ""):
        return []
    return value if isinstance(value, list) else [item.strip() for item in str(value).split(",")]


COMMANDS = {
    "picket-block-ip": block_ip,
    "picket-unblock": unblock,
    "picket-list": list_blocks,
    "picket-simulate": simulate,
    "picket-get-events": get_events,
    "picket-get-flows": get_flows,
    "picket-get-evidence": get_evidence,
    "picket-give-verdict": give_verdict,
}


def main():
    command = demisto.command()
    try:
        if command == "test-module":
            # Without a good token the agent tells no more than that it runs.
            health = client().call("GET", "/v1/health")
            demisto.results("ok" if "agent" in health else "the agent answers, but the token has not the scope read")
        elif command == "fetch-incidents":
            fetch_incidents(client(), demisto.params())
        elif command in COMMANDS:
            demisto.results(COMMANDS[command](client(), demisto.args()))
        else:
            raise NotImplementedError("no command %s" % command)
    except (PicketError, ValueError) as error:
        demisto.results({"Type": ENTRY_ERROR, "ContentsFormat": "text", "Contents": str(error)})
        sys.exit(0)


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
