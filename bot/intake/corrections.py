"""Tells which field a correction is about: « non, Ixelles », « mon nom s'écrit Dumont », « changez le téléphone ». Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.intake import judging
from bot.intake.fields import PARTICLES
from bot.intake.reading import Reading
from bot.text import fold

_FIELDS = (
    ("email", re.compile(r"\b((e-?)?mails?|mels?|courriels?|adresse (mail|e-?mail|electronique))\b|@")),
    (
        "telephone",
        re.compile(
            r"\b(tel|telephone|gsm|portable|mobile|numero)\b|(?:^|\b(?:c'est|plutot|pardon|non"
            r"|erreur)\W+)\+?\d[\d ./()-]{7,}\W*$"
        ),
    ),
    ("fonction", re.compile(r"\b(fonctions?|titre|poste|mandat)\b")),
    ("commune", re.compile(r"\b(communes?|ville|municipalite)\b")),
    ("pays", re.compile(r"\bpays\b")),
    ("objet", re.compile(r"\b(objet|sujet|motif|but de ma demande)\b")),
    ("nom", re.compile(r"\b(nom|prenom|m'appelle|appelle)\b")),
)
_CHANGE = re.compile(
    r"\b(non|en fait|plutot|pardon|excuse\w*|oups|desole\w*|erreurs?|tromp\w+|corrig\w+|chang\w+|modifi\w+|rectif\w+|remplac\w+"
    r"|mauvais\w*|faux|fausse|incorrect\w*|"
    r"pas .+ mais|au lieu|s'ecrit|je voulais dire|c'est pas|ce n'est pas)\b"
)
_ANNOUNCES = re.compile(
    r"(?:,\s*)?(?:\b(?:mais|plut[ôo]t|c['’]est|est|s['’][ée]crit|par|en|devient|non|pardon|en fait|oups)\b|:(?=\s))[\s,:]*", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"\b(?:objet|sujet|motif|but de ma demande)\b.*?(?:\b(?:est|devient|par|en)\b|:(?=\s))\s*(?:plut[ôo]t\b\s*)?(?!pas\b)(\S.*)",
    re.IGNORECASE,
)
_ALIKE, _NEAR, _APART = 80, 60, 20
"""How alike two spellings of a name are, in per cent, for one to put the other right; and when nothing else is as near."""
_NOT_MEANT = re.compile(r"\s*(?:et )?(?:pas|non|au lieu)\b", re.IGNORECASE)
_NAME_INSIDE = re.compile(
    r"\b(?:mon nom(?: complet| de famille)?(?P<link>\s*:| est| c['’]est| s['’][ée]crit)?"
    r"|(?P<called>je m['’]appelle))\s+(?P<name>[^\W\d_][\w'’-]+(?:\s+[^\W\d_][\w'’-]+){0,3}?)"
    r"(?:\s+(?:avec|sans|en|comme)\b[^,;.]*?)?(?=\s*(?:[,;.]|\bet\b|\bmail\b|$))",
    re.IGNORECASE,
)
_SHORT, _FEW = 3, 7
"""Letters of a word of a name that is like many others; words of a message that may be a name spelt again."""
_BY_MAIL = re.compile(r"\b(par (l'|le )?((e-?)?mails?|mels?|courriels?|ecrit)|prefer\w*|suffi\w*|uniquement|seulement)\b")


_LABEL = (
    r"(?P<nom>(?:nom(?: de famille| complet)?|pr[ée]nom)|je m['’]appelle)"
    r"|(?P<email>(?:adresse )?(?:e-?)?mail|mel|courriel|adresse(?: [ée]lectronique)?)"
    r"|(?P<telephone>num[ée]ro(?: de (?:t[ée]l[ée]phone|gsm|portable))?|t[ée]l(?:[ée]phone)?\.?|gsm|portable)"
    r"|(?P<fonction>fonction|titre|poste|mandat)|(?P<commune>commune|ville|municipalit[ée])|(?P<pays>pays)"
    r"|(?P<objet>objet|sujet|motif)"
)
_BEFORE_FIELD = r"et|puis|mais|non|en fait|pardon|oups|sauf|except[ée]|hormis|[àa] part|chang\w+|corrig\w+|modifi\w+|remplac\w+|rectifi\w+"
_STATEMENT = re.compile(
    rf"(?:^|[,;.:]\s*(?:et\s+)?(?:que\s+)?|\b(?:{_BEFORE_FIELD})\s+)"
    rf"(?P<label>(?:(?:le|la|mon|ma|notre|votre)\s+|l['’]\s*)?(?:{_LABEL})(?!\w))",
    re.IGNORECASE,
)
"""Where a correction begins to speak of a field: « le nom est … et l'objet … »."""
_LINK = re.compile(
    r"\s*(?:est|sont|c['’]?est|s['’][ée]crit|devient|sera|doit [êe]tre|par|en|:|=)(?![\w'’])\s*(?:plut[ôo]t\s+)?", re.IGNORECASE
)
_TRAILING = re.compile(r"(?:[\s,;.:]|\b(?:et|puis|mais|que)$)+$", re.IGNORECASE)
_FIRST_NAME = re.compile(r"^(?:mon |le )?pr[ée]nom\b", re.IGNORECASE)
_LABELLED_ONLY = re.compile(rf"(?:(?:le|la|mon|ma|notre|votre)\s+|l['’]\s*)?(?:{_LABEL})", re.IGNORECASE)
_ALSO = re.compile(r"\b(aussi|egalement)\W*$")
_DENIED = re.compile(r"\s*(?:n['’]|ne |pas\b|non\b)", re.IGNORECASE)
_REJECTION = re.compile(r"(?<!est)[\s,]+(?:et (?:non|pas)(?: pas)?|pas|au lieu de) [^,;.]*$", re.IGNORECASE)
"""« …, pas Dumont »: what a name was and is not."""
_STATES_PLACE = re.compile(
    r"\b(?:ma|notre|la|le|mon) (?:commune|ville|municipalite|pays) (?:est|c'est|s'appelle)\b"
    r"|\b(?:commune|ville|municipalite|pays) ?:"
)
_CALLS_WRONG = re.compile(
    r"\b(?:n'est|c'est|n'etait|sont) (?:pas|plus) (?:le|la|les|mon|ma|l)\b|\bpas (?:le bon|la bonne)\b|\b(?:faux|fausse|mauvais\w*)\b"
)


