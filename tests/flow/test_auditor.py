"""An auditor reads the concerns of their authority under pseudonyms, and nothing typed."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

import pytest
from pydantic import BaseModel

from hub.access import Official, Post
from hub.concern import Party
from hub.ports import ConcernRecord
from hub.receipt import Acknowledgement
from hub.routes import audit
from hub.routes.audited import audited
from hub.routes.navigation import places
from hub.routes.pseudonyms import Pseudonyms
from hub.routes.rendering import page
from hub.vocabulary import AgencyId, Role
from tests.core.test_access import person
from tests.flow.rosewood import (
    CHAIR,
    CQC,
    HOST,
    LEO,
    SURREY,
    TO_THE_END,
    Rosewood,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_every_look import AUDITOR
from tests.flow.test_signed_closure import confirmed

ELSEWHERE: Final = Official(id="auditor-9", name="Max Hill", post=Post.AUDITOR, agency=SURREY)
NAMES: Final = Pseudonyms(partnership="west-sussex", key=b"k" * 32)
OF_THE_PACK: Final = {"rule", "paragraph", "template"}
"""Fields whose words are the pack's own: they are shown as they are."""
PLANTED: Final = "CANARY"


async def the_end(story: Rosewood) -> ConcernRecord:
    await story.sent()
    await confirmed(story)
    return await story.record()


class Planting:
    """Puts a canary in place of every text that anybody may have typed, however deep."""

    def __init__(self) -> None:
        self.canaries: dict[tuple[str, str], str] = {}

    def whole(self, value: Any, field: str = "") -> Any:  # noqa: ANN401  # of any kind
        match value:
            case Enum() | bool() | int() | None:
                return value
            case str():
                return value if field in OF_THE_PACK else self.canary(field, value)
            case bytes():
                return PLANTED.encode()
            case tuple() | frozenset() | list():
                return type(value)(self.whole(each, field) for each in value)
            case BaseModel():
                changes = {name: self.whole(each, name) for name, each in value}
                return value.model_copy(update=changes)
            case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
                changes = {
                    f.name: self.whole(getattr(value, f.name), f.name)
                    for f in dataclasses.fields(value)
                    if f.init
                }
                return dataclasses.replace(value, **changes)
            case _:
                return value

    def canary(self, field: str, value: str) -> str:
        # The same text stays the same: an id must find what it is the id of.
        return self.canaries.setdefault(("", value), f"{PLANTED}-{len(self.canaries)}-{field}")


def shown(record: ConcernRecord) -> str:
    """Return the page of this record, all of it."""
    seen = audited(record, NAMES)
    response = page(
        "audited.html.j2",
        title=f"Concern {seen.listed.name}",
        shown=seen,
        done=seen.done,
        number=1,
        last=1,
    )
    assert response.text is not None
    return response.text


async def test_a_canary_in_every_field_reaches_no_auditor() -> None:
    async with rosewood(*TO_THE_END) as story:
        record = await the_end(story)
    planting = Planting()

    planted = planting.whole(record)
    text = shown(planted)

    assert PLANTED not in text
    assert len(planting.canaries) > 400
    assert planted.concern.leo.name.startswith(PLANTED)
    assert all(n.notice.text.startswith(PLANTED) for n in planted.notices)
    answers = [r.acknowledgement for n in planted.notices for r in n.receipts if r.acknowledgement]
    assert all(isinstance(a, Acknowledgement) and PLANTED in a.name for a in answers)
    assert text.count("<tr ") > 100


async def test_what_was_done_is_there_in_the_hubs_own_words() -> None:
    async with rosewood(*TO_THE_END) as story:
        record = await the_end(story)
    text = shown(record)

    for words in ("Concern opened", "Closure confirmed", "acknowledged", "Your authority"):
        assert words in text
    assert NAMES.person(LEO.name) in text
    assert NAMES.provider(record.concern) in text


