"""Other words for roles and kinds: in a pack's files and in what events say, read in one place."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from hub.events.decode import decode
from hub.events.envelope import Event, Fault
from hub.events.synonyms import Synonyms
from hub.pack.load import load
from hub.vocabulary import Role
from tests.core.packs import changed, faults_of, pack
from tests.flow.intake_scene import document

STRUCTURED: Final = "application/cloudevents+json"
OURS: Final = {"west-sussex": pack().aliases}


def said(
    name: str,
    synonyms: Synonyms = OURS,
    /,
    **data: Any,  # noqa: ANN401 - of any field
) -> Event | tuple[Fault, ...]:
    """An event of the story that ships, with other words in its data."""
    whole = document(name)
    whole["data"] |= data
    return decode(json.dumps(whole).encode(), STRUCTURED, {}, synonyms)


def kinds(event: Event | tuple[Fault, ...]) -> list[str]:
    assert isinstance(event, Event), event
    return [p["kind"] for p in event.data.model_dump(mode="json")["placements"]]


@pytest.mark.parametrize("word", ["ccg", "CCG", " Clinical Commissioning Group ", "icb"])
def test_S20_a_group_that_was_renamed_is_read_as_what_it_is_now_however_deep_it_stands(
    word: str,
) -> None:
    seen = {"source": "list", "verified_on": "2026-12-01"}
    line = {"commissioner": "ods:QNX", "kind": word, "adults": ["N-1"], **seen}

    found = said("placement-register-declared", placements=[line])

    assert kinds(found) == ["icb"]


def test_S20_a_role_in_another_word_is_that_role() -> None:
    found = said("hold-placed", role="Commissioning Authority", party="gss:E10000030")

    assert isinstance(found, Event), found
    assert found.data.model_dump()["role"] is Role.PLACING_AUTHORITY


def test_S20_the_bytes_stay_as_they_were_sent() -> None:
    found = said("lead-agency-set", kind="local authority")

    assert isinstance(found, Event), found
    assert json.loads(found.body)["data"]["kind"] == "local authority"
    assert found.data.model_dump()["kind"] == "la"


@pytest.mark.parametrize("synonyms", [{}, {"wales": {"ccg": "icb"}}])
def test_S20_a_word_of_another_partnership_or_of_none_is_refused_with_a_pointer(
    synonyms: Synonyms,
) -> None:
    found = said("lead-agency-set", synonyms, kind="ccg")

    assert not isinstance(found, Event)
    assert [fault.pointer for fault in found] == ["/data/kind"]


def test_text_stays_text_whatever_word_it_is() -> None:
    found = said("lead-agency-set", kind="la", reason="ccg")

    assert isinstance(found, Event), found
    assert found.data.model_dump()["reason"] == "ccg"


def test_S20_a_pack_may_say_its_own_words_wherever_a_role_stands_and_means_the_same() -> None:
    old = 'to = ["placing authority", "placing icb"]'
    new = 'to = ["commissioning authority", "Placing CCG"]'

    other = load(changed("routing.toml", old, new))

    assert [r.roles for r in other.routes] == [r.roles for r in pack().routes]
    assert other.hash == pack().hash  # it says the same


def test_S20_a_word_may_be_changed_in_the_pack_and_then_the_old_one_is_unknown() -> None:
    old = '"qsig" = "quality and safeguarding group"\n'

    other = load(changed("sharing.toml", old, ""))

    assert "qsig" not in other.aliases
    assert "qasig" in other.aliases
    assert other.hash != pack().hash


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('"regulator" = "police"\n', "`regulator` has a meaning already"),
        ('"everybody" = "police"\n', "`everybody` has a meaning already"),
        ('"force" = "polise"\n', "`polise` is no role and no kind of agency"),
        ('"CCG" = "icb"\n', "`CCG` has a meaning already"),
    ],
)
def test_an_alias_that_would_change_a_word_of_the_hub_or_means_nothing_is_refused(
    line: str, says: str
) -> None:
    (fault,) = faults_of(changed("sharing.toml", '"spcg" = ', f'{line}"spcg" = '))

    assert fault.says == says


def test_what_a_pack_cites_is_of_a_closed_list() -> None:
    (fault,) = faults_of(changed("sharing.toml", 'framework = "', 'framwork = "'))

    assert (fault.says, fault.did_you_mean) == ("unknown subject `framwork`", "framework")
