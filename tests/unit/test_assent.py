"""Yes, no, and taking back, in the words of Belgium and Africa and in those of the thumb; and all that only resembles a yes.

A yes sends a request away and erases data, so what is in doubt is none: a condition, a question without its mark, a change.
"""

from __future__ import annotations

import pytest

from bot.intake.assent import approves_the_rest, assents, bare, denies, takes_back

PLAIN_YES = [
    *("oui", "Oui.", "OUI !", "ouiiii", "oui oui", "ouais", "ouaip", "ouep", "wi", "oué", "ui", "yes", "yep", "ja", "waaw", "si"),
    *("ok", "OK", "okay", "okey", "oki", "dac", "d'acc", "dacc", "d'accord", "D’accord", "d accord", "daccord"),
    *("mais oui", "ah oui", "ben oui", "bah oui", "eh bien oui", "oui oui, allez-y", "oui monsieur", "oui chef", "oui mon frère"),
    *("oui merci", "oui svp", "oui, s'il vous plaît", "ok merci", "oui, d'accord", "OUI J'ACCEPTE", "« Oui »", "oui 👍"),
    *("affirmatif", "absolument", "tout à fait", "exactement", "exact", "correct", "parfait", "nickel", "impec", "effectivement"),
    *("bien sûr", "bien sur", "bien sûr que oui", "bien entendu", "entendu", "évidemment", "certainement", "assurément", "parfaitement"),
    *("volontiers", "bien volontiers", "avec plaisir", "je veux bien", "oui, je veux bien", "go", "banco", "feu vert"),
]
IN_ORDER = [
    *("c'est bon", "c bon", "cbon", "c est bon", "c'est bon pour moi", "c'est ok pour moi", "ok pour moi", "c ok", "jsuis ok"),
    *("c'est exact", "c est exact", "c'est correct", "c'est juste", "c'est ça", "c'est bien ça", "c'est ça même", "voilà c'est ça"),
    *("oui, c'est exact", "oui oui c'est bien ça", "oui c'est juste", "c parfait", "oui c parfait merci", "c'est conforme"),
    *("tout est correct", "tout est juste", "tout est bon", "tt est bon", "oui tt est ok", "tout est en ordre", "tout est conforme"),
    *("oui, c'est tout bon", "oui, tout est parfait, merci beaucoup", "oui madame, tout est en ordre", "oui, tout est exact"),
    *("ça va", "ok ça va", "ça va pour moi", "ça me va", "ça me convient parfaitement", "ça marche", "sa marche", "ça roule"),
    *("pas de souci", "pas de problème", "y a pas de souci", "aucun souci", "sans souci", "sans problème", "oui, pas de problème"),
    *("rien à corriger", "rien à changer", "rien à redire", "oui, je n'ai rien à ajouter", "oui, aucune erreur", "oui sans faute"),
    *("oui, c'est bien mon adresse", "oui c'est mon adresse e-mail", "oui c'est bien ma commune", "oui, c'est mon numéro"),
    *("oui, c'est bien le nom de ma commune", "oui il est exact", "oui, mon numéro est exact", "oui, j'ai vérifié, c'est bon"),
]
AGREED = [
    *("j'accepte", "jaccepte", "oui, je l'accepte", "je consens", "j'y consens", "je confirme", "je valide", "validé", "j'approuve"),
    *("je suis d'accord", "je suis daccord", "oui je suis d'accord avec ça", "nous sommes d'accord", "on est d'accord", "c'est d'accord"),
    *("je donne mon accord", "je marque mon accord", "je marque accord", "nous marquons notre accord", "vous avez mon accord"),
    *("je vous autorise à transmettre", "je vous donne l'autorisation", "vous avez mon feu vert", "je suis favorable"),
    *("accord", "bon pour accord", "lu et approuvé", "oui d'accord pour la transmission", "je vous confirme que tout est correct"),
    *("pas d'objection", "je n'ai pas d'objection", "sans objection", "je n'y vois pas d'inconvénient"),
    "j'accepte que ces informations soient transmises",
    "Oui, j'accepte que ces informations soient transmises à la personne de contact du Programme.",
    "oui, vous pouvez transmettre à la personne de contact",
]
SENT = [
    *(
        "allez-y",
        "vas-y",
        "oui, allez-y, merci",
        "bien reçu, allez-y",
        "vous pouvez y aller",
        "vous pouvez envoyer",
        "vous pouvez l'envoyer",
    ),
    *("envoyez", "envoyez-le", "envoyez tout", "oui, envoyez tout", "oui, envoie", "ok vas y envoie", "ok transmets"),
    *("transmettez", "d'accord, transmettez", "oui transmettez-la", "oui, transmettez ma demande", "oui je veux que vous transmettiez"),
]

