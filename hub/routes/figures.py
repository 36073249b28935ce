"""The key figures of the last days: a page for the signed-in, and gauges for Prometheus."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge

from hub.access import Act
from hub.figures import Figure, Report, Verdict
from hub.figures.said import VERDICTS, of_words, target_words, time_words, value_words
from hub.routes.deps import WEB
from hub.routes.rendering import page
from hub.routes.sign_in import signed_in

_COLOURS: Final[dict[Verdict, str]] = {Verdict.MET: "green", Verdict.NOT_MET: "red"}


def add_routes(app: web.Application) -> None:
    """Add the page."""
    app.router.add_get("/figures", figures)


async def figures(request: web.Request) -> web.Response:
    """Show the figures to whoever is signed in: they name no concern, no agency and nobody."""
    session = await signed_in(request, Act.READ_FIGURES)
    figures_now = request.app[WEB].figures
    report = None if figures_now is None else await figures_now()
    return page(
        "figures.html.j2",
        title="Key figures",
        session=session,
        here=figures_now is not None,
        time=None if report is None else time_words(report),
        figures=() if report is None else [_row(each) for each in report.figures],
        measured=report is not None and any(each.of for each in report.figures),
    )


def _row(figure: Figure) -> dict[str, object]:
    return {
        "meaning": figure.meaning,
        "value": value_words(figure),
        "of": of_words(figure),
        "target": target_words(figure),
        "verdict": VERDICTS[figure.verdict],
        "colour": _COLOURS.get(figure.verdict, "grey"),
        "nothing": figure.verdict is Verdict.NOTHING,
    }


def gauges(report: Report) -> CollectorRegistry:
    """Return the figures as gauges. What was not measured has no value, and so no sample."""
    registry = CollectorRegistry()
    label = ("figure",)
    value = Gauge(
        "hub_figure", "A key figure: a share of 0 to 1, a count, or hours", label, registry=registry
    )
    over = Gauge("hub_figure_of", "Over how many it was measured", label, registry=registry)
    met = Gauge("hub_figure_target_met", "1 where its target is met", label, registry=registry)
    at = Gauge("hub_figures_at", "When they were worked out, in Unix time", registry=registry)
    at.set(report.at.timestamp())
    for figure in report.figures:
        key = figure.meaning.key
        over.labels(key).set(figure.of)
        if figure.value is not None:
            value.labels(key).set(figure.value)
        if figure.verdict in _COLOURS:
            met.labels(key).set(figure.verdict is Verdict.MET)
    return registry
