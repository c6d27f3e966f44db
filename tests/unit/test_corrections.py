"""Which field a correction is about, and what it puts there."""

from __future__ import annotations

import pytest
from sample_assistant import the_texts
from sample_dialogue import EMAIL, NAME, Dialogue, at

from bot.intake import corrections
from bot.intake.model import QUALIFIED

CHANGES = [
    ("non, Ixelles", True),
    ("en fait je suis conseillère", True),
    ("pardon, c'est Huy", True),
    ("oups, mon mail c'est plutôt c.dumont@commune.example", True),
    ("mon nom s'écrit Dumonceau", True),
    ("changez le téléphone", True),
    ("je me suis trompée de commune", True),
    ("le numéro est faux", True),
    ("ce n'est pas Huy", True),
    ("pas Huy mais Ixelles", True),
    ("Claire Dumont", False),
    ("échevine", False),
    ("nonante", False),
    ("oui", False),
    ("", False),
]
FIELDS = [
    ("mon nom est Dumont", "nom"),
    ("le prénom est faux", "nom"),
    ("je m'appelle Claire", "nom"),
    ("changez l'adresse e-mail", "email"),
    ("mon mail", "email"),
    ("mon courriel", "email"),
    ("changez l'email", "email"),
    ("email", "email"),
    ("c.dumont@commune.example", "email"),
    ("le téléphone", "telephone"),
    ("mon GSM", "telephone"),
    ("0470/12.34.56", "telephone"),
    ("0470 12 34 56", "telephone"),
    ("+32 470 12 34 56", "telephone"),
    ("ma fonction est conseillère", "fonction"),
    ("la commune est Ixelles", "commune"),
    ("notre ville", "commune"),
    ("le pays", "pays"),
    ("l'objet est une formation", "objet"),
    ("le sujet", "objet"),
    ("non, Ixelles", None),
    ("Noms", None),
    ("paysage", None),
    ("", None),
]
VALUES = [
    ("non, Ixelles", "Ixelles"),
    ("mon nom est Claire Dumonceau", "Claire Dumonceau"),
    ("mon nom s'écrit Dumonceau", "Dumonceau"),
    ("pardon, c'est Huy.", "Huy"),
    ("pas Huy mais Ixelles", "Ixelles"),
    ("l'objet : une formation", "une formation"),
    ("remplacez par Awa Exemple !", "Awa Exemple"),
    ("plutôt Ixelles", "Ixelles"),
    ("Ixelles", "Ixelles"),
    ("non", "non"),
    ("le nom est faux", "le nom est faux"),
    ("mon nom est mal écrit", "mon nom est mal écrit"),
    ("le nom n'est pas le bon", "le nom n'est pas le bon"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "changes"), CHANGES, ids=[text or "nothing" for text, _ in CHANGES])
def test_a_correction_announces_itself(text: str, changes: bool) -> None:
    assert corrections.wants_change(text) is changes


@pytest.mark.parametrize(("text", "field"), FIELDS, ids=[text or "nothing" for text, _ in FIELDS])
def test_the_field_that_is_meant_is_named(text: str, field: str | None) -> None:
    assert corrections.field_named(text) == field


SUBJECTS = [
    ("l'objet est une formation en état civil", "une formation en état civil"),
    ("L'objet c'est plutôt un projet porté par la commune.", "un projet porté par la commune"),
    ("l'objet : un rendez-vous à 10:30", "un rendez-vous à 10:30"),
    ("remplacez l'objet par un appui en RDC, mais plus tard", "un appui en RDC, mais plus tard"),
    ("l'objet n'est pas une formation mais un jumelage", "un jumelage"),
    ("changez l'objet", "changez l'objet"),
    ("l'objet est à corriger", "l'objet est à corriger"),
    ("non, un jumelage", "un jumelage"),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text or "nothing" for text, _ in VALUES])
def test_the_new_value_stands_behind_the_announcement(text: str, value: str) -> None:
    assert corrections.new_value(text) == value


