"""Tells what is said of a value from a value: « mal orthographié », « pas la bonne », « avec un y », « en deux mots ». Pure functions.

A judgement is read as a yes is (bot.intake.assent): each word has to be one of those that go with it, so that no name and no
subject is taken for one.
"""

from __future__ import annotations

import re

from bot.text import fold

_LONGEST = 14
"""Words of a judgement; a longer text says something else as well."""
_WRONG = re.compile(
    r"((tous |toutes )?(les )?(deux )?)?((tout a fait|completement|tres) )?(aussi|egalement"
    r"|((beaucoup |un peu |bien )?trop|(pas|plus|peu|assez|tres|un peu)( (assez|tres|bien|du tout|tout a fait))?) \w+"
    r"|(vague|flou|floue|obscure?|confuse?|ambigue?|longue?|courte?)s?)"
)
"""What says that a value is wrong or wanting, whatever word it is said with."""
_FINE = re.compile(r"((tous |toutes )?(les )?deux |bien |tout a fait )?(bon|bonne|juste|correct|correcte|exact|exacte|ok|en ordre)s?")
_FAULT = frozenset(
    "faux fausse fausses incorrect incorrecte incorrects incorrectes inexact inexacte inexacts inexactes errone erronee errones erronees"
    " erreur erreurs faute fautes fautif fautive fautifs fautives coquille coquilles typo mauvais mauvaise mauvaises mal manque manquant"
    " manquante ecorche ecorchee estropie estropiee deforme deformee massacre massacree tronque tronquee coupe coupee incomplet incomplete"
    " incomplets incompletes inverse inversee inverses inversees intervertis intervertie bizarre illisible perime perimee obsolete depasse"
    " depassee ancien ancienne imprecis imprecise imprecises corriger changer modifier rectifier revoir refaire completer preciser"
    " reecrire retaper travers envers rate ratee loupe invalide different differente autrement trompe trompee".split()
)
"""Words of which one is enough."""
_RIGHT = frozenset(
    "bon bonne bons bonnes juste justes correct correcte corrects correctes exact exacte exacts exactes bien complet complete complets"
    " completes mien mienne miens valable valables valide actuel actuelle correctement ca cela celui celle ainsi comme convenablement"
    " conforme ok".split()
)
_WRITTEN = frozenset(
    "ecrit ecrite ecrits ecrites ecris ecrire orthographie orthographiee orthographies note notee notes tape tapee pris prise saisi saisie"
    " encode encodee compris comprise transcrit transcrite retranscrit retranscrite repris reprise epele epelee copie recopie lu lue"
    " entendu entendue enregistre enregistree reproduit inscrit inscrite indique indiquee mis mise formule formulee dit dite rendu"
    " orthographe frappe donne donnee".split()
)
_BESIDE = frozenset(
    "est sont etait soit a ai as avez ont ete y le la les l un une de d du des au aux c ce cet cette que qui qu quelque quelques je j vous"
    " tu on il elle se s m me moi mon ma mes votre vos notre tout toute tous toutes fait completement tres vraiment totalement peu encore"
    " toujours malheureusement helas aussi egalement trop assez legerement apparemment visiblement manifestement clairement simplement"
    " crois pense semble parait trouve desole desolee svp stp merci pardon et mais donc alors avec dans sur par pour en plusieurs deux"
    " petit petite grosse gros lettre lettres accent accents sens ordre chez madame monsieur non oui la-dedans dedans comporte contient"
    " presente point attention bout voila plait quand meme juste bien absolument entierement partiellement carrement nom prenom adresse"
    " champ valeur ligne celle".split()
)
_KEEPS = frozenset("si finalement laissez laisse gardez garde restez reste etait".split())
_NOT = frozenset("pas plus jamais n ne ni".split())
_KNOWN = _FAULT | _RIGHT | _WRITTEN | _BESIDE | _NOT

