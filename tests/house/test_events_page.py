"""docs/events.md lists every event type as the models have it."""

import re

import pytest

from hub.events import EVENTS
from hub.events.listing import listing
from hub.events.schema import classes_of, leaves, models_in
from tests.house.tree import ROOT


def test_the_page_of_events_is_what_the_models_say() -> None:
    page = (ROOT / "docs" / "events.md").read_text("utf-8")

    assert page == listing(), "`make contract` writes it anew"


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_field_of_every_event_stands_on_the_page_with_its_class(name: str) -> None:
    _, _, after = listing().partition(f"\n### `{name}`\n")
    section = after.partition("\n### ")[0].partition("\n## ")[0]
    lines = re.findall(r"^\| `([^`]+)`\*? \| .* \| (.*) \|$", section, re.MULTILINE)
    shown = {(re.split(r"\.|\[\]\.", field)[-1], kind) for field, kind in lines}

    for model in (EVENTS[name], *models_in(EVENTS[name])):
        for field, (kind,) in leaves(model):
            assert (field, str(kind)) in shown
    assert all(str(kind) in section for kind in classes_of(name))
