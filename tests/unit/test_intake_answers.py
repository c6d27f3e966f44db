"""What people really type into a request: the unusable is explained, courtesies fill nothing, questions get their answer."""

from __future__ import annotations

import pytest
from sample_assistant import RETENTION_DAYS, the_texts
from sample_dialogue import EMAIL, NAME, at

from bot.intake.model import CANCELLED, DECLINED, SCREENING, Dossier
from bot.intake.speaking import HINT, PATIENCE, PATIENCE_WITH_CAPACITY

TEXTS = the_texts()
NOTICE = TEXTS("demande.avis", jours=RETENTION_DAYS)
ALL_FIELDS = ("profil", "fonction", "commune", "nom", "email", "telephone", "objet", "confirmation", "consentement")


def question(field: str) -> str:
    return TEXTS(f"demande.questions.{field}")


# --- contact fields ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", ["non", "Pas de téléphone", "je préfère être contacté par e-mail", "plutôt par mail", "non, par e-mail", "aucun"]
)
def test_a_telephone_is_never_insisted_upon(answer: str) -> None:
    dialogue = at("telephone")
    assert dialogue.say(answer).dossier.telephone == ""
    assert (dialogue.asks, dialogue.dossier.email) == ("objet", EMAIL)


def test_a_name_given_with_the_address_gives_both() -> None:
    dialogue = at("nom")
    dialogue.say(f"{NAME}, mon mail c'est {EMAIL}")
    assert (dialogue.dossier.nom, dialogue.dossier.email, dialogue.asks) == (NAME, EMAIL, "telephone")


def test_an_address_given_for_the_name_is_kept_and_the_name_asked_again() -> None:
    dialogue = at("nom")
    dialogue.say(EMAIL)
    assert (dialogue.dossier.nom, dialogue.dossier.email, dialogue.asks) == (None, EMAIL, "nom")
    assert dialogue.say(NAME).dossier.asks == "telephone"


def test_a_telephone_number_given_for_the_address_is_kept_and_the_address_asked_again() -> None:
    dialogue = at("email")
    dialogue.say("0470 12 34 56")
    assert (dialogue.dossier.telephone, dialogue.asks) == ("+32 470 12 34 56", "email")
    assert dialogue.say(EMAIL).dossier.asks == "objet"


BAD = {
    "nom": ["x" * 2000, "<script>alert(1)</script>", "{{ 7*7 }}", "'; DROP TABLE leads;--", "Claire Bcc: a@b.example c@d.example"],
    "email": ["x" * 2000, "claire@", "claire@lasne", "@lasne.example"],
    "telephone": ["x" * 2000, "12", "1" * 50],
    "objet": ["12345", "x" * 2000, "ok"],
}


@pytest.mark.parametrize(("field", "text"), [(field, text) for field, texts in BAD.items() for text in texts], ids=lambda text: text[:24])
def test_what_cannot_be_used_is_explained_and_asked_again(field: str, text: str) -> None:
    dialogue = at(field)
    before = dialogue.dossier
    dialogue.say(text)
    assert dialogue.asks == field
    assert getattr(dialogue.dossier, field) is None
    assert dialogue.dossier.tries == before.tries + 1
    assert dialogue.text in {TEXTS(f"demande.erreurs.{field}"), *(TEXTS(f"demande.erreurs.{key}", limite=limit) for key, limit in LIMITS)}


LIMITS = [("nom_long", 120), ("objet_long", 1000)]


NO_FUNCTION = [
    "idem",
    "aucun",
    "je ne comprends rien",
    "0477 12 34 56",
    "claire@lasne.example",
    "/restart",
    "<b>gras</b>",
    "je m'appelle Claire",
]


@pytest.mark.parametrize("text", NO_FUNCTION)
def test_what_is_no_function_is_kept_as_none(text: str) -> None:
    dialogue = at("fonction")
    dialogue.say(text)
    assert (dialogue.asks, dialogue.dossier.value_of("fonction")) == ("fonction", None)


def test_a_municipality_given_for_the_function_is_kept_and_the_function_asked_again() -> None:
    dialogue = at("fonction")
    dialogue.say("Ixelles")
    assert (dialogue.asks, dialogue.dossier.value_of("fonction"), dialogue.dossier.value_of("commune")) == ("fonction", None, "Ixelles")
    assert dialogue.say("échevine").dossier.asks == "nom"


def test_a_municipality_given_for_the_capacity_does_not_become_the_function() -> None:
    dialogue = at("profil")
    dialogue.all("Ixelles", "Mandataire (élu ou élue)")
    assert (dialogue.asks, dialogue.dossier.value_of("commune")) == ("fonction", "Ixelles")


def test_a_function_that_we_do_not_know_is_kept_in_its_own_words() -> None:
    dialogue = at("fonction")
    dialogue.say("gardienne de phare communal")
    assert (dialogue.asks, dialogue.dossier.value_of("fonction")) == ("commune", "gardienne de phare communal")


@pytest.mark.parametrize("text", ["claire@poste.example", "0477 12 34 56", "{valeur}", "/restart", "je ne comprends pas"])
def test_what_is_no_municipality_is_not_proposed_as_one(text: str) -> None:
    dialogue = at("commune")
    dialogue.say(text)
    assert (dialogue.asks, dialogue.dossier.doubt, dialogue.dossier.value_of("commune")) == ("commune", "", None)