CONDITIONS = [
    *("oui mais", "oui mais non", "oui si mon chef est d'accord", "si mon chef est d'accord", "si ma bourgmestre accepte"),
    *("si notre collège est d'accord", "si elle est d'accord", "oui si c'est gratuit", "oui seulement si c'est gratuit"),
    *("si possible demain", "si nécessaire", "oui à condition que ça reste entre nous", "oui sous réserve de l'accord du collège"),
    *("oui dès que le collège a voté", "oui après le collège de lundi", "oui pour autant que le collège suive", "oui quand ce sera voté"),
    *("oui une fois que le collège aura validé", "il faut que le collège accepte", "faut que mon chef valide", "faut qu'il soit d'accord"),
    *("merci de valider avec mon chef", "oui mon chef veut la lire d'abord", "je dois voir avec mon échevin qui valide"),
]
LATER = [
    *("oui demain", "oui la semaine prochaine", "je confirme demain", "je vous confirme ça lundi", "oui, plus tard", "oui attendez"),
    *("oui deux secondes", "oui je vérifie", "oui je dois demander", "oui je réfléchis", "ok je réfléchis", "laissez-moi réfléchir"),
    *("oui on verra", "ok ok on verra", "oui je vais en parler au collège"),
]
HEDGES = [
    *("peut-être", "oui peut-être", "en principe oui", "normalement oui", "je crois que oui", "je pense que oui", "oui je crois"),
    *("oui à peu près", "à peu près exact", "c'est presque exact", "moyennement d'accord", "d'accord à moitié", "probablement"),
    *("je ne suis pas sûr", "je suis pas sûre", "j'hésite", "c'est vrai que j'hésite", "entre oui et non", "oui ou non", "ni oui ni non"),
]
QUESTIONS = [
    *("oui ?", "oui?", "c'est bon ?", "d'accord ou pas ?", "j'accepte quoi ?", "c'est quoi tout ça ?", "ça va à qui ?", "pourquoi pas ?"),
    *("j'accepte quoi", "j'accepte quoi exactement", "je consens à quoi", "d'accord avec quoi", "oui à qui", "ça va à qui", "ça va où"),
    *("vous envoyez ça à qui", "à qui vous donnez tout ça", "c'est quoi tout ça", "ok c'est quoi la suite", "d'accord c'est pour qui"),
    *("est-ce que je dois dire oui", "vous voulez que je dise oui", "est ce que c'est bon", "c'est ok ou il manque quelque chose"),
    *("oui j'ai une question", "ok question suivante", "c'est juste une question", "faites-moi un topo sur le Bénin"),
    *("envoyez-moi une copie", "envoyez-moi d'abord une copie", "envoyez-moi le règlement", "faites-moi un résumé"),
]
CHANGES = [
    *("oui mais mon nom est Dumonceau", "oui, mettez Claire Dumonceau", "oui écrivez Dumonceau avec un x", "oui, Dumont avec un t"),
    *("oui, le nom est faux", "ok mais changez le mail", "oui et l'objet est un jumelage", "oui l'objet c'est plutôt un jumelage"),
    *("oui, notez aussi que je suis bourgmestre", "oui et ma fonction est bourgmestre", "oui je suis bourgmestre"),
    *("oui 0477 12 34 56", "oui claire@commune.example", "oui, prenez mon adresse pro", "oui il manque mon prénom", "il manque mon prénom"),
    *("oui sauf le nom", "oui à part le nom", "tout est bon à part le nom", "oui, excepté le mail", "oui à l'exception du gsm"),
    *("oui sans téléphone", "oui sans le téléphone", "oui sans mon numéro", "oui hors téléphone", "oui mais pas mon téléphone"),
    *("oui enlevez le gsm", "oui, virez mon numéro", "ok virez le tel", "oui uniquement par mail", "oui anonymement", "oui sans mon nom"),
    *("transmettez uniquement mon nom", "transmettez anonymement", "transmettez à mon collègue", "oui pour le nom", "ok pour le nom"),
    *("oui, on recommence", "ok recommencez", "oui reprenons"),
]
TAKEN_AWAY = [
    *("oui, supprimez tout", "oui, effacez tout", "oui effacez mes données", "oui, détruisez tout", "oui jetez tout", "ok, effacez"),
    *("oui, annulez", "oui laissez tomber", "oui arrêtez", "oui stop", "oui j'abandonne", "oui oubliez", "oui non", "oui enfin non"),
    *("n'envoyez rien", "n'envoyez pas", "n'envoyez surtout rien", "n'envoyez aucune donnée", "ne transmettez rien", "ne transmettez pas"),
    *("ne transmettez surtout rien", "ne transmettez aucune donnée", "ne transmettez à personne", "ne faites rien avec ça"),
    *("je n'accepte pas", "je n'accepte plus", "j'accepte pas", "je ne suis pas d'accord", "je ne suis plus d'accord", "pas d'accord"),
    *("je suis plus d'accord", "chuis pas d'accord", "je ne confirme pas", "je n'autorise pas", "je ne consens plus", "ok au revoir"),
    *("je regrette tout ça", "ça me fait peur tout ça", "oui c'est trop long"),
]
WRONG_VALUES = [
    *("c'est faux", "tout est faux", "oui c'est incorrect", "c'est tout à fait faux", "tout à fait faux", "parfaitement inexact"),
    *("exactement le contraire", "rien n'est exact", "rien est exact", "rien n est exact", "rien n'est juste", "rien de tout ça est exact"),
    *("ce n'est pas exact", "c'est pas bon", "c pas bon", "c'est tjs pas bon", "sa va pas", "ça va pas", "pas tout à fait", "pas vraiment"),
    *("bien sûr que non", "certainement pas", "absolument pas", "évidemment non", "surtout pas"),
]
NOT_SAID = [
    *("c'est juste un test", "c'est juste pour voir", "c'est bon à savoir", "ça va être long", "ça va durer longtemps", "ça va trop vite"),
    *("faites attention", "ouistiti", "okapi", "Ouidah", "/affirm", "<b>oui</b>", "{oui}", "👍", "...", "", "1", "Claire Dumont", "Siaka"),
    *("ma collègue dit oui", "j'aurais volontiers dit oui", "oui je voudrais encore ajouter quelque chose à ma demande"),
]
OF_ITS_WORDS = [
    *("bonjour ça va", "ça va et vous", "oui et vous", "vous envoyez ça à ma commune", "vous transmettez mes coordonnées à la commune"),
    *("vous transmettez tout ça à tous", "vous faites tout ça", "vous êtes d'accord", "oui c'est vous le responsable"),
    *("ok c'est vous la personne de contact", "oui sans mes coordonnées", "oui sans nom", "oui sans email", "oui sans adresse"),
    *(
        "oui pour l'objet",
        "oui pour l'adresse",
        "c'est bon pour l'adresse",
        "oui avec l'adresse de la commune",
        "oui, à l'adresse de la commune",
    ),
    *("envoyez un mail à mon chef", "transmettez la demande à ma commune", "vous pouvez envoyer un email", "ok faites un dossier complet"),
    *("tout ça pour ça", "tout ça pour une demande", "c'est juste une demande", "c'est juste pour mon dossier"),
]
"""Made of nothing but words that a yes is made of."""
NO_YES = {
    "of its words": OF_ITS_WORDS,
    "condition": CONDITIONS,
    "later": LATER,
    "hedge": HEDGES,
    "question": QUESTIONS,
    "change": CHANGES,
    "taken away": TAKEN_AWAY,
    "wrong": WRONG_VALUES,
    "something else": NOT_SAID,
}
EVERY_NO_YES = [(text, kind) for kind, texts in NO_YES.items() for text in texts]

