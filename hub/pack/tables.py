"""The closed schema of a pack's TOML tables: every key is known, every word is of a vocabulary."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from hub.calendar import Within
from hub.events import EVENTS
from hub.pack.faults import nearest
from hub.pack.rules import DUTIES, LEGAL_SENDERS, OCCASIONS, SENDER_TYPES
from hub.vocabulary import AGENCY_ID, HoldKind, InfoClass, Lane, ObligationKind, Role, Rung

EVERYBODY: Final = "everybody"
EVERYBODY_ELSE: Final = "everybody else"
"""Whoever no other rule of the same event speaks for, as the facts are."""
EVERY_CLASS: Final = "everything"
NOT_RELEASED: Final = "everything not released"
EVENT_NAMES: Final = (*EVENTS, *OCCASIONS)
AUTHORITIES: Final = (*Role, "chair", "lead agency", "lead enquiry officer")
"""Who may be named as the one who releases, endorses or records."""

Provenance = Literal["statutory", "published-local", "project-default"]
PROVENANCES: Final[tuple[str, ...]] = get_args(Provenance)

_WITHIN: Final = re.compile(r"^(\d+) (minute|hour|working day)s?$")
_REVIEW: Final = re.compile(r"^(\d+) (hour|day)s?$")


def word_of(what: str, words: Iterable[str]) -> Callable[[str], str]:
    """Return a check that a word is of a closed vocabulary, which says what was probably meant."""
    known = tuple(str(word) for word in words)

    def check(word: str) -> str:
        word = str(word)
        if word in known:
            return word
        raise PydanticCustomError(
            "unknown_word",
            "unknown {what} `{word}`",
            {"what": what, "word": word, "meant": nearest(word, known) or ""},
        )

    return check


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _known_agency(code: str) -> str:
    if not AGENCY_ID.match(code):
        raise PydanticCustomError("agency", "`{code}` is not an agency code", {"code": code})
    return code


def _within(value: object) -> object:
    found = _WITHIN.match(value) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        msg = "is a time such as `30 minutes`, `24 hours` or `5 working days`"
        raise PydanticCustomError("time", msg)
    units: dict[str, Literal["minutes", "hours", "working days"]] = {
        "minute": "minutes",
        "hour": "hours",
        "working day": "working days",
    }
    return Within(amount=int(found[1]), unit=units[found[2]])


def _hours(value: object) -> object:
    found = _REVIEW.match(value) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raise PydanticCustomError("time", "is a time such as `12 hours` or `3 days`")
    return int(found[1]) * (24 if found[2] == "day" else 1)


def _only_true(value: object) -> object:
    if value is not True:
        raise PydanticCustomError("guard", "may only be `true`; leave it out otherwise")
    return value


Said = Annotated[str, Field(min_length=1, max_length=400)]
RuleIdWord = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9-]{0,31}$")]
RoleWord = Annotated[str, AfterValidator(word_of("role", (*Role, EVERYBODY)))]
RestWord = Annotated[str, AfterValidator(word_of("role", (*Role, EVERYBODY, EVERYBODY_ELSE)))]
OneRole = Annotated[str, AfterValidator(word_of("role", Role))]
ExpectedRole = Annotated[str, AfterValidator(word_of("role", (*Role, EVERYBODY_ELSE)))]
ClassWord = Annotated[str, AfterValidator(word_of("class", InfoClass))]
WithheldWord = Annotated[
    str, AfterValidator(word_of("class", (*InfoClass, EVERY_CLASS, NOT_RELEASED)))
]
EventWord = Annotated[str, AfterValidator(word_of("event", EVENT_NAMES))]
GrantedWord = Annotated[str, AfterValidator(word_of("event", (*EVENTS, EVERY_CLASS)))]
KindWord = Annotated[str, AfterValidator(word_of("hold kind", HoldKind))]
LaneWord = Annotated[str, AfterValidator(word_of("lane", Lane))]
RungWord = Annotated[str, AfterValidator(word_of("rung", Rung))]
DutyWord = Annotated[str, AfterValidator(word_of("duty", DUTIES))]
SenderWord = Annotated[str, AfterValidator(word_of("sender type", SENDER_TYPES))]
AuthorityWord = Annotated[str, AfterValidator(word_of("authority", AUTHORITIES))]
AgencyCode = Annotated[str, AfterValidator(_known_agency)]
Roles = Annotated[tuple[RoleWord, ...], BeforeValidator(_as_list), Field(min_length=1)]
Rest = Annotated[tuple[RestWord, ...], BeforeValidator(_as_list), Field(min_length=1)]
OnlyRoles = Annotated[tuple[OneRole, ...], BeforeValidator(_as_list), Field(min_length=1)]
Classes = Annotated[tuple[ClassWord, ...], BeforeValidator(_as_list), Field(min_length=1)]
Withheld = Annotated[tuple[WithheldWord, ...], BeforeValidator(_as_list), Field(min_length=1)]
Events = Annotated[tuple[EventWord, ...], BeforeValidator(_as_list), Field(min_length=1)]
Granted = Annotated[tuple[GrantedWord, ...], BeforeValidator(_as_list), Field(min_length=1)]
Authorities = Annotated[tuple[AuthorityWord, ...], BeforeValidator(_as_list)]
Values = Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]
When = dict[str, Values]
Guard = Annotated[bool, BeforeValidator(_only_true)]
Paragraph = Annotated[str, Field(min_length=1, max_length=80)]


class Table(BaseModel):
    """What every table of a pack has in common: frozen and closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PackTable(Table):
    """`[pack]`: whose agreement this is, from when to when, approved by whom."""

    partnership: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    name: Said
    version: Annotated[str, Field(pattern=r"^\d{4}\.\d+$")]
    effective_from: date
    review_by: date
    approved_by: tuple[Said, ...]


