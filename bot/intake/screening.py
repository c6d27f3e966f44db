"""Puts what a person says into the profile that the decision judges. Pure; holds the lexicon and the gazetteer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.intake import corrections
from bot.places import COUNTRY, NONE, NOTHING, PROVINCE, REGION, Gazetteer, Place, resolve_country
from bot.places.words import keys, read
from bot.screening import (
    NOT_ADMISSIBLE,
    Claims,
    Decision,
    Lexicon,
    Profile,
    decide,
    read_capacity,
    read_claims,
    read_function,
    read_mandate,
    read_partner,
    with_country,
    with_place,
)
from bot.screening import update as add
from bot.screening.claims import LOCAL
from bot.screening.lexicon import AGENT, AUTRE, MANDATAIRE, PARTENAIRE, RESPONSABLE
from bot.screening.profile import describe
from bot.screening.rules import unknown
from bot.text import clean, defuse, fold

_UNDONE = frozenset({"negated", "former", "future", "relative"})
"""Signals that take a function away: they answer the question of the function too."""

_ADMITS = re.compile(
    r"\bje (?:ne )?suis\b|\bj'?suis\b|\bj'(?:ai ete|etais|avoue)\b|\bje n'ai\b|\b(?:pour|de) (?:mon|ma) (?:memoire|these|tfe"
    r"|stage|entreprise|club)\b"
)
"""How somebody takes back, where a name or a subject is waited for, what made the request admissible."""
_REJECTED = re.compile(
    r"\b(?:pas|plus|ni|au lieu)\W+(?:(?:avec|a|de|d|du|la|le|l|celle|celui|commune|ville|mairie|en|dans|est"
    r"|c)\W+){0,4}$"
)
"""« … , pas avec Kébémer »: the municipality that is not meant."""
_LONGEST_FUNCTION = 120
"""Characters of a partner's function, kept in their own words with the organisation."""
_NO_PARTNER = frozenset({"étudiant", "élève", "presse", "ancien", "candidat"})
_FEW = 4
"""Words of an answer that may be a name which holds that of a municipality."""
_SHORT = 7
"""Words of a correction in which a misspelt municipality is guessed at."""
_ORGANISATION = re.compile(
    r"(?:l'|la |le |une? |notre |nous |mon )*(?:ongd?|asbl|vzw|association|fondation|commune|mairie|ville|cpas|cooperative|agence"
    r"|federation|comite|collectif)\b"
)
"""What begins the name of an organisation, and of no person."""
_AFFIRMED = re.compile(
    r"\b(?:commune|ville|mairie)\b[^.;!?]{0,25}\b(?:est|c'est|etait|:)\W*(?:bien |donc |plutot |celle de |la "
    r"|le )*$|\bplutot\W+(?:a |de )?$"
)
"""« … ma commune est Lierneux »: the municipality that is meant, whatever others are named."""
_NO_COMMUNE = re.compile(
    r"^\W*(?:d'|pour |dans )?(?:aucune|pas (?:de|d'une|pour une)|nulle part|ce n'est pas une commune|je n'ai pas de commune)\b"
)
_PARTS = re.compile(r"\s*[,;\n]\s*|\.\s+|\s+et\s+(?=je\b)", re.IGNORECASE)
"""Where one part of an answer ends: « Claire Dumont et je suis échevine »."""
_SPEAKS_OF_SELF = re.compile(r"\b(?:je|j'|chuis|ma fonction|mon (?:titre|mandat|poste)|en tant que|en (?:ma )?qualite)\b")
_BESIDE_FUNCTION = frozenset(
    "et je j suis chuis l la le les un une d de du des a au aux en fait moi aussi egalement mais non oui plus precisement exactement ma"
    " fonction est c ce mon titre mandat poste tant que qualite actuellement toujours donc ici chez notre nous commune communal communale"
    " ville pour dans pardon svp bien plutot desormais maintenant bonjour puis car or madame monsieur".split()
)
"""What stands beside a function that is all that is said."""
_RANK = re.compile(
    r"\b((?:premi(?:er|ère|ere)|1(?:er|re|ère|ere)|deuxi[èe]me|seconde?|2(?:nde?|e|[èe]me)|troisi[èe]me|3(?:e|[èe]me)|quatri[èe]me"
    r"|4(?:e|[èe]me))\s+)$",
    re.IGNORECASE,
)
"""« première » in front of « échevine »: part of the function, though it changes nothing of the decision."""
_AND = re.compile(r"\s+(?:et|ou|puis)\s+(?:aussi\s+|a\s+|à\s+)?|\s*/\s*|\s*[,;]\s*", re.IGNORECASE)
_NO_FUNCTION = re.compile(
    r"@|https?:|^/|\d{4}|[<>{}]|\b(idem|recommencer|retour|help|nsp|deja dit|comprends? (pas|rien)|pas compris|pas besoin|je prefere"
    r"|m'appelle|mon nom|qui etes|ne suis rien)\b|^(aucune?|aide|meme|la meme|comme avant|ce que vous voulez)$"
)
"""What is typed where a function is waited for and is none, folded."""
_NO_PLACE = re.compile(r"@|\d{6}|(\d\W*){8}|^/|[<>{}]")
"""What no municipality's name holds; a postcode may stand before one."""


