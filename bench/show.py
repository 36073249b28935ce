"""What a run found, as it is shown: tables for `docs/benchmarks.md`, as they are, and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from rich.box import MARKDOWN
from rich.table import Table

from bench.aims import aims, at_most, beside_ratio
from bench.results import Found, Results, middle, ratio

NOTHING: Final = "-"
"""What stands where nothing was measured."""


def tables(results: Results) -> Iterator[Table]:
    """Yield every table of which something was measured."""
    for table in (_aims(results), _sides(results), _alone(results), _at_most(results)):
        if table.row_count:
            yield table


def _aims(results: Results) -> Table:
    table = _table("figure", "measured", "aim", "")
    for aim in aims(results):
        if aim.value is not None:
            table.add_row(aim.name, aim.measured, aim.wanted, aim.verdict)
    return table


def _sides(results: Results) -> Table:
    sides = (results.hub, results.floor, results.celery)
    table = _table("", "hub", "floor", "Celery", "hub / floor", "hub / Celery")
    if not results.hub.rates:
        return table
    for name, figure, form in _FIGURES:
        hub, floor, celery = (figure(side) for side in sides)
        ratios = (said(ratio(hub, floor)), said(ratio(hub, celery)))
        table.add_row(name, *(said(each, form) for each in (hub, floor, celery)), *ratios)
    table.add_row("lost, doubled, doubled with another id", *(_lost(side) for side in sides))
    return table


_FIGURES: Final[tuple[tuple[str, Callable[[Found], float | None], str], ...]] = (
    ("deliveries/s", lambda found: found.rate, "{:,.0f}"),
    ("CPU ms a delivery", lambda found: found.cpu, "{:.2f}"),
    ("p50 publish to first byte, ms", lambda found: found.wait(0.5), "{:.0f}"),
    ("p99 publish to first byte, ms", lambda found: found.wait(0.99), "{:.0f}"),
    ("peak RSS, MB", lambda found: found.rss_mb, "{:.0f}"),
)


def _lost(found: Found) -> str:
    return f"{found.lost}, {found.doubled}, {found.doubled_ids}"


def _alone(results: Results) -> Table:
    table = _table("alone", "measured")
    rates = (
        ("intake: published, committed, acknowledged; events/s", results.intake),
        ("consume, write the same rows unplanned, acknowledge; events/s", results.rows),
        ("consume, keep one row, acknowledge; messages/s", results.row),
        ("consume and acknowledge; messages/s", results.bare),
        ("lease and complete, with nothing sent; rows/s", results.queue),
        ("`explain`, events/s", results.explain),
        ("read and plan, nothing written; events/s of CPU time", results.planned),
        ("read and compose, who is told being fixed; the same", results.composed),
    )
    for name, found in rates:
        if found:
            table.add_row(name, said(middle(found), "{:,.0f}"))
    if results.backlog:
        behind = ", ".join(said(results.urgent.wait(share), "{:,.0f}") for share in (0.5, 0.99))
        table.add_row(f"urgent behind a backlog of {results.backlog:,}: p50, p99, ms", behind)
        table.add_row("the same: lost, doubled, doubled with another id", _lost(results.urgent))
    if results.beside:
        many, every = _beside(results)
        table.add_row(f"beside {many} that wait: CPU ms a delivery", _list(every, "cpu", "{:.2f}"))
        table.add_row(f"beside {many} that wait: deliveries/s", _list(every, "rate", "{:.0f}"))
        table.add_row(f"beside {many} that wait: peak RSS, MB", _list(every, "rss_mb", "{:.0f}"))
    return table


def _at_most(results: Results) -> Table:
    table = _table("were planning all that the hub adds", "at most", "aim")
    for most in at_most(results):
        if most.value is not None:
            table.add_row(most.name, most.measured, most.wanted)
    return table


def _beside(results: Results) -> tuple[str, tuple[Found, ...]]:
    return ", ".join(f"{many:,}" for many in results.beside), tuple(results.beside.values())


def _list(every: Iterable[Found], what: str, form: str) -> str:
    return ", ".join(said(getattr(found, what), form) for found in every)


def _table(*names: str) -> Table:
    table = Table(box=MARKDOWN)
    for name in names:
        table.add_column(name, no_wrap=True)
    return table


def said(value: float | None, form: str = "{:.2f}") -> str:
    """Return a figure in words."""
    return NOTHING if value is None else form.format(value)


def line(results: Results) -> dict[str, object]:
    """Return what a program reads of a run; None where nothing was measured."""
    hub, floor, celery = results.hub, results.floor, results.celery
    intake, bare = middle(results.intake), middle(results.bare)
    return {
        "floor_ratio": rounded(ratio(hub.rate, floor.rate), 3),
        "celery_ratio": rounded(ratio(hub.rate, celery.rate), 3),
        "intake_ratio": rounded(ratio(intake, bare), 4),
        **_of(hub),
        "doubled_with_another_id": hub.doubled_ids,
        "deliveries": hub.sent,
        "intake_per_s": rounded(intake),
        "same_rows_per_s": rounded(middle(results.rows)),
        "one_row_per_s": rounded(middle(results.row)),
        "bare_per_s": rounded(bare),
        "queue_rows_per_s": rounded(middle(results.queue)),
        "explain_per_s": rounded(middle(results.explain)),
        "planned_per_s": rounded(middle(results.planned)),
        "composed_per_s": rounded(middle(results.composed)),
        "ratios_at_most": {most.name: rounded(most.value, 3) for most in at_most(results)},
        "urgent_p99_ms": rounded(results.urgent.wait(0.99)),
        "backlog": results.backlog,
        "beside_ratio": rounded(beside_ratio(results), 3),
        "beside": {many: _of(found) for many, found in results.beside.items()},
        "floor": _of(floor),
        "celery": _of(celery),
    }


def _of(found: Found) -> dict[str, object]:
    return {
        "deliveries_per_s": rounded(found.rate),
        "cpu_ms_per_delivery": rounded(found.cpu, 3),
        "p50_ms": rounded(found.wait(0.5)),
        "p99_ms": rounded(found.wait(0.99)),
        "rss_mb": rounded(found.rss_mb or None),
        "lost": found.lost,
        "doubled": found.doubled,
        "rounds": [round(rate) for rate in found.rates],
    }


def rounded(value: float | None, digits: int = 1) -> float | None:
    """Return a figure as short as it is worth."""
    return None if value is None else round(value, digits)
