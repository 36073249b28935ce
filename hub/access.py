"""Who may do what at the console and the API, by their post; and who a person is. Pure.

A post gives acts; which concerns, notices and contacts they reach is decided beside it, by the
person's own organisation (need to know: the Care Act guidance 14.187, the sharing protocol).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from hub.events.model import Code
from hub.vocabulary import AgencyId

BY_KEY: Final = "key:"
"""How the id begins of whoever acts by a key of the API, and not as a person who signed in."""


class Post(StrEnum):
    """What a signed-in person is to their organisation."""

    LEO = "lead enquiry officer"
    CHAIR = "chair"
    AGENCY = "agency officer"
    PROVIDER = "provider contact"
    AUDITOR = "auditor"
    PRIVACY_OFFICER = "privacy officer"
    ADMINISTRATOR = "administrator"


class Act(StrEnum):
    """What somebody may want to do."""

    READ_CONCERNS = "read the concerns that their authority hosts"
    STEER = "record calls, take in hand, chase, read replies, confirm closure"
    RELEASE = "ask for a release of what is held, or agree to one"
    ANSWER = "read and answer the notices to their own organisation"
    MIND_CONTACTS = "see how the contacts of their concerns' agencies fare"
    READ_FIGURES = "read the key figures"
    READ_RULES = "see the rules in force and what they decide"
    VERIFY = "check the log's proofs"
    AUDIT = "read every concern of their authority under pseudonyms, and change nothing"
    PROTECT_PRIVACY = "review emergency access, and see who looked at what, without case content"
    OPERATE = "see what failed or is in quarantine, without case content, and send it again"
    BREAK_GLASS = "read one concern of another authority in an emergency, for an hour"
    ADMINISTER = "change contacts, endpoints, publishers and keys, without case content"


_HOST: Final = frozenset(
    {
        Act.READ_CONCERNS,
        Act.RELEASE,
        Act.ANSWER,
        Act.MIND_CONTACTS,
        Act.READ_FIGURES,
        Act.READ_RULES,
        Act.VERIFY,
        Act.BREAK_GLASS,
    }
)

_MAY: Final[Mapping[Post, frozenset[Act]]] = {
    Post.LEO: _HOST | {Act.STEER, Act.OPERATE},
    Post.CHAIR: _HOST,
    Post.AGENCY: frozenset({Act.ANSWER, Act.VERIFY}),
    Post.PROVIDER: frozenset({Act.ANSWER, Act.VERIFY}),
    Post.AUDITOR: frozenset({Act.AUDIT, Act.READ_FIGURES, Act.READ_RULES, Act.VERIFY}),
    Post.PRIVACY_OFFICER: frozenset({Act.PROTECT_PRIVACY, Act.READ_FIGURES, Act.VERIFY}),
    Post.ADMINISTRATOR: frozenset(
        {Act.OPERATE, Act.ADMINISTER, Act.READ_FIGURES, Act.READ_RULES, Act.VERIFY}
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Appointment:
    """A post at an agency. One person may have several, and acts in one of them at a time."""

    post: Post
    agency: AgencyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """A signed-in person of an agency. Logs and leaves carry the `id`, never the name."""

    id: str
    name: str
    post: Post
    agency: AgencyId

    def may(self, act: Act) -> bool:
        """Whether this person's post gives this act."""
        return act in _MAY[self.post]


def posts_by_group(text: str) -> Mapping[str, tuple[Appointment, ...]]:
    """Read which posts each group of an organisation gives, as HUB_OIDC_GROUPS says it.

    A JSON object, group to `{"post": ..., "agency": ...}` or a list of these. Raises ValueError
    with every fault, in plain words.
    """
    try:
        read = _GROUPS.validate_json(text)
    except ValidationError as error:
        said = (_said(fault) for fault in error.errors(include_url=False, include_input=False))
        raise ValueError("; ".join(dict.fromkeys(said))) from None
    if not read:
        raise ValueError("must name at least one group")
    return {
        group: tuple(Appointment(post=each.post, agency=AgencyId(each.agency)) for each in given)
        for group, given in read.items()
    }


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    post: Post
    agency: Code


def _listed(given: object) -> object:
    return [given] if isinstance(given, dict) else given


_GROUPS: Final = TypeAdapter(dict[str, Annotated[tuple[_Given, ...], BeforeValidator(_listed)]])


def _said(fault: ErrorDetails) -> str:
    where = ".".join(str(part) for part in fault["loc"] if part in {"post", "agency"})
    group = str(fault["loc"][0]) if fault["loc"] else ""
    says = fault["msg"].removeprefix("Value error, ")
    return " ".join(part for part in (group, where, says) if part)


def two_people(first: Official, second: Official, act: Act = Act.RELEASE) -> str:
    """Say in plain words why the second may not agree to what the first asked for; "": they may.

    Two people of one authority, whose posts both give the act. Somebody with two posts is one
    person: the id is of the person, never of the post.
    """
    if first.id == second.id:
        return "Somebody else must agree: you asked for this yourself"
    if not first.may(act):
        return f"The person who asked is {_a(first.post)}, who may not ask for this"
    if not second.may(act):
        return f"You are {_a(second.post)}, who may not agree to this"
    if first.agency != second.agency:
        return "Somebody of the same authority must agree: you are with another one"
    return ""


def _a(post: Post) -> str:
    return f"{'an' if post[0] in 'aeiou' else 'a'} {post}"