# --- courtesies, questions, refusals -----------------------------------------------------------------


@pytest.mark.parametrize("field", ALL_FIELDS)
def test_courtesies_and_hesitations_fill_no_field(field: str) -> None:
    dialogue = at(field)
    before = dialogue.dossier
    for text in ("merci", "bonjour", "je ne sais pas", "👍", "...", "merci beaucoup !"):
        dialogue.say(text)
        assert (text, dialogue.dossier) == (text, before)
        assert dialogue.text.endswith(question(field))


@pytest.mark.parametrize("field", ALL_FIELDS)
def test_a_question_in_the_middle_is_answered_and_the_field_asked_again(field: str) -> None:
    dialogue = at(field)
    before = dialogue.dossier
    dialogue.say("au fait, c'est quoi le budget total du programme ?", "info/combien.total")
    answer, again = dialogue.turn.messages
    assert answer.source is not None
    assert (answer.source.facts[0], answer.buttons) == ("combien.total", ())
    assert (again.source, dialogue.dossier) == (None, before)
    assert again.text.endswith(question(field))


@pytest.mark.parametrize("field", ALL_FIELDS)
def test_why_is_explained_for_each_field(field: str) -> None:
    dialogue = at(field)
    dialogue.say("pourquoi vous me demandez ça ?")
    assert dialogue.text.startswith(TEXTS(f"demande.pourquoi.{field}"))
    assert dialogue.text.endswith(question(field))
    assert dialogue.asks == field


def test_why_this_programme_is_a_question_about_the_programme() -> None:
    dialogue = at("nom")
    dialogue.say("pourquoi ce programme ?", "info/apercu.pourquoi")
    assert dialogue.turn.messages[0].source is not None


def test_another_subject_in_the_middle_gets_its_reply_and_the_field_again() -> None:
    dialogue = at("commune")
    dialogue.say("quelle météo fait-il demain ?", "hors_sujet/actualite")
    assert dialogue.turn.messages[0].text == TEXTS("hors_sujet.actualite")
    assert (dialogue.asks, dialogue.turn.messages[-1].text) == ("commune", question("commune"))


@pytest.mark.parametrize("field", [field for field in ALL_FIELDS if field != "telephone"])
def test_who_will_not_say_is_told_why_once_and_then_let_go(field: str) -> None:
    dialogue = at(field)
    dialogue.say("je préfère ne pas le dire")
    assert (dialogue.asks, dialogue.text.startswith(TEXTS(f"demande.pourquoi.{field}"))) == (field, True)
    turn = dialogue.say("je préfère ne pas le dire")
    if field in SCREENING:
        assert (turn.outcome, turn.decided and turn.decided.rule) == (DECLINED, "sans_reponse")
    elif field == "objet":
        assert (turn.outcome, turn.dossier.objet, dialogue.asks) == (None, TEXTS("demande.sans_objet"), "confirmation")
    else:
        assert (dialogue.text, turn.outcome) == (TEXTS("demande.refus_repete"), CANCELLED)


@pytest.mark.parametrize("field", ALL_FIELDS)
def test_a_request_can_be_given_up_at_any_time_and_nothing_is_kept(field: str) -> None:
    dialogue = at(field)
    turn = dialogue.say("annuler")
    assert (dialogue.text, turn.outcome, turn.submits) == (TEXTS("demande.annulee"), CANCELLED, False)
    assert turn.dossier == Dossier(number=1, ended=CANCELLED)


@pytest.mark.parametrize("field", ALL_FIELDS)
def test_distress_comes_before_the_request_which_waits(field: str) -> None:
    dialogue = at(field)
    before = dialogue.dossier
    dialogue.say("je veux mourir", "hors_sujet/detresse")
    assert (dialogue.text, dialogue.dossier) == (TEXTS("hors_sujet.detresse"), before)


def test_patience_ends_politely_and_the_way_out_is_named_before() -> None:
    dialogue = at("email")
    texts = []
    for _ in range(PATIENCE + 1):
        dialogue.say("claire@")
        texts.append(dialogue.text)
    assert [TEXTS("demande.erreurs.renoncer") in text for text in texts[:-1]] == [i > HINT for i in range(1, PATIENCE + 1)]
    assert (texts[-1], dialogue.turn.outcome) == (TEXTS("demande.refus_repete"), CANCELLED)


def test_who_never_says_in_which_capacity_they_write_is_told_why_that_is_needed() -> None:
    dialogue = at("profil")
    outcomes = [dialogue.say("mystère et boule de gomme ???", "charabia", -0.9).outcome for _ in range(PATIENCE_WITH_CAPACITY + 1)]
    assert outcomes == [None] * PATIENCE_WITH_CAPACITY + [DECLINED]
    assert "Attention" in dialogue.text


def test_a_number_that_cannot_be_read_twice_holds_nobody_up() -> None:
    dialogue = at("telephone")
    dialogue.say("douze")
    assert dialogue.asks == "telephone"
    dialogue.say("douze encore")
    assert (dialogue.dossier.telephone, dialogue.text.startswith(TEXTS("demande.sans_numero"))) == ("", True)


def test_a_usable_answer_restores_the_patience() -> None:
    dialogue = at("email")
    dialogue.all("claire@", "claire@", EMAIL)
    assert dialogue.dossier.tries == 0
