"""Reads the contact fields out of what a person typed: names and subjects here, addresses and numbers beside. Pure functions.

Each returns a Reading: the value, or why there is none. Nothing that a person types is trusted: lengths, control
characters, line breaks and formula prefixes are dealt with here, before a value is kept.
"""

from __future__ import annotations

import re
import unicodedata

from bot.intake import judging
from bot.intake.addresses import read_email
from bot.intake.reading import Reading
from bot.intake.telephones import read_phone
from bot.text import clean, defuse, fold

_FORMULA_SIGNS = frozenset("=+@")
"""Signs with which a formula begins and no name does."""
NAME_LONGEST = 120
"""Characters of a name."""
SUBJECT_LONGEST = 1000
"""Characters of a subject."""

_NAME_OPENING = re.compile(
    r"^(?:(?:non|oui|ben|alors|bonjour|bonsoir|merci|voil[aà]|en fait|et|mais|donc|pardon|correctement)[\s,!.]+)*"
    r"(?:(?:je m['’]appelle|je me nomme|on m['’]appelle|mon nom(?: complet| exact| correct)?(?: est| c['’]est|\s*:)"
    r"|(?:mon|le) (?:pr[ée]nom|nom(?: complet| exact| correct| de famille)?)(?: est| c['’]est| s['’][ée]crit|\s*:)(?: plut[ôo]t)?"
    r"|(?:[çc]a|cela|il|elle) s['’][ée]crit|s['’][ée]crit|moi c['’]est|c['’]est(?: plut[ôo]t)?|je suis|pr[ée]nom\s*:"
    r"|nom(?: de famille)?\s*:|ici)\s+)?",
    re.IGNORECASE,
)
_TITLE = re.compile(r"^(?:m\.|mr\.?|mme\.?|mlle\.?|madame|monsieur|dr\.?|ir\.?)\s+", re.IGNORECASE)
_NOT_IN_NAME = re.compile(r"[@<>(){}\[\]|\\\"=_#*%$€;?!؟]|https?:|\d|^/|/$|//")
_NOT_A_NAME = frozenset(
    "merci bonjour bonsoir salut oui non ok okay euh bof hein quoi pourquoi comment combien quel quelle votre vous ca test "
    "rien personne aucun aucune je sais veux faut dire anonyme secret stop annuler aide menu hello coucou voila attendez "
    "attends moment minute pas bref sinon excusez excuse pardon desole desolee attention sorry what where could please wat waar was ik "
    "ich i the c'est il elle on nous mon ma mes qui que ou ne comprends comprend compris idem recommencer retour help importe "
    "peu deja nsp".split()
)
"""Words that are neither a name nor, alone, a subject."""
_NAMES_FIELD = re.compile(r"\b(?:objet|e-?mail|courriel|telephone|gsm|fonction|adresse|commune|numero|prenom)\b|\bc'est\b")
"""What is said of another field where a name is waited for: « et l'objet c'est un jumelage »."""
_SCRIPT = re.compile(r"<(script|style)\b.{0,500}?(?:</\1>|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[/!a-zA-Z][^<>]{0,500}>")
"""What is taken out of a subject: nobody writes tags to a town hall."""
_LABELLED = re.compile(
    r"^(?!mon pr[ée]nom)(?:(?:mon |le )?nom(?: de famille)?\s*(?:est|c['’]est|:)?\s+)?(?P<last>[^,;:]+?)[\s,;]+pr[ée]nom\s*(?:est"
    r"|c['’]est"
    r"|:)?\s+(?P<first>[\w'’.-]+(?: [\w'’.-]+)?)"
    r"(?:\s*[:,].*)?$"
    r"|^(?:mon )?pr[ée]nom\s*(?:est|c['’]est|:)?\s+(?P<first2>[^,;:]+?)[\s,;]+(?:et )?(?:mon |le )?nom(?: de famille)?\s*(?:est"
    r"|c['’]est|:)?\s+(?P<last2>[\w'’. -]+)$",
    re.IGNORECASE,
)
"""« Léchevin, prénom Hugues », « mon prénom est Hugues, mon nom Léchevin »."""
_ANNOUNCES = re.compile(
    r"(?<!\w)(?:(?<!^)mon nom(?: complet)? (?:est|c['’]est)|je m['’]appelle|on m['’]appelle|je me nomme|je me pr[ée]nomme"
    r"|je r[ée]ponds au nom d(?:e |['’])"
    r"|je rigole\W+c['’]est)\s*",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"(?<=\w{3})[.!?;]\s+|\s+:\s+|(?<=\w):\s+|\n+")
