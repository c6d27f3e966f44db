"""The accounts of people who review: names, passwords, roles, and the sessions that end with them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from bot.errors import RequestError
from bot.review.accounts import Accounts
from bot.review.model import Role
from bot.review.passwords import LONGEST, SHORTEST, Passwords
from bot.storage import Database
from bot.storage import accounts as table

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RIGHT = "trois-moulins-rouges"
NOW = datetime(2026, 11, 26, 9, 30, tzinfo=timezone.utc)

on_both_databases = pytest.mark.parametrize("stored", ["sqlite", "postgresql"], indirect=True)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(stored: Database, clock: Clock) -> Accounts:
    return Accounts(stored, clock, Passwords(CHEAP))


def hash_of(database: Database, name: str) -> str:
    with database.read() as connection:
        return str(connection.execute(select(table.c.password).where(table.c.name == name)).scalar_one())


@on_both_databases
def test_an_account_opens_with_its_own_password_only(people: Accounts) -> None:
    people.add("ines", Role.ANNOTATEUR, RIGHT)
    people.add("omar", Role.LECTEUR, "quatre-moulins-verts")
    assert people.verify("ines", RIGHT) == people.find("ines")
    assert [people.verify("ines", wrong) for wrong in ("quatre-moulins-verts", "", RIGHT.upper(), RIGHT + " ")] == [None] * 4
    assert people.verify("personne", RIGHT) is None


def test_names_are_the_same_in_capitals(people: Accounts) -> None:
    people.add("Ines.Dupont@Association.example", Role.LECTEUR, RIGHT)
    assert people.verify(" INES.dupont@association.example ", RIGHT)
    with pytest.raises(RequestError, match="porte déjà"):
        people.add("ines.dupont@ASSOCIATION.example", Role.LECTEUR, RIGHT)


@pytest.mark.parametrize(
    "name",
    ["", "a", "a" * 81, "in es", "in\nes", "inès", ".ines", "@ines", "ines;--", "<b>ines</b>", "ines'", "ıines", "i\x00nes"],
    ids=repr,
)
def test_other_names_are_refused_with_a_sentence(people: Accounts, name: str) -> None:
    with pytest.raises(RequestError, match="adresse e-mail"):
        people.add(name, Role.LECTEUR, RIGHT)
    assert people.entries() == []


REFUSED = {
    "too short": ("a1-b2-c3-d4", "au moins 12"),
    "too long": ("ab1-" * 51, "au plus 200"),
    "the name": ("ines.dupont.x", "le nom du compte"),
    "the name in capitals": ("INES.DUPONT.X", "le nom du compte"),
    "one letter": ("aaaaaaaaaaaaaaaa", "se devine"),
    "half a character": ("trois-moulins-\udcff", "caractère"),
}


@pytest.mark.parametrize(("password", "said"), REFUSED.values(), ids=REFUSED)
def test_a_weak_password_is_refused_with_the_reason(people: Accounts, password: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        people.add("ines.dupont.x", Role.LECTEUR, password)
    assert people.entries() == []
    people.add("ines.dupont.x", Role.LECTEUR, RIGHT)
    with pytest.raises(RequestError, match=said):
        people.set_password("ines.dupont.x", password)
    assert people.verify("ines.dupont.x", RIGHT)


def test_what_stands_before_the_at_of_an_address_is_no_password(people: Accounts) -> None:
    with pytest.raises(RequestError, match="le nom du compte"):
        people.add("ines.dupont.x@association.example", Role.LECTEUR, "Ines.Dupont.X")


@pytest.mark.parametrize("password", ["é" * 4 + "abcdefgh", "mot de passe, long", "密码密码一二三四五六七八", "x1-" * 66 + "ab"], ids=repr)
def test_any_other_password_is_taken(people: Accounts, password: str) -> None:
    assert SHORTEST <= len(password) <= LONGEST
    people.add("ines", Role.LECTEUR, password)
    assert people.verify("ines", password)


def test_a_password_is_the_same_however_a_keyboard_composes_its_accents(people: Accounts) -> None:
    people.add("ines", Role.LECTEUR, "les-étés-à-Namur")
    assert people.verify("ines", "les-étés-à-Namur")


def test_what_is_stored_is_an_argon2id_hash_of_the_usual_strength(stored: Database, clock: Clock) -> None:
    Accounts(stored, clock).add("ines", Role.LECTEUR, RIGHT)
    assert hash_of(stored, "ines").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert RIGHT not in hash_of(stored, "ines")


@on_both_databases
def test_a_hash_of_other_parameters_is_made_anew_when_its_password_comes_and_no_session_ends(people: Accounts, stored: Database) -> None:
    people.add("ines", Role.LECTEUR, RIGHT)
    stronger = Accounts(stored, people._clock, Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)))
    before, old = people.find("ines"), hash_of(stored, "ines")
    assert stronger.verify("ines", "une autre phrase") is None
    assert hash_of(stored, "ines") == old
    assert stronger.verify("ines", RIGHT) == before
    assert "m=16,t=2" in hash_of(stored, "ines")
    assert stronger.verify("ines", RIGHT)


def test_an_unknown_name_and_one_without_password_cost_as_much_as_a_known_one(stored: Database, clock: Clock) -> None:
    verified: list[str] = []

    class Noting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            verified.append(str(hash).rpartition("$")[0].rpartition("$")[0])
            return super().verify(hash, password)

    people = Accounts(stored, clock, Passwords(Noting(time_cost=1, memory_cost=8, parallelism=1)))
    people.add("ines", Role.LECTEUR, RIGHT)
    people.add("omar@association.example", Role.LECTEUR, None)
    for name in ("ines", "personne", "omar@association.example"):
        assert people.verify(name, "une autre phrase") is None
    assert verified == ["$argon2id$v=19$m=8,t=1,p=1"] * 3


def test_the_decoy_of_an_unknown_name_fits_no_password() -> None:
    passwords = Passwords(CHEAP)
    assert not passwords.fits(None, "")
    assert not passwords.fits("rubbish", RIGHT)
    assert Passwords(CHEAP)._decoy != passwords._decoy


CHANGES: dict[str, Callable[[Accounts], object]] = {
    "another role": lambda people: people.set_role("ines", Role.LECTEUR),
    "another password": lambda people: people.set_password("ines", "quatre-moulins-verts"),
    "signing out": lambda people: people.end_sessions("ines"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("drift", [timedelta(), timedelta(hours=1), timedelta(days=-30)], ids=["at once", "later", "clock set back"])
def test_a_change_ends_the_sessions_whatever_the_clock_says(
    people: Accounts, clock: Clock, change: Callable[[Accounts], object], drift: timedelta
) -> None:
    people.add("ines", Role.ANNOTATEUR, RIGHT)
    stamps = [people.find("ines")]
    for _ in range(3):
        clock.now += drift
        change(people)
        stamps.append(people.find("ines"))
    assert all(one and other and one.valid_from != other.valid_from for one, other in itertools.combinations(stamps, 2))


def test_a_removed_account_is_gone_and_one_of_the_same_name_is_another(people: Accounts, clock: Clock) -> None:
    first = people.add("ines", Role.LECTEUR, RIGHT)
    people.remove("INES")
    assert (people.find("ines"), people.verify("ines", RIGHT)) == (None, None)
    clock.now += timedelta(seconds=1)
    second = people.add("ines", Role.LECTEUR, RIGHT)
    assert first.valid_from != second.valid_from


@pytest.mark.parametrize("change", ["remove", "demote"])
def test_the_last_administrator_stays(people: Accounts, change: str) -> None:
    people.add("ines", Role.ADMINISTRATEUR, RIGHT)
    people.add("omar", Role.ANNOTATEUR, RIGHT)
    act = people.remove if change == "remove" else lambda name: people.set_role(name, Role.ANNOTATEUR)
    with pytest.raises(RequestError, match="dernier compte d'administrateur"):
        act("ines")
    people.set_role("omar", Role.ADMINISTRATEUR)
    act("ines")
    assert [entry.name for entry in people.entries() if entry.role is Role.ADMINISTRATEUR] == ["omar"]


@on_both_databases
def test_two_administrators_cannot_remove_each_other_at_once(people: Accounts) -> None:
    people.add("ines", Role.ADMINISTRATEUR, RIGHT)
    people.add("omar", Role.ADMINISTRATEUR, RIGHT)
    ready = Barrier(2)

    def remove(name: str) -> bool:
        ready.wait(10)
        try:
            people.remove(name)
        except RequestError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, ["ines", "omar"])) == [False, True]
    assert len(people.entries()) == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda people: people.remove("x1"),
        lambda people: people.set_role("x1", Role.LECTEUR),
        lambda people: people.set_password("x1", RIGHT),
    ],
    ids=["remove", "role", "password"],
)
def test_who_has_no_account_cannot_be_changed(people: Accounts, act: Callable[[Accounts], object]) -> None:
    with pytest.raises(RequestError, match="Aucun compte"):
        act(people)


@on_both_databases
def test_the_list_says_how_each_signs_in_and_when_they_did(people: Accounts, clock: Clock) -> None:
    people.add("omar@association.example", Role.ADMINISTRATEUR, None)
    people.add("ines", Role.LECTEUR, RIGHT)
    clock.now += timedelta(hours=1)
    people.verify("ines", RIGHT)
    told = [(entry.name, entry.role, entry.password, entry.bound, entry.created_at, entry.signed_in_at) for entry in people.entries()]
    assert told == [
        ("ines", Role.LECTEUR, True, False, NOW, clock.now),
        ("omar@association.example", Role.ADMINISTRATEUR, False, False, NOW, None),
    ]


@on_both_databases
def test_the_identity_service_opens_the_account_made_for_its_address_and_it_is_theirs_from_then_on(people: Accounts) -> None:
    people.add("omar@association.example", Role.LECTEUR, None)
    people.add("ines@association.example", Role.LECTEUR, None)
    omar = people.find("omar@association.example")
    assert people.recognise("https://id.example|1", None) is None
    assert people.recognise("https://id.example|1", "autre@association.example") is None
    assert people.recognise("https://id.example|1", "Omar@Association.example") == omar
    assert people.recognise("https://id.example|1", "ines@association.example") == omar
    assert people.recognise("https://id.example|2", "omar@association.example") is None


def test_the_identity_service_opens_no_account_that_has_a_password(people: Accounts) -> None:
    people.add("omar@association.example", Role.ADMINISTRATEUR, RIGHT)
    assert people.recognise("https://id.example|1", "omar@association.example") is None


def test_an_account_that_gets_a_password_leaves_the_identity_service(people: Accounts) -> None:
    people.add("omar@association.example", Role.LECTEUR, None)
    people.recognise("https://id.example|1", "omar@association.example")
    people.set_password("omar@association.example", RIGHT)
    assert people.recognise("https://id.example|1", "omar@association.example") is None
    assert people.has_password("omar@association.example")