_SIGN = (
    r"(?:accents?|traits?|tirets?|apostrophes?|majuscules?|minuscules?|lettres?|espaces?|tr[ée]mas?|c[ée]dilles?|points?|particule"
    r"|consonnes?|voyelles?|double|\w{1,2}(?!\w))"
)
_SPELLING = re.compile(
    r"(?:^|[\s,;:(–-]+)(?:(?:et\s+)?(?:(?:[çc]a|cela|il|elle|qui|on|je|l['’]on|mais|attention|bien|tout)\s+)*"
    r"(?:(?:s['’]|l['’])?(?:[ée]cri\w*|orthographi\w*|prend\w*|pr[ée]cis\w*|attention)\s*[:,]?\s*)?)?"
    r"(?:(?:avec|sans)\s+(?:(?:une?|deux|trois|quatre|le|la|les|des|seule?|\d)\s.*|(?:l['’]|d['’]).*|" + _SIGN + r".*)"
    r"|en\s+(?:(?:une?|deux|trois|quatre|plusieurs|seule?|toutes?|\d)\s+)*"
    r"(?:mots?|majuscules?|minuscules?|capitales?|lettres?|parties?|morceaux)\b.*"
    r"|en\s+\w{1,2}"
    r"|comme\s+(?:[çc]a|cela|la|le|les|l['’]|en|dans|pour)(?!\w).*"
    r"|(?:deux|double|un\s+seul|une\s+seule|[23])\s+(?:\w{1,2}|m\s*ou\s*n)(?!\w)(?:\s+(?:et|[àa]|au|puis|aussi)\s.*)?"
    r"|(?:[àa]\s+la\s+fin|au\s+(?:d[ée]but|milieu)))\s*\)?\s*$",
    re.IGNORECASE,
)
"""« … avec un x », « …, ça s'écrit en deux mots »: how it is spelt, not part of it."""
_LETTERS = re.compile(
    r"[\s,;:(–-]+(?:(?:[çc]a\s+)?s['’][ée]crit\s+|[ée]pel\w+\s*:?\s*)?(?:[^\W\d_][\s-]+){3,}[^\W\d_]\s*\)?\s*$", re.IGNORECASE
)
"""« …, N-A-T-H-A-L-Y »."""


def calls_wrong(text: str) -> bool:
    """Whether a text says that a value is wrong or wanting, and gives no other: « mal écrit », « à corriger », « pas le bon »."""
    said = fold(text).strip(" .,!;:")
    return _faulty(_words(said)) or _WRONG.fullmatch(said) is not None


def calls_right(text: str) -> bool:
    """Whether a text says that a value is right, and nothing else."""
    said = fold(text).strip(" .,!;:")
    return _approving(_words(said)) or _FINE.fullmatch(said) is not None


def judges(text: str) -> bool:
    """Whether a text only judges a value, in words of which no name is made."""
    words = _words(fold(text))
    return _faulty(words) or _approving(words)


def settles(text: str) -> bool:
    """Whether a text says that all was right after all: « non c'est bon », « en fait si, le nom est correct », « laissez comme ça »."""
    words = _words(fold(text)) - {"non"}
    return words <= (_KNOWN | _KEEPS) - _FAULT - _NOT and bool(words & (_RIGHT | _KEEPS))


def without_spelling(text: str) -> str:
    """`text` without how it is spelt: « Nathaly avec un y », « Van den Broeck, en trois mots », « Nathaly, N-A-T-H-A-L-Y »."""
    parts = []
    for part in re.split(r"([,;.](?=\s))", text):
        parts.append(_SPELLING.sub("", _LETTERS.sub("", part)) if len(part) > 1 else part)
    kept = _LETTERS.sub("", "".join(parts))
    return re.sub(r"(?:\s*[,;.](?=\s*(?:[,;.]|$)))+", "", kept).strip() if kept != text else text


def _faulty(words: set[str]) -> bool:
    return words <= _KNOWN and bool(words & _FAULT or (words & _NOT and words & (_RIGHT | _WRITTEN)))


def _approving(words: set[str]) -> bool:
    return words <= _KNOWN - _FAULT - _NOT and bool(words & _RIGHT and words & _WRITTEN)


def _words(said: str) -> set[str]:
    """The words of a text, an apostrophe apart; none when it holds a figure, an address, or is too long for a judgement."""
    words = re.findall(r"[^\W_]+", said)
    return set() if len(words) > _LONGEST or re.search(r"[\d@]", said) else set(words)
