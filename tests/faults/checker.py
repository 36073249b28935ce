"""What a fault run did, line by line, and the one checker that says what came of it.

Every fault run writes `history.jsonl`: one line an operation, with when it started and ended and
with what result. `python -m tests.faults.checker history.jsonl` prints the counters, which are
those of Jepsen's set checker, and ends with 1 where anything is wrong.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

PUBLISH: Final = "publish"
"""A case system gives the broker an event. `event`, `owes` (how many deliveries it must bring)."""
CARRY: Final = "carry"
"""A receiver takes a copy. `delivery`, `sha256` of what came."""
RECORD: Final = "record"
"""The register, asked at the end, has a delivery. `event`, `delivery`, `sha256`, `doubted`."""
QUARANTINE: Final = "quarantine"
"""The register, asked at the end, has what could not be taken. `sha256`."""
POISON: Final = "poison"
"""What no hub can take is given to the broker. `sha256`."""
FAULT: Final = "fault"
"""Something is broken on purpose."""

ACKNOWLEDGED: Final = "acknowledged"
UNKNOWN: Final = "unknown"
"""The connection died before the answer: it may have been taken."""
SUBMITTED: Final = "submitted"
"""The register claims that it was handed over, or more."""
UNPROVEN: Final = "unproven"

Operation = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a run came to. `wrong` is what must be nought."""

    attempted: int
    """Events published."""
    acknowledged: int
    """Of those, confirmed by the broker."""
    lost: int
    """Acknowledged, and something that they owe never came, or is not in the register."""
    duplicated: int
    """Deliveries of which more than one copy came, with the same id."""
    recovered: int
    """Not acknowledged, and whole all the same: the broker had them."""
    unexpected: int
    """Copies of deliveries that the register does not have, or deliveries of unknown events."""
    unflagged: int
    """Duplicated ones of which the register does not say that they may have gone out twice."""
    altered: int
    """Deliveries of which a copy was not what the register holds."""
    unproven: int
    """Deliveries that came, and that the register does not claim."""
    doubled: int
    """Deliveries that an event brought beyond what it owes: the same notice under another id."""
    faults: int
    """How often something was broken on purpose."""
    poisoned: int
    spoiled: int
    """Poison that is not in quarantine byte for byte."""
    deliveries: int
    """Different deliveries that came."""

    @property
    def wrong(self) -> dict[str, int]:
        """What must be nought and is not."""
        law = ("lost", "unexpected", "unflagged", "altered", "unproven", "doubled", "spoiled")
        return {name: count for name in law if (count := getattr(self, name))}


class History:
    """Writes what a run does, as it does it; whoever reads the file later needs nothing else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def note(self, operation: str, result: str, *, start: float | None = None, **more: Any) -> None:  # noqa: ANN401  # what JSON takes
        """Write one operation down. `start`: by the machine's monotonic clock; now where unsaid."""
        end = time.monotonic()
        began = end if start is None else start
        line = {"operation": operation, "start": began, "end": end, "result": result, **more}
        if not self._file.closed:
            self._file.write(json.dumps(line) + "\n")

    @contextmanager
    def fault(self, what: str) -> Iterator[None]:
        """Note a fault with how long it lasted."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.note(FAULT, what, start=start)


def read(path: Path) -> Iterator[Operation]:
    """Return the operations of a history, oldest first."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def check(history: Iterable[Operation]) -> Verdict:
    """Count. Pure: the whole answer lies in the history."""
    by_kind: dict[str, list[Operation]] = {}
    for one in history:
        by_kind.setdefault(one["operation"], []).append(one)
    published = {one["event"]: one for one in by_kind.get(PUBLISH, ())}
    records = {one["delivery"]: one for one in by_kind.get(RECORD, ())}
    copies: dict[str, list[str]] = {}
    for one in by_kind.get(CARRY, ()):
        copies.setdefault(one["delivery"], []).append(one["sha256"])
    recorded = Counter(one["event"] for one in records.values())
    came = Counter(records[id_]["event"] for id_ in copies if id_ in records)
    kept = Counter(one["sha256"] for one in by_kind.get(QUARANTINE, ()))
    poison = [one["sha256"] for one in by_kind.get(POISON, ())]
    whole = {
        event
        for event, one in published.items()
        if recorded[event] >= one["owes"] <= came[event] == recorded[event]
    }
    sure = {event for event, one in published.items() if one["result"] == ACKNOWLEDGED}
    twice = {id_ for id_, each in copies.items() if len(each) > 1}
    strangers = sum(len(each) for id_, each in copies.items() if id_ not in records)
    strangers += sum(one["event"] not in published for one in records.values())
    return Verdict(
        attempted=len(published),
        acknowledged=len(sure),
        lost=len(sure - whole),
        duplicated=len(twice),
        recovered=len(whole - sure),
        unexpected=strangers,
        unflagged=sum(not records[id_]["doubted"] for id_ in twice if id_ in records),
        altered=sum(
            set(each) != {records[id_]["sha256"]} for id_, each in copies.items() if id_ in records
        ),
        unproven=sum(records[id_]["result"] != SUBMITTED for id_ in copies if id_ in records),
        doubled=sum(max(0, recorded[event] - one["owes"]) for event, one in published.items()),
        faults=len(by_kind.get(FAULT, ())),
        poisoned=len(poison),
        # Delivered twice by the broker, poison may be kept twice; never not at all.
        spoiled=sum(not kept[each] for each in poison),
        deliveries=len(copies),
    )


def main(path: str) -> int:
    """Print the counters; return 1 where anything that must be nought is not."""
    verdict = check(read(Path(path)))
    for name, count in asdict(verdict).items():
        mark = "  <-- must be 0" if name in verdict.wrong else ""
        sys.stdout.write(f"{name:14}{count:>8}{mark}\n")
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
