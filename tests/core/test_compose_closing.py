"""What closes every notice: which policy decided, and a warning once its review is overdue."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from hub.adapters.memory import SequentialMint
from hub.compose import compose
from hub.compose.closing import closing, pack_named
from hub.notice import Delivery, Notice
from hub.pack.rules import Pack, Route
from hub.vocabulary import InfoClass, PackHash, Role
from tests.core.build_words import (
    NOW,
    SENDER,
    concern_now,
    directory_now,
    event_named,
    notify,
    pack_now,
    routes,
    shipped_words,
)
from tests.core.test_compose_facts import as_routed

C0 = InfoClass.PROCESS
OVERDUE = replace(pack_now(), review_by=NOW.date() - timedelta(days=1))
HEADING = "Policy review overdue."


def composed(
    pack: Pack, role: Role = Role.REGULATOR, notice: str = "concern-opened", at: datetime = NOW
) -> tuple[Notice, tuple[Delivery, ...]]:
    decision = notify(role, notice, {C0})
    decision = replace(decision, occasion=replace(decision.occasion, at=at))
    return compose(
        decision,
        concern_now(),
        event_named("concern.opened"),
        shipped_words(),
        directory_now(),
        pack,
        SENDER,
        SequentialMint(),
        NOW,
    )


def read_html(page: str) -> str:
    """What a reader of the HTML part reads, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<body")[2])).split())


def test_S20_every_notice_names_the_partnership_the_version_and_the_beginning_of_the_hash() -> None:
    pack = replace(pack_now(), hash=PackHash("ab" * 32))

    notice, (mail, hook) = composed(pack)

    line = f"Policy: {pack.partnership}, version {pack.version}, {'ab' * 6}."
    assert notice.text.rstrip().endswith(line)
    assert read_html(notice.html).endswith(line)
    assert f"\r\nX-Policy-Pack: {pack.partnership} {pack.version} {'ab' * 6}\r\n" in (
        mail.body.decode()
    )
    named = {"partnership": pack.partnership, "version": pack.version, "hash": "ab" * 6}
    assert json.loads(hook.body)["data"]["policy"] == named


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.id)
def test_N047_an_expired_pack_puts_the_same_warning_on_every_notice(route: Route) -> None:
    first, _ = composed(OVERDUE)
    warning = first.text.partition(HEADING)[2].splitlines()[1]
    assert "was due for review by Monday 23 November 2026" in warning

    for role in route.roles:
        notice, deliveries = composed_as_routed(route, role, OVERDUE)

        assert f"{HEADING}\n{warning}\n" in notice.text
        assert f"{HEADING} {warning}" in read_html(notice.html)
        assert all(b"review overdue" in delivery.body for delivery in deliveries)


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.id)
def test_N047_the_warning_adds_its_own_words_and_nothing_else(route: Route) -> None:
    for role in route.roles:
        plain, _ = composed_as_routed(route, role, pack_now())
        warned, _ = composed_as_routed(route, role, OVERDUE)

        added = HEADING + warned.text.partition(HEADING)[2].partition("Policy: ")[0]
        assert warned.text.replace(added, "") == plain.text
        shown = {*warned.facts} - {*plain.facts}
        assert shown == {("pack_review_overdue", "Monday 23 November 2026")}
        assert "overdue" not in plain.text + plain.html


def test_N047_the_day_of_review_itself_is_not_overdue_and_midnight_is_Londons() -> None:
    day = replace(pack_now(), review_by=datetime(2026, 6, 30, tzinfo=UTC).date())
    last = datetime(2026, 6, 30, 22, 59, tzinfo=UTC)

    on_the_day, _ = composed(day, at=last)
    after, _ = composed(day, at=last + timedelta(minutes=1))

    assert "overdue" not in on_the_day.text
    assert "overdue" in after.text


def test_a_notice_from_before_its_pack_was_named_closes_with_nothing() -> None:
    assert closing({"concern_ref": "x"}) == ""
    assert pack_named({"pack_version": "2026.1"}) == {}


def composed_as_routed(route: Route, role: Role, pack: Pack) -> tuple[Notice, tuple[Delivery, ...]]:
    decision = notify(role, route.notice, {C0}, lane=route.lane, reply_due=NOW)
    return compose(
        decision,
        as_routed(route, concern_now()),
        event_named(route.event),
        shipped_words(),
        directory_now(),
        pack,
        SENDER,
        SequentialMint(),
        NOW,
    )
