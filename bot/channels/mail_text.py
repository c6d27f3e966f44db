"""What a person wrote in a mail: its text out of whatever form it has, without what it quotes, its greeting and its signature. Pure.

The library for this (mail-parser-reply) was measured on 28 French replies of usual programs, which tests/unit/test_channels_mail_text.py
keeps: it read 12 of them right, left "Envoyé de mon iPhone" and wrapped "Le … a écrit :" standing, and cut lists that begin with a dash.
HTML goes through inscriptis, because the parser of the standard library takes half a minute for 60 KB that are meant to hurt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import EmailMessage, MIMEPart
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inscriptis.model.config import ParserConfig

HTML_CHARACTERS = 200_000
"""What is read of a page; the rest of a longer one is left out."""
_LINE = 400
"""Characters of a line that are looked at."""
_GENEROUS = {"ascii": "cp1252", "us-ascii": "cp1252", "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252"}
"""Names of character sets under which programs send what only Windows' own has, such as ’ and œ."""
_SPACES = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u2007": " ", "\t": " ", "\u200b": None, "\ufeff": None, "\u200e": None, "\u200f": None}
)

_WROTE = re.compile(
    r"(?:le|on|op|am|el|em)\b(?=[^\n]*\d)[^\n]{5,300}?(?:a écrit|wrote|schreef|schrieb|escribió|escreveu)\b[^\n:]{0,120}:", re.IGNORECASE
)
"""Begins a quotation. A sentence of the person's own that looks like it has no date."""
_SEPARATOR = re.compile(
    r"[-_]{2,} ?(?:message d.origine|message original|message initial|mail original|courriel original|message transféré|message forwardé"
    r"|original message|forwarded message|oorspronkelijk bericht|ursprüngliche nachricht) ?[-_]{2,}|[-_]{20,}",
    re.IGNORECASE,
)
_FIRST_FIELD = re.compile(r"\*?(?:de|from|expéditeur|van|von) ?:", re.IGNORECASE)
_NEXT_FIELD = re.compile(
    r"\*?(?:envoyé|date|à|a|objet|cc|copie à|sent|to|subject|destinataire|répondre à|verzonden|aan|onderwerp) ?:", re.IGNORECASE
)
_FROM_A_DEVICE = re.compile(
    r"(?:envoyée? (?:de|depuis|à partir de|avec|via|par) (?:mon|ma|mes|la messagerie|l.application|courrier|mail|outlook|yahoo|gmail"
    r"|proton|samsung|huawei|orange|android|iphone|ipad)|sent (?:from|with|via) "
    r"|(?:obtenir|obtenez|téléchargez?|télécharger|get) outlook |provenance ?: ?(?:courrier|mail))"
    r"[^\n]{0,120}",
    re.IGNORECASE,
)
_CLOSINGS = (
    r"(?:bien |très |plus )?(?:cordialement|respectueusement|amicalement|sincèrement)",
    r"(?:(?:avec )?(?:mes|nos) )?(?:(?:meilleures|sincères|respectueuses|cordiales|bonnes) )?salutations",
    r"bien à (?:vous|toi)",
    r"merci (?:beaucoup )?(?:d.avance|par avance)",
    r"d.avance,? (?:merci|je vous remercie)",
    r"(?:avec )?(?:tous )?mes remerciements",
    r"(?:en )?vous (?:en )?remerciant",
    r"je vous (?:en )?remercie (?:d.avance|par avance)",
    r"(?:très )?(?:bonne|belle|excellente) (?:journée|soirée|réception|fin de journée|fin de semaine|continuation)",
    r"dans l.attente d\w+",
    r"(?:je vous prie|veuillez)\b.{0,60}\b(?:agréer|recevoir|croire)",
    r"(?:kind |best |warm )?regards",
    r"cdlt",
    r"bàv",
)
_CLOSING = re.compile(rf"(?:{'|'.join(_CLOSINGS)})\b[^?\n]*", re.IGNORECASE)
_CLOSING_CHARACTERS = 160
_THANKS = re.compile(r"(?:un grand )?merci(?: beaucoup| bien)?[ ,.!]*", re.IGNORECASE)
_GREETING = re.compile(
    r"(?:(?:re-?)?bonjour|bonsoir|salut|hello|madame|monsieur|mesdames|messieurs|chers?|chères?|cher-es)"
    r"(?:[ ,]+(?:et|ou|à|tous|toutes|vous|madame|monsieur|mesdames|messieurs|m\.|mme|l.assistant|l.équipe))*"
    r"(?:[ ,.!]*|(?: [^\s,?]+){1,2} ?[,!])",
    re.IGNORECASE,
)
_GREETINGS = 3
"""Lines of greeting or thanks that are taken away at most."""
_ALONE = re.compile(r"(?:n(?:o|°|º)\.? ?)?\d{1,2} ?[.):]?")
"""A number that was to be chosen, in a paragraph of its own: what follows is a signature that nothing announces."""