@dataclass(frozen=True)
class Statement:
    """What one part of a correction says of a field; `value` is empty when it only names the field, or calls it wrong.

    `said` is that part in its own words; `fine` when it says that the field is right; `whole` for a first and a family name.
    """

    field: str
    value: str
    said: str
    fine: bool = False
    whole: bool = False


def statements(text: str, is_value: Callable[[str, str], bool]) -> tuple[Statement, ...]:
    """The parts of a correction of several fields, in their order.

    A field named without « est », « par » or a colon counts only when `is_value(field, words behind it)`, or when nothing
    but names of fields stands before it: « le nom et le mail sont faux ».
    """
    starts: list[re.Match[str]] = []
    for match in _STATEMENT.finditer(text):
        rest = text[match.end() :]
        behind = _until_next(rest)
        linked = _LINK.match(rest) or _DENIED.match(rest) or judging.calls_wrong(behind)
        only_named = not behind and (not starts or not _until_next(text[starts[-1].end() : match.start()]))
        if linked or only_named or (behind and is_value(_field_of(match), behind)):
            starts.append(match)
    ends = [*(match.start() for match in starts[1:]), len(text)][: len(starts)]
    return _with_whole_name(_judged_alike([_statement(text, match, end) for match, end in zip(starts, ends, strict=True)]))


def _judged_alike(said: list[Statement]) -> list[Statement]:
    """« Le nom et le mail sont bons », « le nom est bon et le mail aussi »: what is said of one is said of the other."""
    for place in range(1, len(said)):
        if said[place - 1].fine and _ALSO.search(fold(said[place].said)):
            said[place] = replace(said[place], fine=True)
    for place in range(len(said) - 1, 0, -1):
        before = said[place - 1]
        if said[place].fine and _LABELLED_ONLY.fullmatch(before.said):
            said[place - 1] = replace(before, fine=True)
    return said


def _with_whole_name(said: list[Statement]) -> tuple[Statement, ...]:
    """« nom : Dumont, prénom : Claire » gives one name, the first name first."""
    first = next((part for part in said if part.field == "nom" and part.value and _FIRST_NAME.search(part.said)), None)
    last = next((part for part in said if part.field == "nom" and part.value and not _FIRST_NAME.search(part.said)), None)
    if first is None or last is None:
        return tuple(said)
    whole = Statement("nom", f"{first.value} {last.value}", last.said, whole=True)
    return tuple(whole if part is first else part for part in said if part is not last)


def _until_next(text: str) -> str:
    """The words before the next field that is named."""
    following = _STATEMENT.search(text, 1)
    return _TRAILING.sub("", text[: following.start()] if following else text).strip()


def _field_of(match: re.Match[str]) -> str:
    return next(field for field, said in match.groupdict().items() if field != "label" and said)


def _statement(text: str, match: re.Match[str], end: int) -> Statement:
    field, said = _field_of(match), _TRAILING.sub("", text[match.start("label") : end])
    behind = text[match.end("label") : end]
    value = _TRAILING.sub("", _LINK.sub("", behind, count=1) if _LINK.match(behind) else behind).strip()
    if _DENIED.match(value):
        value = new_value(said, field)
        value = "" if value == said else value
    judged, _, rest = value.partition(",")
    fine = judging.calls_right(judged) and not _DENIED.match(behind)
    if fine or judging.calls_wrong(judged):
        given = _LINK.match(rest) if not fine else None
        value = rest[given.end() :].strip() if given else ""
    return Statement(field, value, said, fine)


def calls_wrong(text: str) -> bool:
    """Whether a value is called wrong: « ce n'est pas le bon numéro »."""
    return _CALLS_WRONG.search(fold(text)) is not None


