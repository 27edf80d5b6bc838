"""Calls one Picket agent: what Cortex XSOAR's integration and Splunk SOAR's app have in common.

Standard library alone. A failure is a PicketError whose words are the agent's own: what went wrong, the guard that
refused, the hint.
"""

import http.client
import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request


# An agent that is asked too much, or cannot just now, says when to ask again. That does no harm: a block is one a target.
ASK_AGAIN = (429, 503)
TIMES = 4
PATIENCE_SECONDS = 60


class PicketError(Exception):
    """The agent refused, or could not be asked. `status` is HTTP's, 0 where there was no answer."""

    def __init__(self, words, status=0, problem=None):
        super().__init__(words)
        self.status = status
        self.problem = problem or {}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are not followed: the token would go along to whoever is named."""

    def redirect_request(self, *args, **kwargs):
        return None


class Picket:
    """One agent. `url` is that of its API, without a path; `ca` the PEM of the authority of its certificate."""

    def __init__(self, url, token, ca=None, verify=True, proxy=False, timeout=30):
        self.url = url.rstrip("/")
        self.token = token
        self.timeout = timeout
        handlers = [NoRedirect()] + ([] if proxy else [urllib.request.ProxyHandler({})])
        if self.url.startswith("https:"):
            context = ssl.create_default_context(cadata=ca or None)
            if not verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self.opener = urllib.request.build_opener(*handlers)

    def call(self, method, path, query=None, body=None, packets=False):
        """Returns what the answer's JSON says, or its bytes where it is packets."""
        given = {key: value for key, value in (query or {}).items() if value not in (None, "")}
        address = self.url + path + ("?" + urllib.parse.urlencode(given) if given else "")
        request = urllib.request.Request(address, method=method)
        request.add_header("Authorization", "Bearer " + self.token)
        request.add_header("Accept", "application/json, application/problem+json, */*;q=0.1")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode("utf-8")
        content, kind = self.answer(request)
        if packets:
            return content
        if "json" not in kind:
            # A proxy, or a page to log in at: read as an answer it would look as if there were nothing.
            raise PicketError("at %s somebody else answers than Picket (%s)" % (self.url, kind or "no type"))
        try:
            return json.loads(content)
        except ValueError as error:
            raise PicketError("the answer of %s is no JSON: %s" % (self.url, error)) from error

    def answer(self, request):
        """Sends it, again where the agent says when; returns the answer's bytes and their type."""
        waited = 0
        for attempt in range(1, TIMES + 1):
            try:
                with self.opener.open(request, timeout=self.timeout) as answer:
                    return answer.read(), answer.headers.get("Content-Type", "")
            except urllib.error.HTTPError as error:
                wait = seconds_to_wait(error)
                waited += wait or 0
                if wait is None or attempt == TIMES or waited > PATIENCE_SECONDS:
                    raise refusal(error) from error
                time.sleep(wait)
            except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
                words = str(error) or type(error).__name__
                raise PicketError("the agent at %s could not be asked: %s" % (self.url, words)) from error

    def block(self, target, ttl_seconds=None, reason=None, event_id=None, **scope):
        """Blocks an address or a range; `ttl_seconds` 0 is for good, None as long as the agent's default."""
        order = {"target": target, "reason": reason, "eventId": event_id, **scope}
        order = {key: value for key, value in order.items() if value not in (None, "", [])}
        if ttl_seconds is not None:
            order["ttlSeconds"] = ttl_seconds or None
        return self.call("POST", "/v1/blocks", body=order)

    def unblock(self, target=None, block_id=None):
        """Lifts one block by its id, or those that touch a target; returns them."""
        if block_id:
            return [self.call("DELETE", "/v1/blocks/" + urllib.parse.quote(block_id, safe=""))]
        if not target:
            raise PicketError("name a target or the id of a block; to lift all, use picket unblock --all on the host")
        return self.call("DELETE", "/v1/blocks", query={"target": target})["items"]

    def simulate(self, target, hours=24):
        """Says what a block would cut off, and which guard would refuse it; changes nothing."""
        return self.call("POST", "/v1/blocks/simulate", body={"target": target, "hours": hours})

    def pages(self, path, query, at_most):
        """Follows the cursor of a listing until it ends, or `at_most` items are there."""
        items, cursor = [], None
        while len(items) < at_most:
            limit = min(1000, at_most - len(items))
            page = self.call("GET", path, query={**query, "limit": limit, "cursor": cursor})
            items += page["items"]
            cursor = page["nextCursor"]
            if cursor is None:
                break
        return items

    def evidence(self, event_id):
        """Returns the packets behind an event, a pcap file's bytes."""
        return self.call("GET", "/v1/events/%s/evidence" % urllib.parse.quote(event_id, safe=""), packets=True)

    def judge(self, event_id, verdict, reason=None):
        """Says whether an event told of an attack: `true-positive` or `false-positive`."""
        path = "/v1/events/%s/verdict" % urllib.parse.quote(event_id, safe="")
        return self.call("POST", path, body={"verdict": verdict, "reason": reason})


def seconds_to_wait(error):
    """Seconds until the agent wants to be asked again; None where asking again would change nothing."""
    after = error.headers.get("Retry-After", "")
    return int(after) if error.code in ASK_AGAIN and after.isdigit() else None


def refusal(error):
    """Puts an RFC 9457 problem into words."""
    try:
        problem = json.loads(error.read())
        words = ": ".join(filter(None, [problem["title"], problem.get("detail")]))
        for fault in problem.get("errors", []):
            words += "; %s %s" % (fault["field"], fault["message"])
        words += "; hint: " + problem["hint"] if "hint" in problem else ""
    except (ValueError, KeyError, TypeError, OSError, http.client.HTTPException):
        problem, words = {}, "the agent answered HTTP %s" % error.code
    return PicketError(words, error.code, problem)
