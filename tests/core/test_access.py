"""Who may do what: no post reaches past its own, and case content stays with who needs to know."""

from __future__ import annotations

import pytest

from hub.access import Act, Official, Post
from hub.routes.navigation import home, places
from hub.vocabulary import AgencyId

CONTENT = {Act.READ_CONCERNS, Act.STEER, Act.RELEASE, Act.ANSWER, Act.AUDIT}


def person(post: Post) -> Official:
    return Official(id="p", name="Ada Byrne", post=post, agency=AgencyId("west-sussex"))


def acts(post: Post) -> set[Act]:
    return {act for act in Act if person(post).may(act)}


def test_the_administrator_sees_no_case_content() -> None:
    assert not acts(Post.ADMINISTRATOR) & CONTENT


def test_only_a_lead_enquiry_officer_steers() -> None:
    assert [post for post in Post if Act.STEER in acts(post)] == [Post.LEO]


def test_an_auditor_changes_nothing_and_reads_under_pseudonyms_alone() -> None:
    assert acts(Post.AUDITOR) == {Act.AUDIT, Act.READ_FIGURES, Act.READ_RULES, Act.VERIFY}


@pytest.mark.parametrize("post", [Post.AGENCY, Post.PROVIDER])
def test_an_agency_and_a_provider_reach_their_own_notices_alone(post: Post) -> None:
    assert acts(post) & CONTENT == {Act.ANSWER}


@pytest.mark.parametrize("post", Post)
def test_the_header_leads_nowhere_that_is_closed(post: Post) -> None:
    assert home(person(post)) is None or home(person(post)) == places(person(post))[0][0]
    if Act.READ_CONCERNS not in acts(post):
        assert "/" not in dict(places(person(post)))