def text_of(message: EmailMessage) -> str:
    """The text of a mail: its plain part, else its page as text, else "". Raises what the library raises of a mail out of form."""
    plain = message.get_body(("plain",))
    text = _decoded(plain) if plain is not None else ""
    if not text.strip() and (page := message.get_body(("html",))) is not None:
        text = _from_html(_decoded(page))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def written(text: str) -> str:
    """What the person wrote of a text, without what it quotes and without its greeting and signature; "" when there is nothing else."""
    return _core(_unsigned(_unquoted(_lines(text))))


def said(text: str) -> str:
    """As `written`, but a greeting or thanks stay: where they are all that is there, they are what is said."""
    lines = _unsigned(_unquoted(_lines(text)))
    return _core(lines) or _joined(lines)


def _decoded(part: MIMEPart) -> str:
    """The text of a part; a character set that is unknown or wrong costs single signs."""
    raw = part.get_payload(decode=True)
    raw = raw if isinstance(raw, bytes) else b""
    named = (part.get_content_charset() or "us-ascii").lower()
    if named in _GENEROUS or named in ("utf-8", "utf8"):
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            named = _GENEROUS.get(named, named)
    try:
        return raw.decode(named, "replace")
    except (LookupError, ValueError):  # unknown here, or no character set at all, as "base64"
        return raw.decode("cp1252", "replace")


def _from_html(page: str) -> str:
    from inscriptis import get_text  # slow to load, and most mails have a plain part

    return str(get_text(page[:HTML_CHARACTERS], _as_text()))


@cache
def _as_text() -> ParserConfig:
    """Quotations are left out, as are links and pictures."""
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.html_properties import Display
    from inscriptis.model.config import ParserConfig
    from inscriptis.model.html_element import HtmlElement

    return ParserConfig(css=CSS_PROFILES["strict"] | {"blockquote": HtmlElement(display=Display.none)})


def _lines(text: str) -> list[str]:
    return [line.translate(_SPACES).strip() for line in text.split("\n")]


def _unquoted(lines: Sequence[str]) -> list[str]:
    """The lines before a quotation, or those behind it for who answers below."""
    for place in range(len(lines)):
        if not (length := _begins_quotation(lines, place)):
            continue
        before = _own(lines[:place])
        return before if _joined(before) else _own(lines[place + length :])
    return _own(lines)


def _own(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not line.startswith(">")]


def _begins_quotation(lines: Sequence[str], place: int) -> int:
    """How many lines the beginning of a quotation takes; 0 when none begins here."""
    line = lines[place][:_LINE]
    if _SEPARATOR.fullmatch(line):
        return 1
    for length in (1, 2, 3):
        if _WROTE.match(" ".join(lines[place : place + length])[:_LINE]):
            return length
    if _FIRST_FIELD.match(line):
        fields = sum(1 for other in lines[place + 1 : place + 7] if _NEXT_FIELD.match(other[:_LINE]))
        return 1 if fields >= 2 else 0
    return 0


def _unsigned(lines: Sequence[str]) -> list[str]:
    for place, line in enumerate(lines):
        if line in ("--", "—") or _FROM_A_DEVICE.fullmatch(line[:_LINE]):
            return list(lines[:place])
    return list(lines)


def _core(lines: Sequence[str]) -> str:
    """Without greeting, closing and what follows it."""
    lines = _stripped(lines)
    for _ in range(_GREETINGS):
        if lines and _GREETING.fullmatch(lines[0][:_LINE]):
            lines = _stripped(lines[1:])
    for place, line in enumerate(lines):
        if len(line) <= _CLOSING_CHARACTERS and _CLOSING.fullmatch(line):
            lines = _stripped(lines[:place])
            break
    if lines and _THANKS.fullmatch(lines[-1][:_LINE]):
        lines = _stripped(lines[:-1])
    if len(lines) > 1 and not lines[1] and _ALONE.fullmatch(lines[0]):
        return lines[0]
    return _joined(lines)


def _stripped(lines: Sequence[str]) -> list[str]:
    """Without the empty lines at both ends."""
    full = [place for place, line in enumerate(lines) if line]
    return list(lines[full[0] : full[-1] + 1]) if full else []


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(_stripped(lines))