@pytest.mark.parametrize(("text", "subject"), SUBJECTS, ids=[text for text, _ in SUBJECTS])
def test_a_new_subject_is_kept_whole(text: str, subject: str) -> None:
    assert corrections.new_value(text, "objet") == subject


@pytest.mark.parametrize(
    ("text", "prefers"),
    [
        ("plutôt par e-mail", True),
        ("non, par mail", True),
        ("je préfère être contactée par courriel", True),
        ("le mail suffit", True),
        ("non, mon mail est faux", False),
        ("mon mail c'est plutôt c.dumont@commune.example", False),
        ("remplacez mon mail par c.dumont@commune.example", False),
        ("0470 12 34 56", False),
    ],
)
def test_who_prefers_mail_to_the_telephone_corrects_no_address(text: str, prefers: bool) -> None:
    assert corrections.prefers_mail(text) is prefers


# --- several corrections at once -----------------------------------------------------------------------

PHONE = "+32 471 22 33 44"
SEVERAL = [
    ("mon nom c'est Dethieux Martine, mail m.dethieux@huy.example", {"nom": "Dethieux Martine", "email": "m.dethieux@huy.example"}),
    (
        "je m'appelle Martine Dethieux, je suis bourgmestre à Huy, 0471 22 33 44",
        {"nom": "Martine Dethieux", "fonction": "bourgmestre", "commune": "Huy", "telephone": PHONE},
    ),
    ("mon nom est Martine Dethieux et ma commune Huy", {"nom": "Martine Dethieux", "commune": "Huy"}),
    ("je me suis trompée : Ixelles, et mon mail est c@ixelles.example", {"commune": "Ixelles", "email": "c@ixelles.example"}),
    ("mon numéro est le 0471 22 33 44 et mon mail m@huy.example", {"telephone": PHONE, "email": "m@huy.example"}),
    ("remplacez mon mail par c@x.example et ajoutez le gsm 0471 22 33 44", {"telephone": PHONE, "email": "c@x.example"}),
    ("non, Huy, et je suis bourgmestre", {"commune": "Huy", "fonction": "bourgmestre"}),
    ("nom : Martine Dethieux, commune : Huy", {"nom": "Martine Dethieux", "commune": "Huy"}),
    ("nom Martine Dethieux, tel 0471 22 33 44", {"nom": "Martine Dethieux", "telephone": PHONE}),
    ("le nom est Martine Dethieux et l'objet est un jumelage", {"nom": "Martine Dethieux", "objet": "un jumelage"}),
    ("changez l'objet par un jumelage et le nom par Martine Dethieux", {"nom": "Martine Dethieux", "objet": "un jumelage"}),
    ("la commune est Huy et la fonction bourgmestre", {"commune": "Huy", "fonction": "bourgmestre"}),
]


@pytest.mark.parametrize("field", ["confirmation", "consentement"])
@pytest.mark.parametrize(("text", "changed"), SEVERAL, ids=[text for text, _ in SEVERAL])
def test_each_of_several_corrections_counts_and_all_are_read_back(text: str, changed: dict[str, str], field: str) -> None:
    dialogue = at(field)
    dialogue.say(text)
    assert {name: dialogue.dossier.value_of(name) for name in changed} == changed
    assert dialogue.asks == "confirmation"
    assert dialogue.text.startswith(the_texts()("demande.corrige"))
    assert all(value in dialogue.text for value in changed.values())
    assert dialogue.all("oui", "oui").outcome == QUALIFIED


def test_a_field_given_with_a_correction_of_an_earlier_one_counts_with_it() -> None:
    dialogue = at("email")
    dialogue.say("mon nom est Zoé Quillot en fait, et mon mail zoe@commune.example")
    assert (dialogue.dossier.nom, dialogue.dossier.email, dialogue.asks) == ("Zoé Quillot", "zoe@commune.example", "telephone")


