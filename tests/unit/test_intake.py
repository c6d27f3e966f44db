"""The request for contact as whole scripts: who is admitted, what is asked and in which order, what is in doubt, and the consent."""

from __future__ import annotations

import pytest
from sample_assistant import RETENTION_DAYS, part, the_texts
from sample_dialogue import CONTACTS, EMAIL, NAME, OFFICER, Dialogue, at

from bot.intake.model import CANCELLED, CONTACT, DECLINED, QUALIFIED, SCREENING, Dossier

TEXTS = the_texts()
NOTICE = TEXTS("demande.avis", jours=RETENTION_DAYS)
ALL_FIELDS = ("profil", "fonction", "commune", "nom", "email", "telephone", "objet", "confirmation", "consentement")


def question(field: str) -> str:
    return TEXTS(f"demande.questions.{field}")


# --- what is asked, and when -------------------------------------------------------------------------


def test_an_officer_who_says_everything_is_asked_for_nothing_twice() -> None:
    said = f"Bonjour, je m'appelle {NAME}, je suis échevine à Lasne et je veux participer au Programme. {EMAIL}"
    dialogue = Dialogue()
    dialogue.say(said, persons=[NAME])
    assert dialogue.asks == "telephone"
    assert dialogue.all("non", "oui", "oui").outcome == QUALIFIED


def test_an_officer_is_asked_only_for_what_is_not_known() -> None:
    dialogue = Dialogue(OFFICER)
    asked = [dialogue.asks]
    for answer in (*CONTACTS, "oui"):
        dialogue.say(answer)
        asked.append(dialogue.asks)
    assert asked == ["nom", "email", "telephone", "confirmation", "consentement"]
    turn = dialogue.say("oui")
    assert (turn.outcome, turn.submits, turn.dossier.asks) == (QUALIFIED, True, None)
    known = (turn.dossier.nom, turn.dossier.email, turn.dossier.telephone, turn.dossier.objet)
    assert known == (NAME, EMAIL, "", "Je veux participer au Programme")


def test_from_a_bare_wish_each_field_is_asked_in_its_order() -> None:
    dialogue = Dialogue("je souhaite transmettre une demande")
    asked = [dialogue.asks]
    for answer in ("Mandataire (élu ou élue)", "échevine", "Lasne", *CONTACTS, "une formation à l'état civil", "oui"):
        dialogue.say(answer)
        asked.append(dialogue.asks)
    assert asked == list(ALL_FIELDS)


@pytest.mark.parametrize(
    ("opening", "asked"),
    [
        ("je veux participer", "profil"),
        ("je suis élue et je veux participer", "profil"),
        ("je suis une élue locale et je veux participer", "fonction"),
        ("je suis échevine et je veux participer", "commune"),
        ("Je suis bourgmestre de Lens, je veux participer", "pays"),
        ("nous sommes une ONG et nous voulons participer", "partenaire_de"),
        ("je travaille à la commune de Huy et je veux participer", "fonction"),
        ("Je suis échevine à Huy", "nom"),
        ("je suis maire de Thiès au Sénégal", "nom"),
        ("je suis chef de secteur en RDC et je veux participer", "commune"),
    ],
)
def test_the_first_question_is_about_what_the_opening_leaves_open(opening: str, asked: str) -> None:
    assert Dialogue(opening).asks == asked


@pytest.mark.parametrize(
    "texts",
    [
        (OFFICER, *CONTACTS),
        ("je souhaite transmettre une demande", "je suis élue", "échevine", "Lasne", *CONTACTS),
        ("une ONG voudrait participer", "de la commune de Nouna", "chargée de projet", *CONTACTS),
        ("employée à la commune de Huy, je veux participer", "oui, le collège", *CONTACTS),
    ],
    ids=["at once", "step by step", "a partner", "an employee"],
)
def test_no_contact_field_is_asked_for_before_an_admissible_decision(texts: tuple[str, ...]) -> None:
    dialogue = Dialogue(*texts)
    asked = [turn.dossier.asks for turn in dialogue.turns]
    first = next(i for i, field in enumerate(asked) if field not in SCREENING)
    decided = [i for i, turn in enumerate(dialogue.turns) if turn.decided]
    assert decided == [first]
    assert asked[first] in CONTACT
    assert all(field not in SCREENING for field in asked[first:])


