"""What somebody asks about a request that they have made: whether it has left, its reference, how to change it. And who has made none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_assistant import heard, the_texts
from sample_request import NOW

from bot.answers.model import Context
from bot.intake.follow_up import FollowUp, asks_about_request
from bot.intake.model import OFFER_CORRECTION, QUALIFIED, Dossier
from bot.records import KeptLead
from bot.storage import LEAD_FAILED, LEAD_FORWARDED, LEAD_KEPT, LEAD_WAITING

TEXTS = the_texts()
FOLLOW_UP = FollowUp(TEXTS)
LEAD = KeptLead("CIC-2026-ABCDEF", "-c", NOW, LEAD_WAITING, (("Nom", "Claire Dumont"),), None, False)
OTHER = replace(LEAD, reference="CIC-2026-GHJKMN", status=LEAD_FORWARDED, mailed_at=NOW)
SENT = Dossier(number=1, ended=QUALIFIED, reference=LEAD.reference)
FATE = [
    *(
        "c'est parti ?",
        "c parti ?",
        "c'est envoyé ?",
        "est-ce que c'est parti ?",
        "est-ce que c'est bien envoyé ?",
        "c'est bien transmis ?",
    ),
    *("elle est partie ?", "ma demande est partie ?", "c'est enregistré ?", "c'est bon ?", "c'est fait ?", "avez-vous transmis ?"),
    *("vous avez bien reçu ma demande ?", "vous l'avez envoyée ?", "vous avez transmis ?", "tu as envoyé ?"),
    *("quelle est ma référence ?", "rappelez-moi la référence", "c'est quoi la référence déjà ?", "redonnez-moi ma référence"),
    *("j'ai perdu ma référence", "c'est quoi mon numéro de dossier", "où en est ma demande ?", "où en êtes-vous ?", "on en est où ?"),
    *("quand aurai-je une réponse ?", "quand est-ce qu'on me répond ?", "quand va-t-on me contacter ?", "on me rappelle quand ?"),
    *("délai de réponse ?", "statut de ma demande", "suivi de ma demande", "je n'ai pas reçu de réponse", "toujours pas de réponse"),
    *("je n'ai rien reçu", "je n'ai pas reçu la copie"),
]
CHANGE = [
    *("je veux modifier ma demande", "modifier la demande", "je voudrais corriger ma demande", "compléter ma demande"),
    *("je voudrais ajouter quelque chose à ma demande", "il y a une erreur dans mon adresse", "j'ai fait une erreur dans mon mail"),
    *("je me suis trompé de numéro", "je me suis trompée", "mon numéro a changé", "changez mon numéro"),
]
ABOUT_SOMETHING_ELSE = [
    *("comment faire une demande ?", "je voudrais faire une nouvelle demande", "qui peut introduire une demande ?"),
    *("je souhaite transmettre une demande", "une demande de particulier est-elle suivie ?", "quand le programme a-t-il commencé ?"),
    *("où en est le programme ?", "où en sont les projets au Bénin ?", "c'est fait comment, un partenariat ?", "c'est bon à savoir"),
    *("c'est bon merci", "quelle est la référence légale ?", "quelle est la demande des communes du sud ?", "je me suis trompé de site"),
    *("ma commune participe-t-elle ?", "merci", "quel est le budget ?", ""),
]


def take(text: str, *leads: KeptLead, reply_by: str = "") -> tuple[str, Dossier, list[str]]:
    turn = FOLLOW_UP.take(heard(text), leads, SENT, Context(), reply_by)
    (message,) = turn.messages
    return message.text, turn.dossier, [button.title for button in message.buttons]


@pytest.mark.parametrize("text", [*FATE, *CHANGE])
def test_a_question_about_the_request_is_recognised(text: str) -> None:
    assert asks_about_request(text)


@pytest.mark.parametrize("text", ABOUT_SOMETHING_ELSE, ids=[text or "nothing" for text in ABOUT_SOMETHING_ELSE])
def test_a_question_about_the_programme_is_none_about_the_request(text: str) -> None:
    assert not asks_about_request(text)


@pytest.mark.parametrize(
    ("status", "mailed", "words"),
    [
        (LEAD_KEPT, False, "pas encore été envoyée"),
        (LEAD_WAITING, False, "attend d'être envoyée"),
        (LEAD_FORWARDED, True, "partie par courriel vers la personne de contact le 5 mars 2026 à 9 h 07"),
        (LEAD_FAILED, False, "envoi a échoué"),
    ],
)
def test_each_state_is_told_with_the_reference_and_the_truth(status: str, mailed: bool, words: str) -> None:
    said, dossier, buttons = take("c'est parti ?", replace(LEAD, status=status, mailed_at=NOW if mailed else None))
    assert words in said.replace("’", "'")
    assert LEAD.reference in said
    assert (dossier, buttons) == (SENT, [])


@pytest.mark.parametrize("status", [LEAD_KEPT, LEAD_WAITING, LEAD_FAILED])
def test_nothing_that_has_not_left_is_said_to_have_left(status: str) -> None:
    assert "est partie" not in take("c'est parti ?", replace(LEAD, status=status))[0]


def test_every_status_of_a_lead_has_its_sentence() -> None:
    assert all(f"demande.etats.{status}" in TEXTS for status in (LEAD_KEPT, LEAD_WAITING, LEAD_FORWARDED, LEAD_FAILED))


def test_several_requests_are_told_one_a_line() -> None:
    lines = take("où en est ma demande ?", LEAD, OTHER)[0].splitlines()
    assert [lead.reference in line for lead, line in zip((LEAD, OTHER), lines, strict=True)] == [True, True]


@pytest.mark.parametrize("text", ["c'est parti ?", "quand aurai-je une réponse ?"])
def test_the_day_of_an_answer_is_told_when_one_is_promised(text: str) -> None:
    promised = "Une réponse est prévue au plus tard le mardi 10 mars 2026."
    assert take(text, LEAD, reply_by=promised)[0].splitlines()[1:] == [promised]


def test_where_no_day_is_promised_none_is_told() -> None:
    assert len(take("c'est parti ?", LEAD)[0].splitlines()) == 1
    assert not any(character.isdigit() for character in take("quand aurai-je une réponse ?", LEAD)[0].replace(LEAD.reference, ""))


@pytest.mark.parametrize("text", CHANGE)
def test_a_change_is_offered_as_a_new_request_and_changes_nothing(text: str) -> None:
    said, dossier, buttons = take(text, OTHER, LEAD)
    assert said == TEXTS("demande.plus_modifiable", reference=LEAD.reference)
    assert buttons == [TEXTS("demande.bouton")]
    assert dossier == replace(SENT, offered=dossier.offered)
    assert dossier.offered.partition(":")[0] == OFFER_CORRECTION


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("je voudrais corriger mon email", "correction:email"),
        ("mon numéro a changé", "correction:telephone"),
        ("je me suis trompée de nom", "correction:nom"),
        ("je veux modifier ma demande", "correction"),
    ],
)
def test_the_field_that_is_to_be_changed_is_remembered(text: str, offered: str) -> None:
    assert take(text, LEAD)[1].offered == offered
