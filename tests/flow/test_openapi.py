"""The API's document is what the application serves, valid, and what the golden file says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from openapi_spec_validator import OpenAPIV31SpecValidator
from prometheus_client import CollectorRegistry

from hub.intake import Intake
from hub.routes.application import build_application
from hub.routes.deps import Web, WebSettings
from hub.routes.openapi import document, written
from tests.flow.rosewood import Rosewood, rosewood, served

GOLDEN: Final = Path(__file__).parents[2] / "docs/openapi.json"


def whole(story: Rosewood) -> dict[str, Any]:
    """Return what makes every route of the application be there."""
    intake = Intake(
        story.register,
        lambda name, _: story.tools if name == "west-sussex" else None,
        story.clock,
        partnerships=lambda: ("west-sussex",),
    )
    return {
        "take_in": intake.take_in,
        "publisher_for": lambda _: None,
    }


def test_the_golden_file_is_what_the_hub_answers() -> None:
    # `make contract` writes it anew.
    assert GOLDEN.read_bytes() == written()


def test_the_document_is_valid_openapi_3_1() -> None:
    OpenAPIV31SpecValidator(document()).validate()


async def test_every_route_of_the_api_is_in_the_document_and_nothing_else_is() -> None:
    async with rosewood() as story, served(story, **whole(story)) as browser:
        async with browser.get("/v1/openapi.json") as got:
            said = json.loads(await got.read())
        routes = set()
        app = build_application(story_deps(story))
        for route in app.router.routes():
            path = route.resource.canonical if route.resource else ""
            if path.startswith("/v1/") and route.method != "HEAD":
                routes.add((route.method, path))

    described = {(method.upper(), path) for path, item in said["paths"].items() for method in item}
    assert described == routes


def story_deps(story: Rosewood) -> Any:  # noqa: ANN401 - Web
    async def ready() -> tuple[str, ...]:
        return ()

    return Web(
        register=story.register,
        answers=story.answers,
        clock=story.clock,
        settings=WebSettings(public_url="http://hub.test"),
        sign_in=None,
        readiness=ready,
        metrics=CollectorRegistry(),
        **whole(story),
    )