def test_the_notice_stands_before_the_first_contact_field_and_nowhere_else() -> None:
    dialogue = Dialogue(OFFICER, *CONTACTS, "non, Ixelles", "mon nom est Claire Dumonceau", "oui", "oui")
    texts = ["\n".join(message.text for message in turn.messages) for turn in dialogue.turns]
    assert [NOTICE in text for text in texts] == [True] + [False] * (len(texts) - 1)
    assert texts[0].endswith(question("nom"))


def test_the_recap_shows_all_that_would_be_sent() -> None:
    dialogue = at("confirmation")
    lines = dialogue.text.replace("\u00a0", " ").splitlines()
    assert {f"Nom : {NAME}", f"E-mail : {EMAIL}", "Fonction : échevine", "Commune : Lasne (Belgique)", "Téléphone : aucun"} <= set(lines)
    assert lines[-1].startswith("Est-ce exact")


def test_a_partners_recap_names_the_municipality() -> None:
    dialogue = Dialogue("une ONG voudrait participer", "de la commune de Nouna")
    while dialogue.asks != "confirmation":
        dialogue.say({"fonction": "directrice", "nom": NAME, "email": EMAIL, "telephone": "non", "objet": "un projet"}[str(dialogue.asks)])
    assert TEXTS("demande.recap_partenaire", partenaire_de="Nouna") in dialogue.text


@pytest.mark.parametrize(
    ("texts", "asked"),
    [
        (("je suis chef de secteur en RDC et je veux participer",), "commune"),
        (("association de communes, nous voulons participer", "de plusieurs communes"), "partenaire_de"),
    ],
    ids=["a sector", "an association of municipalities"],
)
def test_what_a_person_has_to_judge_still_names_a_municipality(texts: tuple[str, ...], asked: str) -> None:
    dialogue = Dialogue(*texts)
    assert (dialogue.asks, dialogue.dossier.informed) == (asked, False)
    assert dialogue.say("Huy").dossier.asks == "nom"
    assert dialogue.dossier.value_of("commune") == "Huy"


# --- doubts ------------------------------------------------------------------------------------------


def test_an_unknown_municipality_is_confirmed_not_refused() -> None:
    dialogue = Dialogue("je suis échevine et je veux participer", "Xyzville")
    assert (dialogue.asks, dialogue.text) == ("commune", TEXTS("demande.doute.commune", valeur="Xyzville"))
    assert dialogue.say("oui").dossier.asks == "pays"
    assert dialogue.say("Bénin").dossier.asks == "nom"


def test_an_unknown_municipality_written_again_is_confirmed() -> None:
    assert Dialogue("je suis échevine et je veux participer", "Xyzville", "Xyzville").asks == "pays"


def test_a_misspelt_municipality_is_proposed() -> None:
    dialogue = Dialogue("je suis échevine et je veux participer", "Gemblou")
    assert (dialogue.asks, dialogue.text) == ("commune", TEXTS("demande.doute.choix", valeur="Gembloux"))
    assert dialogue.say("oui").dossier.asks == "nom"
    assert dialogue.dossier.value_of("commune") == "Gembloux"


def test_a_municipality_that_was_guessed_wrong_is_asked_again() -> None:
    dialogue = Dialogue("je suis échevine et je veux participer", "Gemblou", "non")
    assert (dialogue.asks, dialogue.dossier.doubt, dialogue.text) == ("commune", "", question("commune"))
    assert dialogue.say("Huy").dossier.value_of("commune") == "Huy"


def test_homonyms_in_two_countries_ask_for_the_country() -> None:
    dialogue = Dialogue("je suis bourgmestre de Lens et je veux participer")
    assert (dialogue.asks, dialogue.text) == ("pays", question("pays"))
    assert dialogue.say("Belgique").dossier.asks == "nom"
    assert dialogue.dossier.value_of("pays") == "Belgique"


