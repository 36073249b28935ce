"""The bounce address names its delivery, survives mail systems, and cannot be made by others."""

import pytest

from hub.adapters.clock import RandomMint
from hub.adapters.smtp import IdTooLong, verp_address, verp_delivery
from hub.vocabulary import DeliveryId

KEY = b"v" * 32


def test_an_address_and_its_delivery_are_each_others_inverse() -> None:
    mint = RandomMint()
    for _ in range(200):
        delivery = DeliveryId(mint.id())

        address = verp_address(delivery, domain="bounce.hub.test", key=KEY)

        assert verp_delivery(address, domain="bounce.hub.test", key=KEY) == delivery


@pytest.mark.parametrize("name", ["D1", "delivery-000001", "d" * 27, "0198AB", "ü"])
def test_ids_that_are_no_uuids_travel_too(name: str) -> None:
    address = verp_address(DeliveryId(name), domain="hub.test", key=KEY)

    assert verp_delivery(address, domain="hub.test", key=KEY) == name
    assert len(address.partition("@")[0]) <= 64


def test_an_id_that_does_not_fit_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(IdTooLong):
        verp_address(DeliveryId("d" * 40), domain="hub.test", key=KEY)


def test_case_may_be_changed_on_the_way_back() -> None:
    delivery = DeliveryId(RandomMint().id())
    address = verp_address(delivery, domain="hub.test", key=KEY)

    assert verp_delivery(address.upper(), domain="hub.test", key=KEY) == delivery
    assert verp_delivery(address.swapcase(), domain="Hub.Test", key=KEY) == delivery


def test_the_local_part_is_short_and_plain() -> None:
    local = verp_address(DeliveryId(RandomMint().id()), domain="h.test", key=KEY).partition("@")[0]

    assert len(local) <= 64
    assert set(local) <= set("abcdefghijklmnopqrstuvwxyz234567+")


def test_one_changed_character_names_nothing() -> None:
    delivery = DeliveryId(RandomMint().id())
    address = verp_address(delivery, domain="hub.test", key=KEY)
    local = address.partition("@")[0]

    for place in range(2, len(local)):
        other = "a" if local[place] != "a" else "b"
        forged = f"{local[:place]}{other}{local[place + 1 :]}@hub.test"
        assert verp_delivery(forged, domain="hub.test", key=KEY) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "b+@hub.test",
        "b+aaaa@hub.test",
        "b+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@hub.test",
        "b+!!!!!!!!!!!!!!!!!!!!@hub.test",
        "postmaster@hub.test",
        "b+" + "a" * 500 + "@hub.test",
        "@",
    ],
)
def test_what_we_did_not_make_names_nothing(address: str) -> None:
    assert verp_delivery(address, domain="hub.test", key=KEY) is None


def test_another_key_or_another_domain_names_nothing() -> None:
    address = verp_address(DeliveryId(RandomMint().id()), domain="hub.test", key=KEY)

    assert verp_delivery(address, domain="hub.test", key=b"w" * 32) is None
    assert verp_delivery(address, domain="other.test", key=KEY) is None
