"""Yes, no, stop, thanks, why, silence: the small signs of a conversation, with the words that only look like them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sample_assistant import heard

from bot.answers.model import Heard
from bot.intake import signs

HARDLY = signs.SURE - 0.001

YES = [
    "oui",
    "Oui !",
    "OUI",
    "ok",
    "d'accord",
    "D’accord",
    "oui oui",
    "oui merci",
    "oui, c'est exact",
    "c'est bien ça",
    "exactement",
    "parfait",
    "oui, pas de souci",
    "je confirme",
    "absolument",
    "bien sûr",
    "Oui, vous pouvez l'envoyer",
]
NOT_YES = [
    "non",
    "oui mais mon nom est Dumonceau",
    "oui, sauf le téléphone",
    "ok mais changez le mail",
    "oui 0477 12 34 56",
    "oui claire@commune.example",
    "oui, le nom est faux",
    "ouistiti",
    "peut-être",
    "pas d'accord",
    "oui enfin non",
    "<b>oui</b>",
    "/affirm",
    "oui je voudrais encore ajouter quelque chose à ma demande",
    "",
    "👍",
]
NO_ONLY = [
    "non",
    "Non merci",
    "non non",
    "pas d'accord",
    "surtout pas",
    "non, désolée",
    "finalement non",
    "ce n'est pas exact",
    "faux",
    "pas encore",
]
NOT_NO_ONLY = [
    "non, Ixelles",
    "non, mon nom est Dumont",
    "oui",
    "nonante",
    "non c'est claire@commune.example",
    "je ne sais pas",
    "",
]
STOP = [
    "annuler",
    "Annulez !",
    "stop",
    "laissez tomber",
    "j'abandonne",
    "je change d'avis",
    "arrêtez",
    "arrêtez tout",
    "oubliez ça",
    "je ne veux plus",
]
NOT_STOP = [
    "n'annulez pas",
    "ne pas annuler",
    "pas annuler",
    "Claire Dumont",
    "non",
    "arrêtez-vous un instant",
    "l'annulation d'un vol",
    "je voudrais savoir comment on fait pour annuler un partenariat qui ne fonctionne plus depuis longtemps",
]
WHY = [
    "pourquoi vous me demandez ça ?",
    "Pourquoi cette question",
    "pourquoi ce numéro ?",
    "je ne comprends pas",
    "désolée, je n'ai pas compris",
    "à quoi ça sert ?",
    "c'est obligatoire ?",
    "dans quel but",
]
NOT_WHY = ["pourquoi ce programme ?", "pourquoi ces pays", "une commune où l'on ne comprend pas tout", "Claire", ""]
SILENT = [
    "je préfère ne pas le dire",
    "je ne souhaite pas répondre",
    "ça ne vous regarde pas",
    "c'est privé",
    "confidentiel",
    "je refuse de répondre",
]
NOT_SILENT = [
    "Claire Dumont",
    "un secrétaire",
    "non",
    "une demande qui doit rester confidentielle pour le moment vis-à-vis de la presse locale et du public",
]
THANKS = [
    "merci",
    "Merci !",
    "un grand merci",
    "merci beaucoup",
    "merci bien, bonne journée",
    "mrc",
    "merci pour votre aide",
    "Bonjour et merci",
]
HELLO = ["bonjour", "Bonjour !", "bonsoir madame", "salut", "coucou", "bonjour, ça va ?", "comment allez-vous"]
WAIT = [
    "je ne sais pas",
    "euh",
    "👍",
    "...",
    "?",
    "un instant",
    "une minute svp",
    "aucune idée",
    "bof",
    "je dois vérifier",
    "",
]
NO_COURTESY = [
    "Claire Dumont",
    "merci de noter Ixelles",
    "Bonjour, je suis échevine à Huy",
    "Bonjour Claire Dumont",
    "Merci Kabongo",
    "non",
    "oui",
    "Salut Jean",
    "ixelles",
    "je ne sais pas encore très bien mais ce serait une formation",
]


@pytest.mark.parametrize(
    ("sign", "texts", "expected"),
    [
        pytest.param(signs.says_yes, YES, True, id="yes"),
        pytest.param(signs.says_yes, NOT_YES, False, id="no yes"),
        pytest.param(signs.says_only_no, NO_ONLY, True, id="no"),
        pytest.param(signs.says_only_no, NOT_NO_ONLY, False, id="more than a no"),
        pytest.param(signs.says_stop, STOP, True, id="stop"),
        pytest.param(signs.says_stop, NOT_STOP, False, id="no stop"),
        pytest.param(signs.asks_why, WHY, True, id="why"),
        pytest.param(signs.asks_why, NOT_WHY, False, id="no why"),
        pytest.param(signs.will_not_say, SILENT, True, id="silence"),
        pytest.param(signs.will_not_say, NOT_SILENT, False, id="no silence"),
    ],
)
def test_words_decide(sign: Callable[[Heard], bool], texts: list[str], expected: bool) -> None:
    assert [text for text in texts if sign(heard(text)) is not expected] == []


@pytest.mark.parametrize(
    ("texts", "kind"),
    [(THANKS, "merci"), (HELLO, "bonjour"), (WAIT, "attente"), (NO_COURTESY, "")],
    ids=["thanks", "greetings", "hesitations", "answers"],
)
def test_a_courtesy_is_told_from_an_answer(texts: list[str], kind: str) -> None:
    assert [(text, signs.small_talk(heard(text))) for text in texts if signs.small_talk(heard(text)) != kind] == []


@pytest.mark.parametrize(
    ("sign", "label"),
    [
        (signs.says_stop, "annuler"),
        (signs.asks_why, "formulaire/pourquoi"),
        (signs.will_not_say, "formulaire/refus"),
        (signs.alarms, "hors_sujet/detresse"),
        (signs.alarms, "hors_sujet/menace"),
        (signs.insults, "bavardage/insulte"),
    ],
)
def test_the_classifier_counts_only_when_it_is_sure(sign: Callable[[Heard], bool], label: str) -> None:
    text = "quelques mots que rien ne distingue"
    assert sign(heard(text, label)) is True
    assert sign(heard(text, label, signs.SURE)) is False
    assert sign(heard(text, label, HARDLY)) is False
    assert sign(heard(text, "demande")) is False


@pytest.mark.parametrize(("label", "kind"), [("bavardage/remercier", "merci"), ("bavardage/saluer", "bonjour"), ("hesiter", "attente")])
def test_a_courtesy_that_only_the_classifier_sees_must_be_very_sure(label: str, kind: str) -> None:
    text = "trop aimable à vous"
    assert signs.small_talk(heard(text, label, signs.SURE + 0.21)) == kind
    assert signs.small_talk(heard(text, label, signs.SURE + 0.19)) == ""


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("c'est quoi le budget", True),
        ("combien de pays", True),
        ("Où est-ce", True),
        ("le budget ?", True),
        ("Claire Dumont ?", True),
        ("Claire Dumont", False),
        ("quid novi", False),
        ("", False),
    ],
)
def test_a_question_is_known_by_its_form(text: str, asks: bool) -> None:
    assert signs.asks_something(heard(text)) is asks


@pytest.mark.parametrize(
    ("text", "bare"), [(" « Oui ». ", "oui"), ("ouiiiii", "oui"), ("Été !!!", "ete"), ("…", ""), ("Oui\u202f!", "oui")]
)
def test_signs_at_the_ends_are_taken_off(text: str, bare: str) -> None:
    assert signs.bare(text) == bare