NO = [
    *(
        "non",
        "Non.",
        "NON !",
        "nooon",
        "nan",
        "nn",
        "no",
        "nope",
        "nee",
        "nein",
        "non non",
        "non non et non",
        "ah non",
        "ben non",
        "mais non",
    ),
    *("non merci", "non, merci", "non désolée", "désolé non", "non svp", "euh non", "finalement non", "non finalement", "non, vraiment"),
    *("non monsieur", "non madame", "pas d'accord", "non, pas d'accord", "négatif", "deedeet", "jamais", "pas du tout", "surtout pas"),
    *("je ne suis pas d'accord", "je suis pas d'accord", "je n'accepte pas", "j'accepte pas", "je ne consens pas", "je n'autorise pas"),
    *("je refuse", "nous refusons", "non je refuse", "non, je n'accepte pas", "je ne souhaite pas", "je ne veux pas", "je veux pas"),
    *(
        "c'est non",
        "c non",
        "certainement pas",
        "absolument pas",
        "bien sûr que non",
        "hors de question",
        "pas question",
        "jamais de la vie",
    ),
    *("pas encore", "pas maintenant", "pas tout de suite", "pas aujourd'hui", "non pas aujourd'hui", "je préfère ne pas", "je préfère pas"),
]
WRONG = [
    *("ce n'est pas exact", "c'est pas exact", "c'est pas ça", "c pas ça", "c'est pas bon", "c pas bon", "ce n'est pas correct"),
    *("c'est faux", "faux", "incorrect", "c'est incorrect", "inexact", "non c'est faux", "non ce n'est pas ça", "pas correct", "pas exact"),
]
MORE_THAN_NO = [
    *("non, Ixelles", "non c'est Ixelles", "non, mon nom est Dumont", "non le nom est faux", "non, le mail est c@x.example"),
    *("nan c'est Dumonceau", "non, 0470 12 34 56", "pas Huy", "pas Lasne mais Ixelles", "non pas Huy, Wanze", "c'est pas le bon numéro"),
    *("je ne suis pas échevine", "pas encore bourgmestre", "pas de téléphone", "je ne veux pas de téléphone", "faux numéro"),
    *("oui", "non mais oui", "non oui", "oui non", "non, tout est bon", "non rien à changer", "non, c'est correct", "non aucune erreur"),
    *("pas de souci", "pas mal", "nonante", "Nonet", "Nono", "non-voyant", "no comment", "jamais deux sans trois", "je ne sais pas", ""),
]
BACK = [
    *("j'ai changé d'avis", "je change d'avis", "je retire mon consentement", "je retire mon accord", "je retire ma demande"),
    *("je reprends mon accord", "je révoque mon autorisation", "je refuse la transmission", "je n'accepte plus", "je ne consens plus"),
    *("je ne veux plus", "je ne suis plus d'accord", "je ne souhaite pas que ce soit transmis", "je préfère que rien ne soit transmis"),
    *("n'envoyez rien", "n'envoyez pas", "ne l'envoyez pas", "n'envoyez rien du tout", "n'envoyez aucune donnée", "ne transmettez rien"),
    *("ne transmettez pas", "ne transmettez surtout rien", "je laisse tomber", "on laisse tomber", "je renonce", "je renonce à ma demande"),
    *("j'annule tout", "on oublie", "pas tout de suite", "pas maintenant", "pas pour l'instant", "pas pour le moment", "une autre fois"),
    *("plus tard", "plus tard peut-être", "je verrai plus tard", "pas question", "je m'y oppose", "je vous interdis de transmettre"),
]
NOT_BACK = [
    *("oui", "je confirme", "envoyez", "je refuse ?", "on fait plus tard ?", "je reprends : mon nom est Dumont"),
    *(
        "je retire le téléphone",
        "je retire mon numéro",
        "je renonce au téléphone",
        "n'envoyez pas mon numéro",
        "ne transmettez pas le téléphone",
    ),
    *("je ne veux pas de téléphone", "je ne veux pas être appelée", "je refuse qu'on m'appelle par téléphone"),
    *("je laisse mon numéro", "je laisse aussi mon gsm", "je laisse comme ça", "je laisse tout comme c'est", "on laisse comme ça"),
    *("n'envoyez pas à l'ancienne adresse mais à c@x.example", "rappelez-moi plus tard", "pas encore bourgmestre"),
    *("pas d'accord avec le nom", "pas d'accord avec la commune, c'est Ixelles", "je change d'avis pour la commune, Ixelles"),
]
REST = [
    ("le reste est exact", True),
    ("Dumonceau avec un d, le reste est bon", True),
    ("pour le reste c'est bon", True),
    ("oui pour le reste", True),
    ("au reste, tout est correct", True),
    ("le reste est faux", False),
    ("le reste n'est pas exact", False),
    ("il reste une erreur", False),
    ("c'est exact", False),
    ("je reste échevine", False),
    ("", False),
]


