"""`hub simulate` says of each of the twenty scenarios what the real run then did.

Every play of a scenario's tests is recorded, as its own test plays it (conftest.py): what it was
given from outside, and what had come of it. What it was given is written as a scenario file, the
simulation plays that file, and both must have come to the same, to the byte.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from functools import cache, wraps
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from hub.adapters.memory import SequentialMint
from hub.adapters.scripted import Carried
from hub.app.books import Books, open_books
from hub.app.simulate import Timeline, What, read_scenario, simulate
from hub.attestation import Attestation
from hub.cli.asking import rehearsing
from hub.decision import Hold, NotDue, Notify, Withhold
from hub.obligation import Obligation
from hub.ports import ConcernRecord
from hub.receipt import Receipt
from tests.flow.scenarios.recording import Recording, recorded

HERE: Final = Path(__file__).parent
MODULES: Final = sorted(path.stem for path in HERE.glob("test_s[0-9][0-9]_*.py"))
NO_SCENARIO: Final = {
    "test_S5_on_the_wire_each_mail_has_one_recipient_and_names_no_other": "real SMTP by hand",
    "test_S10_B03_a_worker_that_dies_while_telling_loses_nobody_and_flags_each_second": (
        "a process that dies"
    ),
    "test_S10_B01_an_answer_of_the_register_that_is_lost_brings_the_event_back_once": (
        "a register that is away"
    ),
}
"""Plays of what breaks inside a hub, and why no scenario's file can say it."""
Played = Callable[[], Coroutine[Any, Any, None]]


def plays_of(module: str) -> list[Played]:
    """The tests of a scenario that open a stage of their own, but those that break the hub."""
    found = vars(import_module(f"tests.flow.scenarios.{module}"))
    return [
        test
        for name, test in found.items()
        if name.startswith("test_")
        and inspect.iscoroutinefunction(test)
        and not inspect.signature(test).parameters
        and name not in NO_SCENARIO
    ]


ELSEWHERE: Final = "test_s20_policy_replaced"
"""Its tests have a stage of their own, and so has its simulation: test_simulated_policy.py."""
PLAYS: Final = {name: plays_of(name) for name in MODULES if name != ELSEWHERE}


@cache
def books() -> Books:
    return open_books(None, None, rehearsing(), SequentialMint())


def test_nineteen_of_the_twenty_scenarios_are_simulated_here_and_one_beside() -> None:
    assert len(MODULES) == 20
    assert len(PLAYS) == 19
    assert all(PLAYS.values())


def test_every_play_is_simulated_where_it_is_played(request: pytest.FixtureRequest) -> None:
    plays = {play for some in PLAYS.values() for play in some}
    here = [item for item in request.session.items if item.path.parent == HERE]
    tests = [item.obj for item in here if isinstance(item, pytest.Function)]

    # Else conftest.py has let one of them be played alone.
    assert not plays.intersection(tests)


@pytest.mark.timeout(900)
async def test_what_is_simulated_is_what_the_real_run_did(tmp_path: Path) -> None:
    play = PLAYS["test_s01_plain_care_home"][0]
    with recorded(tmp_path) as recordings:
        await play()
    (real,) = recordings.plays

    await _alike(real)

    for short in (
        replace(real, carried=real.carried[1:]),
        replace(real, records=real.records[1:]),
    ):
        with pytest.raises(AssertionError):
            await _alike(short)


def simulated_too(play: Played) -> Played:
    """Return a play that is recorded as it is played, simulated, and must have come to the same."""

    @wraps(play)
    async def played() -> None:
        with TemporaryDirectory() as folder, recorded(Path(folder)) as recordings:
            await play()
            assert recordings.plays
            for real in recordings.plays:
                await _alike(real)

    return played


async def _alike(real: Recording) -> None:
    found = await simulate(read_scenario(real.file), books())

    assert found.end == real.ended_at
    assert tries(found.carried) == tries(real.carried)
    assert at_rest(found.records) == at_rest(real.records)
    assert said_by(found) == done_by(real)


