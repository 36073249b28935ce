"""What a run found, as it is shown: tables for `docs/benchmarks.md`, as they are, and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rich.box import MARKDOWN
from rich.table import Table

from bench.results import Found, Results, middle, ratio

NOTHING: Final = "-"
"""What stands where nothing was measured."""


def tables(results: Results) -> Iterator[Table]:
    """Yield every table of which something was measured."""
    for table in (_sides(results), _alone(results)):
        if table.row_count:
            yield table


def _sides(results: Results) -> Table:
    hub, floor = results.hub, results.floor
    table = _table("", "hub", "floor", "hub / floor")
    if not hub.rates:
        return table
    rows: tuple[tuple[str, float | None, float | None, str], ...] = (
        ("deliveries/s", hub.rate, floor.rate, "{:,.0f}"),
        ("CPU ms a delivery", hub.cpu, floor.cpu, "{:.2f}"),
        ("p50 publish to first byte, ms", hub.wait(0.5), floor.wait(0.5), "{:.0f}"),
        ("p99 publish to first byte, ms", hub.wait(0.99), floor.wait(0.99), "{:.0f}"),
        ("peak RSS, MB", hub.rss_mb, floor.rss_mb, "{:.0f}"),
    )
    for name, mine, theirs, form in rows:
        table.add_row(name, said(mine, form), said(theirs, form), said(ratio(mine, theirs)))
    lost = (_lost(found) for found in (hub, floor))
    table.add_row("lost, doubled, doubled with another id", *lost, "")
    return table


def _lost(found: Found) -> str:
    return f"{found.lost}, {found.doubled}, {found.doubled_ids}"


def _alone(results: Results) -> Table:
    table = _table("alone", "measured")
    rates = (
        ("intake: published, committed, acknowledged; events/s", results.intake),
        ("consume, keep one row, acknowledge; messages/s", results.row),
        ("consume and acknowledge; messages/s", results.bare),
        ("lease and complete, with nothing sent; rows/s", results.queue),
        ("`explain`, events/s", results.explain),
    )
    for name, found in rates:
        if found:
            table.add_row(name, said(middle(found), "{:,.0f}"))
    if results.beside:
        many, every = _beside(results)
        table.add_row(f"beside {many} that wait: CPU ms a delivery", _list(every, "cpu", "{:.2f}"))
        table.add_row(f"beside {many} that wait: deliveries/s", _list(every, "rate", "{:.0f}"))
        table.add_row(f"beside {many} that wait: peak RSS, MB", _list(every, "rss_mb", "{:.0f}"))
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
    hub, floor = results.hub, results.floor
    intake, bare = middle(results.intake), middle(results.bare)
    return {
        "floor_ratio": rounded(ratio(hub.rate, floor.rate), 3),
        "intake_ratio": rounded(ratio(intake, bare), 4),
        **_of(hub),
        "doubled_with_another_id": hub.doubled_ids,
        "deliveries": hub.sent,
        "intake_per_s": rounded(intake),
        "one_row_per_s": rounded(middle(results.row)),
        "bare_per_s": rounded(bare),
        "queue_rows_per_s": rounded(middle(results.queue)),
        "explain_per_s": rounded(middle(results.explain)),
        "beside": {many: _of(found) for many, found in results.beside.items()},
        "floor": _of(floor),
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
