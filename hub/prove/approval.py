"""What is newly disclosed needs approval by name: two different people whom the new pack names.

An approval stands for one pair of packs and one set of disclosures: change either, and it is asked
again. It is a record of what named people said, not a signature.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from hub.pack.faults import nearest
from hub.pack.rules import Pack
from hub.prove.compare import Comparison
from hub.vocabulary import HubError, PackHash

PEOPLE = 2
"""How many different people approve, as for the pack itself."""


class NotApproved(HubError):
    """This does not approve what is newly disclosed:"""  # noqa: D400  # the reason follows


class NoApprovals(HubError):
    """This is no file of approvals:"""  # noqa: D400  # its name and the fault follow


class Approval(BaseModel):
    """Who approved, when, that this pack discloses this much more than that one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    old: PackHash
    new: PackHash
    disclosed: str
    """The digest of every case in which something is newly told."""
    names: tuple[str, ...]
    """Each `Name, role`; the role is one of the new pack's `approved_by`."""
    at: AwareDatetime


_FILE = TypeAdapter(tuple[Approval, ...])


def approve(found: Comparison, new: Pack, names: Sequence[str], at: AwareDatetime) -> Approval:
    """Return the record of an approval. Raises NotApproved where these people may not give it."""
    wrong = _wrong(names, new)
    if wrong:
        raise NotApproved(wrong)
    return Approval(
        old=found.old, new=found.new, disclosed=found.disclosed, names=tuple(names), at=at
    )


def approval_of(found: Comparison, new: Pack, known: Sequence[Approval]) -> Approval | None:
    """Return the approval of exactly these disclosures, if it was given; the latest of several."""
    asked = (found.old, found.new, found.disclosed)
    fitting = [
        given
        for given in known
        if (given.old, given.new, given.disclosed) == asked and not _wrong(given.names, new)
    ]
    return max(fitting, key=lambda approval: approval.at, default=None)


def read_approvals(name: str, text: str) -> tuple[Approval, ...]:
    """Read a file of approvals. Raises NoApprovals where it is none."""
    try:
        return _FILE.validate_json(text)
    except ValidationError as error:
        raise NoApprovals(f"{name}: {error.errors()[0]['msg']}") from error


def written(approvals: Sequence[Approval]) -> str:
    """Return a file of approvals, one after the other as they were given."""
    return _FILE.dump_json(tuple(approvals), indent=2).decode() + "\n"


def _wrong(names: Sequence[str], new: Pack) -> str:
    """Say why these are not two different people whom the pack names; empty where they are."""
    roles = {_plain(role): role for role in new.approved_by}
    people, held = set(), set()
    for name in names:
        person, _, role = (part.strip() for part in name.rpartition(","))
        if not person:
            return f"`{name}` names no person: write `Name, role`"
        if _plain(role) not in roles:
            meant = nearest(role, new.approved_by)
            hint = f"; did you mean `{meant}`?" if meant else ""
            return f"`{role}` approves nothing in this pack: {' or '.join(new.approved_by)}{hint}"
        people.add(_plain(person))
        held.add(_plain(role))
    if min(len(people), len(held)) < PEOPLE:
        return f"{PEOPLE} different people approve, each in another role: {', '.join(names)}"
    return ""


def _plain(words: str) -> str:
    return " ".join(words.casefold().split())