def tries(carried: Sequence[Carried]) -> list[tuple[Any, ...]]:
    """Every try: when, of which delivery, where to, with which bytes, and what came of it."""
    return sorted(
        (one.at, one.delivery.id, one.where, one.delivery.body, type(one.outcome).__name__)
        for one in carried
    )


def at_rest(records: Sequence[ConcernRecord]) -> list[ConcernRecord]:
    """All that the register has of each concern, but for ids that no two registers make alike."""
    return [
        replace(
            record,
            notices=tuple(
                replace(each, receipts=tuple(sorted(map(_plain, each.receipts), key=repr)))
                for each in record.notices
            ),
            obligations=tuple(sorted((_owed(each) for each in record.obligations), key=repr)),
            attestation=record.attestation and _unsigned(record.attestation),
        )
        for record in records
    ]


def _unsigned(made: Attestation) -> Attestation:
    """A confirmation without its signature, and with how many receipts it rests on.

    A receipt's hash is over the id of its try too; a simulated hub signs nothing.
    """
    return replace(
        made,
        seal=None,
        proofs=tuple(replace(one, receipts=tuple("" for _ in one.receipts)) for one in made.proofs),
    )


def _owed(one: Obligation) -> Obligation:
    """What is owed, without its id; and, of a mail that came back, without that of the mail."""
    key = "mail:" if one.key.startswith("mail:") else one.key
    return replace(one, id="", key=key)


def _plain(receipt: Receipt) -> Receipt:
    """A receipt without the id of its try; and, of a mail that came back, without its words."""
    plain = replace(receipt, attempt=None)
    return replace(plain, detail="", evidence=()) if receipt.source == "mail" else plain


Said = tuple[Any, ...]


def said_by(found: Timeline) -> Counter[Said]:
    """What the rows of the timeline say."""
    said: Counter[Said] = Counter()
    for row in found.rows:
        about, detail = (row.concern, row.party), row.detail
        match row.what:
            case What.TOLD:
                shared = frozenset(detail["shared"])
                said[(row.what, row.at, *about, detail["notice"], shared)] += 1
            case What.HELD | What.WITHHELD | What.NOT_DUE:
                said[(row.what, *about, detail["event"], detail["rule"])] += 1
            case What.SENT:
                said[(row.what, row.at, *about, detail["target"], detail["sha256"])] += 1
            case What.ACKNOWLEDGED | What.DECLINED:
                said[(row.what, row.at, *about, detail["notice"])] += 1
            case What.CONFIRMED:
                said[(row.what, row.at, row.concern)] += 1
            case _:
                pass
    for row in found.open:
        said[("open", row.concern, row.party, row.detail["kind"], row.says)] += 1
    return said


def done_by(real: Recording) -> Counter[Said]:
    """The same of the real run, from its own register and what its carriers were given."""
    done: Counter[Said] = Counter()
    for one in real.carried:
        d = one.delivery
        done[(What.SENT, one.at, d.concern, d.party, d.target, d.sha256)] += 1
    for record in real.records:
        done.update(_decisions(record))
        for each in record.notices:
            about = (each.notice.concern, each.notice.party)
            for receipt in each.receipts:
                if receipt.acknowledgement is not None:
                    done[(What.ACKNOWLEDGED, receipt.at, *about, each.notice.template)] += 1
                elif receipt.declination is not None:
                    done[(What.DECLINED, receipt.at, *about, each.notice.template)] += 1
        for owed in record.obligations:
            says = owed.says or str(owed.kind)
            done[("open", owed.concern, owed.party, owed.kind, says)] += 1
        if record.attestation is not None:
            done[(What.CONFIRMED, record.attestation.at, record.concern.id)] += 1
    return done


def _decisions(record: ConcernRecord) -> Iterator[Said]:
    composed = {each.notice.decision: each.notice.composed_at for each in record.notices}
    words = {Hold: What.HELD, Withhold: What.WITHHELD, NotDue: What.NOT_DUE}
    for one in record.decisions:
        about = (record.concern.id, one.party)
        if isinstance(one, Notify):
            shared = frozenset(each.info for each in one.shared)
            yield (What.TOLD, composed[one.id], *about, one.notice, shared)
        else:
            yield (words[type(one)], *about, one.occasion.event_name, one.reason.rule)
