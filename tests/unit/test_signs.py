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


FIELD_GIVEN_UP = [
    "je laisse mon numéro : 0470 12 34 56",
    "je laisse aussi mon gsm 0470123456",
    "je laisse mon mail : claire@lasne.example",
    "je laisse comme ça",
    "on oublie le téléphone",
    "j'oublie toujours mon numéro : 0470 12 34 56",
    "tant pis pour le téléphone",
    "je ne veux plus de téléphone",
    "j'ai changé d'avis pour le nom, c'est Dumonceau",
    "je change d'avis pour la commune, Ixelles",
]


@pytest.mark.parametrize("text", FIELD_GIVEN_UP)
def test_who_gives_up_or_leaves_a_field_does_not_give_up_the_request(text: str) -> None:
    assert not signs.says_stop(heard(text))


@pytest.mark.parametrize(
    "text",
    [
        *("laisse tomber", "je laisse tomber", "on laisse tomber", "on oublie", "j'oublie", "tant pis", "oubliez tout", "je renonce"),
        *("je veux plus", "finalement non", "ça ne m'intéresse plus", "retirez ma demande", "on arrête tout", "plus la peine", "j'arrête"),
    ],
)
def test_a_request_is_given_up_in_many_words(text: str) -> None:
    assert signs.says_stop(heard(text))


HAND_OVERS = [
    *("je passe le clavier à ma collègue", "je vous passe mon collègue", "je vous laisse avec ma cheffe"),
    *("une autre personne a pris le clavier", "c'est maintenant son mari", "maintenant c'est Paul qui écrit", "je remplace ma collègue"),
    *("je suis sur le pc de mon chef", "sur le même ordinateur", "ici une autre personne"),
]
NO_HAND_OVERS = [
    *(
        "ma collègue s'appelle Claire",
        "voici mon adresse",
        "voici mon collègue, mail paul@lasne.example",
        "je suis la collègue de l'échevin",
    ),
    *("je passe par le téléphone", "mon collègue vous écrira", "Claire Dumont", "c'est la commune de Huy", ""),
]


@pytest.mark.parametrize("text", HAND_OVERS)
def test_somebody_else_who_takes_over_is_noticed(text: str) -> None:
    assert signs.hands_over(heard(text))


@pytest.mark.parametrize("text", NO_HAND_OVERS, ids=[text or "nothing" for text in NO_HAND_OVERS])
def test_somebody_who_is_only_named_takes_nothing_over(text: str) -> None:
    assert not signs.hands_over(heard(text))


PROCESS = [
    ("et si je dis non ?", "refus"),
    ("si je refuse ?", "refus"),
    ("j'accepte quoi ?", "accord"),
    ("ça veut dire quoi ?", "accord"),
    ("c'est long le questionnaire ?", "duree"),
    ("encore beaucoup de questions ?", "duree"),
    ("vous répondez quand ?", "delai"),
    ("quand aurai-je une réponse ?", "delai"),
    ("c'est parti ?", "parti"),
    ("c'est déjà envoyé ?", "parti"),
    ("quel est le budget ?", ""),
    ("Claire Dumont", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "key"), PROCESS, ids=[text or "nothing" for text, _ in PROCESS])
def test_what_is_asked_of_the_request_itself_is_told_apart(text: str, key: str) -> None:
    assert signs.asks_about_process(heard(text)) == key


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("à qui ça va ?", True),
        ("qui va lire ça ?", True),
        ("combien de temps vous gardez mes coordonnées ?", True),
        ("que faites-vous de mes données ?", True),
        ("et le rgpd ?", True),
        ("combien de temps dure le programme ?", False),
        ("à qui s'adresse le programme ?", False),
        ("Claire Dumont", False),
    ],
)
def test_what_becomes_of_the_data_is_a_question_of_its_own(text: str, asks: bool) -> None:
    assert signs.asks_about_data(heard(text)) is asks


@pytest.mark.parametrize(
    ("sign", "texts", "expected"),
    [
        pytest.param(signs.goes_back, ["retour", "revenir en arrière", "question précédente"], True, id="back"),
        pytest.param(
            signs.goes_back,
            ["le retour d'expérience", "un billet aller et retour vers Cotonou pour notre échevine", "Claire"],
            False,
            id="no back",
        ),
        pytest.param(
            signs.starts_over,
            ["recommençons", "on recommence", "tout recommencer", "on reprend depuis le début"],
            True,
            id="again",
        ),
        pytest.param(signs.starts_over, ["le début du programme", "nous recommençons un partenariat avec Dogbo"], False, id="not again"),
        pytest.param(signs.lost_the_thread, ["on en était où ?", "vous disiez ?", "répétez la question"], True, id="lost"),
        pytest.param(signs.lost_the_thread, ["où est Dogbo ?", "Claire Dumont", "la question du budget"], False, id="not lost"),
    ],
)
def test_where_one_is_and_wants_to_go_is_heard(sign: Callable[[Heard], bool], texts: list[str], expected: bool) -> None:
    assert [text for text in texts if sign(heard(text)) is not expected] == []
