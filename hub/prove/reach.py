"""Everybody whom the pack tells can be reached, and who may assert and release is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hub.directory import Directory
from hub.pack.faults import PackFault, nearest
from hub.pack.rules import Pack
from hub.prove.answers import fault_at
from hub.vocabulary import AgencyId, PublisherId, Role

DESKS_OF_THE_HOST: Final = (
    Role.HOST_AUTHORITY,
    Role.CONTRACTS,
    Role.EMERGENCY_DUTY_TEAM,
    Role.HEAD_OF_SAFEGUARDING,
)
"""Roles that the host authority itself has in every concern (concern.Concern.parties)."""

_DIRECTORY: Final = "directory.toml"


def reach_faults(pack: Pack, directory: Directory) -> Iterator[PackFault]:
    """Yield each role, publisher and release that leads to nobody."""
    yield from _roles(pack, directory)
    yield from _publishers(pack, directory)
    yield from _releases(pack)


def _roles(pack: Pack, directory: Directory) -> Iterator[PackFault]:
    told = sorted({role for route in pack.routes for role in route.roles})
    for role in told:
        if not any(directory.reachable(agency.id, role) for agency in directory.agencies):
            yield _missing(f"no agency can be reached as `{role}`")
    hosts: set[AgencyId] = {host for grant in pack.grants for host in grant.hosts}
    for host in sorted(hosts):
        for role in DESKS_OF_THE_HOST:
            if not directory.reachable(host, role):
                yield _missing(f"the host authority `{host}` cannot be reached as `{role}`")


def _publishers(pack: Pack, directory: Directory) -> Iterator[PackFault]:
    known: set[PublisherId] = {publisher.id for publisher in directory.publishers}
    granted = {grant.publisher for grant in pack.grants}
    for grant in pack.grants:
        if grant.publisher not in known:
            where, says = grant.where, f"no publisher `{grant.publisher}` in the directory"
            meant = nearest(grant.publisher, known)
            yield PackFault(file=where.file, line=where.line, says=says, did_you_mean=meant)
    for publisher in sorted(known - granted):
        yield _missing(f"publisher `{publisher}` may assert nothing: it has no `[[grant]]`")


def _releases(pack: Pack) -> Iterator[PackFault]:
    authorities = {authority.kind: authority for authority in pack.hold_authorities}
    for rule in pack.withholds:
        authority = authorities.get(rule.hold) if rule.hold else None
        if authority is None:
            continue
        may = {*authority.release, *authority.endorse}
        if rule.released_by not in may:
            who = ", ".join(sorted(may))
            says = f"{rule.id} is released by `{rule.released_by}`, but {rule.hold} by {who}"
            yield fault_at(rule.where, says)


def _missing(says: str) -> PackFault:
    return PackFault(file=_DIRECTORY, line=1, says=says)