@pytest.mark.parametrize("text", [*PLAIN_YES, *IN_ORDER, *AGREED, *SENT])
def test_a_yes_is_heard_in_many_words(text: str) -> None:
    assert assents(text)
    assert not denies(text)


@pytest.mark.parametrize(("text", "kind"), EVERY_NO_YES, ids=[f"{kind}: {text or 'nothing'}" for text, kind in EVERY_NO_YES])
def test_what_only_resembles_a_yes_is_none(text: str, kind: str) -> None:
    assert not assents(text), kind


@pytest.mark.parametrize("text", NO)
def test_a_refusal_is_heard_in_many_words(text: str) -> None:
    assert denies(text) or takes_back(text)
    assert not assents(text)


@pytest.mark.parametrize("text", WRONG)
def test_what_calls_everything_wrong_is_a_no(text: str) -> None:
    assert denies(text)


@pytest.mark.parametrize("text", MORE_THAN_NO, ids=[text or "nothing" for text in MORE_THAN_NO])
def test_a_no_that_says_something_else_too_is_no_bare_no(text: str) -> None:
    assert not denies(text)


@pytest.mark.parametrize("text", BACK)
def test_consent_is_taken_back_in_many_words(text: str) -> None:
    assert takes_back(text) or denies(text)
    assert not assents(text)