def wants_change(text: str) -> bool:
    """Whether the message corrects something that was said before."""
    return _CHANGE.search(fold(text)) is not None


def field_named(text: str) -> str | None:
    """The field that the message names, if any."""
    folded = fold(text)
    return next((field for field, pattern in _FIELDS if pattern.search(folded)), None)


def speaks_of_field(text: str) -> bool:
    """Whether a message is about a field other than the subject; a municipality in a wish is part of the wish."""
    field = field_named(text)
    return _STATES_PLACE.search(fold(text)) is not None if field in {"commune", "pays"} else field not in {None, "objet"}


def renamed(known: str | None, value: str, said: str = "") -> Reading:
    """A name of which a part was given again: « de Coninckx » puts « Marie-Ange de Coninck » right, and keeps the first name.

    `said` is the whole message, which may tell which part is meant: « mon prénom est … », « …, pas Dumont ». In doubt when
    nothing tells it.
    """
    old, new, told = (known or "").split(), value.split(), fold(said)
    if len(old) < 2 or not new:
        return Reading(value)
    family = _family_name(old)
    if re.search(r"\bprenom\b", told) and not _alike(new[-1], old[-1]):
        certain = len(old) == 2 or old[family].lower() in PARTICLES or _alike(value, old[0], _NEAR)
        return Reading(" ".join([*new, *old[family:]]), doubt=not certain)
    if len(new) >= len(old):
        return Reading(value)
    for place, word in enumerate(old):
        if re.search(rf"\b(?:pas|non|au lieu de) {re.escape(fold(word))}(?!\w)", told):
            return Reading(" ".join([*old[:place], *new, *old[place + 1 :]]))
    if "nom de famille" in told:
        return Reading(" ".join([*old[:family], *new]))
    if _alike(value, " ".join(old[-len(new) :])):
        return Reading(" ".join([*old[: -len(new)], *new]))
    if _alike(value, " ".join(old[: len(new)])):
        return Reading(" ".join([*new, *old[len(new) :]]))
    return _unlike(old, family, new)


def _unlike(old: list[str], family: int, new: list[str]) -> Reading:
    """A name that resembles no part of the one known: another whole name, or the part that it comes nearest to, to be confirmed."""
    if len(new) > 1 and new[0].lower() not in PARTICLES:
        return Reading(" ".join(new))
    value = " ".join(new)
    first, last = (_likeness(value, " ".join(part)) for part in (old[:family], old[family:]))
    whole = [*new, *old[family:]] if first > last else [*old[:family], *new]
    return Reading(" ".join(whole), doubt=max(first, last) < _NEAR or abs(first - last) < _APART)


def _family_name(words: list[str]) -> int:
    """Where the family name begins: at its particle, or behind the first word."""
    return next((place for place, word in enumerate(words) if place and word.lower() in PARTICLES), 1)


def _alike(one: str, other: str, least: float = _ALIKE) -> bool:
    return _likeness(one, other) >= least


def _likeness(one: str, other: str) -> float:
    from rapidfuzz import fuzz

    return fuzz.ratio(fold(one), fold(other))


def named_name(text: str) -> str | None:
    """The name that a correction of several things gives: « …, mon nom c'est Dethieux Martine, mail … »."""
    found = _NAME_INSIDE.search(text)
    if found is None or judging.judges(found["name"]) or not (found["link"] or found["called"] or found["name"][0].isupper()):
        return None
    return judging.without_spelling(found["name"]).strip() or None


def respells(text: str, name: str | None) -> bool:
    """Whether a correction is about the name, because it says part of it, or nearly: « Nignan prend un e à la fin : Nignane Bassirou »."""
    known = {word for word in fold(name or "").replace("-", " ").split() if len(word) > _SHORT}
    if "@" in text:
        return False
    if known & set(re.findall(r"[\w']+", fold(text))):
        return True
    words = [word for word in re.findall(r"[\w'’-]+", text) if len(word) > _SHORT and word[0].isupper()]
    return len(text.split()) <= _FEW and any(_alike(word, part) for word in words for part in known)


def prefers_mail(text: str) -> bool:
    """Whether the message chooses mail rather than the telephone: « plutôt par e-mail » corrects no address."""
    return _BY_MAIL.search(fold(text)) is not None and "@" not in text


def new_value(text: str, field: str | None = None) -> str:
    """What stands behind the words that announce a correction; the text itself when nothing does. A subject is a whole sentence."""
    subject = _SUBJECT.search(text) if field == "objet" else None
    told = judging.without_spelling(_REJECTION.sub("", text)) if field == "nom" else text
    parts = [subject.group(1)] if subject else _ANNOUNCES.split(told)
    values = [value for part in parts if (value := part.strip(" .,:;!"))]
    if field == "nom" and values:
        said = [judging.without_spelling(part).strip() for part in values[-1].split(",") if not _NOT_MEANT.match(part)]
        values = [max(filter(None, said), key=lambda part: len(part.split()), default=values[-1])]
    return values[-1] if values and not judging.calls_wrong(values[-1]) else text
