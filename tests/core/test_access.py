"""Who may do what: no post reaches past its own, and case content stays with who needs to know."""

from __future__ import annotations

import pytest

from hub.access import Act, Official, Post, two_people
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


def test_only_who_reads_whole_concerns_may_ask_for_one_in_an_emergency() -> None:
    may = {post for post in Post if Act.BREAK_GLASS in acts(post)}

    assert may == {Post.LEO, Post.CHAIR}
    assert may == {post for post in Post if Act.READ_CONCERNS in acts(post)}


def test_the_privacy_officer_sees_no_case_content() -> None:
    assert not acts(Post.PRIVACY_OFFICER) & (CONTENT | {Act.BREAK_GLASS})


@pytest.mark.parametrize("post", [Post.AGENCY, Post.PROVIDER])
def test_an_agency_and_a_provider_reach_their_own_notices_alone(post: Post) -> None:
    assert acts(post) & CONTENT == {Act.ANSWER}


@pytest.mark.parametrize("post", Post)
def test_the_header_leads_nowhere_that_is_closed(post: Post) -> None:
    assert home(person(post)) is None or home(person(post)) == places(person(post))[0][0]
    if Act.READ_CONCERNS not in acts(post):
        assert "/" not in dict(places(person(post)))


def one(name: str, post: Post = Post.LEO, agency: str = "west-sussex") -> Official:
    return Official(id=name, name=name, post=post, agency=AgencyId(agency))


def test_two_people_of_one_authority_may_release_together() -> None:
    assert two_people(one("ada"), one("ben", Post.CHAIR)) == ""


def test_one_person_with_two_posts_is_still_one_person() -> None:
    assert "somebody else" in two_people(one("ada"), one("ada", Post.CHAIR)).lower()


@pytest.mark.parametrize("post", sorted(set(Post) - {Post.LEO, Post.CHAIR}))
def test_nobody_whose_post_does_not_give_it_agrees_to_a_release_or_asks_for_one(post: Post) -> None:
    assert "may not agree" in two_people(one("ada"), one("ben", post))
    assert "may not ask" in two_people(one("ben", post), one("ada"))


def test_the_second_person_is_of_the_same_authority() -> None:
    assert "same authority" in two_people(one("ada"), one("ben", Post.CHAIR, "surrey"))


def test_two_administrators_change_a_contact_and_a_lead_enquiry_officer_does_not_agree() -> None:
    first = one("ada", Post.ADMINISTRATOR)

    assert two_people(first, one("ben", Post.ADMINISTRATOR), Act.ADMINISTER) == ""
    assert "a lead enquiry officer" in two_people(first, one("ben"), Act.ADMINISTER)
