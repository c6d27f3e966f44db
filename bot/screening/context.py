"""Whether a function or organisation named in a message is the speaker's own, now. Reads the tables of bot.screening.patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.places.words import Reading
from bot.screening import patterns
from bot.screening.lexicon import COMMUNE, ORGANISATION, PHRASE, Hit
from bot.screening.patterns import FORMER, FUTURE, NAME, NEGATED, OTHER, OURS, OWN, RELATIVE

_AS = re.compile(r"\b(?:suis|ecris|la) comme\W*\w*\W*$")
"""« je vous écris comme la… »; « comme le bourgmestre me l'a dit » is something else."""
_AREAS = frozenset({"région", "province", "État", "parlement"})
"""What « notre région » names: where somebody lives, not for whom they write."""
_SIDE = 240
"""How much of a sentence is looked at on each side, in characters: more changes nothing and would cost seconds."""
_PROPOSED = re.compile(
    r"\b(?:propos\w*|candidat\w*|postul\w*|partir|aller|retourner|intervenir|servir|engager|recrut\w*"
    r"|prendre)\b[^.;!?]{0,25}\bcomme\W*\w*\W*$"
)
"""« me proposer comme experte »: what somebody would like to be."""
_SUBJECT = re.compile(r"(?:\W*(?:doit|peut|a dit|veut)\b|[\w' ]{0,25}\b(?:m'(?:a|ont)|(?:nous|vous) (?:a|ont))\b)")
"""« Bourgmestre et échevins m'ont reçu »: the subject of a verb, not the speaker."""
_REACH = 30
"""How far before « je suis » a turn of phrase may begin that changes its sense, in characters."""


def role(reading: Reading, hit: Hit, before: Sequence[tuple[Hit, str]]) -> str:
    """Return the role of a function or organisation; `before` holds what was found earlier in the message, with its role."""
    left, right = sides(reading, hit)
    addressed = patterns.ADDRESSED.search(left) and patterns.ADDRESSED_END.match(right) and not patterns.IT_IS_ME.search(right)
    if addressed or patterns.VOCATIVE.search(left) or patterns.PRETENDED.search(left):
        return OTHER
    if hit.entry.form == PHRASE:
        return NEGATED if re.search(r"\b(?:ne|n'|pas|jamais)\W*(?:\w+\W+){0,1}$", left) else OWN
    if reading.words[hit.first].key in patterns.VERBS:
        if re.search(r"\b(?:ai|avons|avait|avais)\W+(?:longtemps |ensuite |aussi )?$", left):
            return FORMER
        return OWN if re.search(r"\b(?:je|j|nous|on|suis a la|sommes a la)\W+$", left) else OTHER
    if hit.entry.form == ORGANISATION:
        return _of_organisation(left, right, hit)
    found = _of_person(reading, hit, left, right, before)
    return next((other for other, turn in patterns.RIGHT if turn.search(right)), found) if found == OWN else found


def sides(reading: Reading, hit: Hit) -> tuple[str, str]:
    """Return the sentence to the left and to the right of what was found."""
    start, end = reading.words[hit.first].start, reading.words[hit.last].end
    breaks = [m.start() for m in patterns.BREAK.finditer(reading.flat) if not _is_abbreviation(reading.flat, m)]
    left = max((at + 1 for at in breaks if at < start), default=0)
    right = min((at for at in breaks if at >= end), default=len(reading.flat))
    before = reading.flat[left:start]
    if len(before) > _SIDE:
        before = f"x {before[-_SIDE:]}"
    return before, reading.flat[end : min(right, end + _SIDE)] + reading.flat[right : right + 1].replace(".", "")


def _is_abbreviation(flat: str, dot: re.Match[str]) -> bool:
    return dot[0] == "." and bool(patterns.ABBREVIATION.search(flat[: dot.start()]))


def _of_person(reading: Reading, hit: Hit, left: str, right: str, before: Sequence[tuple[Hit, str]]) -> str:
    if _is_family_name(reading, hit, left, right):
        return NAME
    cue = max(patterns.SELF.finditer(left), key=lambda match: match.start(), default=None)
    about = left[max(0, cue.start() - _REACH) :] if cue else left
    turned = next((other for other, turn in patterns.LEFT if turn.search(about)), None)
    if turned:
        return turned
    if cue and _is_self(left, left[cue.end() :], cue.group().strip(), right):
        return OWN
    return _joined(hit, left, before) or (OWN if _is_bare(left, right) else OTHER)


