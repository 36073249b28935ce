"""The live directory: read at each try, every version of it kept (house.md, the register)."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import RowMapping, Select, Table, bindparam, func, select

from hub.adapters.register import tables as t
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import Row
from hub.adapters.register.shut import DIRECTORY, let_out, shut_in
from hub.adapters.register.wire import Wire
from hub.directory import Agency, Contact, Directory, Endpoint, EndpointKey, Publisher

Entry = Agency | Contact | Endpoint | Publisher

_AGENCY: Final = TypeAdapter(Agency)
_CONTACT: Final = TypeAdapter(Contact)
_ENDPOINT: Final = TypeAdapter(Endpoint)
_PUBLISHER: Final = TypeAdapter(Publisher)


class Agencies:
    """Reads and writes the directory. What has not changed is not read twice."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: int | None = None
        self._directory = Directory()

    async def unchanged(self, wire: Wire) -> Directory | None:
        """Return the directory by one short query, or None where something has changed."""
        return self.as_of(await self._mark(wire))

    def as_of(self, newest: int | None) -> Directory | None:
        """Return the directory if `newest` says that nothing has changed since it was read."""
        return self._directory if newest is not None and newest == self._seen else None

    async def _mark(self, wire: Wire) -> int:
        newest: int = (await wire.rows(MARK))[0]["newest"]
        return newest

    async def read(self, wire: Wire) -> Directory:
        """Return the directory as it stands; one short query where nothing has changed."""
        # Taken together: another task may have read something newer when this one is done.
        base, since = self._directory, self._seen
        seen = await self._mark(wire)
        if seen == since:
            return base
        directory = replace(base, **await self._changed(wire, seen, since))
        self._directory, self._seen = directory, seen
        return directory

    async def _changed(self, wire: Wire, seen: int, since: int | None) -> dict[str, Any]:
        """Return each part of the directory that has changed, whole.

        Only the part: a corrected mailbox is no reason to read every provider of England again.
        """
        parts = {table.name for table in _PARTS}
        if since is not None and seen > since:
            parts = {row["part"] for row in await wire.rows(_SINCE, {"since": since})}
        return {
            field: tuple(read(row) for row in await wire.rows(_all(table)))
            for table, (field, read) in _PARTS.items()
            if table.name in parts
        }

    async def seed(self, wire: Wire, directory: Directory, now: datetime) -> None:
        """Put in what is not there yet, by id; what is there stays as people have corrected it."""
        await self._alone(wire)
        parts: tuple[tuple[Table, Sequence[Entry]], ...] = (
            (t.agency, directory.agencies),
            (t.contact, directory.contacts),
            (t.endpoint, directory.endpoints),
            (t.publisher, directory.publishers),
        )
        for table, entries in parts:
            rows = {entry.id: _row(entry, 1) for entry in entries}
            if not rows:
                continue
            insert = self._database.insert(table).on_conflict_do_nothing(
                index_elements=[table.c.id]
            )
            added = await wire.rows(insert.returning(table.c.id), list(rows.values()))
            await _keep(wire, table, [rows[row["id"]] for row in added], now)

    async def put(self, wire: Wire, entry: Entry, now: datetime) -> None:
        """Correct or add one entry; a new version is kept."""
        await self._alone(wire)
        table = _table(entry)
        insert = self._database.insert(table)
        new = {name: insert.excluded[name] for name in _row(entry, 1) if name != "id"}
        upsert = insert.on_conflict_do_update(
            index_elements=[table.c.id], set_={**new, "version": table.c.version + 1}
        ).returning(table.c.version)
        written = (await wire.rows(upsert, [_row(entry, 1)]))[0]
        await _keep(wire, table, [_row(entry, written["version"])], now)
        if isinstance(entry, Endpoint):
            sort = shut_in if entry.parked else let_out
            await sort(wire, self._database, [entry.id])

    async def park(self, wire: Wire, endpoints: Sequence[str], now: datetime) -> None:
        """Close endpoints for now: their rows wait (410, delivery.md)."""
        await self._alone(wire)
        found = await wire.rows(
            _all(t.endpoint)
            .where(self._database.among(t.endpoint.c.id, endpoints), t.endpoint.c.parked.is_(False))
            .with_for_update()
        )
        for row in found:
            await self.put(wire, replace(_endpoint_of(row["whole"]), parked=True), now)

    async def _alone(self, wire: Wire) -> None:
        """Let one transaction at a time write the directory, so that versions commit in order.

        The newest number then says whether anything has changed, at the cost of one look: counting
        the versions would cost more with each of CQC's thirty thousand providers.
        """
        await self._database.lock(wire, [DIRECTORY])


