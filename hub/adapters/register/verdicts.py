"""Decisions to rows and back: what history asks for in columns, and the whole of each."""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never

from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from hub.adapters.register.records import Row, classes_of, classes_text, party_of, party_row
from hub.decision import Decision, Hold, NotDue, Notify, OccasionKind, Told, Withhold
from hub.vocabulary import DecisionId, EventId, InfoClass

_NOTIFY: Final = TypeAdapter(Notify)
_HOLD: Final = TypeAdapter(Hold)
_WITHHOLD: Final = TypeAdapter(Withhold)
_NOT_DUE: Final = TypeAdapter(NotDue)


def decision_row(decision: Decision, now: datetime) -> Row:
    """Return a decision: the columns that history and people ask for, and the whole of it."""
    verdict, whole = _verdict(decision)
    shared, held, withheld = _classes(decision)
    occasion = decision.occasion
    return {
        "id": decision.id,
        "concern_id": occasion.concern,
        **party_row(decision.party),
        "verdict": verdict,
        "occasion_kind": occasion.kind.value,
        "event_source": occasion.event_source,
        "event_id": occasion.event,
        "event_name": occasion.event_name,
        "sentence": decision.reason.sentence,
        "paragraph": decision.reason.paragraph,
        "rule": decision.reason.rule,
        "pack": decision.pack,
        "shared": classes_text(shared),
        "held": classes_text(held),
        "withheld": classes_text(withheld),
        "whole": whole.decode(),
        "at": occasion.at,
        "recorded": now,
    }


def _verdict(decision: Decision) -> tuple[str, bytes]:
    match decision:
        case Notify():
            return "notify", _NOTIFY.dump_json(decision)
        case Hold():
            return "hold", _HOLD.dump_json(decision)
        case Withhold():
            return "withhold", _WITHHOLD.dump_json(decision)
        case NotDue():
            return "not due", _NOT_DUE.dump_json(decision)
        case _:
            assert_never(decision)


def _classes(
    decision: Decision,
) -> tuple[frozenset[InfoClass], frozenset[InfoClass], frozenset[InfoClass]]:
    none: frozenset[InfoClass] = frozenset()
    shared = frozenset(s.info for s in decision.shared) if isinstance(decision, Notify) else none
    held = frozenset(h.info for h in decision.held) if isinstance(decision, Notify | Hold) else none
    withheld = (
        none if isinstance(decision, NotDue) else frozenset(w.info for w in decision.withheld)
    )
    return shared, held, withheld


def decision_of(row: RowMapping) -> Decision:
    """Return a decision from its row."""
    whole: str = row["whole"]
    match row["verdict"]:
        case "notify":
            return _NOTIFY.validate_json(whole)
        case "hold":
            return _HOLD.validate_json(whole)
        case "withhold":
            return _WITHHOLD.validate_json(whole)
        case _:
            return _NOT_DUE.validate_json(whole)


def told_of(row: RowMapping, unheard: frozenset[str]) -> Told:
    """Return what history knows of a decision; `unheard` are those stopped before anything left."""
    return Told(
        decision=DecisionId(row["id"]),
        event=EventId(row["event_id"]),
        event_name=row["event_name"],
        kind=OccasionKind(row["occasion_kind"]),
        party=party_of(row),
        verdict=row["verdict"],
        shared=classes_of(row["shared"]),
        held=classes_of(row["held"]),
        at=row["at"],
        stopped=row["id"] in unheard,
        event_source=row["event_source"],
    )
