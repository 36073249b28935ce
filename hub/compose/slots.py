"""Markdown into HTML and plain text with slots for values: a value is never read as Markdown.

Of Markdown there are paragraphs, **bold**, *italic* and lists. A paragraph that begins in bold is a
section: its bold words become a heading, so that a screen reader can go from one to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

OPEN, CLOSE = "\ue000", "\ue001"
"""The private-use characters around a slot; a template may not hold them (template.py)."""

_SLOT: Final = re.compile(f"{OPEN}([a-z]+){CLOSE}")
_MARKED: Final = re.compile(r"[&<>\"'\n]")
"""What does not stand in HTML as it is."""
_PHONE: Final = re.compile(r"\+?[0-9 ()]{7,24}")
_MARKDOWN: Final = MarkdownIt("zero").enable(["emphasis", "list", "newline"])

_BLOCKS: Final = {
    "bullet_list_open": "<ul>\n",
    "bullet_list_close": "</ul>\n",
    "ordered_list_open": "<ol>\n",
    "ordered_list_close": "</ol>\n",
    "list_item_open": "<li>",
    "list_item_close": "</li>\n",
}
_INLINE_HTML: Final = {
    "strong_open": "<strong>",
    "strong_close": "</strong>",
    "em_open": "<em>",
    "em_close": "</em>",
    "softbreak": "\n",
    "hardbreak": "<br>\n",
}
_INLINE_TEXT: Final = {"softbreak": " ", "hardbreak": "\n"}

_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{reference}</title>
</head>
<body style="margin:0;padding:16px;max-width:40em;font:16px/1.5 Arial,sans-serif;\
overflow-wrap:anywhere">
<h1 style="font-size:20px;margin:0 0 16px">{reference}</h1>
{body}</body>
</html>
"""
_HEADING: Final = '<h2 style="font-size:16px;margin:16px 0 0">{}</h2>\n'
_PARAGRAPH: Final = '<p style="margin:0 0 8px">{}</p>\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A template laid out for one shape: our words at even places, names of facts at odd ones."""

    html: tuple[str, ...]
    text: tuple[str, ...]
    shown: tuple[str, ...]
    """The facts shown, in the order of reading, each once."""


def slot(fact: str) -> str:
    """Return what stands in the Markdown where the value of this fact will be."""
    return f"{OPEN}{_name(fact)}{CLOSE}"


def lay(markdown: str, facts: Iterable[str], reference: str) -> Laid:
    """Lay out Markdown with slots as an HTML page and as text; `reference` is the title fact."""
    by_slot = {_name(fact): fact for fact in facts}
    html, text = _both(_MARKDOWN.parse(markdown))
    title = slot(reference)
    html = _PAGE.format(reference=title, body=html)
    parts = _split(html, by_slot)
    return Laid(
        html=parts,
        text=_split(f"{title}\n\n{text}", by_slot),
        shown=tuple(dict.fromkeys(parts[1::2])),
    )


def fill_html(laid: Laid, values: Mapping[str, str]) -> str:
    """Return the HTML page with every value escaped, its line ends kept."""
    parts = list(laid.html)
    parts[1::2] = [_in_html(name, values[name]) for name in laid.html[1::2]]
    return "".join(parts)


def fill_text(laid: Laid, values: Mapping[str, str]) -> str:
    """Return the text with the values as they are."""
    parts = list(laid.text)
    parts[1::2] = [values[name] for name in laid.text[1::2]]
    return "".join(parts)


def _in_html(name: str, value: str) -> str:
    safe = escape(value).replace("\n", "<br>\n") if _MARKED.search(value) else value
    if name == "ack_page":
        return f'<a href="{safe}">{safe}</a>'
    if name.endswith("_phone") and _PHONE.fullmatch(value):
        return f'<a href="tel:{re.sub("[ ()]", "", value)}">{safe}</a>'
    return safe


def _name(fact: str) -> str:
    return fact.replace("_", "")  # an underscore could be read as emphasis


def _split(whole: str, by_slot: Mapping[str, str]) -> tuple[str, ...]:
    parts = _SLOT.split(whole)
    parts[1::2] = [by_slot[name] for name in parts[1::2]]
    return tuple(parts)


def _both(tokens: Sequence[Token]) -> tuple[str, str]:
    html: list[str] = []
    text: list[str] = []
    marks: list[str] = []
    for token in tokens:
        if token.type == "inline":
            as_html, as_text = _paragraph(token, marks)
            html.append(as_html)
            text.append(as_text)
            continue
        html.append(_BLOCKS.get(token.type, ""))  # a paragraph's own tags come with its words
        if token.type == "list_item_open":
            marks.append(f"{token.info}. " if token.info else "- ")
        elif token.type == "list_item_close":
            marks.pop()
        elif token.type.endswith("_list_close") and not marks:
            text.append("\n")
    return "".join(html), "".join(text).strip() + "\n"


def _paragraph(token: Token, marks: Sequence[str]) -> tuple[str, str]:
    words = [child for child in token.children or () if child.type != "text" or child.content]
    if marks:
        indent = "  " * (len(marks) - 1)
        return _html(words), f"{indent}{marks[-1]}{_text(words)}\n"
    if not words or words[0].type != "strong_open":
        return _PARAGRAPH.format(_html(words)), f"{_text(words)}\n\n"
    end = next(at for at, child in enumerate(words) if child.type == "strong_close")
    head, rest = words[1:end], words[end + 1 :]
    heading, under = _HEADING.format(_html(head)), _html(rest).strip()
    body = _PARAGRAPH.format(under) if under else ""
    return f"{heading}{body}", f"{_text(head)}\n{_text(rest).strip()}\n\n"


def _html(words: Iterable[Token]) -> str:
    return "".join(
        escape(child.content) if child.type == "text" else _INLINE_HTML[child.type]
        for child in words
    )


def _text(words: Iterable[Token]) -> str:
    return "".join(
        child.content if child.type == "text" else _INLINE_TEXT.get(child.type, "")
        for child in words
    )
