"""Masking, on lists: what goes, what stays for reviewers, and that nothing else changes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from typing import Any

import pytest

from bot.intake import model
from bot.privacy import masking
from bot.privacy.masking import Answer, Event, mask_events, mask_turns
from bot.privacy.names import names_told
from bot.privacy.traces import Traces
from bot.privacy.values import CONTACT, MASKED, Values, values_of
from bot.text import typeset

NAME, ADDRESS, NUMBER = "Hélène d'Exemple-Ngoma", "h.exemple@commune.example", "+32 2 000 11 22"
SUBJECT = "Nous aimerions proposer un expert de l'état civil."


def user(text: str, persons: Iterable[str] = (), **metadata: str) -> Event:
    parse = {
        "text": text,
        "intent": {"name": "demande", "confidence": 0.9},
        "intent_ranking": [{"name": "demande", "confidence": 0.9}],
        "entities": [],
        "message_id": "m1",
        "metadata": metadata,
        "parts": [{"text": text, "ranking": [["demande", 0.4], ["info/quoi", -0.2]]}],
        "persons": list(persons),
    }
    known = {"model_id": "0f", "assistant_id": "cic"}
    return {"event": "user", "timestamp": 1.5, "text": text, "parse_data": parse, "metadata": known | metadata, "message_id": "m1"}


def bot(text: str, asks: str | None = None, *buttons: str) -> Event:
    custom = {"source": None, "asks": asks, "outcome": None}
    shown = [{"title": button, "payload": button} for button in buttons] or None
    return {"event": "bot", "timestamp": 1.5, "text": text, "metadata": {}, "data": {"buttons": shown, "custom": custom}}


def slot(name: str, value: Any) -> Event:
    return {"event": "slot", "timestamp": 1.5, "name": name, "value": value}


def dossier(asks: str | None = None, **fields: Any) -> Event:
    return slot("dossier", json.loads(json.dumps(model.Dossier(number=2, asks=asks, **fields).as_json())))


SESSION = {"event": "session_started", "timestamp": 1.5}


def masked(*events: Event) -> list[Event]:
    return mask_events(events, Traces(values_of(events)))


def texts(events: Iterable[Event]) -> list[str]:
    return [event["text"] for event in events if "text" in event]


def traces(**values: str) -> Traces:
    return Traces(Values(**{name: frozenset({value}) for name, value in values.items()}))


def test_the_fields_are_those_of_the_intake() -> None:
    assert CONTACT == model.CONTACT
    assert {*CONTACT, model.CONFIRMATION, model.CONSENT} == masking.PLACES


@pytest.mark.parametrize("asks", sorted(masking.PLACES))
@pytest.mark.parametrize("field", ["requested_slot", "dossier"])
def test_what_was_typed_while_a_contact_field_was_waited_for_goes_as_a_whole(field: str, asks: str) -> None:
    waits = slot("requested_slot", asks) if field == "requested_slot" else dossier(asks)
    _, message = masked(waits, user("quelqu'un que rien ne reconnaît", ["Quelqu'un"], original="/quelqu'un"))
    parse = message["parse_data"]
    assert [message["text"], parse["text"], parse["parts"][0]["text"], *parse["persons"], message["metadata"]["original"]] == [MASKED] * 5
    assert "reconna" not in json.dumps(message, ensure_ascii=False)


def test_which_release_answered_is_no_number_and_nothing_that_was_typed() -> None:
    asked, at_place = masked(user("Quel budget ?", release="012345678901"), dossier("nom"), user("X", release="012345678901"))[::2]
    for message in (asked, at_place):
        assert message["metadata"]["release"] == message["parse_data"]["metadata"]["release"] == "012345678901"


@pytest.mark.parametrize("text", ["Oui", "oui, merci !", "NON.", "ok", "Annuler", "stop", "Pas de téléphone", "D’accord"])
def test_a_word_that_names_nobody_stays_readable(text: str) -> None:
    assert texts(masked(dossier("confirmation"), user(text))) == [text]


@pytest.mark.parametrize("text", ["", "oui, Claire Dumont", "12", "merci à Claire", "…"])
def test_more_than_such_a_word_does_not_stay(text: str) -> None:
    assert texts(masked(dossier("nom"), user(text))) == [MASKED if text else ""]


def test_what_was_typed_before_and_after_stays_readable() -> None:
    said = masked(user("je suis échevine à Huy"), dossier("nom"), user("X"), dossier(None), user("et le budget ?"))
    assert texts(said) == ["je suis échevine à Huy", MASKED, "et le budget ?"]


def test_the_message_that_comes_back_after_the_session_expired_still_answers_the_field() -> None:
    said = masked(dossier("email"), SESSION, dossier(None), user("rien qu'on connaisse"), user("et le budget ?"))
    assert texts(said) == [MASKED, "et le budget ?"]


def test_values_go_wherever_they_stand_from_the_opening_on() -> None:
    said = masked(
        user("Bonjour, HELENE D’EXEMPLE NGOMA ici, échevine à Huy, 02/000.11.22", persons=[NAME]),
        bot(f"Voici votre demande.\nNom : {typeset(NAME)}\nE-mail : {ADDRESS}\nTéléphone : {NUMBER}\nObjet : {SUBJECT}\nEst-ce exact ?"),
        dossier("consentement", nom=NAME, email=ADDRESS, telephone=NUMBER, objet=SUBJECT),
    )
    assert texts(said) == [
        f"Bonjour, {MASKED} ici, échevine à Huy, {MASKED}",
        f"Voici votre demande.\nNom : {MASKED}\nE-mail : {MASKED}\nTéléphone : {MASKED}\nObjet : {MASKED}\nEst-ce exact ?",
    ]
    assert said[0]["parse_data"]["persons"] == [MASKED]


def test_every_version_of_a_value_counts_and_what_was_in_doubt_too() -> None:
    said = masked(
        bot("J’ai compris « Ngoma ». Est-ce bien votre nom ?", "nom", "Oui, Ngoma"),
        dossier("nom", doubt="Ngoma"),
        slot("nom", "Dumont"),
        bot("Dumont et Ngoma."),
    )
    assert texts(said) == [f"J’ai compris « {MASKED} ». Est-ce bien votre nom ?", f"{MASKED} et {MASKED}."]
    assert said[0]["data"]["buttons"] == [{"title": f"Oui, {MASKED}", "payload": f"Oui, {MASKED}"}]
    assert said[1]["value"]["doubt"] == ""


def test_a_doubt_about_a_municipality_is_no_contact() -> None:
    said = masked(bot("Je ne connais pas « Trifouillis ».", "commune"), dossier("commune", doubt="Trifouillis"))
    assert texts(said) == ["Je ne connais pas « Trifouillis »."]
    assert said[1]["value"]["doubt"] == "Trifouillis"


def test_the_dossier_keeps_what_is_not_contact_and_is_asked_for_the_rest_again() -> None:
    profile = model.Profile(kind="mandataire", function="échevine", contradictions=(f"{NAME} disait autre chose",))
    event = dossier("objet", profile=profile, nom=NAME, email=ADDRESS, telephone="", informed=True, tries=1)
    (kept,) = masked(event)
    left = model.Dossier.from_json(kept["value"])
    assert (left.number, left.asks, left.informed, left.tries, left.profile.function) == (2, "objet", True, 1, "échevine")
    assert (left.nom, left.email, left.telephone) == (None, None, ""), "that no number is wanted is not asked again"
    assert left.profile.contradictions == (f"{MASKED} disait autre chose",)


def test_a_name_that_is_being_put_right_is_forgotten_like_one_that_is_kept() -> None:
    event = dossier("nom", former_name=NAME)
    said = masked(event, bot(f"Nom : {NAME}"), user("x"))
    assert model.Dossier.from_json(said[0]["value"]).former_name == ""
    assert texts(said) == [f"Nom : {MASKED}", MASKED]


def test_how_a_request_ended_and_its_reference_stay() -> None:
    ended = dossier(None, ended="qualified", reference="CIC-2026-234567")
    assert masked(ended) == [ended]


def test_slots_say_that_there_was_something() -> None:
    slots = [slot(name, value) for name, value in zip(CONTACT, ("A", "b", "", None), strict=True)]
    assert [event["value"] for event in masked(*slots)] == [MASKED, MASKED, "", None]


def test_other_slots_lose_whole_values_but_no_word_of_a_name() -> None:
    said = masked(slot("nom", "Jean Namur"), slot("commune", "Namur"), slot("fonction", f"échevin, Jean Namur, {ADDRESS}"))
    assert [event["value"] for event in said[1:]] == ["Namur", f"échevin, {MASKED}, {MASKED}"]


def test_the_copy_of_a_message_in_the_metadata_of_a_session_goes() -> None:
    assert masked(slot("session_started_metadata", {"original": "/Claire"}))[0]["value"] == {"original": MASKED}


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("hélène d’exemple-ngoma", MASKED),
        ("Hélène  D'EXEMPLE\u202fNgoma.", f"{MASKED}."),
        ("ici Ngoma, ou Exemple", f"ici {MASKED}, ou {MASKED}"),
        ("ici NGOMA", f"ici {MASKED}"),
        ("un exemple de ngomas", "un exemple de ngomas"),
        ("Ngomas", "Ngomas"),
        ("Helene", MASKED),
    ],
)
def test_a_name_is_found_as_a_whole_in_any_case_and_by_its_parts_with_a_capital(typed: str, left: str) -> None:
    assert traces(names=NAME).typed(typed) == left


def test_the_other_order_of_a_name_is_found_in_any_case() -> None:
    assert traces(names="Claire Dumont").typed("dumont claire, une réponse claire") == f"{MASKED}, une réponse claire"


@pytest.mark.parametrize("word", ["Des personnes", "Les Van", "A", "il y a"])
def test_small_words_of_a_name_are_not_looked_for(word: str) -> None:
    assert traces(names="A van des Les").typed(word) == word


@pytest.mark.parametrize(
    "number",
    ["0470 12 34 56", "0470/12.34.56", "+32 (0)470 12 34 56", "(243) 99 123 45 67", "02-000-11-22", "70123456", "+229\u202f01 23 45 67 89"],
)
def test_every_number_like_a_telephone_s_goes(number: str) -> None:
    assert traces().typed(f"appelez le {number}, merci") == f"appelez le {MASKED}, merci"


@pytest.mark.parametrize(
    "text",
    [
        "l’édition 2014-2016 ou 2017 - 2021 ?",
        "mise à jour le 15/03/2016 ?",
        "10 000 000 € pour 6 pays ?",
        "une commune de 12 000 000 habitants",
        "CIC-2026-234567",
        "5000 Namur, 1 700 000",
    ],
)
def test_other_figures_stay(text: str) -> None:
    assert traces().typed(text) == text


@pytest.mark.parametrize("number", ["0470123456", "+32 470 12 34 56", "(0470) 12 34 56"])
@pytest.mark.parametrize("unit", ["personnes", "€", "millions", "habitants"])
def test_what_begins_like_a_telephone_number_is_no_amount(number: str, unit: str) -> None:
    assert traces().typed(f"mon gsm {number} {unit}") == f"mon gsm {MASKED} {unit}"


@pytest.mark.parametrize(
    "text",
    ["on se retrouve at home ?", "regardez at this", "joignable at claire@commune.example"],
)
def test_an_at_is_an_address_only_before_a_domain(text: str) -> None:
    assert traces().typed(text) == text.replace("claire@commune.example", MASKED)


@pytest.mark.parametrize(
    "address",
    [
        "awa.k at commune.example",
        "awa.k at commune point example",
        "Awa.K@Commune.example",
        "awa@@commune.example",
        "awa @ commune.example",
        "awa arobase commune point example",
        "awa point k arobase commune.example",
        "awa(at)commune.example",
        "é.ngoma@commune.example",
    ],
)
def test_every_address_goes_spelt_out_or_not(address: str) -> None:
    assert traces().typed(f"mon adresse : {address}, merci") == f"mon adresse : {MASKED}, merci"


def test_addresses_and_numbers_of_our_own_stay_in_our_texts() -> None:
    text = "Télé-Accueil au 107, prévention du suicide au 0800 32 123 00, info@association.example."
    assert traces(addresses=ADDRESS, numbers=NUMBER).said(text) == text


@pytest.mark.parametrize("number", ["+32 22 33 44", "22 33 44", "12345"])
def test_a_short_number_is_found_as_it_was_typed(number: str) -> None:
    assert traces(numbers=number).typed("le 22.33.44 et le 12345") != "le 22.33.44 et le 12345"


def test_an_opening_that_became_the_subject_stays_readable_and_the_recap_does_not_show_it() -> None:
    opening = "Ici Awa Ngoma, nous voulons participer"
    said = masked(user(opening), bot(f"Objet : {opening}\nEst-ce exact ?"), dossier("confirmation", nom="Awa Ngoma", objet=opening))
    assert texts(said) == [f"Ici {MASKED}, nous voulons participer", f"Objet : {MASKED}\nEst-ce exact ?"]


def test_a_subject_of_one_word_is_masked_where_it_is_quoted_and_not_in_our_sentences() -> None:
    ours = traces(subjects="participer")
    assert ours.said("Objet : participer\nPour participer, écrivez.") == f"Objet : {MASKED}\nPour participer, écrivez."
    assert ours.said("J’ai noté « Participer ».") == f"J’ai noté « {MASKED} »."


def test_what_overlaps_is_masked_as_one() -> None:
    found = traces(names="Awa", numbers="22 33 44")
    assert found.typed("awa@commune.example, 22 33 44 arobase awa@commune.example") == f"{MASKED}, {MASKED}"


@pytest.mark.parametrize("name", ["Ștefania Łuć", "İnci Öz", "Ο Νίκος", "N'Ɓaa", "Nguyễn Ánh", "J. M."])
def test_a_name_in_any_alphabet_finds_itself_in_any_case(name: str) -> None:
    assert [traces(names=name).typed(typed) for typed in (name, name.upper(), name.replace(" ", "\u202f"))] == [MASKED] * 3


def test_the_signs_at_the_end_of_a_value_go_with_it_when_they_are_there() -> None:
    ours = traces(subjects="Le budget, pourquoi ?", names="A. Dupont Jr.")
    assert ours.said("Objet : Le budget, pourquoi\u202f?\nPar A. Dupont Jr.") == f"Objet : {MASKED}\nPar {MASKED}"
    assert ours.said("Nom : A. Dupont Jr, Objet : le budget, pourquoi") == f"Nom : {MASKED}, Objet : {MASKED}"


def test_nothing_is_found_when_nothing_was_given() -> None:
    assert traces().said("Bonjour, [effacé].") == "Bonjour, [effacé]."


CONVERSATION: list[Event] = [
    SESSION,
    user("Bonjour, je suis Claire Dumont, échevine à Huy"),
    bot("Quel est votre nom ?", "nom"),
    dossier("nom", objet="participer"),
    slot("requested_slot", "nom"),
    user("Claire Dumont"),
    bot("À quelle adresse peut-on vous répondre ?", "email"),
    dossier("email", nom="Claire Dumont", objet="participer"),
    slot("nom", "Claire Dumont"),
    user("claire@huy.example"),
    bot("Voici votre demande.\nNom : Claire Dumont\nE-mail : claire@huy.example", "confirmation", "Oui", "Annuler"),
    dossier("confirmation", nom="Claire Dumont", email="claire@huy.example", telephone="", objet="participer"),
    user("Annuler"),
    {"event": "action", "timestamp": 1.5, "name": "action_listen"},
]


def test_number_order_ids_and_times_of_events_stay_and_the_originals_too() -> None:
    before = copy.deepcopy(CONVERSATION)
    after = masked(*CONVERSATION)
    assert before == CONVERSATION
    for old, new in zip(before, after, strict=True):
        assert [new.get(key) for key in ("event", "timestamp", "name", "message_id")] == [
            old.get(key) for key in ("event", "timestamp", "name", "message_id")
        ]
        if old["event"] == "user":
            assert new["parse_data"]["intent_ranking"] == old["parse_data"]["intent_ranking"]
            assert new["parse_data"]["parts"][0]["ranking"] == old["parse_data"]["parts"][0]["ranking"]


def test_masking_again_changes_nothing() -> None:
    once = masked(*CONVERSATION)
    assert "Dumont" not in json.dumps(once)
    assert masked(*once) == once


def test_masking_goes_on_with_what_was_typed_since() -> None:
    again = [*masked(*CONVERSATION), dossier("nom"), user("Awa Ngoma"), dossier("email", nom="Awa Ngoma"), bot("Merci, Awa Ngoma.")]
    assert texts(masked(*again))[-2:] == [MASKED, f"Merci, {MASKED}."]


def answer(text: str, asks: str | None = None, *buttons: str) -> Answer:
    shown = [{"title": button, "value": button} for button in buttons]
    return {"messages": [{"id": "a1", "text": text, "buttons": shown, "source": None}], "asks": asks, "outcome": None}


def test_turns_lose_what_was_typed_at_contact_fields_and_what_the_answers_quote() -> None:
    said = [
        ("je suis Claire Dumont, échevine à Huy", answer("Quel est votre nom ?", "nom")),
        ("c'est Claire", answer("J’ai compris « Claire ». Est-ce bien votre nom ?", "nom", "Oui, Claire")),
        ("oui", answer("Nom : Claire Dumont", "confirmation")),
        ("mon fils s'appelle Jean", answer("C’est combien ?")),
        ("c'est combien ?", answer("Dix mille.")),
    ]
    after = mask_turns(said, traces(names="Claire Dumont"))
    assert [text for text, _ in after] == [f"je suis {MASKED}, échevine à Huy", MASKED, "oui", MASKED, "c'est combien ?"]
    assert after[1][1] == answer(f"J’ai compris « {MASKED} ». Est-ce bien votre nom ?", "nom", f"Oui, {MASKED}")
    assert after[2][1] == answer(f"Nom : {MASKED}", "confirmation")
    assert after[3:] == [(MASKED, said[3][1]), said[4]]
    assert mask_turns(after, traces()) == after


TOLD = [
    ("non je suis juste un particulier, Kevin Dupont, kevin.dupont@example.org, 0475 11 22 33", {"Kevin Dupont"}),
    ("kevin dupont, kevin.dupont@example.org", {"kevin dupont"}),
    ("kevin dupont kdupont@example.org", {"kevin dupont"}),
    ("Kevin, 0475 11 22 33, kevin@example.org", {"Kevin"}),
    ("moi c'est kevin, 0475 11 22 33", {"kevin"}),
    ("Kevin Dupont 0475 11 22 33", {"Kevin Dupont"}),
    ("Contactez Kevin Dupont au 0475 11 22 33", {"Kevin Dupont"}),
    ("Mme Nathalie Van den Broeck 02 000 05 11", {"Nathalie Van den Broeck"}),
    ("de la part de Kevin Dupont, 0475 11 22 33", {"Kevin Dupont"}),
    ("Dupont Kevin\nkevin.dupont@example.org", {"Dupont Kevin"}),
    ("je suis un simple citoyen, Kevin Dupont, et je voudrais participer", {"Kevin Dupont"}),
    ("Bonjour à tous, Kevin Dupont, simple citoyen de Huy", {"Kevin Dupont"}),
    ("Kevin Dupont de Huy, particulier", {"Kevin Dupont"}),
    ("je suis Nathalie Van den Broeck", {"Nathalie Van den Broeck"}),
    ("mon nom c'est kevin dupont", {"kevin dupont"}),
    ("mon nom complet est kevin dupont", {"kevin dupont"}),
]


@pytest.mark.parametrize(("text", "names"), TOLD, ids=[text for text, _ in TOLD])
def test_a_name_beside_an_address_a_number_or_a_capacity_is_found(text: str, names: set[str]) -> None:
    assert set(names_told(text)) == names


@pytest.mark.parametrize(
    "text",
    [
        "je suis bourgmestre de Huy, bourgmestre@huy.example, 085 00 78 21",
        "je suis Échevine à Woluwe-Saint-Pierre, info@commune.example",
        "Échevin de la Culture, echevin.culture@huy.example",
        "nous sommes Solidarité Sahel asbl, info@solidaritesahel.example",
        "ONG Faso Eau, faso.eau@example.org",
        "Association Les Amis du Bénin, contact@amisbenin.example",
        "je représente Louvain Coopération, 010 00 03 05",
        "Commune de Saint-Nicolas, 04 000 98 90",
        "La Louvière, lalouviere@commune.example",
        "Saint-Nicolas, 04 000 98 90",
        "rappelez moi svp au 0475 11 22 33",
        "Objet : Demande Urgente, 0475 11 22 33",
        "je suis bénévole dans une association, Solidarité Sahel, et je voudrais participer",
        "comment rejoindre le Programme, Grand Duc, en 2027 ?",
        "mon nom c'est quoi ?",
        "mon nom est pas important",
    ],
)
def test_a_function_a_municipality_an_organisation_is_no_name(text: str) -> None:
    assert set(names_told(text)) == set()


def test_who_was_refused_is_masked_with_the_name_and_stays_readable_otherwise() -> None:
    told = "non je suis juste un particulier de Huy, Kevin Dupont, kevin.dupont@example.org, 0475 11 22 33"
    said = masked(dossier("profil"), user(told), dossier(None, ended="declined"), user("et Kevin, il peut ?"))
    assert texts(said) == [f"non je suis juste un particulier de Huy, {MASKED}, {MASKED}, {MASKED}", f"et {MASKED}, il peut ?"]
