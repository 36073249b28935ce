"""The corpus of version 1: events as they were sent, what they meant, and the schemas of then."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from hub.events import EVENTS
from hub.events.decode import STRUCTURED, decode
from hub.events.envelope import Event
from hub.events.schema import Schema, envelope_schema
from tests.corpus.compatible import bare, narrowings
from tests.corpus.making import accepted, fullest, schema_of, sparest

HERE: Final = Path(__file__).parent / "v1"
EXAMPLES: Final = Path(__file__).parents[2] / "examples"
ENVELOPE: Final = "envelope"


@dataclass(frozen=True, kw_only=True)
class Old:
    """One event as it was sent, and what the hub read in it then."""

    name: str
    made: str
    """Where it comes from: an example's file, or `full` and `spare`, made from the model."""
    body: str
    meant: Mapping[str, Any]


def old_events(folder: Path = HERE) -> list[Old]:
    return [Old(**line) for line in _lines(folder / "events.jsonl")]


def old_schemas(folder: Path = HERE) -> dict[str, Schema]:
    return {line["name"]: line["schema"] for line in _lines(folder / "schemas.jsonl")}


def schemas_now() -> dict[str, Schema]:
    return {ENVELOPE: bare(envelope_schema())} | {n: bare(schema_of(n)) for n in EVENTS}


def missing(folder: Path = HERE) -> list[str]:
    """Return the event types of which the corpus holds nothing yet."""
    have = {old.name for old in old_events(folder)} & old_schemas(folder).keys()
    return sorted(EVENTS.keys() - have)


def broken(old: Old) -> list[str]:
    """Return what became of an old event: refused, or read as something else."""
    event = decode(old.body.encode(), STRUCTURED, {})
    if not isinstance(event, Event):
        return [f"{old.name} ({old.made}): {fault}" for fault in event]
    said = [f"{old.name} ({old.made}){each}" for each in _changed(old.meant, meant(event), "")]
    return said if event.body == old.body.encode() else [*said, f"{old.name}: its bytes changed"]


def incompatible(then: Mapping[str, Schema], now: Mapping[str, Schema]) -> list[str]:
    """Return every way in which the schemas of now refuse what those of then took."""
    gone = [f"{name}: is no event type any more" for name in sorted(then.keys() - now.keys())]
    return gone + [
        f"{name}{fault}"
        for name in sorted(then.keys() & now.keys())
        for fault in narrowings(then[name], now[name])
    ]


def unrecorded(then: Mapping[str, Schema], now: Mapping[str, Schema]) -> list[str]:
    """Return the types whose schema grew since it was written down."""
    return sorted(name for name in now if then.get(name) != now[name])


def meant(event: Event) -> dict[str, Any]:
    """Return all that the hub read in an event."""
    return {
        "id": event.id,
        "source": event.source,
        "concern": event.concern,
        "partnership": event.partnership,
        "occurred": event.occurred.isoformat(),
        "host": event.host,
        "body_sha256": event.body_sha256,
        "data": event.data.model_dump(mode="json"),
    }


def add(folder: Path = HERE, anew: Iterable[str] = ()) -> list[str]:
    """Write down every type that is missing, and each schema that grew; return what was written.

    What stands there stays, but for the types named in `anew`, which nobody has been promised.
    Raises ValueError, and writes nothing, where a schema has narrowed.
    """
    forgotten = frozenset(anew)
    then = {n: s for n, s in old_schemas(folder).items() if n not in forgotten}
    kept = [old for old in old_events(folder) if old.name in then]
    now = schemas_now()
    if faults := incompatible(then, now):
        raise ValueError("\n".join(faults))
    new = sorted(EVENTS.keys() - {old.name for old in kept})
    grown = [name for name in unrecorded(then, now) if name not in new]
    examples = _examples()
    kept += [old for name in new for old in (*examples.get(name, ()), *_made(name))]
    _write(folder / "events.jsonl", [vars(o) for o in sorted(kept, key=lambda o: (o.name, o.made))])
    lines = [{"name": name, "schema": now[name]} for name in sorted(now)]
    _write(folder / "schemas.jsonl", lines)
    return [*new, *grown]


def _examples() -> dict[str, list[Old]]:
    found: dict[str, list[Old]] = {}
    for path in sorted(EXAMPLES.glob("*.json")):
        body = path.read_bytes()
        event = accepted(body)
        if event is not None:
            old = Old(name=event.name, made=path.name, body=body.decode(), meant=meant(event))
            found.setdefault(event.name, []).append(old)
    return found


@cache
def _made(name: str) -> tuple[Old, ...]:
    found = []
    for made, body in (("full", fullest(name)), ("spare", sparest(name))):
        event = accepted(body)
        assert event is not None
        found.append(Old(name=name, made=made, body=body.decode(), meant=meant(event)))
    return tuple(found)


def _changed(then: Any, now: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield each thing that is no longer read as it was; what is read besides may be new."""
    match then, now:
        case dict(), dict():
            for key, value in then.items():
                if key in now:
                    yield from _changed(value, now[key], f"{where}/{key}")
                else:
                    yield f"{where}/{key}: is not read any more"
        case list(), list() if len(then) == len(now):
            for index, (one, other) in enumerate(zip(then, now, strict=True)):
                yield from _changed(one, other, f"{where}/{index}")
        case _ if then != now:
            yield f"{where}: was read as {then!r} and is read as {now!r}"
        case _:
            pass


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _write(path: Path, lines: list[dict[str, Any]]) -> None:
    text = "".join(f"{json.dumps(line, ensure_ascii=False, sort_keys=True)}\n" for line in lines)
    path.write_text(text, "utf-8")
