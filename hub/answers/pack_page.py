"""The closure pack for people: one page without scripts, and a word on how to check the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from hub.receipt import SAID
from hub.vocabulary import Rung

READ_ME: Final = """CLOSURE PACK

index.html         every party, what it was told, and how far the evidence reaches: begin here
confirmation.json  the lead enquiry officer's confirmation of closure, signed by the hub
closure.json       the same as index.html, for programs
words/             each notice as it is read, without its code
deliveries/        each notice as it was sent, octet for octet
receipts/          all that was learnt of each notice, with its raw evidence
mail/              each mail that came back, octet for octet
MANIFEST.sha256    the SHA-256 of each of these files
MANIFEST.seal.json the hub's signature over the manifest

To check it: hub verify PACK.zip --keys KEYS
KEYS is what the hub answers at /v1/keys. Get it from the hub or from whoever kept it, never from
whoever gave you the pack. 0: verified. 1: tampered with. 2: something is missing. 3: not asked as
it must be.

What it proves: that the hub signed these octets, that the confirmation rests on these notices and
receipts, and that nothing was changed, added or taken away since. What it does not prove: that
the hub was told everything, and that what it was told was true.

Where a notice was never acknowledged, its code could still be used. Then what holds the code is
not here but its hash is: whoever received the notice has the octets that give this hash.
"""

_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#0b0c0c}"
    ".side{display:grid;grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:1rem}"
    "article{border:1px solid #505a5f;padding:0 1rem 1rem;min-width:0}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f3f2f1;padding:1rem}"
    "code{overflow-wrap:anywhere}.gap{border-left:.5rem solid #d4351c;padding-left:1rem}"
)


def page(index: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """Return the index as HTML; `words` are the notices by the names of their files."""
    return "\n".join(_page(index, words)) + "\n"


def _page(index: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    title = f"{escape(index['reference'])}: closure, and the evidence"
    yield '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
    yield f"<title>{title}</title><style>{_STYLE}</style></head><body><main><h1>{title}</h1>"
    confirmed, authorised = index["confirmed"], index["authorised"]
    if authorised:
        yield f"<p>Authorised by {escape(authorised['by'])}, {authorised['at']}.</p>"
    by = f"{escape(confirmed['by'])}, {escape(confirmed['role'])}, {confirmed['at']}"
    yield f'<p>Confirmed by {by}: <a href="confirmation.json">the signed confirmation</a>.</p>'
    if index["flags"]:
        yield "<h2>On the record with it</h2><ul>"
        yield from (f"<li>{escape(flag)}</li>" for flag in index["flags"])
        yield "</ul>"
    for one in index["went_ahead"]:
        yield f"<h2>A meeting went ahead</h2><p>{one['meeting_at']}: {escape(one['reason'])}"
        yield f" ({escape(one['decided_by'])})</p>"
    for party in index["parties"]:
        yield from _party(party, words)
    yield "</main></body></html>"


def _party(party: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    yield f"<section><h2>{escape(party['name'])} ({party['role']})</h2>"
    if party["confirmed"]:
        yield f"<p>Confirmed as: {_said(party['confirmed'])}.</p>"
    for says in party["missing"]:
        yield f'<p class="gap">{escape(says)}.</p>'
    for waiver in party["waivers"]:
        yield f"<p>Confirmed without it by {escape(waiver['name'])}: {escape(waiver['reason'])}</p>"
    if party["held"]:
        yield f"<p>Still held from it: {escape(', '.join(party['held']))}.</p>"
    if not party["notices"]:
        yield "<p>No notice was written to it.</p>"
    yield '<div class="side">'
    for notice in party["notices"]:
        yield from _notice(notice, words)
    yield "</div></section>"


def _notice(notice: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    name = notice["notice"].replace("-", " ").capitalize()
    yield f"<article><h3>{escape(name)}</h3><p>{notice['written']}. {_said(notice['reached'])}"
    if notice["setbacks"]:
        yield f" ({escape(', '.join(notice['setbacks']))})"
    yield f'. <a href="{notice["receipts"]}">Every receipt</a>.</p>'
    yield f"<pre>{escape(words[notice['words']])}</pre><ul>"
    yield from (_kept(f"Sent by {one['channel']}", one) for one in notice["deliveries"])
    yield from (_kept(f"Came back {one['received']}", one) for one in notice["mail"])
    yield "</ul></article>"


def _kept(what: str, one: Mapping[str, str]) -> str:
    if "file" in one:
        return f'<li>{what}: <a href="{one["file"]}">octet for octet</a></li>'
    return f"<li>{what}: SHA-256 <code>{one['sha256']}</code>; {escape(one['withheld'])}</li>"


def _said(rung: str) -> str:
    return SAID[Rung(rung)].capitalize()
