"""Exchanges out of events: what they hold, how they ended, and that no personal data is in them."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
from support.told import BEGUN, MODEL, RELEASE, Log, bubble

from bot.intake.model import Dossier
from bot.privacy import MASKED, Traces, mask_events, values_of
from bot.review import model
from bot.review.reading import Exchange, Row, confidence_of, read_exchanges
from bot.review.summary import Around, conversation_row, exchange_rows
from bot.storage import LEAD_FAILED, LEAD_FORWARDED
from bot.text import WORD_JOINER

NOBODY_JUDGED = Around({}, ())


def rows(log: Log) -> list[Row]:
    return [each.row for each in read_exchanges(log.name, log.told)]


def only(log: Log) -> Row:
    [row] = rows(log)
    return row


def summed(log: Log, around: Around = NOBODY_JUDGED) -> Row:
    return conversation_row(read_exchanges(log.name, log.told), around)


def asks(field: str, text: str = "Quel est votre nom ?") -> dict[str, Any]:
    return bubble(text, asks=field)


def dossier(**values: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(Dossier(**values).as_json()))
    return made


ANSWER = bubble("8 100 000 €.", facts=["combien.total"])
UNKNOWN: dict[str, Any] = {"ranking": (("info/ou.nombre", -0.9),), "missed": True}


def test_an_exchange_holds_what_was_said_understood_and_done() -> None:
    ranking = [("info/combien.total", 0.4), *((f"info/autre-{place}", -0.4 - place / 10) for place in range(9))]
    row = only(Log().session().say("Quel est le budget ?", ANSWER, "Une autre question ?", ranking=ranking, channel="whatsapp"))
    assert row["conversation"] == "conversation-1"
    assert (row["number"], row["message_id"], row["at"], row["channel"]) == (1, "m1", BEGUN + timedelta(minutes=1), "whatsapp")
    assert (row["said"], row["reply"]) == ("Quel est le budget ?", "8 100 000 €.\n\nUne autre question ?")
    assert row["words"] == "quel est le budget 8 100 000 une autre question"
    assert (row["intent"], row["label"], row["confidence"]) == ("info", "info/combien.total", confidence_of(0.4))
    assert [label for label, _ in row["ranking"]] == [label for label, _ in ranking[:5]]
    assert row["actions"] == ["action_session_start", "action_repondre"]
    assert row["facts"] == ["combien.total"]
    assert row["source"] == {"section": "C’est combien ?", "page": "Le Programme", "updated": "2016-03-15"}
    assert (row["release"], row["model"], row["seconds"], row["asks"]) == (RELEASE, MODEL, 0.02, None)


def test_a_message_that_came_from_nowhere_else_came_from_the_site() -> None:
    assert only(Log().say("Bonjour", "Bonjour."))["channel"] == model.SITE


def test_confidence_is_the_margin_squeezed_as_rasa_shows_it() -> None:
    assert [confidence_of(margin) for margin in (-0.35, 1.5831, -1.5)] == [0.5, 0.9996, 0.01]


def test_the_joiner_before_a_slash_is_taken_off_again() -> None:
    assert only(Log().say(f"{WORD_JOINER}/restart", "Pardon ?", original="/restart"))["said"] == "/restart"


def test_what_nobody_understood_has_neither_label_nor_confidence() -> None:
    row = only(Log().say("???", "Je n'ai pas compris.", ranking=(), missed=True))
    assert (row["label"], row["confidence"], row["ranking"], row["outcome"]) == (None, None, [], model.UNKNOWN)


def test_a_conversation_in_which_nobody_wrote_has_no_exchange() -> None:
    assert read_exchanges("conversation-1", Log().session().told) == []


def test_what_a_new_session_begins_with_belongs_to_the_message_that_began_it() -> None:
    log = Log().session().say("Bonjour", "Bonjour.")
    log.at += timedelta(days=2)
    log.session("Votre demande n'a pas été transmise.").say("Quel est le budget ?", ANSWER)
    first, second = rows(log)
    assert (first["reply"], first["seconds"]) == ("Bonjour.", 0.02)
    assert second["reply"] == "Votre demande n'a pas été transmise.\n\n8 100 000 €."
    assert second["seconds"] == 0.02
    assert first["last_event"] + 1 == second["first_event"]


def test_what_is_left_of_an_exchange_whose_message_was_purged_is_not_taken_for_the_next_one() -> None:
    log = Log().session().say("Un vieux message", "Une vieille réponse.").say("Quel est le budget ?", ANSWER)
    place = next(place for place, event in enumerate(log.events) if event["event"] == "user")
    [row] = [each.row for each in read_exchanges(log.name, log.told[place + 1 :])]
    assert row["reply"] == "8 100 000 €."


OUTCOMES: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "a fact": (("Quel est le budget ?", ANSWER), {}, model.ANSWERED),
    "a fact, whatever the label was": (("et là ?", ANSWER), {"ranking": (("voisin/chiffre", 0.1),)}, model.ANSWERED),
    "the nearest fact behind a refusal": (
        ("Et en 2020 ?", bubble("La page ne le dit pas.", facts=["combien.total"], kind="voisin")),
        {},
        model.NEAR,
    ),
    "the same for an opinion": (
        ("C'est bien ?", bubble("Je n'ai pas d'avis.", facts=["combien.total"], kind="voisin")),
        {"ranking": (("hors_sujet/avis", 0.4),)},
        model.OFF_TOPIC,
    ),
    "a miss": (("abc def", "Je n'ai pas trouvé."), UNKNOWN, model.UNKNOWN),
    "a miss with a choice": (("abc def", bubble("L'une de celles-ci ?", buttons=["Le budget"], kind="choix")), UNKNOWN, model.CHOICE),
    "a question of the form": (("Je voudrais participer", asks("nom")), {"ranking": (("demande", 0.9),)}, model.FORM),
    "a request that is sent": (("oui", bubble("Transmise.", outcome="qualified")), {}, model.ROUTED),
    "one that is declined": (("Je suis citoyen", bubble("Non.", outcome="declined")), {}, model.DECLINED),
    "one that is cancelled": (("annuler", bubble("D'accord.", outcome="cancelled")), {}, model.CANCELLED),
    "small talk": (("merci", "Avec plaisir."), {"ranking": (("bavardage/remercier", 0.9),)}, model.SMALL_TALK),
    "off topic": (("Quel temps ?", "Je ne sais pas."), {"ranking": (("hors_sujet/actualite", 0.9),)}, model.OFF_TOPIC),
    "another language": (("Good morning", bubble("I answer in French.", lang="en")), {}, model.OFF_TOPIC),
    "gibberish in the middle of something": (("qsdf", "Pardon ?"), {"ranking": (("hors_sujet/charabia", 0.9),)}, model.UNKNOWN),
    "a question about one's data": (("Mes données ?", "Elles sont gardées un an."), {"ranking": (("donnees", 0.9),)}, model.ANSWERED),
}


@pytest.mark.parametrize(("said", "more", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_how_an_exchange_ended(said: tuple[Any, ...], more: dict[str, Any], outcome: str) -> None:
    assert only(Log().session().say(*said, **more))["outcome"] == outcome


@pytest.mark.parametrize(("label", "outcome"), [("voisin/chiffre", model.NEAR), ("info/combien.total", model.ANSWERED)])
def test_before_answers_said_of_what_kind_they_are_the_label_decides(label: str, outcome: str) -> None:
    answer = bubble("8 100 000 €.", facts=["combien.total"])
    del answer["data"]["custom"]["kind"]
    assert only(Log().say("Quel est le budget ?", answer, ranking=((label, 0.4),)))["outcome"] == outcome


def test_misses_are_counted_anew_in_a_new_session() -> None:
    log = Log().session().say("abc", "Je n'ai pas trouvé.", **UNKNOWN)
    log.session().say("def", "Je n'ai pas trouvé.", **UNKNOWN)
    assert [row["outcome"] for row in rows(log)] == [model.UNKNOWN, model.UNKNOWN]


def test_the_entries_to_choose_from_stand_in_the_reply() -> None:
    offered = bubble("L'une de celles-ci ?", buttons=["Le budget", "Aucune"], kind="choix")
    assert only(Log().say("abc", offered, **UNKNOWN))["reply"] == "L'une de celles-ci ?\n– Le budget\n– Aucune"


def test_slots_are_those_that_changed_and_the_dossier_is_readable() -> None:
    profile = Dossier.from_json({"profile": {"kind": "mandataire", "function": "échevine"}}).profile
    first = dossier(number=1, asks="fonction")
    then = dossier(number=1, profile=profile, asks="nom", tries=1)
    log = Log().say("Je veux participer", asks("fonction"), slots={"dossier": first, "requested_slot": "fonction"})
    log.say("échevine", asks("nom"), slots={"fonction": "échevine", "dossier": then, "requested_slot": "nom"})
    opened, told = rows(log)
    assert opened["slots"] == {"dossier": {"demandé": "fonction"}}
    assert told["slots"] == {
        "fonction": "échevine",
        "dossier": {"profil": "mandataire", "fonction": "échevine", "demandé": "nom", "essais": "1"},
    }
    assert (opened["asks"], told["asks"]) == ("fonction", "nom")


NAME, ADDRESS, NUMBER = "Hélène d'Exemple-Ngoma", "h.exemple@commune.example", "+32 2 000 11 22"


def consented() -> Log:
    """A request that was sent: its events keep what was typed."""
    given = {"nom": NAME, "email": ADDRESS, "telephone": NUMBER, "objet": "Nous cherchons un appui pour l'état civil."}
    log = Log().session()
    log.say("Ici Exemple-Ngoma, de Namur. Quel est le budget ?", ANSWER)
    log.say("Je voudrais participer", asks("nom"), ranking=(("demande", 0.9),), slots={"dossier": dossier(number=1, asks="nom")})
    for field, after in (("nom", "email"), ("email", "telephone"), ("telephone", "objet"), ("objet", "consentement")):
        known = {name: given[name] for name in given if name == field}
        log.say(given[field], asks(after), slots={**known, "dossier": dossier(number=1, asks=after, **known)})
    recap = bubble(f"Nom : {NAME}\nE-mail : {ADDRESS}\nTéléphone : {NUMBER}", asks="consentement", buttons=[f"Oui, {NAME}"])
    log.say("redites-moi", recap, entities=[{"entity": "nom", "value": NAME}])
    log.say("oui", bubble(f"Merci, {NAME}.", outcome="qualified"), slots={"dossier": dossier(number=1, ended="qualified")})
    log.say(f"Je suis {NAME.upper()}, écrivez à h.exemple @ commune.example ou au 02 000 11 22", "C'est noté.")
    return log


@pytest.mark.parametrize("secret", ["Ngoma", "ngoma", "h.exemple", "commune.example", "000 11 22", "appui pour l'état civil"])
def test_what_was_consented_to_is_kept_in_the_events_and_not_shown_to_reviewers(secret: str) -> None:
    log = consented()
    assert secret.lower() in json.dumps(log.events, ensure_ascii=False).lower()
    shown = exchange_rows(read_exchanges(log.name, log.told), NOBODY_JUDGED)
    assert secret.lower() not in json.dumps(shown, ensure_ascii=False, default=str).lower()
    assert MASKED in json.dumps(shown, ensure_ascii=False, default=str)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Contactez M. Paul Martin à Dinant", f"Contactez M. {MASKED} à Dinant"),
        ("Ma cheffe, madame Martin, veut savoir. MARTIN aussi", f"Ma cheffe, madame {MASKED}, veut savoir. {MASKED} aussi"),
        ("mon nom c'est paul martin", f"mon nom c'est {MASKED}"),
        ("mon gsm 0470123456 personnes", f"mon gsm {MASKED} personnes"),
        ("++32 470 12 34 56 €", f"+{MASKED} €"),
        ("écrivez à paul.martin at exemple.be", f"écrivez à {MASKED}"),
        ("Quel est le rôle de M. Reniers ?", None),
        ("C'est Monsieur Jean-Michel Reniers qui me répond ?", None),
        ("Mme la bourgmestre et M. le directeur", None),
        ("Madame la Bourgmestre, Monsieur Directeur, Mme Échevine", None),
        ("Bonjour Madame Quel est le budget ?", None),
        ("BONJOUR MONSIEUR OÙ EST LE BÉNIN", None),
    ],
)
def test_who_is_named_with_a_title_is_not_shown_and_who_stands_on_the_page_is(said: str, shown: str | None) -> None:
    assert only(Log().say(said, ANSWER))["said"] == (said if shown is None else shown)


def test_who_is_named_with_a_title_is_hidden_in_our_replies_and_the_contact_person_is_not() -> None:
    log = Log().say(
        "je devais voir Mme Claire Exemple, ou bien M. Reniers, non ?", "Claire Exemple ? La personne de contact est Jean-Michel Reniers."
    )
    row = only(log)
    assert row["reply"] == f"{MASKED} ? La personne de contact est Jean-Michel Reniers."
    assert "exemple" not in row["words"]
    assert "Exemple" in json.dumps(mask_events(log.events, Traces(values_of(log.events)))), "the events keep what is no contact field"


@pytest.mark.timeout(60)
def test_a_conversation_of_thousands_of_names_is_read_as_others_are() -> None:
    """Looked for one after the other in each message, they took minutes, during which nobody was answered."""
    log = Log()
    names = [f"X{''.join(signs)}o Ngo" for signs in itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=3)]
    for first in range(0, 10_000, 100):
        log.say(" ".join(f"je suis {name}" for name in names[first : first + 100]), ANSWER)
    shown = [row["said"] for row in rows(log)]
    assert len(shown) == 100
    assert {word for said in shown for word in said.split()} == {"je", "suis", MASKED}


def test_masking_leaves_release_and_model_and_how_the_request_went_on() -> None:
    shown = rows(consented())
    assert {row["release"] for row in shown} == {RELEASE}
    assert {row["model"] for row in shown} == {MODEL}
    assert [row["asks"] for row in shown] == [None, "nom", "email", "telephone", "objet", "consentement", "consentement", None, None]


def test_a_release_that_an_older_version_masked_is_not_known() -> None:
    log = Log().say("Quel est le budget ?", ANSWER)
    log.events[0]["metadata"]["release"] = f"dfd{MASKED}"
    assert only(log)["release"] is None


def test_a_conversation_is_summed_up() -> None:
    log = Log().session().say("Bonjour", "Bonjour.", ranking=(("bavardage/saluer", 0.9),)).say("Quel est le budget ?", ANSWER)
    row = summed(log, Around({"m2": [True], "m1": [False, True]}, ()))
    assert (row["exchanges"], row["outcome"], row["unknown"], row["release"]) == (2, model.ANSWERED, 0, RELEASE)
    assert (row["thumbs_up"], row["thumbs_down"], row["priority"]) == (2, 1, model.DISLIKED)
    assert row["confidence"] == confidence_of(0.4)
    assert row["first_at"] < row["last_at"]


def test_of_several_opinions_on_an_answer_the_bad_one_counts() -> None:
    log = Log().say("Quel est le budget ?", ANSWER).say("Et le Maroc ?", ANSWER).say("Merci", "Avec plaisir.")
    shown = exchange_rows(read_exchanges(log.name, log.told), Around({"m1": [True, False], "m2": [True]}, ()))
    assert [row["useful"] for row in shown] == [False, True, None]


def talk(*outcomes: str) -> Log:
    """A conversation of exchanges that ended so."""
    said: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
        model.ROUTED: OUTCOMES["a request that is sent"][:2],
        model.DECLINED: OUTCOMES["one that is declined"][:2],
        model.CANCELLED: OUTCOMES["one that is cancelled"][:2],
        model.FORM: OUTCOMES["a question of the form"][:2],
        model.UNKNOWN: OUTCOMES["a miss"][:2],
        model.CHOICE: OUTCOMES["a miss with a choice"][:2],
        model.ANSWERED: OUTCOMES["a fact"][:2],
        model.NEAR: OUTCOMES["the nearest fact behind a refusal"][:2],
        model.SMALL_TALK: OUTCOMES["small talk"][:2],
        model.OFF_TOPIC: OUTCOMES["off topic"][:2],
    }
    log = Log().session()
    for outcome in outcomes:
        words, more = said[outcome]
        log.say(*words, **more)
    assert tuple(row["outcome"] for row in rows(log)) == outcomes
    return log


@pytest.mark.parametrize(
    ("outcomes", "outcome"),
    [
        ((model.FORM, model.ROUTED, model.UNKNOWN), model.ROUTED),
        ((model.DECLINED, model.FORM), model.DECLINED),
        ((model.ANSWERED, model.FORM), model.ABANDONED),
        ((model.FORM, model.CANCELLED, model.ANSWERED), model.ABANDONED),
        ((model.ANSWERED, model.UNKNOWN), model.UNKNOWN),
        ((model.CHOICE, model.SMALL_TALK), model.UNKNOWN),
        ((model.CHOICE, model.ANSWERED), model.ANSWERED),
        ((model.NEAR, model.SMALL_TALK), model.ANSWERED),
        ((model.SMALL_TALK, model.OFF_TOPIC), model.TALK),
    ],
)
def test_what_counts_most_is_how_a_conversation_ended(outcomes: tuple[str, ...], outcome: str) -> None:
    assert summed(talk(*outcomes))["outcome"] == outcome


def test_a_name_typed_into_the_form_makes_no_conversation_unsure() -> None:
    log = Log().say("Je voudrais participer", asks("nom"), ranking=(("demande", 0.9),))
    log.say("Awa Exemple", asks("email"), ranking=(("hors_sujet/charabia", -0.9),))
    assert summed(log)["confidence"] == confidence_of(0.9)
    log.say("C'est quoi, le Programme ?", bubble("C'est…", facts=["quoi.sigle"]), ranking=(("info/quoi.sigle", -0.4),))
    assert summed(log)["confidence"] == confidence_of(-0.4)


@pytest.mark.parametrize(
    ("open_requests", "judged", "outcomes", "priority"),
    [
        ((LEAD_FORWARDED, LEAD_FAILED), [False], (model.UNKNOWN,), model.FAILED_DELIVERY),
        ((LEAD_FORWARDED,), [False], (model.UNKNOWN,), model.WAITING_REQUEST),
        ((), [False], (model.UNKNOWN,), model.DISLIKED),
        ((), [True], (model.UNKNOWN,), model.UNSURE),
        ((), [True], (model.ANSWERED,), model.ORDINARY),
    ],
)
def test_what_needs_a_human_comes_first(open_requests: Any, judged: list[bool], outcomes: tuple[str, ...], priority: int) -> None:
    assert summed(talk(*outcomes), Around({"m1": judged}, open_requests))["priority"] == priority


def test_a_low_confidence_needs_a_human() -> None:
    log = Log().say("Quel est le budget ?", ANSWER, ranking=(("info/combien.total", -0.4),))
    assert summed(log)["priority"] == model.UNSURE


def test_an_exchange_in_the_form_says_so() -> None:
    log = (
        Log().say("Je voudrais participer", asks("nom")).say("Awa Exemple", bubble("Merci.", outcome="qualified")).say("merci", "De rien.")
    )
    found: list[Exchange] = read_exchanges(log.name, log.told)
    assert [each.in_form for each in found] == [False, True, False]
