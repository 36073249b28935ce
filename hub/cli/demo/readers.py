"""The agencies of the demo: they read their mail, find the code, and type it on the page."""

from __future__ import annotations

import re
from email import policy
from email.parser import BytesParser
from typing import Final

from hub.adapters.catcher import MailCatcher
from hub.cli.demo import DemoFailed
from hub.cli.demo.stage import Stage
from hub.notice import Notice

_ASKED: Final = re.compile(r"enter ([2-9A-HJKMNP-Z]{6})\s+at\s+(http\S+?)\.?(?=\s|$)")


async def acknowledge(stage: Stage, notice: Notice, name: str, role: str) -> None:
    """Acknowledge one notice as a person would: with the code from the mail, on the code page."""
    code, url = code_in(stage.mail, notice)
    form = {"name": name, "role": role, "code": code}
    async with stage.http.post(url, data=form) as answer:
        if answer.status != 200 or "is acknowledged" not in await answer.text():
            raise DemoFailed(f"the code page took no answer: {answer.status}")


def code_in(mail: MailCatcher, notice: Notice) -> tuple[str, str]:
    """Return the code and the page that the mail about this notice names."""
    for caught in reversed(mail.mails):
        text = text_of(caught.content)
        asked = _ASKED.search(" ".join(text.split()))
        if asked and asked[2].endswith(notice.id):
            return asked[1], asked[2]
    raise DemoFailed(f"no mail about notice {notice.id}")


def text_of(content: bytes) -> str:
    """Return the plain text of a mail."""
    body = BytesParser(policy=policy.default).parsebytes(content).get_body(("plain",))
    return str(body.get_content()) if body is not None else ""