def _joined(hit: Hit, left: str, before: Sequence[tuple[Hit, str]]) -> str | None:
    """Return the role that « et », « mais aussi » or a hyphen hands on from what was said just before."""
    joint = re.search(
        r"(?:\b(?:et|ou|puis|ainsi que|mais|surtout|egalement|aussi|doublee? d'une?)\W+(?:surtout |aussi |egalement )?(?:une? "
        r"|la |le |l')?|-|/|\()$",
        left,
    )
    if not joint or not before or before[-1][0].last < hit.first - 9:
        return None
    role_before = before[-1][1]
    if role_before not in (OWN, FORMER, NEGATED, RELATIVE, FUTURE):
        return None
    return OWN if re.search(r"mais|aussi|puis|surtout", joint[0]) and role_before not in (NEGATED, RELATIVE) else role_before


def _is_self(left: str, between: str, cue: str, right: str) -> bool:
    """Tell whether « je suis », « en tant que », « ici »… announces this function and not something in between."""
    if re.search(r"\b(?:c|ici|est|es)$|moi$", cue) and patterns.REPORTED.search(right):
        return False
    if patterns.BLOCK.search(between) or len(between) > 70:
        return False
    if cue == "comme" and _PROPOSED.search(left):
        return False
    if cue == "comme" and re.match(r"\W*(?:le|la|les|l'|un|une)\b", between) and not _AS.search(left):
        return False
    words = re.findall(r"\w+", between)
    if all(word in patterns.PLAIN or word.isdigit() for word in words):
        return True
    return len(words) <= 8 and not re.search(rf"\b(?:{patterns.DETERMINER}|en |dans |sur |a )$", between)


def _is_bare(left: str, right: str) -> bool:
    """Tell whether the function stands alone at the head of a sentence, after a name, or signs the message."""
    if patterns.GREETING.match(left):
        return not _SUBJECT.match(right)
    opening = re.match(r"^(.*?)\b(?:le |la |l'|monsieur le |madame la |madame le |mme la |m\.? le )$", left)
    if opening and patterns.GREETING.match(opening[1]):
        return _signs(right)
    if re.search(r":\W*$", left):
        return True
    segment = re.search(
        r"([^,()–—]*)[,()–—]\W*(?:(?:premiere?|1er|1ere|2e|2eme|deuxieme|une?|aujourd'hui|maintenant|desormais"
        r"|actuellement|et|mais|donc|surtout|aussi|toujours|depuis (?:[\w'-]+ ){1,4}?[\w'-]+)\W+)*$",
        left,
    )
    if segment:
        of_other = rf"\b(?:mon|ma|mes|notre|nos|son|sa|leur|votre|avec|par|{patterns.KIN})\W+(?!nom\b)[\w' .-]*$"
        return not re.search(of_other, segment[1])
    name = re.fullmatch(r"\W*(?:(?:bonjour|bonsoir|moi|salut)\W+)?(?:[\w'-]+\W+){1,3}", left[:60])
    return len(left) < 40 and bool(name) and not patterns.NOT_A_NAME.search(left)


def _signs(right: str) -> bool:
    """Tell whether « le bourgmestre de… » is all that is said, as in a signature, or is declared to be the speaker."""
    if patterns.IT_IS_ME.search(right):
        return True
    return not (right.endswith("?") or len(right.split()) > 8 or patterns.VERB.search(right) or re.match(r"\W*,", right))


def _is_family_name(reading: Reading, hit: Hit, left: str, right: str) -> bool:
    """Tell whether « M. Lemaire », « Mme Bourgmestre-Leroux » or « Rosine Maire » is a name, not a function."""
    words, first = reading.words, hit.first
    if first != hit.last or not reading.is_capital(words[first]):
        return False
    if patterns.CIVILITY.search(left) or patterns.FAMILY_NAME.search(reading.flat):
        return True
    after_name = first > 0 and reading.is_capital(words[first - 1]) and reading.flat[words[first - 1].end : words[first].start] == " "
    if not after_name or reading.text.istitle() or words[first - 1].key in patterns.BEFORE_FUNCTION:
        return False
    return bool(patterns.INTRODUCED.search(left)) and bool(patterns.CLOSED.match(right))


def _of_organisation(left: str, right: str, hit: Hit) -> str:
    """Return the role of an organisation: the speaker's own (« nous sommes une ONG », « notre firme »), or not."""
    if re.search(rf"{patterns.NEGATION}[^,;.]*$|\b(?:sans|aucune?|ni)\W+(?:\w+\W+){{0,2}}$", left):
        return NEGATED
    if re.search(
        r"\b(?:etais|travaillais|dirigeais|presidais|ancien\w*|ai (?:travaille|ete|dirige|preside|gere|administre"
        r"|servi))\b[^,;.]{0,30}$",
        left,
    ):
        return FORMER
    if patterns.POSSESSIVE.search(left) and hit.entry.label not in _AREAS:
        return OURS if hit.entry.kind == COMMUNE else OWN
    if patterns.OUR.search(left):
        return OWN
    in_general = hit.entry.kind == COMMUNE and (right.endswith("?") or bool(re.search(r"\bune?\W*$", left)))
    return OWN if patterns.START.match(left) and not in_general else OTHER
