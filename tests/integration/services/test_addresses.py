"""A member's addresses: kept apart from others', with one default of each type."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.errors import InvalidInput, NotFound, NotSignedIn, RuleRefused
from cloudscale.services import addresses
from cloudscale.services.addresses import AddressInput
from tests import shop

HOME = AddressInput("shipping", "1 High St", "Springfield", "IL", "62701", "United States")
OFFICE = replace(HOME, street="2 Low St")
BILLING = replace(HOME, type="billing")


def defaults(session: Session, shopper) -> dict[str, list[str]]:
    """Streets of the default addresses by type."""
    found: dict[str, list[str]] = {}
    for address in addresses.list_addresses(session, shopper):
        if address.is_default:
            found.setdefault(address.type, []).append(address.street)
    return found


def test_the_first_address_of_each_type_becomes_the_default(session):
    ann = shop.member(session)
    assert addresses.add(session, ann, HOME).is_default
    assert not addresses.add(session, ann, OFFICE).is_default
    assert addresses.add(session, ann, BILLING).is_default
    assert defaults(session, ann) == {"shipping": ["1 High St"], "billing": ["1 High St"]}


def test_an_address_that_is_kept_twice_is_there_once(session):
    ann, ben = shop.member(session), shop.member(session)
    home = addresses.keep(session, ann, HOME)
    assert addresses.keep(session, ann, replace(HOME, street="  1 High St ")) == home
    assert addresses.keep(session, ann, OFFICE).id != home.id
    assert addresses.keep(session, ann, BILLING).id != home.id
    assert addresses.keep(session, ben, HOME).id != home.id
    assert len(addresses.list_addresses(session, ann)) == 3


def test_a_new_default_takes_over(session):
    ann = shop.member(session)
    addresses.add(session, ann, HOME)
    assert addresses.add(session, ann, replace(OFFICE, is_default=True)).is_default
    assert defaults(session, ann) == {"shipping": ["2 Low St"]}


def test_an_address_is_replaced_and_can_become_the_default(session):
    ann = shop.member(session)
    addresses.add(session, ann, HOME)
    office = addresses.add(session, ann, OFFICE)
    given = replace(OFFICE, city="Shelbyville", is_default=True)
    changed = addresses.update(session, ann, office.id, given)
    assert (changed.city, changed.is_default) == ("Shelbyville", True)
    assert defaults(session, ann) == {"shipping": ["2 Low St"]}


def test_the_default_stays_it_until_another_is_made_it(session):
    ann = shop.member(session)
    home = addresses.add(session, ann, HOME)
    addresses.add(session, ann, OFFICE)
    assert addresses.update(session, ann, home.id, replace(HOME, is_default=False)).is_default
    assert defaults(session, ann) == {"shipping": ["1 High St"]}


def test_an_address_that_changes_its_type_leaves_a_default_behind(session):
    ann = shop.member(session)
    home = addresses.add(session, ann, HOME)
    addresses.add(session, ann, OFFICE)
    addresses.add(session, ann, replace(BILLING, street="3 Bank St"))
    moved = addresses.update(session, ann, home.id, BILLING)
    assert not moved.is_default
    assert defaults(session, ann) == {"shipping": ["2 Low St"], "billing": ["3 Bank St"]}


def test_deleting_the_default_promotes_the_latest_other(session):
    ann = shop.member(session)
    home = addresses.add(session, ann, HOME)
    addresses.add(session, ann, OFFICE)
    addresses.add(session, ann, replace(HOME, street="3 Mid St"))
    addresses.delete(session, ann, home.id)
    assert defaults(session, ann) == {"shipping": ["3 Mid St"]}


def test_deleting_all_leaves_none(session):
    ann = shop.member(session)
    for given in (HOME, OFFICE):
        addresses.add(session, ann, given)
    for address in addresses.list_addresses(session, ann):
        addresses.delete(session, ann, address.id)
    assert addresses.list_addresses(session, ann) == []


def test_defaults_come_first_then_the_latest(session):
    ann = shop.member(session)
    for given in (HOME, OFFICE, replace(HOME, street="3 Mid St")):
        addresses.add(session, ann, given)
    streets = [address.street for address in addresses.list_addresses(session, ann)]
    assert streets == ["1 High St", "3 Mid St", "2 Low St"]


@pytest.mark.parametrize("typed", ["<b>1</b>", "'; DROP TABLE address; --", "Straße 1", "道1号"])
def test_any_line_of_text_is_an_address(session, typed):
    ann = shop.member(session)
    given = AddressInput("billing", typed, typed, typed, typed[:20], typed)
    kept = addresses.add(session, ann, given)
    assert kept == addresses.list_addresses(session, ann)[0]
    assert (kept.street, kept.city, kept.state, kept.country) == (typed,) * 4


def test_one_line_leaves_out_what_is_empty(session):
    ann = shop.member(session)
    kept = addresses.add(session, ann, replace(HOME, state=""))
    assert kept.one_line == "1 High St, Springfield, 62701, United States"


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        (AddressInput(), {"street", "city", "zip_code", "country"}),
        (replace(HOME, type="home"), {"type"}),
        (replace(HOME, type=["shipping"]), {"type"}),
        (replace(HOME, type=None), {"type"}),
        (replace(HOME, street="   "), {"street"}),
        (replace(HOME, street="x" * 201), {"street"}),
        (replace(HOME, city=7), {"city"}),
        (replace(HOME, state="\x00"), {"state"}),
        (replace(HOME, zip_code="9" * 21), {"zip_code"}),
        (replace(HOME, country="\u202eetats"), {"country"}),
    ],
)
def test_fields_at_fault_are_named_and_nothing_is_kept(session, given, fields):
    ann = shop.member(session)
    home = addresses.add(session, ann, HOME)
    for change in (
        lambda: addresses.add(session, ann, given),
        lambda: addresses.update(session, ann, home.id, given),
    ):
        with pytest.raises(InvalidInput) as refusal:
            change()
        assert {error.field for error in refusal.value.errors} == fields
    assert addresses.list_addresses(session, ann) == [home]


def test_someone_elses_address_is_not_found(session):
    ann, bob = shop.member(session), shop.member(session)
    theirs = addresses.add(session, bob, HOME)
    for address_id in (theirs.id, 0, -1, 2**31, 2**70, "1", None, True, 1.0):
        with pytest.raises(NotFound):
            addresses.update(session, ann, address_id, OFFICE)
        with pytest.raises(NotFound):
            addresses.delete(session, ann, address_id)
    assert addresses.list_addresses(session, bob) == [theirs]
    assert addresses.list_addresses(session, ann) == []


def test_a_guest_has_no_addresses(session):
    guest = shop.guest(session)
    for call in (
        lambda: addresses.list_addresses(session, guest),
        lambda: addresses.add(session, guest, HOME),
        lambda: addresses.update(session, guest, 1, HOME),
        lambda: addresses.delete(session, guest, 1),
    ):
        with pytest.raises(NotSignedIn):
            call()


def test_twenty_addresses_are_the_most(session):
    ann = shop.member(session)
    for number in range(20):
        addresses.add(session, ann, replace(HOME, street=f"{number} High St"))
    with pytest.raises(RuleRefused, match="20 addresses"):
        addresses.add(session, ann, HOME)
    addresses.delete(session, ann, addresses.list_addresses(session, ann)[0].id)
    addresses.add(session, ann, HOME)


def test_tabs_that_add_defaults_at_once_leave_one_default(database):
    with unit_of_work() as session:
        ann = shop.member(session)

    def add(number: int) -> None:
        with unit_of_work() as session:
            given = replace(HOME, street=f"{number} High St", is_default=True)
            addresses.add(session, ann, given)

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(add, number) for number in range(20)]
        assert [future.exception() for future in futures] == [None] * 20
    with unit_of_work() as session:
        assert len(addresses.list_addresses(session, ann)) == 20
        assert len(defaults(session, ann)["shipping"]) == 1