@pytest.mark.parametrize("text", NOT_BACK)
def test_what_is_left_out_or_put_right_takes_nothing_back(text: str) -> None:
    assert not takes_back(text)


@pytest.mark.parametrize(("text", "approves"), REST, ids=[text or "nothing" for text, _ in REST])
def test_the_rest_is_approved_beside_a_correction(text: str, approves: bool) -> None:
    assert approves_the_rest(text) is approves


@pytest.mark.parametrize("yes", ["oui", "j'accepte", "d'accord"])
@pytest.mark.parametrize(
    "addition", ["mais pas demain", "sauf le nom", "si le collège suit", "? ", "@", "non", "plus tard", "avant la fin"]
)
def test_a_yes_with_something_behind_it_is_none(yes: str, addition: str) -> None:
    assert assents(yes)
    assert not assents(f"{yes} {addition}")


def test_a_long_message_is_neither_a_yes_nor_taken_for_one() -> None:
    assert assents("oui tout est exact")
    assert not assents("oui " + "et la commune voudrait vous dire bien des choses " * 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [("OUIIIII !!!", "oui"), ("« D’accord »", "d'accord"), ("nooooon…", "non"), ("aa", "aa"), ("Éé", "ee"), ("?!", "")],
)
def test_signs_capitals_and_drawn_out_letters_do_not_count(text: str, said: str) -> None:
    assert bare(text) == said
