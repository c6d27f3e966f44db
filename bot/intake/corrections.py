"""Tells which field a correction is about: « non, Ixelles », « mon nom s'écrit Dumont », « changez le téléphone ». Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

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
_ALIKE = 80
"""How alike two spellings of a name are, in per cent, for one to put the other right."""
_SPELLING = re.compile(r"\s+(?:avec|sans|en) (?:(?:une?|deux|le|la|l['’]|des)\b.*|\w{1,2})$", re.IGNORECASE)
"""« … avec un x »: how it is spelt, not part of it."""
_NOT_MEANT = re.compile(r"\s*(?:et )?(?:pas|non|au lieu)\b", re.IGNORECASE)
_NAME_INSIDE = re.compile(
    r"\b(?:mon nom(?: complet| de famille)?(?:\s*:| est| c['’]est| s['’][ée]crit)?"
    r"|je m['’]appelle)\s+([^\W\d_][\w'’-]+(?:\s+[^\W\d_][\w'’-]+){0,3}?)"
    r"(?=\s*(?:[,;.]|\bet\b|\bmail\b|$))",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"((tous |toutes )?(les )?(deux )?)?((tout a fait|completement|tres) )?(faux|fausses?|incorrecte?s?|inexacte?s?|erronee?s?|mauvaise?s?"
    r"|mal (ecrit|orthographie|formule|dit|pris|note)e?s?|a (corriger|changer|modifier|refaire|revoir|completer|preciser)"
    r"|(pas |plus )?(la |le |les )?(bon|bonne|juste|correcte?|exacte?)s?|aussi|egalement"
    r"|((beaucoup |un peu |bien )?trop|(pas|plus|peu|assez|tres|un peu)( (assez|tres|bien|du tout|tout a fait))?) \w+"
    r"|(incomplet|incomplete|imprecise?|vague|flou|floue|obscure?|confuse?|ambigue?|longue?|courte?)s?)"
)
"""What says that a value is wrong or wanting, and gives no other."""
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
_FINE = re.compile(r"((tous |toutes )?(les )?deux |bien |tout a fait )?(bon|bonne|juste|correct|correcte|exact|exacte|ok|en ordre)s?")
_ALSO = re.compile(r"\b(aussi|egalement)\W*$")
_DENIED = re.compile(r"\s*(?:n['’]|ne |pas\b|non\b)", re.IGNORECASE)
_REJECTION = re.compile(r"(?<!est)[\s,]+(?:et (?:non|pas)(?: pas)?|pas|au lieu de) [^,;.]*$", re.IGNORECASE)
"""« …, pas Dumont »: what a name was and is not."""
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
        linked = _LINK.match(rest) or _DENIED.match(rest) or _WRONG.fullmatch(fold(behind))
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
    fine = _FINE.fullmatch(fold(judged).strip()) is not None and not _DENIED.match(behind)
    if fine or _WRONG.fullmatch(fold(judged).strip()):
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


def respelt(known: str | None, value: str, said: str = "") -> str:
    """A name of which a part was spelt again: « de Coninckx » puts « Marie-Ange de Coninck » right, and keeps the first name.

    `said` is the whole message, which may tell which part is meant: « mon prénom est … », « …, pas Dumont ».
    """
    from rapidfuzz import fuzz

    old, new = (known or "").split(), value.split()
    if not 0 < len(new) < len(old):
        return value
    told = fold(said)
    for place, word in enumerate(old):
        if re.search(rf"\b(?:pas|non|au lieu de) {re.escape(fold(word))}(?!\w)", told):
            return " ".join([*old[:place], *new, *old[place + 1 :]])
    if re.search(r"\bprenom\b", told):
        return " ".join([*new, *old[1:]])
    if "nom de famille" in told:
        return " ".join([old[0], *new])
    if fuzz.ratio(fold(" ".join(old[-len(new) :])), fold(value)) >= _ALIKE:
        return " ".join([*old[: -len(new)], *new])
    return " ".join([*new, *old[len(new) :]]) if fuzz.ratio(fold(" ".join(old[: len(new)])), fold(value)) >= _ALIKE else value


def named_name(text: str) -> str | None:
    """The name that a correction of several things gives: « …, mon nom c'est Dethieux Martine, mail … »."""
    found = _NAME_INSIDE.search(text)
    return found[1].strip() if found and not _WRONG.fullmatch(fold(found[1].strip())) else None


def respells(text: str, name: str | None) -> bool:
    """Whether a correction is about the name, because it says part of it: « Nignan prend un e à la fin : Nignane Bassirou »."""
    known = {word for word in fold(name or "").replace("-", " ").split() if len(word) > 3}
    return bool(known & set(re.findall(r"[\w']+", fold(text)))) and ("@" not in text)


def prefers_mail(text: str) -> bool:
    """Whether the message chooses mail rather than the telephone: « plutôt par e-mail » corrects no address."""
    return _BY_MAIL.search(fold(text)) is not None and "@" not in text


def new_value(text: str, field: str | None = None) -> str:
    """What stands behind the words that announce a correction; the text itself when nothing does. A subject is a whole sentence."""
    subject = _SUBJECT.search(text) if field == "objet" else None
    told = _REJECTION.sub("", text) if field == "nom" else text
    parts = [subject.group(1)] if subject else _ANNOUNCES.split(told)
    values = [value for part in parts if (value := part.strip(" .,:;!"))]
    if field == "nom" and values:
        said = [_SPELLING.sub("", part).strip() for part in values[-1].split(",") if not _NOT_MEANT.match(part)]
        values = [max(filter(None, said), key=lambda part: len(part.split()), default=values[-1])]
    return values[-1] if values and not _WRONG.fullmatch(fold(values[-1])) else text
