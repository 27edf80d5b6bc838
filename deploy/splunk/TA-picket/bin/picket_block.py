"""Splunk's alert action: orders a block from the Picket agent that a result names.

Reads the payload on standard input (alert_actions.conf: payload_format = json). Exit code 0: blocked, or already
blocked; 2: refused by a guard, or wrongly configured; 3: the agent could not be reached.

Which agent is asked is taken from an event, which somebody may have forged. So a token goes to no host but the one
that it is for, and over TLS only to who shows a certificate of the agents' own authority.
"""

import ipaddress
import json
import os
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")


def fail(code, words):
    sys.stderr.write("ERROR %s\n" % words)
    sys.exit(code)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """What is told in an Authorization header would go along."""

    def redirect_request(self, *args, **kwargs):
        return None


def read_order(configuration):
    ttl = int(configuration.get("ttl_seconds") or 3600)
    target = str(ipaddress.ip_network(configuration.get("target", "").strip(), strict=True))
    reason = (configuration.get("reason") or "ordered by Splunk")[:200]
    return {"target": target, "ttlSeconds": ttl, "reason": reason}


def read_token(path, host):
    """Returns the token for a host, out of a file or of a folder with a file of its name; None where none is used."""
    if not path:
        return None
    if os.path.isdir(path):
        if not HOST.fullmatch(host):
            raise ValueError("%r is no name of a host" % host)
        path = os.path.join(path, host)
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def tls_context(configuration):
    authority = configuration.get("ca_file")
    if not authority:
        raise ValueError("ca_file is empty; give the authority of the agents' certificates")
    context = ssl.create_default_context(cafile=authority)
    if configuration.get("certificate_file"):
        context.load_cert_chain(configuration["certificate_file"], configuration.get("key_file") or None)
    return context


def request_for(configuration, order, sid):
    """Returns the request, and what opens it."""
    address = urllib.parse.urlsplit(configuration.get("url", "").strip())
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError("url is %r; give https://HOST:8460" % configuration.get("url"))
    handlers = [NoRedirect()]
    if address.scheme == "https":
        handlers.append(urllib.request.HTTPSHandler(context=tls_context(configuration)))
    token = read_token(configuration.get("token_file"), address.hostname)
    if token is None and not configuration.get("certificate_file"):
        raise ValueError("neither token_file nor certificate_file is given")
    headers = {
        "Content-Type": "application/json",
        # A search that is run again orders the same block, not another.
        "Idempotency-Key": ("splunk-%s-%s" % (sid, order["target"]))[:200],
    }
    if token is not None:
        headers["Authorization"] = "Bearer " + token
    url = "%s://%s/v1/blocks" % (address.scheme, address.netloc)
    body = json.dumps(order).encode("utf-8")
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    return request, urllib.request.build_opener(*handlers)


def main():
    payload = json.load(sys.stdin)
    configuration = payload.get("configuration", {})
    try:
        order = read_order(configuration)
        request, opener = request_for(configuration, order, payload.get("sid", "none"))
    except (ValueError, OSError) as error:
        fail(2, "the action is wrongly configured: %s" % error)
    try:
        with opener.open(request, timeout=15) as answer:
            block = json.load(answer)
    except urllib.error.HTTPError as error:
        fail(2, "the agent refused: %s %s" % (error.code, error.read(2000).decode("utf-8", "replace")))
    except (urllib.error.URLError, OSError, ValueError) as error:
        fail(3, "the agent at %s could not be asked: %s" % (request.full_url, error))
    sys.stderr.write("INFO %s is blocked (%s)\n" % (block.get("target"), block.get("state")))


if __name__ == "__main__":
    main()
