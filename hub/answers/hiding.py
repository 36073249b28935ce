"""A notice for those whom it is not for: without the code, with which they could answer it."""

from __future__ import annotations

from hub.ports import NoticeRecord


def without_code(record: NoticeRecord) -> str:
    """Return the notice's words without its code: its reader here must not answer for others."""
    return hidden(record.notice.text, record.notice.ack_code)


def hidden(text: str, code: str) -> str:
    """Return the text without the code, however it is spelled there."""
    for spelling in (code, f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}"):
        text = text.replace(spelling, "(the code, which only its reader is shown)")
    return text
