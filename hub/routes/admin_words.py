"""What readiness and a trial of a webhook say, in words for people. Pure."""

from __future__ import annotations

from typing import Final

from hub.notice import Accepted, Deferred, InDoubt, Outcome, Refused
from hub.vocabulary import Channel

_PARTS: Final = {
    "register": "The register",
    "broker": "The message broker",
    "queue": "The queue",
    "inbox": "Returned mail",
    "facts": "Facts for publishers",
    "paused": "The hub is paused",
    Channel.EMAIL.value: "Mail",
    Channel.CJSM.value: "Secure Mail",
    Channel.MESH.value: "MESH",
    Channel.SMS.value: "Texts",
    Channel.WEBHOOK.value: "Webhooks",
}
_PHASES: Final = {
    "check": "It was stopped before anything was sent.",
    "dial": "Our own guard did not let us connect.",
    "connect": "No connection was made.",
    "body": "The ping was sent.",
    "answer": "The ping was sent and answered.",
}


def health_words(why: str) -> str:
    """Return a reason of readiness with its part in words: `mail` is `Mail` and so on."""
    part, colon, rest = why.partition(":")
    return f"{_PARTS[part]}: {rest.strip()}" if colon and part in _PARTS else why


def came_of(outcome: Outcome) -> tuple[str, str]:
    """Return in one word how a trial went, and the colour of its tag."""
    match outcome:
        case Accepted():
            return "It works", "green"
        case Deferred():
            return "It does not take it now", "yellow"
        case Refused():
            return "It refuses", "red"
        case InDoubt():
            return "No answer was read", "yellow"


def steps_of(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    """Return what the wire said of a trial: how far it came, name, TLS, status and time taken."""
    wire = dict(outcome.evidence)
    found = [("How far it came", _PHASES.get(wire.get("phase", ""), "It was not tried."))]
    for key, label in (("remote", "Address"), ("tls", "TLS"), ("status", "Status")):
        if wire.get(key):
            found.append((label, wire[key]))
    if wire.get("seconds"):
        found.append(("Time taken", f"{wire['seconds']} seconds"))
    return (*found, ("What it means", f"{outcome.detail[:1].upper()}{outcome.detail[1:]}"))