def test_an_address_that_was_spelt_out_is_confirmed() -> None:
    dialogue = at("email")
    dialogue.say("claire point dumont arobase lasne point example")
    assert (dialogue.asks, dialogue.text) == ("email", TEXTS("demande.doute.email", valeur="claire.dumont@lasne.example"))
    assert dialogue.say("oui").dossier.email == "claire.dumont@lasne.example"
    assert dialogue.asks == "telephone"


@pytest.mark.parametrize("answer", ["claire.dumont@lasne.example", "c.dumont@lasne.example"], ids=["the same", "another"])
def test_an_address_in_doubt_may_be_written_out(answer: str) -> None:
    dialogue = at("email")
    dialogue.all("claire point dumont arobase lasne point example", answer)
    assert (dialogue.dossier.email, dialogue.asks) == (answer, "telephone")


def test_an_unusual_telephone_number_is_confirmed() -> None:
    dialogue = at("telephone")
    dialogue.say("+999 12 34 56 78")
    assert (dialogue.asks, dialogue.dossier.doubt) == ("telephone", "+999 12 34 56 78")
    assert dialogue.say("oui").dossier.telephone == "+999 12 34 56 78"


@pytest.mark.parametrize(("answer", "mandated"), [("oui, le collège", True), ("non, c'est mon idée", False)])
def test_an_employee_is_asked_who_had_her_write(answer: str, mandated: bool) -> None:
    dialogue = Dialogue("je suis employée à la commune de Huy et je veux participer")
    assert dialogue.asks == "profil"
    assert "est-ce lui qui vous a chargé d’écrire" in dialogue.text
    turn = dialogue.say(answer)
    assert (turn.dossier.asks, turn.outcome) == (("nom", None) if mandated else (None, DECLINED))


# --- consent -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["non", "Non merci", "surtout pas"])
def test_without_consent_nothing_is_sent_and_nothing_kept(text: str) -> None:
    dialogue = at("consentement")
    turn = dialogue.say(text)
    assert (turn.outcome, turn.submits, dialogue.text) == (CANCELLED, False, TEXTS("demande.sans_consentement"))
    assert turn.dossier == Dossier(number=1, ended=CANCELLED)


@pytest.mark.parametrize("text", ["/affirm", "<b>oui</b>", "peut-être", "je ne suis pas sûre", "oui mais pas le téléphone", "{oui}", "👍"])
def test_only_a_plain_yes_is_consent(text: str) -> None:
    dialogue = at("consentement")
    turn = dialogue.say(text, "affirmer", 0.9)
    assert (turn.submits, turn.outcome) == (False, None)


@pytest.mark.parametrize("field", [field for field in ALL_FIELDS if field != "consentement"])
def test_a_yes_before_the_consent_sends_nothing(field: str) -> None:
    assert not at(field).say("oui", "affirmer", 0.9).submits


def test_a_no_at_the_recap_asks_what_is_wrong() -> None:
    dialogue = at("confirmation")
    dialogue.say("non")
    assert (dialogue.asks, dialogue.text) == ("confirmation", TEXTS("demande.erreurs.confirmation"))


# --- a question beside a request ---------------------------------------------------------------------


def test_a_question_beside_the_request_is_answered_first() -> None:
    beside = part("comment s'appelle la personne de contact ?", ("info/contact.personne", 0.5))
    dialogue = Dialogue()
    dialogue.say(f"{OFFICER}. comment s'appelle la personne de contact ?", "demande", 0.4, [beside])
    first, second = dialogue.turn.messages
    assert first.source is not None
    assert (first.source.facts[0], second.source, dialogue.asks) == ("contact.personne", None, "nom")


def test_a_question_that_is_hardly_a_request_opens_none() -> None:
    beside = part("comment s'appelle la personne de contact ?", ("info/contact.personne", 0.5))
    dialogue = Dialogue()
    dialogue.say("comment s'appelle la personne de contact ?", "demande", -0.2, [beside])
    assert (dialogue.asks, dialogue.dossier.number) == (None, 0)
