"""Finds the names by which people call themselves in a message, where no field may hold them. Pure, but for the list of municipalities.

« Je m'appelle … », a signature, a name in front of a capacity or behind one, a name beside an address or a number. What names
a function, a municipality or an organisation is no name: staff are to read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.places import Gazetteer
from bot.text import fold

_NAME = r"(?:[^\W\d_a-zà-ÿ][\w'’-]+|[A-ZÀ-Ý]\.)(?:[ \t]+(?:(?:d[eu]|des|van|von|der|den|el|ben|la|le)(?!\w)|[^\W\d_a-zà-ÿ][\w'’-]*)){0,5}"
"""Words with capitals, with what may stand between them."""
_SAYS_NAME = re.compile(
    r"\b(?:(?i:je\s+m['’ ]?appelle|on\s+m['’]appelle|je\s+me\s+nomme"
    r"|mon\s+nom(?:\s+complet)?(?:\s+est|\s+c['’ ]?est|\s*:)|moi,?\s+c['’ ]?est"
    r"|c['’]est|je\s+suis|ici|signé|nom\s*:)\s+(?:(?:m|mme|mlle|dr|madame|monsieur|maître)\b\.?\s+)?"
    r"|(?i:cordialement|salutations(?:\s+\w+)?|bien\s+à\s+vous|respectueusement|cdlt|merci(?:\s+d['’]avance)?)[\s,.:–-]+)"
    rf"({_NAME})"
)
_CALLED = re.compile(
    r"\b(?:je m['’ ]?appelle|on m['’]appelle|je me nomme|mon nom(?: complet)?(?: est| c['’ ]?est|\s*:))\s+"
    r"(?!(?:quoi|qui|quel|comment|pas|plus|bien|dans|sur|pour|un|celui|trop|tr[eè]s)\b)"
    r"([^\W\d_][\w'’-]+(?:\s+(?!et\b|je\b|suis\b|de\b|à\b|j['’])[^\W\d_][\w'’-]+)?)",
    re.IGNORECASE,
)
"""Behind these words a name is a name without capitals, too."""
_BEGINS = re.compile(
    r"^\s*(?:(?i:bonjour|bonsoir|bjr|salut|hello|coucou|allo|madame|monsieur|oui|alors|voilà)[\s,.:–-]*)*"
    rf"({_NAME})(?=\s*(?:[,(–]|-\s|$|(?:je\s+)?suis\b))"
)
_SIGNED = re.compile(rf"(?:[.!?,–-]|\n)\s*({_NAME})\s*[.]?\s*$")
_NO_NAME = frozenset(
    "afrique assistant belgique benin bruxelles bourgmestre bourgmestres burkina burkinabe chef cic comment commune conseil conseiller"
    " conseillere cooperation cpas congo coordinateur coordinatrice depute deputee directeur directrice district echevin echevine"
    " faso federation flandre general generale hainaut hotel hopital ici je kinshasa la le les liege luxembourg madame maire mairie maroc"
    " mesdames messieurs ministre moi mon ma notre nous"
    " monsieur namur ong pays premier premiere president presidente programme province rdc region"
    " republique rwanda saint sainte secretaire senegal senegalaise service union universite uvcw ville wallonie".split()
)
"""Words with capitals that stand in no name of a person: of these the staff wants to read."""
_WORD = r"(?:[^\W\d_a-zà-ÿ][\w'’-]*\.?|(?:d[eu]|des|van|von|der|den|el|ben|la|le)(?!\w))"
_SEVERAL = rf"(?<![\w'’-])[^\W\d_a-zà-ÿ][\w'’-]*\.?(?:[ \t]+{_WORD}){{1,6}}"
_BEFORE_NAME = frozenset(
    "m mr mme mlle dr me madame monsieur maitre contact contactez contacter appelez appeler rappelez joindre joignez ecrivez demandez"
    " adressez voici merci bonjour bonsoir salut signe cordialement nom prenom tel gsm email mail et ou non oui alors moi ici".split()
)
"""Words that begin a sentence with a capital and are followed by a name."""
_COMMON = frozenset("demande urgente urgent objet participation question informations information voudrais veux rendez vous".split())
_IT_IS_ME = re.compile(r"\bmoi,?\s+c['’ ]?est\s+([^\W\d_]{3,}(?:\s+[^\W\d_]{2,})?)\s*(?=[,.;\d+]|$)", re.IGNORECASE)
_CONTACT_POINT = re.compile(r"[\w.+'’-]{1,64}\s?@\s?[\w-]+(?:\.[\w-]+)*|(?<![\d-])\+?\(?\d(?:[\s./()–-]{0,3}\d){7,}")
_ADDRESS = re.compile(r"([\w.+'’-]{1,64})\s?@")
_PARTICLES = frozenset("d de du des van von der den el ben la le les di da dos y bin".split())
_ORGANISATION = (
    r"asbl|vzw|ngo|ong|ongd|association|associations|fondation|collectif|comite|federation|club|cooperative|entreprise|societe|ecole"
    r"|universite|ville|commune|mairie|municipalite|cpas|province|region|agence|bureau|centre|groupe|reseau|programme|projet|maison"
    r"|sprl|srl|scrl|bvba"
)
_OF_SOMETHING = re.compile(
    rf"(?:\b(?:{_ORGANISATION}|a|au|aux|d|de|du|des|chez|pour|pres|vers|dans|en|par|la|le|les|l|notre|votre)\W*|[«\"“]\s*)$"
)
"""What stands before the name of an organisation or a place."""
_ON_BEHALF = re.compile(r"\b(?:de la part|au nom) de\W*$")
_IS_ORGANISATION = re.compile(rf"^\W*(?:{_ORGANISATION})\b")
_CAPACITY = re.compile(r"\b(?:je|j'|chuis|suis|moi|ici|en tant que)\b")
_CAPACITY_AFTER = re.compile(
    r"^\W*(?:je|j'|un|une|simple|juste|seulement|citoyen|particuli|habitant|etudiant|retrait|pensionn|benevol|journalist|echevin"
    r"|bourgmestre|conseill|maire\b|adjoint|direct|employ|agent|secretaire|president|chef|charg|coordinat|enseignant|professeur"
    r"|deput|ancien|ex\b|nee?\b|domicili|residant)"
)
_MAILBOX = frozenset(
    "info infos contact contacts accueil admin administration secretariat cabinet college conseil direction greffe commune ville mairie"
    " communication culture sport sports jeunesse travaux urbanisme population etat civil etatcivil social sante enfance education finances"
    " cooperation international internationale internationales relations environnement developpement mail email courrier reception"
    " bureau support webmaster noreply presse president echevinat rh recrutement tourisme ecole universite asbl ong association".split()
)
"""Words of a mailbox that belongs to nobody."""
_LEAST = 3
"""Letters of a word that is looked for in an address."""
_WHOLE = 2
"""Words of a name that is recognised by its capitals alone."""


def names_told(text: str) -> Iterator[str]:
    """The names by which the author of a message introduces or signs; nothing that names a function or an institution."""
    for said in (*_SAYS_NAME.finditer(text), *_CALLED.finditer(text)):
        yield from _persons(said[1])
    for alone in (_BEGINS.search(text), _SIGNED.search(text)):
        if alone and len(alone[1].split()) > 1:
            yield from _persons(alone[1], _WHOLE)
    yield from _apposed(text)
    if _CONTACT_POINT.search(text):
        for said in _IT_IS_ME.finditer(text):
            yield from _persons(said[1])
        yield from _capitalised(text)
        yield from _addressed(text)


def _apposed(text: str) -> Iterator[str]:
    """« Je suis un simple particulier, Kevin Dupont, et … »; « bonjour à tous, Kevin Dupont, simple citoyen »."""
    parts = re.split(r"[,;:(){}\n–]|\s-\s|(?<=\w{3})[.!?]\s", text)
    for place, part in enumerate(parts):
        name = re.fullmatch(rf"\s*(?:(?i:m|mr|mme|mlle|madame|monsieur)\.?\s+)?({_NAME})\s*[.!]?\s*", part)
        if name is None or len(name[1].split()) < _WHOLE:
            continue
        before = fold(parts[place - 1]) if place else ""
        after = fold(parts[place + 1]) if place + 1 < len(parts) else ""
        organisation = re.search(rf"\b(?:{_ORGANISATION})\b", before) or _IS_ORGANISATION.match(after)
        if not organisation and (_CAPACITY.search(before) or _CAPACITY_AFTER.match(after)):
            yield from _persons(name[1], _WHOLE)


def _capitalised(text: str) -> Iterator[str]:
    """Two words or more with capitals, in a message that holds an address or a number: « Kevin Dupont, 0475 … »."""
    apart = _CONTACT_POINT.sub(" , ", text)
    for run in re.finditer(_SEVERAL, apart):
        before, after = fold(apart[: run.start()]), fold(apart[run.end() :])
        of_something = _OF_SOMETHING.search(before) and not _ON_BEHALF.search(before)
        words = run[0].split()
        while words and fold(words[0]).strip(".") in _BEFORE_NAME:
            words.pop(0)
        if of_something or _IS_ORGANISATION.match(after) or not _COMMON.isdisjoint(map(fold, words)):
            continue
        yield from _persons(" ".join(words), _WHOLE)


def _addressed(text: str) -> Iterator[str]:
    """The words that stand in the address beside them: « kevin dupont, kevin.dupont@… », « dupont kevin, kdupont@… »."""
    words = [word for word in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", _CONTACT_POINT.sub(" , ", text)) if len(word) > 1]
    for address in _ADDRESS.finditer(text):
        box = [part for part in re.split(r"[^a-z]+", fold(address[1])) if part]
        if not box or not _MAILBOX.isdisjoint(box) or not _NO_NAME.isdisjoint(box):
            continue
        run: list[str] = []
        for place, word in enumerate([*words, ""]):
            beside = [*words[max(0, place - 1) : place], *words[place + 1 : place + 2]]
            if word and (_is_in_box(word, box) or (run and fold(word) in _PARTICLES) or _abbreviated(word, beside, box)):
                run.append(word)
                continue
            while run and fold(run[-1]) in _PARTICLES:
                run.pop()
            if run and (len(run) >= _WHOLE or _is_in_box(run[0], box)):
                yield from _persons(" ".join(run))
            run = []


def _is_in_box(word: str, box: list[str]) -> bool:
    """Whether a word is a part of the mailbox, or begins or ends it: « dupont » of kdupont."""
    letters, whole = re.sub(r"[^a-z]", "", fold(word)), "".join(box)
    if len(letters) < _LEAST or letters in _NO_NAME or letters in _MAILBOX:
        return False
    return letters in box or (len(letters) > _LEAST and (whole.startswith(letters) or whole.endswith(letters)))


def _abbreviated(word: str, beside: list[str], box: list[str]) -> bool:
    """Whether a mailbox holds the initial of a word before or behind the word beside it: « kevin » of k.dupont."""
    whole, initial = "".join(box), fold(word)[:1]
    letters = [re.sub(r"[^a-z]", "", fold(other)) for other in beside if _is_in_box(other, box)]
    return len(word) >= _LEAST and any(whole in (f"{initial}{other}", f"{other}{initial}") for other in letters)


def _persons(name: str, least: int = 1) -> Iterator[str]:
    """A name without the municipality behind it; nothing when it is no person's, or has less than `least` words then."""
    words = _without_place(name.split())
    whole = " ".join(words)
    if len(words) >= least and not _NO_NAME.intersection(re.findall(r"\w+", fold(whole))) and not _is_place(whole):
        yield whole


def _without_place(words: list[str]) -> list[str]:
    """« Kevin Dupont de Namur » without « de Namur »."""
    for place in range(len(words) - 1, 0, -1):
        tail = " ".join(words[place + 1 :])
        if fold(words[place]) in {"de", "d", "du", "a"} and tail and (_is_place(tail) or fold(tail) in _NO_NAME):
            return words[:place]
    return words


def _is_place(text: str) -> bool:
    """Whether a text is the name of a municipality and nothing else."""
    words = _words(text)
    return any(words <= _words(mention.name) | _words(mention.place.said) for mention in _gazetteer().find(text))


def _words(text: str | None) -> set[str]:
    return set(re.findall(r"\w+", fold(text or ""))) - _PARTICLES


@lru_cache(maxsize=1)
def _gazetteer() -> Gazetteer:
    return Gazetteer.load()
