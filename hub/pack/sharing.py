"""`sharing.toml`: who may be told which classes, why, and what is held or never told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.events import EVENTS
from hub.events.marks import variants_of
from hub.pack.faults import nearest
from hub.pack.lines import Path
from hub.pack.rules import (
    DUTIES,
    EVERYTHING,
    SENDER_TYPES,
    Conditions,
    Law,
    Share,
    WithholdRule,
)
from hub.pack.sheet import Item, Row, Sheet
from hub.pack.tables import (
    EVERY_CLASS,
    EVERYBODY,
    NOT_RELEASED,
    HandlingTable,
    LegalTable,
    PackTable,
    ShareTable,
    WithholdTable,
)
from hub.vocabulary import HoldKind, InfoClass, Role, RuleId

_TABLES: Final = (
    *("pack", "names", "policies", "handling", "purpose", "basis"),
    *("share", "withhold", "nothing", "check", "legal", "alias", "words"),
)

WORDS: Final = (
    *("framework", "board request", "temporary duty", "market oversight"),
    "incident notification",
)
"""What a pack may say that its notices cite; without a word they cite nothing."""

SENDER: Final = "public body"
"""What sends every notice of this hub: the host authority (004 2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What `sharing.toml` says."""

    pack: Row[PackTable] | None
    handling: Row[HandlingTable] | None
    purposes: Mapping[str, str]
    bases: Mapping[str, Mapping[str, str]]
    shares: tuple[Share, ...]
    withholds: tuple[WithholdRule, ...]
    names: Mapping[Role, str]
    policies: Mapping[str, str]
    legal: tuple[Law, ...]
    words: Mapping[str, str]


def read_sharing(sheet: Sheet) -> Sharing:
    """Read the sharing tables; faults go to the sheet."""
    sheet.closed(_TABLES)
    purposes = _purposes(sheet)
    bases = _bases(sheet)
    names = _Names(sheet=sheet, purposes=purposes, bases=bases)
    shares = sheet.rows("share", ShareTable, names.check)
    withholds = sheet.rows("withhold", WithholdTable, sheet.conditions)
    return Sharing(
        pack=sheet.one("pack", PackTable),
        handling=sheet.one("handling", HandlingTable),
        purposes=purposes,
        bases=bases,
        shares=tuple(_share(row, purposes, bases) for row in shares if _dutiful(sheet, row)),
        withholds=tuple(_withhold(row) for row in withholds if _whole(sheet, row)),
        names=_role_names(sheet),
        policies=_policies(sheet),
        legal=_legal(sheet),
        words=_said_of(sheet, "words", WORDS, "subject", "say what notices cite on"),
    )


def roles_of(words: tuple[str, ...]) -> frozenset[Role]:
    """Return the roles that words name; `everybody` is every role."""
    return frozenset(Role) if EVERYBODY in words else frozenset(Role(word) for word in words)


def frozen(when: Mapping[str, tuple[str, ...]]) -> Conditions:
    """Return conditions as rules keep them."""
    return {fact: frozenset(values) for fact, values in when.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    sheet: Sheet
    purposes: Mapping[str, str]
    bases: Mapping[str, Mapping[str, str]]

    def check(self, path: Path, item: Item) -> None:
        """Check that a share's conditions can hold, and that its purpose and basis are named."""
        self.sheet.known(path, item)
        for key, names in (("purpose", self.purposes), ("basis", self.bases)):
            name = item.get(key)
            if isinstance(name, str) and name not in names:
                self.sheet.fault((*path, key), f"unknown {key} `{name}`", nearest(name, names))


def _share(
    row: Row[ShareTable], purposes: Mapping[str, str], bases: Mapping[str, Mapping[str, str]]
) -> Share:
    table = row.table
    return Share(
        id=RuleId(table.id),
        say=table.say,
        roles=roles_of(table.roles),
        classes=frozenset(InfoClass(word) for word in table.classes),
        when=frozen(table.when),
        purpose=purposes[table.purpose],
        basis=bases[table.basis].get(SENDER, ""),
        paragraph=table.paragraph,
        duties=table.duties,
        guard=table.guard,
        where=row.where,
        decided_by=frozenset(Role(word) for word in table.on_decision_of),
    )


def _dutiful(sheet: Sheet, row: Row[ShareTable]) -> bool:
    missing = [duty for duty in _owed(row.table) if duty not in row.table.duties]
    for duty in missing:
        sheet.fault((*row.path, "duties"), f"this disclosure has the duty `{duty}`")
    return not missing


def _owed(table: ShareTable) -> tuple[str, ...]:
    """Return the duties that no agreement can leave out (000 section 7; semantics 6)."""
    record, mark, caveat = DUTIES
    agencies = roles_of(table.roles) - {Role.PROVIDER}
    first = InfoClass.PROCESS in table.classes and agencies
    return (record, mark, caveat) if first else (record, mark)


def _whole(sheet: Sheet, row: Row[WithholdTable]) -> bool:
    """Whether a hold says who releases it, and a rule that is no hold says nothing of the kind."""
    table, before = row.table, len(sheet.faults)
    for key in ("released_by", "recorded_by", "review_every"):
        if (getattr(table, key) is None) != (table.hold is None):
            says = "is needed by a hold" if table.hold else "belongs to a rule with `hold` alone"
            sheet.fault((*row.path, key), f"`{key}` {says}")
    if NOT_RELEASED in table.classes and table.hold is None:
        sheet.fault((*row.path, "classes"), f"`{NOT_RELEASED}` needs a `hold` that is released")
    return len(sheet.faults) == before


def _withhold(row: Row[WithholdTable]) -> WithholdRule:
    table = row.table
    excepted = NOT_RELEASED in table.classes
    every = excepted or EVERY_CLASS in table.classes
    return WithholdRule(
        id=RuleId(table.id),
        say=table.say,
        roles=roles_of(table.roles),
        classes=EVERYTHING if every else frozenset(InfoClass(word) for word in table.classes),
        released_excepted=excepted,
        when=frozen(table.when),
        because=table.because,
        paragraph=table.paragraph,
        hold=HoldKind(table.hold) if table.hold else None,
        released_by=table.released_by or "",
        recorded_by=table.recorded_by or "",
        review_hours=table.review_every,
        guard=table.guard,
        where=row.where,
    )


def _legal(sheet: Sheet) -> tuple[Law, ...]:
    """Read the legal register: each law once, and none that ends before it begins."""
    found: dict[str, Law] = {}
    for row in sheet.rows("legal", LegalTable):
        table = row.table
        if table.code in found:
            sheet.fault((*row.path, "code"), f"`{table.code}` stands twice")
        if table.until is not None and table.until < table.since:
            sheet.fault((*row.path, "until"), "is before `since`")
        found[table.code] = Law(
            code=table.code,
            title=table.title,
            senders=table.senders,
            since=table.since,
            until=table.until,
            where=row.where,
        )
    return tuple(found.values())


def _role_names(sheet: Sheet) -> dict[Role, str]:
    """Read what this partnership calls a role, such as `QASIG`; a role keeps its word otherwise."""
    found = sheet.content.get("names", {})
    names = {}
    for word, said in found.items() if isinstance(found, dict) else ():
        if word not in tuple(Role):
            sheet.fault(("names", word), f"unknown role `{word}`", nearest(word, tuple(Role)))
        elif not isinstance(said, str) or not said:
            sheet.fault(("names", word), f"say in words what `{word}` is called")
        else:
            names[Role(word)] = said
    return names


def _policies(sheet: Sheet) -> dict[str, str]:
    """Read which other policies may apply to a concern, and where each is found (004 11.2)."""
    known = variants_of(EVENTS["policy.reference.applied"])
    return _said_of(sheet, "policies", known, "policy", "say what it is called and where it is:")


def _said_of(
    sheet: Sheet, table: str, known: tuple[str, ...], what: str, asks: str
) -> dict[str, str]:
    """Read a table of words for some of a closed list of subjects."""
    found = sheet.content.get(table, {})
    read = {}
    for word, said in found.items() if isinstance(found, dict) else ():
        if word not in known:
            sheet.fault((table, word), f"unknown {what} `{word}`", nearest(word, known))
        elif not isinstance(said, str) or not said:
            sheet.fault((table, word), f"{asks} `{word}`")
        else:
            read[word] = said
    return read


def _purposes(sheet: Sheet) -> dict[str, str]:
    found = sheet.content.get("purpose", {})
    if not isinstance(found, dict) or not found:
        sheet.fault(("purpose",), "`[purpose]` names each purpose and says it in words")
        return {}
    for name, words in found.items():
        if not isinstance(words, str) or not words:
            sheet.fault(("purpose", name), f"say the purpose `{name}` in words")
    return {name: str(words) for name, words in found.items()}


def _bases(sheet: Sheet) -> dict[str, dict[str, str]]:
    found = sheet.content.get("basis", {})
    if not isinstance(found, dict) or not found:
        sheet.fault(("basis",), "`[basis.NAME]` says each lawful basis by the sender's type")
        return {}
    bases: dict[str, dict[str, str]] = {}
    for name, senders in found.items():
        bases[name] = {}
        if not isinstance(senders, dict) or SENDER not in senders:
            sheet.fault(("basis", name), f"`{name}` says no basis for a `{SENDER}`")
            continue
        for sender, words in senders.items():
            if sender not in SENDER_TYPES:
                says = f"unknown sender type `{sender}`"
                sheet.fault(("basis", name, sender), says, nearest(sender, SENDER_TYPES))
            if not isinstance(words, str) or not words:
                sheet.fault(("basis", name, sender), f"say the basis `{name}` in words")
            bases[name][sender] = str(words)
    return bases