_SINCE: Final = (
    select(t.directory_history.c.part)
    .where(t.directory_history.c.seq > bindparam("since"))
    .distinct()
)
MARK: Final = select(func.coalesce(func.max(t.directory_history.c.seq), 0).label("newest"))
"""The number of the newest version in the directory: the same as before, nothing has changed."""


def _all(table: Table) -> Select[Any]:
    return select(table).order_by(table.c.id)


def _table(entry: Entry) -> Table:
    match entry:
        case Agency():
            return t.agency
        case Contact():
            return t.contact
        case Endpoint():
            return t.endpoint
        case Publisher():
            return t.publisher


def _row(entry: Entry, version: int) -> Row:
    match entry:
        case Agency():
            agency, whole = entry.id, _AGENCY.dump_json(entry).decode()
        case Contact():
            agency, whole = entry.agency, _CONTACT.dump_json(entry).decode()
        case Endpoint():
            agency, whole = entry.agency, _endpoint_text(entry)
        case Publisher():
            agency, whole = entry.agency, _PUBLISHER.dump_json(entry).decode()
    row: Row = {"id": entry.id, "agency_id": agency, "version": version, "whole": whole}
    if isinstance(entry, Endpoint):
        row["parked"] = entry.parked
    return row


def _endpoint_text(endpoint: Endpoint) -> str:
    """Return an endpoint as JSON; its keys are bytes, so they go in base64.

    Their times stand beside them: an older hub on the same register reads on without.
    """
    whole = json.loads(_ENDPOINT.dump_json(replace(endpoint, keys=())))
    whole["keys"] = [[key.id, b64encode(key.secret).decode()] for key in endpoint.keys]
    times = {key.id: [_text(key.since), _text(key.until)] for key in endpoint.keys}
    whole["key_times"] = {key: said for key, said in times.items() if any(said)}
    return json.dumps(whole)


def _endpoint_of(whole: str) -> Endpoint:
    fields = json.loads(whole)
    times = fields.pop("key_times", {})
    keys = tuple(
        EndpointKey(id=key, secret=b64decode(said), since=since, until=until)
        for key, said in fields.pop("keys")
        for since, until in [map(_moment, times.get(key, (None, None)))]
    )
    return replace(_ENDPOINT.validate_python(fields), keys=keys)


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _moment(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)


def _endpoint_in(row: RowMapping) -> Endpoint:
    return replace(_endpoint_of(row["whole"]), parked=row["parked"])


_PARTS: Final[Mapping[Table, tuple[str, Callable[[RowMapping], Entry]]]] = {
    t.agency: ("agencies", lambda row: _AGENCY.validate_json(row["whole"])),
    t.contact: ("contacts", lambda row: _CONTACT.validate_json(row["whole"])),
    t.endpoint: ("endpoints", _endpoint_in),
    t.publisher: ("publishers", lambda row: _PUBLISHER.validate_json(row["whole"])),
}
"""Each part of the directory: its table, its name in `Directory`, and how a row is read."""


async def _keep(wire: Wire, table: Table, rows: Sequence[Row], now: datetime) -> None:
    kept = ("id", "agency_id", "version", "whole")
    await wire.insert(
        t.directory_history,
        [
            {"part": table.name, "recorded": now, **{name: row[name] for name in kept}}
            for row in rows
        ],
    )
