"""Splunk SOAR's app: one asset an agent. Thin: each action is one call of picket_client."""

import os
import tempfile

import phantom.app as phantom
import phantom.rules as rules
from phantom.action_result import ActionResult
from phantom.base_connector import BaseConnector

from picket_client import Picket, PicketError


class PicketConnector(BaseConnector):
    def initialize(self):
        config = self.get_config()
        self._picket = Picket(
            config["url"],
            config["token"],
            ca=config.get("ca"),
            verify=config.get("verify_server_cert", True),
        )
        return phantom.APP_SUCCESS

    def finalize(self):
        return phantom.APP_SUCCESS

    def handle_action(self, param):
        result = self.add_action_result(ActionResult(dict(param)))
        try:
            words = getattr(self, "_" + self.get_action_identifier())(result, param)
        except PicketError as error:
            self.save_progress(str(error))
            return result.set_status(phantom.APP_ERROR, str(error))
        except ValueError as error:
            return result.set_status(phantom.APP_ERROR, "the parameters cannot be read: %s" % error)
        return result.set_status(phantom.APP_SUCCESS, words)

    def _test_connectivity(self, _result, _param):
        health = self._picket.call("GET", "/v1/health")
        # Without a good token the agent tells no more than that it runs.
        if "agent" not in health:
            raise PicketError("the agent answers, but the token has not the scope read")
        self.save_progress("Picket %s is %s" % (health["version"], health["status"]))
        return "Test Connectivity Passed"

    def _block_ip(self, result, param):
        seconds = param.get("ttl_seconds")
        block = self._picket.block(
            param["target"],
            ttl_seconds=None if seconds is None else int(seconds),
            reason=param.get("reason") or "ordered by Splunk SOAR",
            event_id=param.get("event_id"),
        )
        result.add_data(block)
        return "%s is blocked (%s)" % (block["target"], block["state"])

    def _unblock_ip(self, result, param):
        lifted = self._picket.unblock(param.get("target"), param.get("block_id"))
        return self._listed(result, lifted, "blocks lifted")

    def _list_blocks(self, result, param):
        query = {"target": param.get("target"), "state": param.get("state")}
        return self._listed(result, self._picket.pages("/v1/blocks", query, self._limit(param)), "blocks")

    def _simulate_block(self, result, param):
        found = self._picket.simulate(param["target"], int(param.get("hours", 24)))
        result.add_data(found)
        result.update_summary({
            "flows": found["flows"],
            "open_connections": len(found["sockets"]),
            "would_be_refused": found["refusal"] is not None,
        })
        return "a block of %s would cut off %s flows" % (found["target"], found["flows"])

    def _get_events(self, result, param):
        names = {"address": "address", "kind": "kind", "min_severity": "minSeverity", "words": "q"}
        query = {theirs: param.get(ours) for ours, theirs in names.items()}
        return self._listed(result, self._picket.pages("/v1/events", query, self._limit(param)), "events")

    def _get_flows(self, result, param):
        query = {name: param.get(name) for name in ("address", "domain", "ja4", "port", "process")}
        return self._listed(result, self._picket.pages("/v1/flows", query, self._limit(param)), "flows")

    def _get_evidence(self, result, param):
        name = "picket-%s.pcap" % param["event_id"]
        packets = self._picket.evidence(param["event_id"])
        handle, path = tempfile.mkstemp(suffix=".pcap")
        with os.fdopen(handle, "wb") as file:
            file.write(packets)
        is_kept, words, vault_id = rules.vault_add(
            container=self.get_container_id(), file_location=path, file_name=name
        )
        if not is_kept:
            raise PicketError("the vault did not take the packets: %s" % words)
        result.add_data({"vault_id": vault_id, "file_name": name, "size": len(packets)})
        return "%s bytes of packets are in the vault" % len(packets)

    def _give_verdict(self, result, param):
        result.add_data(self._picket.judge(param["event_id"], param["verdict"], param.get("reason")))
        return "the verdict is recorded"

    @staticmethod
    def _limit(param):
        limit = int(param.get("limit", 100))
        if limit < 1:
            # None at all would look as if there were none.
            raise PicketError("limit is %d; 1 or more was expected" % limit)
        return limit

    @staticmethod
    def _listed(result, items, what):
        for item in items:
            result.add_data(item)
        result.update_summary({"found": len(items)})
        return "%s %s" % (len(items), what)
