"""What may stand behind the `?` of a path."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from hub.api.base import Model

MOST: Final = 100
_DIGITS: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


def _whole(value: object) -> object:
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        msg = "send digits alone"
        raise ValueError(msg)
    return value


class Listing(Model):
    """How many entries one answer has at most."""

    limit: Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_whole)] = 50


class Numbered(Model):
    """One page of a list by its number; a page that is not there is 404."""

    page: Annotated[int, Field(ge=1, le=10**6), BeforeValidator(_whole)] = 1


class Before(Listing):
    """A page of a list, the newest first; `Link` names the next one."""

    before: Annotated[int, Field(ge=1, le=10**17), BeforeValidator(_whole)] | None = None


class BeforeTask(Listing):
    """A page of tasks; `before` is what the `Link` of the page before said."""

    before: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,300}$")] | None = None


class BeforeConcern(Listing):
    """A page of concerns; `before` is what the `Link` of the page before said."""

    before: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,300}$")] | None = None