class HandlingTable(Table):
    """`[handling]`: the one fixed caveat of class C0, before and after the provider knows."""

    always: Said
    once_informed: Said


class ShareTable(Table):
    """`[[share]]`: these roles may be told these classes, for this purpose, on this basis."""

    id: RuleIdWord
    say: Said
    roles: Roles = Field(alias="with")
    classes: Classes
    when: When = {}
    purpose: str
    basis: str
    paragraph: Paragraph
    duties: tuple[DutyWord, ...]
    on_decision_of: Annotated[tuple[OneRole, ...], BeforeValidator(_as_list)] = ()
    guard: Guard = False


class WithholdTable(Table):
    """`[[withhold]]`: these roles are not told these classes, or not yet (`hold`)."""

    id: RuleIdWord
    say: Said
    roles: Roles = Field(alias="from")
    when: When = {}
    classes: Withheld
    because: Said
    paragraph: Paragraph
    hold: KindWord | None = None
    released_by: AuthorityWord | None = None
    recorded_by: AuthorityWord | None = None
    review_every: Annotated[int, BeforeValidator(_hours)] | None = None
    guard: Guard = False


class RouteTable(Table):
    """`[[route]]`: for these events these roles get this notice, of these classes, by then."""

    id: RuleIdWord
    say: Said
    event: Events
    roles: Roles = Field(alias="to")
    when: When = {}
    notice: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    classes: Classes
    lane: LaneWord
    required: RungWord
    reply_within: Annotated[Within, BeforeValidator(_within)] | None = None
    provenance: Annotated[Provenance, BeforeValidator(word_of("provenance", PROVENANCES))]
    paragraph: Paragraph


class NothingTable(Table):
    """`[[nothing]]`: for these events nothing is due to these roles, and why."""

    id: RuleIdWord
    roles: Rest = Field(alias="with")
    events: Events
    when: When = {}
    because: Said
    paragraph: Paragraph
    guard: Guard = False


class CheckTable(Table):
    """`[[check]]`: an example with what is expected, or a theorem (`always`, `never`)."""

    say: Said
    given: dict[str, Values] = {}
    expect: dict[ExpectedRole, Values] = {}
    always: Guard = False
    never: dict[OneRole, Classes] = {}
    notice: str | None = None
    lane: LaneWord | None = None
    required: RungWord | None = None
    at: AwareDatetime | None = None
    due: dict[OneRole, AwareDatetime] = {}


class GrantTable(Table):
    """`[[grant]]`: what one publisher may assert, and for which host authorities."""

    publisher: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    events: Granted
    hosts: Annotated[tuple[AgencyCode, ...], BeforeValidator(_as_list), Field(min_length=1)]


class HoldTable(Table):
    """`[[hold]]`: who may place, endorse and release one kind of hold."""

    kind: KindWord
    say: Said
    place: OnlyRoles
    endorse: Authorities = ()
    release: OnlyRoles


class LegalTable(Table):
    """`[[legal]]`: one law that a disclosure may rest on, with its effective dates (N004)."""

    code: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    title: Said
    senders: Annotated[
        tuple[Annotated[str, AfterValidator(word_of("sender type", LEGAL_SENDERS))], ...],
        BeforeValidator(_as_list),
        Field(min_length=1),
    ] = Field(alias="for")
    since: date
    until: date | None = None


class DeadlineTable(Table):
    """`[[deadline]]`: how long a kind of obligation may take, where its event does not say."""

    obligation: Annotated[str, AfterValidator(word_of("obligation", ObligationKind))] = Field(
        alias="for"
    )
    when: When = {}
    within: Annotated[Within, BeforeValidator(_within)]
    provenance: Annotated[Provenance, BeforeValidator(word_of("provenance", PROVENANCES))]
    paragraph: Paragraph


class EscalationTable(Table):
    """`[escalation]`: what happens when a contact cannot be reached; one answer is known yet."""

    if_cannot_deliver: Literal["next contact now"]
    when_contacts_run_out: Literal["a person must look"]


class HolidayTable(BaseModel):
    """One bank holiday as GOV.UK publishes it."""

    model_config = ConfigDict(frozen=True)

    title: str
    date: date


class DivisionTable(BaseModel):
    """One nation's bank holidays as GOV.UK publishes them."""

    model_config = ConfigDict(frozen=True)

    division: str
    events: tuple[HolidayTable, ...]