@pytest.mark.parametrize(("text", "changed"), SEVERAL, ids=[text for text, _ in SEVERAL])
def test_what_several_corrections_do_not_name_stays(text: str, changed: dict[str, str]) -> None:
    dialogue = at("confirmation")
    before = {name: dialogue.dossier.value_of(name) for name in ("nom", "email", "telephone", "objet", "fonction", "commune")}
    dialogue.say(text)
    assert {name: dialogue.dossier.value_of(name) for name in before if name not in changed} == {
        name: value for name, value in before.items() if name not in changed
    }


def test_what_was_said_already_is_no_second_correction() -> None:
    dialogue = at("confirmation")
    dialogue.say(f"mon nom est {NAME} et mon mail {EMAIL}")
    assert (dialogue.dossier.nom, dialogue.dossier.email) == (NAME, EMAIL)


def test_two_fields_that_are_only_called_wrong_are_both_asked_again() -> None:
    dialogue = at("confirmation")
    dialogue.say("le nom et le mail sont faux")
    asked = {dialogue.asks}
    dialogue.say({"nom": "Martine Dethieux", "email": "m@huy.example"}[str(dialogue.asks)])
    asked.add(dialogue.asks)
    assert asked == {"nom", "email"}


def test_a_field_that_is_called_right_beside_a_wrong_one_is_kept() -> None:
    dialogue = at("confirmation")
    dialogue.say("le nom et la commune sont bons mais le mail est faux")
    assert (dialogue.asks, dialogue.dossier.nom, dialogue.dossier.email) == ("email", NAME, None)


@pytest.mark.parametrize("text", ["le nom est bon", "le nom et la commune sont bons", "le nom est exact et le mail aussi"])
def test_what_is_only_called_right_stays_as_it_is(text: str) -> None:
    dialogue = at("confirmation")
    before = dialogue.dossier
    assert dialogue.say(text).dossier == before


@pytest.mark.parametrize(
    "subject", ["un projet pour l'école et la commune", "un appui à l'état civil et la fonction publique", "un jumelage avec Huy"]
)
def test_a_field_that_a_subject_names_is_part_of_it(subject: str) -> None:
    dialogue = at("confirmation")
    dialogue.say(f"l'objet est {subject}")
    assert (dialogue.dossier.objet, dialogue.dossier.value_of("commune"), dialogue.asks) == (subject, "Lasne", "confirmation")


@pytest.mark.parametrize("text", ["nom : Dumonceau, prénom : Clara", "mon prénom est Clara et mon nom de famille Dumonceau"])
def test_both_parts_of_a_name_make_one_name(text: str) -> None:
    dialogue = at("confirmation")
    dialogue.say(text)
    assert (dialogue.dossier.nom, dialogue.asks) == ("Clara Dumonceau", "confirmation")


def test_several_corrections_that_change_who_speaks_are_screened_again() -> None:
    dialogue = at("confirmation")
    turn = dialogue.say("mon nom est Martine Dethieux, mail m@huy.example et en fait je suis étudiante")
    assert (turn.outcome, turn.dossier.nom, turn.dossier.email) == ("declined", None, None)


# --- names and subjects --------------------------------------------------------------------------------

RESPELT = [
    ("c'est Dumonceau, pas Dumont", "Claire Dumonceau"),
    ("Dumonceau pas Dumont", "Claire Dumonceau"),
    ("mon nom de famille est Dumonceau", "Claire Dumonceau"),
    ("mon prénom est Clara", "Clara Dumont"),
    ("mon nom est Claire Dumonceau avec un x", "Claire Dumonceau"),
]


@pytest.mark.parametrize(("text", "name"), RESPELT, ids=[text for text, _ in RESPELT])
def test_a_part_of_the_name_that_is_put_right_leaves_the_other(text: str, name: str) -> None:
    dialogue = at("confirmation")
    dialogue.say(text)
    assert (dialogue.dossier.nom, dialogue.asks) == (name, "confirmation")


