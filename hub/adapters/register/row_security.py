"""Row-level security: PostgreSQL itself shows each reader its own rows, and of nobody none.

`hub_web` reads, under these policies; `hub_worker` does the hub's work, and no policy holds it up
(`USING (true)` is gone once a statement is planned); neither owns a table. A reader's organisation
is a setting of its transaction: where it is not set, there are no rows (decisions/0028).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import Connection, Executable, Table, func, select, text

from hub.adapters.register.columns import metadata
from hub.adapters.register.wire import Wire

READER: Final = "hub_web"
WORKER: Final = "hub_worker"
SETTING: Final = "hub.organisation"
PERSON: Final = "hub.person"
"""Who reads, where they may have emergency access; not set for anybody else."""

_HOSTED: Final = "concern_id IN (SELECT id FROM concern)"
"""Of the concerns, a reader sees those that its organisation hosts, and for whoever is named as
its person the one that was opened to them in an emergency; asked once a statement."""

_RULES: Final[Mapping[str, str]] = {
    # An array, so that both halves may use their index.
    "concern": (
        "host_authority = hub_reader() OR id = ANY (ARRAY(SELECT hub_reader_in_emergency()))"
    ),
    "emergency_access": (
        "agency_id = hub_reader() AND person = hub_reader_person() "
        "AND concern_id IN (SELECT hub_reader_in_emergency())"
    ),
    "event": _HOSTED,
    "decision": _HOSTED,
    "hold": _HOSTED,
    "stop": _HOSTED,
    "attestation": _HOSTED,
    "superseded": f"{_HOSTED} OR hub_reader_is_addressed(notice_id)",
    "notice": f"{_HOSTED} OR (agency_id = hub_reader() AND hub_reader_was_told(id))",
    "delivery": f"{_HOSTED} OR hub_reader_was_told(notice_id)",
    "receipt": f"{_HOSTED} OR hub_reader_was_told(notice_id)",
    "obligation": f"{_HOSTED} OR (agency_id = hub_reader() AND hub_reader_was_told(notice_id))",
    "delivery_queue": (f"EXISTS (SELECT FROM delivery d WHERE d.id = delivery_id AND d.{_HOSTED})"),
    "wrong_code": "EXISTS (SELECT FROM notice n WHERE n.id = notice_id)",
    "body": (
        f"{_HOSTED} OR (id LIKE 'notice:%' AND hub_reader_was_told(substr(id, 8))) OR "
        "(id LIKE 'delivery:%' AND "
        "EXISTS (SELECT FROM delivery d WHERE d.id = substr(body.id, 10)))"
    ),
}
"""What a reader may read, table by table. It reads no table besides, and writes none."""

_FUNCTIONS: Final[Mapping[str, str]] = {
    "hub_reader()": f"SELECT nullif(current_setting('{SETTING}', true), '')",
    "hub_reader_person()": f"SELECT nullif(current_setting('{PERSON}', true), '')",
    "hub_reader_in_emergency()": (
        "SELECT e.concern_id FROM emergency_access e "
        "WHERE e.agency_id = hub_reader() AND e.person = hub_reader_person() "
        "AND e.began <= now() AND e.ends > now() AND NOT EXISTS (SELECT FROM hold h "
        "WHERE h.concern_id = e.concern_id AND h.agency_id = e.agency_id)"
    ),
    "hub_reader_is_addressed(text)": (
        "SELECT EXISTS (SELECT FROM notice n WHERE n.id = $1 AND n.agency_id = hub_reader())"
    ),
    "hub_reader_was_told(text)": (
        "SELECT EXISTS (SELECT FROM notice n JOIN receipt r ON r.notice_id = n.id "
        "WHERE n.id = $1 AND n.agency_id = hub_reader() AND NOT r.fenced AND r.rung IN "
        "('submitted', 'relayed', 'expanded', 'delivered', 'collected', 'displayed', "
        "'acknowledged'))"
    ),
}
"""They read as their owner, or a policy of `notice` would ask itself; they answer of the reader
alone, so that asking them tells nobody anything."""

_RETURNS: Final[Mapping[str, str]] = {
    "hub_reader()": "text",
    "hub_reader_person()": "text",
    "hub_reader_in_emergency()": "SETOF text",
}
"""What a function returns that does not say whether something is so."""
_OF_THE_READER: Final = ("hub_reader()", "hub_reader_person()")
"""They ask no table, and need nobody's rights."""

_ROLES: Final = text("SELECT rolname FROM pg_roles WHERE rolname IN ('hub_web', 'hub_worker')")
_IS_READER: Final = text(
    "SELECT name FROM unnest(ARRAY['hub_worker', current_user::text]) AS name "
    "WHERE pg_has_role(name, 'hub_web', 'MEMBER')"
)
_MYSELF: Final = text(
    "SELECT current_user::text AS name, quote_ident(current_user) AS quoted, "
    "rolsuper OR rolcreaterole AS may FROM pg_roles WHERE rolname = current_user"
)
_GUARDED: Final = text(
    "SELECT relname || '/' || obj_description(p.oid, 'pg_policy') FROM pg_policy p "
    "JOIN pg_class c ON c.oid = p.polrelid "
    "WHERE p.polname = 'reader' AND c.relnamespace = current_schema()::regnamespace"
)