@dataclass(frozen=True)
class Screening:
    """Reads messages and answers into profiles."""

    lexicon: Lexicon
    gazetteer: Gazetteer

    def hear(self, profile: Profile, text: str) -> Profile:
        """The profile after a free message."""
        return add(profile, self.claims(text))

    def said_again(self, told: Mapping[str, str]) -> Profile:
        """The profile of somebody who says again what a request of theirs holds; nothing when that is not understood the same way."""
        function, partner_of = told.get("fonction", ""), told.get("partenaire_de", "")
        if partner_of:
            profile = self.hear(Profile(), f"Je suis partenaire direct de la commune de {partner_of}")
            profile = self.answer(profile, "partenaire_de", partner_of) or profile
        else:
            profile = self.hear(Profile(), f"Je suis {function}")
            profile = self.answer(profile, "commune", told.get("commune", "")) or profile
        profile = self.answer(profile, "pays", told.get("pays", "")) or profile
        profile = replace(profile, function=function or profile.function)
        return Profile() if decide(profile).verdict == NOT_ADMISSIBLE else profile

    def overhear(self, profile: Profile, text: str) -> Profile:
        """The profile after a message outside any request.

        Only what speaks for a municipality is taken over; somebody who seems private is asked when they make a request, so that
        a misheard sentence refuses nobody. What was heard is kept, for a lead that contradicts it.
        """
        heard = add(profile, self.claims(text))
        if heard.kind != AUTRE and not heard.private:
            return heard
        return replace(profile, contradictions=tuple(dict.fromkeys((*profile.contradictions, describe(heard)))))

    def claims(self, text: str) -> Claims:
        """What a free message says of its author."""
        return _with_rank(read_claims(text, self.lexicon, self.gazetteer), text)

    def says_who(self, text: str) -> bool:
        """Whether a message says who speaks: a function, a capacity, a mandate."""
        claims = self.claims(text)
        return bool(claims.kind or claims.function or claims.private is not None)

    def is_no_person(self, profile: Profile, name: str, text: str) -> bool:
        """Whether what was given as a name is the municipality once more, or an organisation: « ONG Faso Eau ».

        `text` is the whole answer: « c'est bien Saint-Nicolas en province de Liège » gives no name.
        """
        place = profile.partner_of.name if profile.partner_of else profile.commune
        if place and len(text.split()) > _FEW and any(mention.name == place for mention in self.gazetteer.find(text)):
            return not re.search(r"m['’]appelle|\bnom\b", text)
        return (bool(place) and keys(name) == keys(place or "")) or _ORGANISATION.match(fold(name)) is not None

    def names_something_else(self, name: str) -> bool:
        """Whether what looks like a person's name is a function or a municipality."""
        claims = self.claims(name)
        return bool(claims.kind or claims.function or claims.potential or self.gazetteer.find(name))

    def only_who(self, profile: Profile, text: str) -> Profile | None:
        """The profile after a message that says the author's function and nothing else: « et je suis première échevine »."""
        claims = self.claims(text)
        function = claims.function or ""
        if not function or claims.signals & _UNDONE or claims.private:
            return None
        place = f"{claims.place.said} {claims.place.name or ''}" if claims.place else ""
        if set(keys(text)) - set(keys(function)) - set(keys(place)) - _BESIDE_FUNCTION:
            return None
        first_person = _SPEAKS_OF_SELF.search(fold(text)) is not None
        if claims.kind in LOCAL and (first_person or profile.function is None):
            return add(profile, claims)
        return replace(profile, function=profile.function or function)

    def name_and_who(self, profile: Profile, text: str) -> tuple[Profile, str]:
        """An answer that gives a name and, in a part of its own, a function: the profile after it, and what is left for the name."""
        kept = []
        for part in _PARTS.split(text):
            told = self.only_who(profile, part.strip()) if part.strip() else None
            if told is not None and _SPEAKS_OF_SELF.search(fold(part)):
                profile = told
            else:
                kept.append(part.strip())
        rest = ", ".join(filter(None, kept))
        return (profile, text) if len(kept) == len(_PARTS.split(text)) or not rest else (profile, rest)

    def without_function(self, name: str) -> str:
        """A name without the function behind it: « Nathalie Van den Broeck première échevine »."""
        words = name.split()
        for place in range(1, len(words)):
            tail = " ".join(words[place:])
            if words[0] != words[0].lower() and tail == tail.lower() and self.names_function(f"je suis {tail}"):
                return " ".join(words[:place])
        return name

    def names_function(self, text: str) -> bool:
        """Whether a text begins with a function: what follows a name in « Claire Dumont, échevine à Huy »."""
        claims = self.claims(text)
        return bool(claims.kind in LOCAL and claims.function)

    def admits(self, profile: Profile, text: str) -> bool:
        """Whether a message takes back, in the first person, what made a request admissible."""
        claims = self.claims(text)
        if _ADMITS.search(fold(text)) is None and claims.private is not True:
            return False
        excluded = claims.private is True or claims.kind == AUTRE or ("former" in claims.signals and not claims.kind)
        return excluded and decide(add(profile, claims)).verdict == NOT_ADMISSIBLE

    def without_named_function(self, profile: Profile, name: str) -> Profile | None:
        """The profile without its function, when that was a family name: « Bourgmestre Jean-Marc »; None when it was none."""
        if profile.kind not in LOCAL:
            return None
        shared = {key for key in keys(name) if len(key) > 3} & set(keys(profile.function or ""))
        alike = any(claims.kind or claims.function for key in shared for claims in [self.claims(f"Je suis {key}")])
        return replace(profile, kind=None, function=None, potential=None) if alike else None

    def changed_after_refusal(self, before: Profile, after: Profile) -> Profile:
        """The profile of somebody who was refused and is not any more: what was said before is kept for the contact person."""
        if after.contradictions != before.contradictions or decide(after).verdict == NOT_ADMISSIBLE or after == before:
            return after
        said = describe(before) or decide(before).rule
        return replace(after, contradictions=tuple(dict.fromkeys((*after.contradictions, said))))

    def answer(self, profile: Profile, field: str, text: str, insists: bool = False) -> Profile | None:
        """The profile after the answer to a question of the screening; None when it is no answer.

        `insists`: it was asked before, so that « en Wallonie » for a municipality is taken as meant.
        """
        if field == "profil":
            return self._capacity(profile, text)
        if field == "fonction":
            if profile.kind == PARTENAIRE and (function := self._partner_function(text)):
                return replace(profile, function=function)
            claims = self._function(text, profile.type if profile.kind == AGENT else None)
            told = claims.kind or claims.function or claims.signals & _UNDONE or claims.place
            return add(profile, claims) if told else None
        if field == "commune":
            return self._commune(profile, text, insists)
        if field == "pays":
            if country := resolve_country(text):
                return with_country(profile, country)
            claims = self.claims(text)
            return add(profile, claims) if claims.kind == AUTRE else None
        claims = read_partner(text, self.gazetteer)
        said = claims.partner is not None or claims.kind
        return add(profile, claims) if said else None

    def _capacity(self, profile: Profile, text: str) -> Profile | None:
        asked = decide(profile)
        if asked.rule == "agent.mandat":
            claims = read_mandate(text, self.lexicon, self.gazetteer)
            return add(profile, claims) if claims.mandate is not None or claims.kind else None
        claims = self._completed(profile, text) or _with_rank(read_capacity(text, self.lexicon, self.gazetteer), text)
        if not _says_capacity(claims):
            claims = replace(self._function(text), place=claims.place)
            if "texte_libre" in claims.signals:
                claims = replace(claims, function=None, signals=frozenset())  # the function is asked for next, in its own words
        return add(profile, claims) if _says_capacity(claims) or claims.place else None

    def _partner_function(self, text: str) -> str | None:
        """What a partner answers to « Pour quelle organisation, et quelle y est votre fonction ? », in their own words."""
        claims = self._function(text)
        told = defuse(clean(text, _LONGEST_FUNCTION))
        heard = bool(claims.function or claims.kind or claims.potential or _ORGANISATION.match(fold(told)))
        return told if heard and claims.private is not True and claims.type not in _NO_PARTNER else None

    def _completed(self, profile: Profile, text: str) -> Claims | None:
        """A title that the answer completes: « conseillère », and then « communale »."""
        if profile.function is None or profile.kind in LOCAL or len(text.split()) > _SHORT:
            return None
        claims = self.claims(f"Je suis {profile.function} {text}")
        alone = self.claims(f"Je suis {text}")
        return claims if claims.kind in LOCAL and claims.function and alone.kind is None and alone.function is None else None

    def _function(self, text: str, body: str | None = None) -> Claims:
        """What an answer says of a function; a municipality's name, an address or « idem » is none, even in a person's own words."""
        claims = _with_rank(read_function(text, self.lexicon, self.gazetteer, body), text)
        free = "texte_libre" in claims.signals
        place = claims.place.said if claims.place else ""
        none = free and (_NO_FUNCTION.search(fold(text)) or fold(claims.function or "") == fold(place))
        return replace(claims, function=None) if none else claims

    def _first_of(self, text: str, country: str | None) -> Place | None:
        """The first of two municipalities given as one answer, to be confirmed: « Huy et Wanze »."""
        parts = [part for part in _AND.split(text)[:4] if part.strip()]
        named = [place for part in parts if (place := self.gazetteer.resolve(part, country)).is_municipality and place.known]
        return replace(named[0], certain=False) if len({place.name for place in named}) > 1 else None

    def _commune(self, profile: Profile, text: str, insists: bool) -> Profile | None:
        if profile.kind is None or _NO_COMMUNE.search(fold(text)):
            claims = self.claims(text)
            if claims.kind == AUTRE:
                return add(profile, claims)
            if _NO_COMMUNE.search(fold(text)):
                return with_place(profile, Place(NONE, said=text))
        place = self._first_of(text, profile.country) or self.gazetteer.resolve(text, profile.country)
        if place.kind in {PROVINCE, REGION} and profile.kind == MANDATAIRE and not insists:
            return None
        if not place.known and _NO_PLACE.search(text):
            return None
        if place.kind in {NOTHING, COUNTRY}:
            claims = self.claims(text)
            return add(profile, claims) if claims.kind and claims.kind != profile.kind else None
        placed = with_place(profile, place)
        return self.with_title_in_commune(placed) or placed

    def with_title_in_commune(self, profile: Profile) -> Profile | None:
        """A title of direction and a municipality, asked about and given without an institution: held to belong together, with a remark."""
        known = profile.place is not None and profile.place.is_municipality and profile.place.known
        leads = profile.kind is None and profile.function and profile.potential in (MANDATAIRE, RESPONSABLE)
        return replace(profile, kind=profile.potential, unplaced_title=True) if known and leads else None

    def correct(self, profile: Profile, text: str) -> Profile | None:
        """The profile after a correction of who or where: « non, Ixelles », « en fait je suis conseillère »; None when it is none."""
        claims = self.claims(text)
        named = corrections.field_named(text)
        current = profile.partner_of.name if profile.kind == PARTENAIRE and profile.partner_of else profile.commune
        place = self._other_place(text, current)
        changed = profile
        if claims.kind or claims.function:
            changed = add(changed, replace(claims, place=None))
        if place is not None and place.is_municipality and profile.kind == PARTENAIRE and place.name != current:
            changed = replace(changed, partner_of=place, country=None)
        elif place is not None and place.is_municipality and place.name != profile.commune:
            changed = with_place(replace(changed, country=None), place)
        if named == "pays" and (country := resolve_country(corrections.new_value(text))):
            changed = with_country(changed, country)
        return changed if changed != profile else None

    def _other_place(self, text: str, commune: str | None) -> Place | None:
        """The municipality that a correction puts in the place of `commune`: the last one named that is another."""
        folded = read(text).flat
        named = [mention for mention in self.gazetteer.find(text) if not _REJECTED.search(folded[: mention.start])]
        affirmed = [mention for mention in named if _AFFIRMED.search(folded[: mention.start])]
        other = [mention.place for mention in affirmed or named if mention.place.name != commune]
        return other[-1] if other else None if named else self._bare_place(text)

    def _bare_place(self, text: str) -> Place | None:
        """A municipality of our list that is all that a short correction says; guessed at only where a change is announced."""
        place = self.gazetteer.resolve(corrections.new_value(text))
        short = len(text.split()) <= _SHORT and not re.search(r"[\d@]", text)
        meant = place.certain or (short and corrections.wants_change(text))
        return place if place.is_municipality and place.known and meant else None

    def names_place(self, text: str) -> bool:
        """Whether a text names a municipality of our list."""
        return bool(self.gazetteer.find(text))

    def place_in(self, profile: Profile, text: str) -> str:
        """The name of the municipality that an answer names."""
        return self.gazetteer.resolve(text, profile.country).name or ""

    def without_place(self, profile: Profile) -> Profile:
        """The profile after « non » to « Est-ce bien le nom de votre commune ? »."""
        return replace(profile, partner_of=None) if profile.kind == "partenaire_direct" else replace(profile, place=None)

    def doubtful_place(self, profile: Profile, confirmed: str) -> str:
        """The name of a municipality that has to be confirmed: unknown to us, or written so that it had to be guessed."""
        place = profile.partner_of if profile.kind == "partenaire_direct" else profile.place
        if place is None or not place.is_municipality or place.certain or place.name == confirmed:
            return ""
        homonym = place.known and len(place.candidates) > 1 and fold(place.said) == fold(place.name or "")
        return "" if homonym else place.name or ""

    def unplaced(self, profile: Profile) -> tuple[str, ...]:
        """What is unknown of the municipality. A request needs one, also when the decision is left to a person."""
        return unknown(profile, ("partenaire_de", "pays") if profile.kind == "partenaire_direct" else ("commune", "pays"))

    def decide(self, profile: Profile) -> Decision:
        """The decision on a profile."""
        return decide(profile)


def _with_rank(claims: Claims, text: str) -> Claims:
    """The claims whose function keeps the rank that stands before it: « première échevine »."""
    function = claims.function
    if not function or claims.kind not in LOCAL:
        return claims
    for found in re.finditer(re.escape(function).replace(r"\ ", r"\s+"), text, re.IGNORECASE):
        if rank := _RANK.search(text[: found.start()]):
            return replace(claims, function=f"{clean(rank[1]).lower()} {function}")
    return claims


def _says_capacity(claims: Claims) -> bool:
    """Whether a message says in which capacity somebody writes, or for whom."""
    return bool(claims.kind or claims.function or claims.potential or claims.partner is not None or claims.private is not None)