COMPLAINTS = [
    ("mon nom est incorrect", "nom"),
    ("non, mon nom est mal écrit", "nom"),
    ("mon nom est mal orthographié", "nom"),
    ("mon nom a été écorché", "nom"),
    ("mon nom comporte une erreur", "nom"),
    ("mon nom n'est pas bien orthographié", "nom"),
    ("mon prénom est mal écrit", "nom"),
    ("le nom de famille est erroné", "nom"),
    ("vous avez mal écrit mon nom", "nom"),
    ("il y a une faute dans mon nom", "nom"),
    ("mon nom s'écrit avec deux t", "nom"),
    ("mon adresse est fausse", "email"),
    ("l'adresse e-mail n'est pas correcte", "email"),
    ("mon mail est incorrect", "email"),
    ("mon numéro est mauvais", "telephone"),
    ("ma fonction n'est pas la bonne", "fonction"),
    ("ma fonction est inexacte", "fonction"),
    ("la commune est erronée", "commune"),
    ("le pays est faux", "pays"),
    ("l'objet est mal formulé", "objet"),
]


@pytest.mark.parametrize("field", ["confirmation", "consentement"])
@pytest.mark.parametrize(("text", "asked"), COMPLAINTS, ids=[text for text, _ in COMPLAINTS])
def test_a_complaint_about_a_field_asks_for_it_anew(text: str, asked: str, field: str) -> None:
    dialogue = at(field)
    before = dialogue.dossier
    dialogue.say(text)
    assert dialogue.asks == asked
    kept = [name for name in ("nom", "email", "telephone", "objet", "fonction", "commune") if name != asked]
    assert [dialogue.dossier.value_of(name) for name in kept] == [before.value_of(name) for name in kept]


def test_a_complaint_repeated_where_the_name_is_asked_is_no_name() -> None:
    dialogue = at("confirmation")
    dialogue.all("mon nom est incorrect", "il est mal écrit", "mon nom est mal orthographié")
    assert (dialogue.asks, dialogue.dossier.nom) == ("nom", None)
    dialogue.say("Clara Dumont")
    assert (dialogue.asks, dialogue.dossier.nom) == ("confirmation", "Clara Dumont")


def test_a_complaint_beside_a_correction_takes_only_the_correction() -> None:
    dialogue = at("confirmation")
    dialogue.say("mon nom est mal écrit et mon mail est c@lasne.example")
    assert (dialogue.asks, dialogue.dossier.nom, dialogue.dossier.email) == ("nom", None, "c@lasne.example")


LONG_NAME = "Nathalie Van den Broeck"
FIRST_NAMES = [
    ("mon prénom c'est Nathaly avec un y et mon gsm c'est le 0475 12 34 57", "Nathaly Van den Broeck"),
    ("mon prénom c'est Nathaly avec un y", "Nathaly Van den Broeck"),
    ("mon prénom est Nathaly et mon mail est n@lasne.example", "Nathaly Van den Broeck"),
    ("mon nom est Nathaly et mon mail est n@lasne.example", "Nathaly Van den Broeck"),
    ("mon prénom est Marie Claire", "Marie Claire Van den Broeck"),
    ("je m'appelle Nathaly", "Nathaly Van den Broeck"),
    ("c'est Nathaly avec un y", "Nathaly Van den Broeck"),
    ("Nathaly, avec un y", "Nathaly Van den Broeck"),
    ("mon nom de famille est Vandenbroeck en un mot", "Nathalie Vandenbroeck"),
    ("mon nom c'est Nathaly Van den Broeck avec un y", "Nathaly Van den Broeck"),
    ("mon nom est Julie Martin", "Julie Martin"),
]


@pytest.mark.parametrize(("text", "name"), FIRST_NAMES, ids=[text for text, _ in FIRST_NAMES])
def test_a_part_of_a_long_name_is_put_right_without_its_spelling(text: str, name: str) -> None:
    dialogue = Dialogue("Je suis échevine à Lasne et je veux participer au Programme", LONG_NAME, EMAIL, "non")
    dialogue.say(text)
    assert (dialogue.dossier.nom, dialogue.asks) == (name, "confirmation")


