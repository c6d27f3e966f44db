"""Turns of phrase that say in whose name somebody writes: by mandate, as a direct partner, privately, for the municipality.

Works on the folded text of a whole message.
"""

from __future__ import annotations

from bot.screening.expressions import Expression, any_of

_AUTHORITY = any_of(
    "college",
    "conseil (?:communal|municipal|de l'action sociale)",
    "bourgmestre|bourgmeste|maieure?|maire|mayeur|echevine?s?|edile|elue?s?",
    "presidente?|delegation speciale|autorites?|hierarchie",
    "directeur general|directrice generale|dg|directeur financier|directrice financiere",
    "secretaire (?:general|generale|communale?|executif|executive)|chef(?:fe)? de service",
    "commune|ville|mairie|cpas|administration communale|municipalite",
)
_BODY = "(?:commune|ville|mairie|cpas|municipalite|administration)"
_THE = "(?:le |la |l'|les |mon |ma |mes |notre |nos |son |sa |du |des |monsieur le |madame la |madame le |m\\.? le |mme la )"
_TASK = any_of(
    r"(?:charg|mandat|delegu|design|mission|autoris|confi)\w*",
    r"(?:demand|pri)\w* (?:\w+ )?(?:de |d'|que )",
    r"(?:envoie|envoye)\w*(?! (?:une?|le|la|les|des|son|sa|vos)\b)",
    r"donn\w* (?:pour )?(?:mandat|procuration|mission|instruction|ordre|delegation)",
)
_MANDATE = Expression(
    any_of(
        rf"{_THE}{_AUTHORITY}\b(?: (?!et je|mais|qui ne|est |n'|on |il |elle |je |j')[\w'-]+,?){{0,5}}? "
        rf"(?:nous |m'|me |m)(?:a |ont |avait )?(?:expressement |officiellement |personnellement )?{_TASK}",
        r"\b(?:il|elle|ils)\b[^.;!?]{0,12}(?:m'(?:a|ont) |me |m')(?:charge|mandate|delegue|confie|envoie)\w*",
        r"\b(?:charge|mandate|delegue|designe|missionne|envoye|autorise|detache)e?s?\s+(?:[\w'-]+ ){0,4}?"
        rf"par (?:{_THE})?(?:{_AUTHORITY}|lui|elle)\b",
        r"\ben son nom\b",
        r"\ba sa demande\b",
        r"\b(?:au nom|pour le compte|de la part|sur (?:ordre|instruction|mandat|demande)|"
        r"a la demande(?: expresse)?|a l'invitation) (?:de |d')?"
        rf"{_THE}?(?:monsieur |madame )?(?:le |la )?(?!{_BODY}|elus){_AUTHORITY}\b",
        rf"\bje represente (?:ici )?(?:le |la |l'|notre |mon )(?!{_BODY}){_AUTHORITY}",
        r"^\W*(?:oui\W+)?pour (?:mon|le|notre) college(?: communal| echevinal)?\W*$",
    )
)
_NO_MANDATE = Expression(
    any_of(
        r"\b(?:sans|aucun|pas (?:de|recu de|encore de)) (?:mandat|ordre|instruction)",
        r"\bpersonne (?:ne )?m'a (?:charge|mandate|demande)",
        r"\b(?:m'a|suis|ai|m'ont) (?:pas|jamais|point) (?:ete )?(?:charge|mandate|demande|delegue)",
        r"\bde ma propre initiative|\bde mon (?:propre )?chef|c'est mon idee|initiative personnelle",
    )
)
_PRIVATE = Expression(
    "(?<!pas )"
    + any_of(
        r"\ba titre (?:purement |strictement |tout a fait )?(?:prive|personnel|individuel)",
        r"\ben (?:mon|notre) (?:propre nom|nom propre|nom personnel)",
        r"\ben (?:simple |tant que simple )(?:citoyen|habitant|particulier)\w*",
        r"\bpour moi(?:-| )?meme\b|\ba mon (?:propre )?compte",
        r"\b(?:rien a voir|sans rapport|sans lien) avec (?:ma|mon|mes) (?:fonctions?|mandat|travail|boulot)",
        rf"\bpas (?:au nom|pour le compte) de (?:ma|la) {_BODY}",
    )
)
_OWN_CAUSE = Expression(
    r"\bpour (?:mon|ma|notre) (?:propre )?"
    r"(?:association|asbl|entreprise|societe|syndicat|commerce|ong|club|famille|projet (?:perso\w*|prive))\b"
)
_OFFICIAL = Expression(
    any_of(
        r"\bc'est (?:bien )?(?:comme|en tant que|en qualite de|au titre de)\b|\bmais ici comme\b",
        r"\bpas a titre (?:prive|personnel)|\bau titre de cette derniere|\bpour que ma commune",
        rf"\bpour (?:notre|ma|la) {_BODY}|\bau nom de (?:ma|notre|la) {_BODY}",
    )
)
_PARTNER = Expression(
    any_of(
        r"\bpartenaires? (?:directe?s?|officielle?s?|privilegie\w*|conventionne\w*|strategique\w*)\b",
        r"\b(?:sommes|suis|est) (?:les? |un |une |l'un des )?partenaires?\b",
        r"\bconvention(?:nee?s?)?\b|\bprotocole d'(?:accord|entente)|\baccord de (?:partenariat|cooperation)",
        r"\bcontrat de (?:delegation|gestion)|\bdelegataires?",
        rf"\b(?:mandate|charge)e?s? par (?:la |le |une |notre |ma )(?:college|{_BODY})",
        r"\bmandat (?:ecrit |officiel )?(?:de|du|d'une?|signe par) |\bun mandat (?:ecrit|officiel|signe)",
        rf"\bpour le compte de (?:la |plusieurs )?{_BODY}|\b(?:a|sur) la demande de la {_BODY}",
    )
)
_NOT_PARTNER = Expression(
    any_of(
        r"\b(?:sans|aucune?|ni|pas(?: encore)?(?: de| d')?|jamais(?: eu)?(?: de)?) (?:\w+ ){0,2}?"
        r"(?:convention|mandat|lien|partenaire|partenariat|accord|commune)",
        r"\bpas (?:lie|liee|lies|liees)\b|\bd'aucune\b|\ba aucune\b|\bne sommes (?:pas )?(?:lie\w*|partenaire)",
    )
)
_WISH = Expression(
    r"\b(?:devenir|etre|cherch\w+|trouver|souhait\w+|voud\w+|voulons|aimeri\w+|futur\w*|un) (?:\w+ ){0,2}?"
    r"(?:partenaires?|convention|partenariat|accord)\b"
)
_SEVERAL = Expression(r"\b(?:deux|trois|quatre|cinq|des|quelques|toutes|\d+|les) (?:\w+ )?(?:communes|villes|mairies)\b|\bplusieurs\b")
_COLLABORATES = Expression(
    r"\b(?:collabor\w+|travaill\w+|cooper\w+|intervenons)[^.;]{0,40}\b(?:avec|par|pour) (?:la |notre |une )(?:commune|mairie|ville)"
)
_FOR_COMMUNE = Expression(
    r"\b(?:ma|notre|nos) (?:petite |jeune )?(?:communes?|ville|mairie|municipalite|cpas|administration|college|conseil)\b|"
    r"\bque celle-ci participe"
)
_MINOR = Expression(r"\bj'?\s?ai (?:(?:seulement|a peine|que) )?(?:[5-9]|1[0-7]) ans\b")


