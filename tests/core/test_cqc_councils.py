"""The councils of England: how many of each tier, and which one a published name means."""

from __future__ import annotations

from collections import Counter

import pytest

from hub.cqc.councils import Council, NoCouncil, english_councils
from hub.vocabulary import AGENCY_ID


def test_there_are_153_councils_with_adult_social_services_by_tier() -> None:
    councils = english_councils().all

    tiers = Counter(council.code[:3] for council in councils)
    assert tiers == {"E10": 21, "E08": 36, "E09": 33, "E06": 63}
    assert len({council.code for council in councils}) == 153
    assert len({council.name for council in councils}) == 153
    assert all(AGENCY_ID.match(council.agency) for council in councils)


def test_no_code_that_was_replaced_is_in_force() -> None:
    councils = english_councils().all
    in_force = {council.code for council in councils}

    replaced = {code for council in councils for _, code in council.replaces}

    assert {"E10000027", "E10000006", "E08000016", "E10000023"} <= replaced
    assert not replaced & in_force


def test_no_two_councils_share_a_spelling() -> None:
    councils = english_councils()

    for council in councils.all:
        for name in (council.name, *council.also):
            assert councils.named(name) == council, name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("West Sussex", "E10000032"),
        ("Bristol, City of", "E06000023"),
        ("City of Bristol", "E06000023"),
        ("Herefordshire, County of", "E06000019"),
        ("Kingston upon Hull, City of", "E06000010"),
        ("Kingston upon Thames", "E09000021"),
        ("St Helens", "E08000013"),
        ("brighton & hove", "E06000043"),
        ("Southend on Sea", "E06000033"),
        ("Surrey County Council", "E10000030"),
        ("London Borough of Barnet", "E09000003"),
        ("Royal Borough of Greenwich", "E09000011"),
        ("Bolton Metropolitan Borough Council", "E08000001"),
        ("City of London", "E09000001"),
        ("County Durham", "E06000047"),
        ("Somerset", "E06000066"),
        ("Poole", "E06000058"),
        ("Sheffield", "E08000039"),
    ],
)
def test_a_published_name_means_one_council(name: str, code: str) -> None:
    found = english_councils().named(name)

    assert isinstance(found, Council)
    assert found.code == code


def test_a_name_that_is_nearly_a_councils_is_asked_about_and_not_taken() -> None:
    found = english_councils().named("West Susex")

    assert isinstance(found, NoCouncil)
    assert "West Susex" in found.says
    assert found.did_you_mean == "West Sussex"


def test_a_county_that_was_divided_names_its_heirs_and_is_not_guessed() -> None:
    cumbria = english_councils().named("Cumbria")

    assert isinstance(cumbria, NoCouncil)
    assert "Cumberland" in cumbria.says
    assert "Westmorland and Furness" in cumbria.says
    assert cumbria.did_you_mean is None


def test_a_district_has_no_adult_social_services() -> None:
    assert isinstance(english_councils().named("Adur"), NoCouncil)
    assert isinstance(english_councils().named("Cardiff"), NoCouncil)