@pytest.mark.parametrize(("answer", "name", "asks"), [("oui", "Julie Dumont", "confirmation"), ("non", None, "nom")])
def test_a_part_that_may_be_either_is_asked_back(answer: str, name: str | None, asks: str) -> None:
    dialogue = at("confirmation")
    dialogue.say("mon nom est Julie")
    assert (dialogue.asks, dialogue.dossier.doubt) == ("nom", "Julie Dumont")
    dialogue.say(answer)
    assert (dialogue.dossier.nom, dialogue.asks) == (name, asks)


def test_a_first_name_alone_after_a_complaint_keeps_the_family_name() -> None:
    dialogue = at("confirmation")
    dialogue.all("mon prénom est mal écrit", "Clair")
    assert (dialogue.dossier.nom, dialogue.dossier.former_name, dialogue.asks) == ("Clair Dumont", "", "confirmation")


def test_who_denies_the_name_that_was_put_together_is_believed_the_next_time() -> None:
    dialogue = at("confirmation")
    dialogue.all("le nom est faux", "Julie", "non", "Julie")
    assert (dialogue.dossier.nom, dialogue.asks) == ("Julie", "confirmation")


RENAMED = [
    ("Marie-Ange de Coninck", "de Coninckx", "", "Marie-Ange de Coninckx", False),
    ("Claire Dumont", "Dumonceau", "", "Claire Dumonceau", False),
    ("Claire Dumont", "Clara Dumont", "", "Clara Dumont", False),
    ("Claire Dumont", "Awa", "mon prénom est Awa", "Awa Dumont", False),
    ("Awa Ndiaye Diop", "Fatou", "mon prénom est Fatou", "Fatou Ndiaye Diop", True),
    ("Claire Dumont", "Awa", "", "Awa Dumont", True),
    ("Marie Peeters", "Awa Diop", "", "Awa Diop", False),
    ("Claire", "Awa", "", "Awa", False),
    (None, "Awa", "", "Awa", False),
]


@pytest.mark.parametrize(("known", "value", "said", "name", "doubt"), RENAMED)
def test_a_name_is_put_right_in_the_part_that_is_meant(known: str | None, value: str, said: str, name: str, doubt: bool) -> None:
    reading = corrections.renamed(known, value, said)
    assert (reading.value, reading.doubt) == (name, doubt)


# --- corrections of another field while one is asked ---------------------------------------------------

OTHERS = [
    ("et je suis première échevine", "fonction", "première échevine"),
    ("je suis première échevine", "fonction", "première échevine"),
    ("ma fonction est première échevine", "fonction", "première échevine"),
    ("et en fait je suis conseillère communale", "fonction", "conseillère communale"),
    ("et mon mail c'est c@lasne.example", "email", "c@lasne.example"),
    ("et mon gsm est le 0470 12 34 56", "telephone", "+32 470 12 34 56"),
    ("et l'objet c'est un jumelage", "objet", "un jumelage"),
    ("et ma commune est Ixelles", "commune", "Ixelles"),
    ("non, Ixelles", "commune", "Ixelles"),
]


@pytest.mark.parametrize(("text", "changed", "value"), OTHERS, ids=[text for text, _, _ in OTHERS])
def test_another_correction_where_the_name_is_asked_again_is_taken_and_no_name(text: str, changed: str, value: str) -> None:
    dialogue = at("confirmation")
    dialogue.all("mon nom est mal écrit", text)
    assert (dialogue.asks, dialogue.dossier.nom, dialogue.dossier.value_of(changed)) == ("nom", None, value)
    dialogue.say("Clara Dumont")
    assert (dialogue.asks, dialogue.dossier.nom) == ("confirmation", "Clara Dumont")


def test_the_name_given_where_the_address_is_asked_first_is_taken() -> None:
    dialogue = at("confirmation")
    dialogue.all("le nom est faux", "et l'email aussi", "Clara Dumont")
    assert (dialogue.asks, dialogue.dossier.nom) == ("email", "Clara Dumont")
    assert dialogue.say("c@lasne.example").dossier.asks == "confirmation"