async def test_that_the_police_asked_for_something_is_not_said_to_an_auditor() -> None:
    async with rosewood(*TO_THE_END) as story:
        record = await the_end(story)
    theirs = {d.occasion.event_name for d in record.decisions}
    assert "police.advice.recorded" in theirs
    text = shown(record).lower()

    assert "police advice" not in text
    assert "criminal status" not in text
    assert "the police" not in text


async def test_an_auditor_finds_each_concern_of_their_authority_and_each_look_is_on_the_log() -> (
    None
):
    async with rosewood(*TO_THE_END) as story:
        story.people = (AUDITOR, ELSEWHERE, LEO, CHAIR)
        async with served(story) as browser:
            me = await sign_in(story, browser, AUDITOR)
            status, listing = await me.get("/audit")
            assert status == 200
            (name,) = re.findall(r'href="/audit/([^"?]+)"', listing)
            status, text = await me.get(f"/audit/{name}")
            assert status == 200
            _, again = await me.get("/audit")
            elsewhere = await sign_in(story, browser, ELSEWHERE)
            assert (await elsewhere.get(f"/audit/{name}"))[0] == 404
            assert "no concerns yet" in (await elsewhere.get("/audit"))[1]
            for path in (f"/audit/{name}?page=99", f"/audit/{name}?page=x", "/audit/XXXX-XXXX"):
                assert (await me.get(path))[0] == 404
            assert (await me.get("/"))[0] == 303
            leo = await sign_in(story, browser, LEO)
            assert (await leo.get("/audit"))[0] == 404
        concern = (await story.record()).concern
        looks = await story.leaves("concern.seen") + await story.leaves("concerns.seen")

    for typed in (
        concern.reference,
        concern.service.location_name,
        concern.service.provider_name,
        concern.service.postcode,
        concern.leo.name,
        concern.id,
    ):
        assert typed not in listing + text
    assert f'href="/audit/{name}"' in again
    assert sum(AUDITOR.id in look for look in looks) == 3
    assert not any(ELSEWHERE.id in look for look in looks)


async def test_a_long_timeline_has_pages_that_hold_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "AT_ONCE", 40)
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        story.people = (AUDITOR,)
        assert story.sign_in is not None
        story.sign_in.people = story.people
        me = await sign_in(story, browser, AUDITOR)
        (name,) = re.findall(r'href="/audit/([^"?]+)"', (await me.get("/audit"))[1])
        rows = 0
        for number in itertools.count(1):
            status, text = await me.get(f"/audit/{name}?page={number}")
            assert status == 200
            rows += len(re.findall('role="rowheader"', text))
            if "Older entries" not in text:
                break
        whole = len(audited(await story.record(), NAMES).done)

    assert rows == whole > 40
    assert number == -(-whole // 40)


def others() -> Iterator[Pseudonyms]:
    yield dataclasses.replace(NAMES, partnership="wales")
    yield dataclasses.replace(NAMES, key=b"l" * 32)


def test_a_pseudonym_is_the_same_for_ever_and_another_in_another_partnership() -> None:
    assert NAMES.person("Amara Okafor") == NAMES.person(" amara  okafor ")
    assert NAMES.person("Amara Okafor") != NAMES.person("Helen Marsh")
    for other in others():
        assert other.person("Amara Okafor") != NAMES.person("Amara Okafor")
    assert NAMES.party(CQC, HOST) == NAMES.party(Party(agency=CQC.agency, role=CQC.role), HOST)
    assert NAMES.party(Party(agency=HOST, role=Role.HOST_AUTHORITY), HOST).startswith("Your")
    provider = Party(agency=AgencyId("cqc:1"), role=Role.PROVIDER)
    assert NAMES.party(provider, HOST).startswith("Provider ")
    assert "k" * 32 not in repr(NAMES)


def test_nobody_but_an_auditor_has_the_audit_in_the_header() -> None:
    assert [p for p in Post if "/audit" in dict(places(person(p)))] == [Post.AUDITOR]
