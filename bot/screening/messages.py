"""What one message says of its author: everything found in it, weighed against each other.

Pure. The decision (bot.screening.decision) judges the profile that such claims add up to.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.places import Gazetteer, Mention, Place
from bot.screening import turns
from bot.screening.claims import FIRMS, LOCAL, MANDATE, MAY_BE_MANDATED, PARTNERS, Claims
from bot.screening.found import Found, find
from bot.screening.lexicon import AGENT, AUTRE, COMMUNE, GENERAL, MANDATAIRE, PARTENAIRE, RESPONSABLE, TITRE, Lexicon
from bot.screening.patterns import FORMER, FUTURE, NEGATED, OTHER, OURS, OWN, RELATIVE
from bot.screening.titles import RELATIVE_TYPE, own

FORMER_TYPE, CANDIDATE_TYPE, MINOR_TYPE = "ancien", "candidat", "élève"
_SIGNALS = frozenset({FORMER, FUTURE, NEGATED, RELATIVE, OTHER})
_WITH_MANDATE = PARTNERS | {"école"}
_HEADS = frozenset({MANDATAIRE, RESPONSABLE, AGENT, TITRE, GENERAL})
_OUTWEIGHED = frozenset({"métier", "particulier", "retraité"})
"""What an employee of a municipality may be besides, without it being the capacity in which she writes."""
_WISH = re.compile(r"\b(?:voud\w+|voul\w+|souhait\w+|aimer\w+|cherch\w+|propos\w+|sollicit\w+|deman\w+|veux|veut)\b")
_WITH = re.compile(
    r"\b(?:avec|vers|chez|entre|km de|kilometres de|pres de|proche de|cote de|voisine? de|habit\w+(?: a)?|reside\w* a"
    r"|domicilie\w* a|evacue\w* a|hospitalise\w* a|jumelee? a|partenariat (?:avec|entre)"
    r"|aide[rz]? (?:a|la)|"
    r"(?:nom|parle|rencontre\w*|vue?s?|entendu|colloque|seminaire|reunion|atelier|conference|congres|forum|salon|stage|cours"
    r"|visite\w*|vacances|etudi\w*|nee?|voyage"
    r"|retour) (?:\w+ ){0,2}(?:a|de)|"
    r"(?:un|mon|notre|nos|des) projets? (?:a|dans)|mission a|partir a|ecole a)\W+(?:[\w']+\W+){0,4}$"
)


_OURS = re.compile(
    r"(?:ma|notre) (?:commune|ville)\W+(?:de |d')?$|\binscrire (?:la commune de |la ville de )?$|\bpour la (?:commune|ville) d[e']\s?$"
)
"""« ma commune, … », « inscrire la commune de… »"""
_SEAT = re.compile(
    r"\b(?:siege(?: social)?|antennes?|bureaux?|basee?s?|situee?s?|installee?s?|etablie?s?|implantee?s?|active?s?|actifs?"
    r"|nee?s? )\b[^.;]{0,20}$|\baussi a $"
)
"""« siège social à Namur », « basée à Liège »."""
_TIE = re.compile(
    r"\b(?:partenaires?|partenariat|conventions?|conventionnee?s?|mandat\w*|accord|protocole|jumel\w*|operateur|delegataire"
    r"|pour le compte|mission\w*"
    r"|charge\w*|designe\w*)\b[^.;!?]{0,60}$"
)
"""What binds an organisation to the municipality that is named next."""
_APART = re.compile(r"[.;!?]\s|" + _WISH.pattern)


def read_claims(text: str, lexicon: Lexicon, gazetteer: Gazetteer) -> Claims:
    """Return what a message says of its author; what « en vrai… » takes back does not count."""
    found = find(text, lexicon, gazetteer)
    turn = turns.confession(found.reading.flat)
    if turn is not None and any(found.reading.words[hit.first].start < turn for hit, _ in found.hits):
        honest = _combine(find(found.reading.text[turn:], lexicon, gazetteer))
        return honest if honest.kind else Claims(AUTRE, "particulier", signals=honest.signals)
    claims = _combine(found)
    if turns.pretends(found.reading.flat) and claims.kind in LOCAL:
        return Claims(AUTRE, "particulier")
    return replace(claims, place=_place(found, claims))


def _combine(found: Found) -> Claims:
    """Weigh everything said: a present function first, then a mandate, a partnership, and what disqualifies."""
    flat = found.reading.flat
    signals = frozenset(
        found_role
        for hit, found_role in found.hits
        if found_role in _SIGNALS and (hit.entry.kind not in (COMMUNE, GENERAL) or found_role == FORMER)
    )
    signals |= {"pour_commune"} if turns.for_commune(flat) else frozenset()
    if turns.minor(flat):
        return Claims(AUTRE, MINOR_TYPE)
    base = Claims(mandate=turns.mandated(flat), private=turns.private(flat), partner=turns.partner(flat), signals=signals)
    stated = own(found)
    if turns.ended(flat):
        stated = [claims for claims in stated if claims.kind not in (MANDATAIRE, RESPONSABLE)]
        base = replace(base, signals=base.signals | {FORMER})
    if base.private is None and turns.own_cause(flat) and any(claims.kind in LOCAL for claims in stated):
        base = replace(base, private=True)
    for kind in (MANDATAIRE, RESPONSABLE):
        first = next((claims for claims in stated if claims.kind == kind), None)
        if first:
            return _merge(base, first)
    return _without_head(found, base, stated)


def _merge(base: Claims, own: Claims) -> Claims:
    return replace(base, kind=own.kind, type=own.type, function=own.function, potential=own.potential)


def _without_head(found: Found, base: Claims, stated: list[Claims]) -> Claims:
    """Weigh a message whose author claims no present function at the head of a municipality."""
    others = [claims for claims in stated if claims.kind == AUTRE]
    agents = sorted((claims for claims in stated if claims.kind == AGENT), key=lambda claims: claims.function is None)
    agent = next(iter(agents), None)
    vague = next((claims for claims in stated if claims.kind is None), None)
    other = _weightiest(others, agent)
    if agent and base.mandate is None and turns.sent_by_boss(found.reading.flat):
        base = replace(base, mandate=True)
    if base.mandate and other and other.type in PARTNERS and base.partner is not False:
        return _partner(found, base, other, vague)
    if base.mandate and (other is None or other.type in _WITH_MANDATE) and RELATIVE not in base.signals and FORMER not in base.signals:
        return replace(_merge(base, agent or other or vague or Claims()), kind=MANDATE, type=other.type if other else None)
    if any(claims.kind == PARTENAIRE for claims in stated) or (
        base.partner
        and (other is None or other.type in PARTNERS | FIRMS or (other.type in MAY_BE_MANDATED and found.mentions))
        and not agent
    ):
        return _partner(found, base, other, vague)
    if other:
        return _partner_or_other(found, base, other)
    if agent:
        return _merge(base, agent)
    return _by_signals(found, base, vague)


def _weightiest(others: list[Claims], agent: Claims | None) -> Claims | None:
    """Return the capacity outside a municipality that counts: one that excludes before one that may be a direct partner."""
    ranked = sorted(others, key=lambda claims: (claims.type in _OUTWEIGHED, claims.type in PARTNERS))
    return next((claims for claims in ranked if not (agent and claims.type in _OUTWEIGHED)), None)


def _partner(found: Found, base: Claims, other: Claims | None, vague: Claims | None) -> Claims:
    place = _partner_place(found)
    named = _merge(base, vague or other or Claims())
    return replace(named, kind=PARTENAIRE, type=other.type if other else None, partner_of=place if base.partner is not False else None)


def _partner_place(found: Found) -> Place | None:
    """The municipality of a partnership: named with it, or announced as one; where an office stands says nothing."""
    flat = found.reading.flat
    here = [m for m in found.mentions if not _SEAT.search(flat[: m.start])]
    tied = [m for m in here if _TIE.search(flat[: m.start])]
    headed = [m for m in here if m.headed and not _WITH.search(flat[: m.start])]
    apart = [m for m in here if not _WITH.search(flat[: m.start])] if len(here) == len(found.mentions) else []
    return next((m.place for m in (*tied, *headed, *apart)), None)


def _partner_or_other(found: Found, base: Claims, other: Claims) -> Claims:
    """An organisation that mentions some work with a municipality may turn out to be its partner: it is asked."""
    claims = _merge(base, other)
    if other.type == "métier" and "pour_commune" in base.signals:
        return replace(base, function=other.function)
    if other.type in PARTNERS and base.partner is None and turns.collaborates(found.reading.flat):
        return replace(claims, kind=PARTENAIRE)
    return claims


def _by_signals(found: Found, base: Claims, vague: Claims | None) -> Claims:
    if turns.nobody(found.reading.flat):
        return replace(base, kind=AUTRE, type="particulier")
    if vague and vague.function:
        return _merge(base, vague)
    for signal, type_ in ((FORMER, FORMER_TYPE), (RELATIVE, RELATIVE_TYPE), (FUTURE, CANDIDATE_TYPE)):
        if signal in base.signals:
            return replace(base, kind=AUTRE, type=type_)
    return base


def _place(found: Found, claims: Claims) -> Place | None:
    """Return the municipality for which the author speaks: called hers, named with her function, or said before any wish."""
    if claims.kind in (PARTENAIRE, AUTRE):
        return None
    flat = found.reading.flat
    wish = _WISH.search(flat)
    limit = wish.start() if wish else len(flat)
    apart = [mention for mention in found.mentions if not _WITH.search(flat[: mention.start])]
    ours = [mention for mention in apart if _OURS.search(flat[: mention.start])]
    own_place = [mention for kinds in (_HEADS, None) for mention in apart if _after_function(found, mention, kinds)]
    early = [mention for mention in apart if mention.start < limit and (claims.kind or not _of_other(found, mention))]
    headed = [mention for mention in early if mention.headed]
    beside = [mention for mention in apart if mention.headed and _beside_function(found, mention)]
    return next((mention.place for mention in (*ours, *own_place, *beside, *headed, *early)), None)


def _of_other(found: Found, mention: Mention) -> bool:
    """Tell whether the municipality is that of somebody else's function: « le maire de Dogbo m'a parlé de vous »."""
    words = found.reading.words
    others = [words[hit.last].end for hit, found_role in found.hits if found_role not in (OWN, OURS) and hit.entry.kind != COMMUNE]
    return any(0 <= mention.start - end <= 6 for end in others)


def _beside_function(found: Found, mention: Mention) -> bool:
    """Tell whether « à la mairie de… » stands shortly before a function of the author, in the same sentence."""
    starts = [found.reading.words[hit.first].start for hit, found_role in found.hits if found_role == OWN and hit.entry.kind in _HEADS]
    return any(0 <= start - mention.end <= 45 and not _APART.search(found.reading.flat[mention.end : start]) for start in starts)


def _after_function(found: Found, mention: Mention, kinds: frozenset[str] | None) -> bool:
    """Tell whether the municipality stands right after a function of the author, of these kinds or of any."""
    said = [hit for hit, found_role in found.hits if found_role in (OWN, OURS) and (kinds is None or hit.entry.kind in kinds)]
    ends = [found.reading.words[hit.last].end for hit in said]
    return any(0 <= mention.start - end <= 45 and not _APART.search(found.reading.flat[end : mention.start]) for end in ends)