@pytest.mark.parametrize("text", ["non c'est bon", "en fait si, le nom est correct", "laissez comme ça", "il est bien écrit finalement"])
def test_a_name_that_was_right_after_all_is_kept(text: str) -> None:
    dialogue = at("confirmation")
    dialogue.all("le nom est faux", text)
    assert (dialogue.asks, dialogue.dossier.nom, dialogue.dossier.value_of("commune")) == ("confirmation", NAME, "Lasne")


def test_a_second_complaint_asks_for_both_fields() -> None:
    dialogue = at("confirmation")
    dialogue.all("le nom est faux", "et l'email aussi")
    assert (dialogue.asks, dialogue.dossier.nom, dialogue.dossier.email) == ("email", None, None)
    dialogue.all("c@lasne.example", "Clara Dumont")
    assert (dialogue.asks, dialogue.dossier.nom, dialogue.dossier.email) == ("confirmation", "Clara Dumont", "c@lasne.example")


@pytest.mark.parametrize("field", ["nom", "email", "telephone", "objet", "confirmation", "consentement"])
@pytest.mark.parametrize("text", ["et je suis première échevine", "je suis 1ère échevine", "je suis la première échevine de Lasne"])
def test_a_function_told_where_something_else_is_asked_keeps_its_rank(text: str, field: str) -> None:
    dialogue = at(field)
    dialogue.say(text)
    assert dialogue.dossier.value_of("fonction") in {"première échevine", "1ère échevine"}
    assert dialogue.asks == {"consentement": "confirmation"}.get(field, field)


@pytest.mark.parametrize(
    "text",
    [
        "Clara Dumont, première échevine",
        "Clara Dumont première échevine",
        "je suis première échevine et je m'appelle Clara Dumont",
        "Clara Dumont et je suis première échevine",
        "Je suis première échevine, Clara Dumont",
    ],
)
def test_a_name_beside_a_function_is_a_name(text: str) -> None:
    dialogue = at("confirmation")
    dialogue.all("mon nom est mal écrit", text)
    assert (dialogue.asks, dialogue.dossier.nom) == ("confirmation", "Clara Dumont")


@pytest.mark.parametrize("text", ["échevine", "Échevine", "je suis échevine", "et je suis échevine à Lasne"])
def test_a_function_that_is_known_already_is_no_name_and_changes_nothing(text: str) -> None:
    dialogue = at("nom")
    before = dialogue.dossier.profile
    dialogue.say(text)
    assert (dialogue.asks, dialogue.dossier.nom, dialogue.dossier.profile) == ("nom", None, before)


def test_the_name_given_where_the_capacity_is_asked_again_is_kept() -> None:
    dialogue = Dialogue("Je suis Bourgmestre à Lasne et je veux participer au Programme", "Bourgmestre Jean-Marc")
    assert dialogue.asks == "profil"
    dialogue.all("Jean-Marc Delvaux", "conseiller communal")
    assert (dialogue.asks, dialogue.dossier.nom) == ("email", "Jean-Marc Delvaux")


@pytest.mark.parametrize("text", ["l'objet est trop long", "l'objet n'est pas clair", "l'objet est incomplet"])
def test_what_is_said_of_the_subject_is_no_subject(text: str) -> None:
    dialogue = at("confirmation")
    dialogue.say(text)
    assert (dialogue.asks, dialogue.dossier.objet) == ("objet", None)


def test_a_question_about_correcting_corrects_nothing() -> None:
    dialogue = at("confirmation")
    dialogue.say("est-ce que je peux changer le nom ?")
    assert (dialogue.dossier.nom, dialogue.asks) == (NAME, "confirmation")


def test_the_rest_that_is_right_leads_on_only_when_nothing_is_wrong() -> None:
    assert Dialogue(*_whole()).say("le reste est exact").dossier.asks == "consentement"
    assert Dialogue(*_whole()).say("le reste n'est pas exact").dossier.asks == "confirmation"


def _whole() -> tuple[str, ...]:
    return ("Je suis échevine à Lasne et je veux participer au Programme", NAME, EMAIL, "non")
