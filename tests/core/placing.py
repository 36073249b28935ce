"""Thirty authorities that place adults: made-up mailboxes under real codes, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from hub.concern import Party
from hub.directory import Agency, Contact, Directory
from hub.notice import Notice
from hub.page import Page
from hub.vocabulary import AgencyId, AgencyKind, ContactId, Nation, Role
from tests.core.story import Story, placed

ENGLISH: Final = tuple(f"gss:E060000{n:02}" for n in range(1, 19))
WELSH: Final = tuple(f"gss:W060000{n:02}" for n in range(1, 6))
SCOTTISH: Final = tuple(f"gss:S120000{n:02}" for n in (5, 6, 8))
BOARDS: Final = ("ods:QNX", "ods:QXU", "ods:QRL", "ods:QU9")
COUNCILS: Final = (*ENGLISH, *WELSH, *SCOTTISH)
THIRTY: Final = (*COUNCILS, *BOARDS)


def as_party(code: str) -> Party:
    """Return one of the thirty as what it is here."""
    role = Role.PLACING_ICB if code in BOARDS else Role.PLACING_AUTHORITY
    return Party(agency=AgencyId(code), role=role)


def line(code: str, *adults: str) -> dict[str, Any]:
    """Return one line of a register for one of the thirty."""
    numbers = adults or (number_of(code),)
    return placed(code, *numbers, kind="icb" if code in BOARDS else "council")


def number_of(code: str) -> str:
    """Return the record number of the one adult whom each of the thirty has placed."""
    return f"{code.partition(':')[2]}-A1"


def contact(code: str, order: int = 0, **more: Any) -> Contact:  # noqa: ANN401 - of any field
    """Return a mailbox of one of the thirty."""
    name = code.partition(":")[2].lower()
    roles = {as_party(code).role, Role.OTHER_HOST, Role.PARTICIPANT}
    mailbox = Contact(
        id=ContactId(f"{name}-{order}"),
        agency=AgencyId(code),
        roles=frozenset(roles),
        name="Duty desk",
        address=f"desk{order}@{name}.example",
        order=order,
    )
    return replace(mailbox, **more)


def with_thirty(directory: Directory) -> Directory:
    """Return the directory in which all thirty have a mailbox."""
    new = [code for code in THIRTY if directory.agency(AgencyId(code)) is None]
    agencies = tuple(
        Agency(
            id=AgencyId(code),
            name=f"Authority {code.partition(':')[2]}",
            kind=AgencyKind.ICB if code in BOARDS else AgencyKind.COUNCIL,
            nation=Nation.SCOTLAND if code in SCOTTISH else Nation.ENGLAND_AND_WALES,
        )
        for code in new
    )
    contacts = tuple(contact(code) for code in new)
    return replace(
        directory,
        agencies=(*directory.agencies, *agencies),
        contacts=(*directory.contacts, *contacts),
    )


def opened(directory: Directory | None = None) -> Story:
    """Return a concern that has been opened, with the thirty in its directory."""
    story = Story()
    known = with_thirty(story.paper.tools.directory) if directory is None else directory
    story.paper.tools = replace(story.paper.tools, directory=known)
    story.opens()
    return story


def changed(
    story: Story, agencies: Iterable[Agency] = (), contacts: Iterable[Contact] = ()
) -> None:
    """Put these into the story's directory, in place of what has their ids."""
    directory = story.paper.tools.directory
    new_agencies = {a.id: a for a in (*directory.agencies, *agencies)}
    new_contacts = {c.id: c for c in (*directory.contacts, *contacts)}
    corrected = replace(
        directory, agencies=tuple(new_agencies.values()), contacts=tuple(new_contacts.values())
    )
    story.paper.tools = replace(story.paper.tools, directory=corrected)


def to(page: Page, party: Party) -> list[Notice]:
    """Return the notices that a page has for one party, in order."""
    return [notice for notice in page.notices if notice.party == party]