_CAPITALISED = re.compile(
    r"(?:[^\W\d_a-zà-ÿ][\w'’-]*|d[eu]|des|v[ao]n|der|den|la|le|el|ben"
    r"|d['’][\w-]+)(?:\s+(?:[^\W\d_a-zà-ÿ][\w'’.-]*|d[eu]|des|v[ao]n|der|den|la|le|el|ben|d['’][\w-]+)){1,5}"
)
"""Two to six capitalised words, particles apart."""
_SECOND_SENTENCE = re.compile(r"(?<=[\w]{3})[.!;]\s+(?=\w+\W+\w+\W+\w+).*$|\s+(?:dite?|alias|surnomme[e]?)\s.*$")
_BEHIND_NAME = re.compile(
    r"[\s,]+(?:en fait|finalement|en réalité|plutôt|pardon|svp)\W*$|\s*\([^)]*\)?$|,\s+(?=[^\W\d_])(?:l['’])?[a-zà-ÿ].*$"
)
"""What is told with a name: « Claire Dumont, échevine à Huy », « Claire Dumont (échevine) »."""


PARTICLES = frozenset({"de", "du", "des", "van", "von", "der", "den", "la", "le", "el", "ben", "bin", "d'", "y", "'t", "wa"})
"""Words of a name that count for none."""
_MOST_WORDS = 6


def read(field: str, text: str, country: str | None) -> Reading:
    """The reading of a contact field; `country` is where a telephone number without prefix belongs. Raises KeyError for another field."""
    if field == "telephone":
        return read_phone(text, country)
    return {"nom": read_name, "email": read_email, "objet": read_subject}[field](text)


def read_name(text: str) -> Reading:
    """A person's name: one to six words of letters, particles apart, initials included."""
    text = _TAG.sub(" ", _SCRIPT.sub(" ", text))
    text = _SECOND_SENTENCE.sub("", _announced("".join(c for c in text if unicodedata.category(c) != "So" and c != "\ufe0f")))
    if labelled := _LABELLED.match(clean(text)):
        text = " ".join(part for part in (labelled["first"] or labelled["first2"], labelled["last"] or labelled["last2"]) if part)
    if len(text) > NAME_LONGEST:
        return Reading(fault="nom_long")
    if text.lstrip()[:1] in _FORMULA_SIGNS:
        return Reading(fault="nom")
    bare = clean(_TITLE.sub("", _NAME_OPENING.sub("", text.strip())))
    bare = judging.without_spelling(bare)
    name = defuse(_BEHIND_NAME.sub("", bare) if bare != bare.lower() else bare).strip(" .,:-")
    words = name.split()
    counted = [word for word in words if word.lower() not in PARTICLES]
    if (
        not counted
        or len(counted) > _MOST_WORDS
        or len(words) > 2 * _MOST_WORDS
        or ":" in bare
        or _NOT_IN_NAME.search(name)
        or not any(c.isalpha() for c in name)
    ):
        return Reading(fault="nom")
    plain = [fold(word).strip("',.-") for word in words]
    if (
        plain[0] in _NOT_A_NAME
        or any(word.startswith("j'") for word in plain)
        or max(map(len, words)) > 40
        or _NAMES_FIELD.search(fold(bare))
    ):
        return Reading(fault="nom")
    if judging.judges(name) or (words == words[:1] and judging.settles(text)):
        return Reading(fault="nom")
    return Reading(_with_capitals(name) + ("." if re.search(r"\b\w\.$", text.strip()) else ""))


def looks_like_name(text: str) -> bool:
    """Whether a text is a few capitalised words that read as a name: « Jean Merci »."""
    words = clean(text).split()
    return 2 <= len(words) <= 5 and all(word[:1].isupper() for word in words) and not text.isupper() and read_name(text).value is not None


def _announced(text: str) -> str:
    """The part of an answer that is the name: behind « je m'appelle », or the sentence that is nothing but capitalised words."""
    behind = [match.end() for match in _ANNOUNCES.finditer(text)]
    if behind and any(c.isalpha() for c in text[behind[-1] :]):
        return text[behind[-1] :]
    sentences = _SENTENCES.split(text)
    names = [sentence for sentence in sentences if _CAPITALISED.fullmatch(sentence.strip(" .,!"))]
    return names[-1] if len(sentences) > 1 and names and sentences[0].strip() != names[0].strip() else text


def read_subject(text: str) -> Reading:
    """What the person wants, in their own words."""
    subject = defuse(clean(_TAG.sub(" ", _SCRIPT.sub(" ", text))))
    if len(subject) > SUBJECT_LONGEST:
        return Reading(fault="objet_long")
    meant = [word for word in re.findall(r"[\w']+", fold(subject)) if word not in _NOT_A_NAME]
    return Reading(subject) if sum(c.isalpha() for word in meant for c in word) >= 3 else Reading(fault="objet")


def _with_capitals(name: str) -> str:
    """« claire dumont » is written Claire Dumont; a name that has its own capitals keeps them, shouting is calmed."""
    if name != name.lower() and name != name.upper():
        return name
    return " ".join(w if i and w.lower() in PARTICLES else _capital(w.lower()) for i, w in enumerate(name.lower().split()))


def _capital(word: str) -> str:
    return re.sub(r"(^|[-'’])(\w)", lambda match: match.group(1) + match.group(2).upper(), word)