def mandated(flat: str) -> bool | None:
    """Tell whether the message says that an officer, a head or the college had it written; False when it says the opposite."""
    if _NO_MANDATE.search(flat):
        return False
    return True if _MANDATE.search(flat) else None


def private(flat: str) -> bool | None:
    """Tell whether the message is written privately (True), officially (False), or does not say."""
    if _PRIVATE.search(flat):
        return True
    return False if _OFFICIAL.search(flat) else None


def own_cause(flat: str) -> bool:
    """Tell whether the message is written for the author's own association, firm or family."""
    return bool(_OWN_CAUSE.search(flat))


def partner(flat: str) -> bool | None:
    """Tell whether the message claims a direct partnership with a municipality; False when it denies one."""
    if _NOT_PARTNER.search(flat):
        return False
    return True if _PARTNER.search(_WISH.sub(" ", flat)) else None


def several(flat: str) -> bool:
    """Tell whether several municipalities are meant at once."""
    return bool(_SEVERAL.search(flat))


def collaborates(flat: str) -> bool:
    """Tell whether some work with or for a municipality is mentioned, short of a partnership."""
    return bool(_COLLABORATES.search(flat))


def for_commune(flat: str) -> bool:
    """Tell whether « notre commune », « ma ville » is what the request is made for."""
    return bool(_FOR_COMMUNE.search(flat))


def minor(flat: str) -> bool:
    """Tell whether the person says to be a minor."""
    return bool(_MINOR.search(flat))