def reading_as(organisation: str, person: str = "") -> Executable:
    """Return what says in a transaction, until it ends, for which organisation it reads.

    `person`: who reads, where they may have emergency access; empty: nobody has.
    """
    return select(
        func.set_config(SETTING, organisation, True).label("organisation"),  # noqa: FBT003  # is_local
        func.set_config(PERSON, person, True).label("person"),  # noqa: FBT003  # is_local
    )


async def guards(wire: Wire) -> bool:
    """Whether the rows are guarded here, and this hub may become a reader."""
    rows = await wire.rows(
        text(
            "SELECT coalesce(bool_or(relrowsecurity AND pg_has_role(rolname, 'MEMBER')), false) "
            "AS guarded FROM pg_class, pg_roles WHERE rolname = 'hub_web' "
            "AND pg_class.oid = to_regclass('concern')"
        )
    )
    return bool(rows[0]["guarded"])


def put_on(connection: Connection) -> tuple[str, ...]:
    """Guard every table of this schema, those of later steps too; safe to repeat.

    Returns the statements that somebody with more rights must run first; then nothing was done.
    """
    if connection.dialect.name != "postgresql":
        return ()
    missing, may = _missing(connection)
    if missing and not may:
        return missing
    for statement in (*_roles(), *_functions(), *_grants()):
        connection.exec_driver_sql(statement)
    there = set(connection.execute(_GUARDED).scalars())
    for table in metadata.sorted_tables:
        for statement in _guarding(table, there):
            connection.exec_driver_sql(statement)
    return ()


def _missing(connection: Connection) -> tuple[tuple[str, ...], bool]:
    """Return what makes the roles that are wanting, and whether this login may run it."""
    there = set(connection.execute(_ROLES).scalars())
    made = tuple(f"CREATE ROLE {role} NOLOGIN" for role in (READER, WORKER) if role not in there)
    # Of a role that is not there, nobody can be asked to be a member.
    readers = set() if made else set(connection.execute(_IS_READER).scalars())
    me = connection.execute(_MYSELF).mappings().one()
    whom = {WORKER: WORKER, me["name"]: me["quoted"]}
    granted = (f"GRANT {READER} TO {whom[one]}" for one in whom if one not in readers)
    return (*made, *granted), bool(me["may"])


def is_guarded(table: Table) -> bool:
    """Whether the rows of this table belong to a concern or an agency, or a reader reads them."""
    return table.name in _RULES or bool({"concern_id", "agency_id"} & set(table.c.keys()))


def _roles() -> Iterator[str]:
    # Roles belong to the whole cluster: another database's `hub migrate` may make them meanwhile.
    for role in (READER, WORKER):
        yield _unless(
            f"EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')",
            f"CREATE ROLE {role} NOLOGIN",
        )
    for whom in (f"'{WORKER}'", "current_user"):
        yield _unless(
            f"pg_has_role({whom}, '{READER}', 'MEMBER')",
            f"EXECUTE format('GRANT {READER} TO %I', {whom})",
        )


def _unless(so: str, make: str) -> str:
    return (
        f"DO $$ BEGIN IF NOT {so} THEN {make}; END IF; "
        f"EXCEPTION WHEN OTHERS THEN IF NOT {so} THEN RAISE; END IF; END $$"
    )


def _functions() -> Iterator[str]:
    for signature, body in _FUNCTIONS.items():
        returns = _RETURNS.get(signature, "boolean")
        definer = "" if signature in _OF_THE_READER else "SECURITY DEFINER"
        yield (
            "DO $do$ BEGIN EXECUTE format('CREATE OR REPLACE FUNCTION "
            f"{signature} RETURNS {returns} LANGUAGE sql STABLE {definer} "
            "SET search_path = %I, pg_temp AS %L', current_schema(), $body$"
            f"{body}$body$); END $do$"
        )
        yield f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {signature} TO {READER}"


def _grants() -> Iterator[str]:
    everything = "SELECT, INSERT, UPDATE, DELETE"
    here = "EXECUTE format('{} IN SCHEMA %I {}', current_schema())"
    for what, on in ((everything, "TABLES"), ("USAGE, SELECT, UPDATE", "SEQUENCES")):
        now = here.format(f"GRANT {what} ON ALL {on}", f"TO {WORKER}")
        later = here.format("ALTER DEFAULT PRIVILEGES", f"GRANT {what} ON {on} TO {WORKER}")
        yield f"DO $$ BEGIN {now}; {later}; END $$"
    for name in _RULES:
        yield f"GRANT SELECT ON {name} TO {READER}"


def _guarding(table: Table, there: set[str]) -> Iterator[str]:
    name, rule = table.name, _RULES.get(table.name, "false")
    if not is_guarded(table) or f"{name}/{rule}" in there:
        return
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    for policy in ("worker", "reader"):
        yield f"DROP POLICY IF EXISTS {policy} ON {name}"
    yield f"CREATE POLICY worker ON {name} TO {WORKER} USING (true) WITH CHECK (true)"
    yield f"CREATE POLICY reader ON {name} FOR SELECT TO {READER} USING ({rule})"
    said = rule.replace("'", "''")
    yield f"COMMENT ON POLICY reader ON {name} IS '{said}'"
