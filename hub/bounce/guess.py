"""A bounce in a mail server's own words, where it sent no report that a machine reads."""

from __future__ import annotations

import logging
from email.parser import BytesParser
from typing import Final

from flufl.bounce import all_failures

from hub.bounce.mail import Group
from hub.bounce.report import plain

# It writes into its log what it stumbles over: other people's words.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)

MOST_OCTETS: Final = 64 * 1024
MOST_LINES: Final = 2_000

FAILED: Final = "failed"
DELAYED: Final = "delayed"


def groups_in_words(raw: bytes) -> tuple[Group, ...]:
    """Return who could not be reached, and who not yet; empty where nothing is recognised.

    The beginning of the mail is looked through, where mail servers say what they have to say: the
    detectors take a second for each few thousand lines.

    It says nothing of success: words do not prove that. Whatever is not recognised, or makes the
    detectors stumble, is left to a person.
    """
    lines = raw[:MOST_OCTETS].split(b"\n", MOST_LINES)[:MOST_LINES]
    try:
        temporary, permanent = all_failures(BytesParser().parsebytes(b"\n".join(lines)))
    except Exception:  # noqa: BLE001 (whatever a mail holds; its raw bytes are kept)
        return ()
    failed = [Group(action=FAILED, final=_address(one)) for one in sorted(permanent)]
    delayed = [Group(action=DELAYED, final=_address(one)) for one in sorted(temporary - permanent)]
    return (*failed, *delayed)


def _address(octets: bytes | str) -> str:
    return plain(octets if isinstance(octets, str) else octets.decode("utf-8", "replace"))
