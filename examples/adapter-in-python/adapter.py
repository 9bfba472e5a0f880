"""An adapter for `npm run suites`, in Python and its standard library alone. federation-tests/ADAPTERS.md describes what it speaks."""

import base64
import json
import sys

import canonical
import events


def hello(request):
    if (request["protocol"], request["version"]) != ("openguild.suites", 1):
        raise ValueError("another protocol")
    suites = ["canonical-form", "event-ids", "redaction"]
    return {"protocol": "openguild.suites", "version": 1, "engine": "examples/adapter-in-python", "suites": suites}


def canonical_text(request):
    try:
        return {"canonical": canonical.canonical(canonical.read(base64.b64decode(request["text"] + "==")))}
    except canonical.Refused:
        return {"refused": True}


ANSWERS = {
    "hello": hello,
    "canonical": canonical_text,
    "event-id": lambda request: events.ids(request["event"]),
    "redact": lambda request: {"event": events.redact(request["event"])},
}


def main():
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            answer = {"ok": ANSWERS[request["op"]](request)}
        except (KeyError, TypeError, ValueError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": request["id"], **answer}), flush=True)


main()
