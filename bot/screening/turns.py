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
    r"(?:charg|mandat|delegu|mission|autoris|confi)\w*",
    r"design\w*(?! (?:comme |une? |la |le )?(?:presidente?|membre|assesseure?|juree?|volontaire|benevole|marraine|parrain|citoyenne?))",
    r"(?:demand|pri)\w* (?:\w+ )?(?:de |d'|que )",
    r"(?:envoie|envoye)\w*(?! (?:une?|le|la|les|des|son|sa|vos)\b)",
    r"donn\w* (?:pour )?(?:mandat|procuration|mission|instruction|ordre|delegation)",
)
_MANDATE = Expression(
    any_of(
        rf"{_THE}{_AUTHORITY}\b(?: (?!et je|mais|qui ne|est |n'|on |il |elle |je |j')[\w'-]+,?){{0,5}}? "
        rf"(?:nous |m'|me |m)(?:a |ont |avait )?(?:bel et bien |bien |effectivement |expressement |officiellement "
        rf"|personnellement )?{_TASK}",
        r"\b(?:il|elle|ils|lui|eux|ce dernier|cette derniere)\b[^.;!?]{0,12}(?:m'(?:a|ont) |me |m')"
        r"(?:bel et bien |bien |expressement |officiellement |personnellement )?(?:charge|mandate|delegue|confie|envoie)\w*",
        r"\b(?:charge|mandate|delegue|designe|missionne|envoye|autorise|detache)e?s?\s+(?:[\w'-]+ ){0,4}?"
        rf"par (?:(?:une |la )?(?:note|decision|lettre|deliberation|courrier|arrete|ordre)(?: de service| de mission| ecrite?)*"
        rf"(?: n\S* ?\S*)? (?:de |du |de la |signee? (?:de |par )?)?)?(?:{_THE})?(?:{_AUTHORITY}|lui|elle)\b",
        r"\ben son nom\b",
        r"\ba sa demande\b",
        r"\b(?:au nom|pour le compte|de la part|sur (?:ordre|instruction|mandat|demande)|"
        r"a la demande(?: expresse)?|a l'invitation) (?:de |d')?"
        rf"{_THE}?(?:monsieur |madame )?(?:le |la )?(?!{_BODY}|elus){_AUTHORITY}\b",
        rf"\bje represente (?:ici )?(?:le |la |l'|notre |mon )(?!{_BODY}){_AUTHORITY}",
        r"^\W*(?:oui\W+)?pour (?:mon|le|notre) college(?: communal| echevinal)?\W*$",
    )
)
_BOSS = Expression(
    r"\b(?:ma|mon|notre|nos) (?:propre )?(?:cheff?e?s?|superieure?s?|responsable|hierarchie|direct(?:eur|rice)|patronn?e?)\b[^.;!?]{0,25}"
    rf"\b(?:m'|nous |me |m')(?:a |ont )?(?:bel et bien |bien )?{_TASK}"
)
_NO_MANDATE = Expression(
    any_of(
        r"\b(?:sans|aucun|pas (?:de|recu de|encore de)) (?:mandat|ordre|instruction)",
        r"\bpersonne (?:ne )?m'a (?:charge|mandate|demande)",
        r"\b(?:m'a|suis|ai|m'ont) (?:pas|jamais|point) (?:ete )?(?:charge|mandate|demande|delegue)",
        r"\bde ma (?:propre |seule )?initiative|\bde mon (?:propre )?chef|\b(?:c'?est |c )?mon idee|initiative personnelle"
        r"|\bde moi[- ]meme\b",
        r"\bni (?:[\w'-]+ ){1,12}(?:ne |n')(?:me |m')?(?:l'|le )?(?:a|ont)\b|\bne (?:me |m')l'(?:a|ont) demande",
        r"\b(?:chefs?|cheffe|bourgmestre|maire|college|hierarchie|directeur|directrice)\b (?:\w+ )?(?:n'est|ne sont|ne sait"
        r"|ne savent|savent|est|sont) "
        r"(?:pas|meme pas) (?:au courant|informe\w*|que)|\ba l'insu d",
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
        r"\b(?:convention|partenariat|mandat|accord|contrat|collaboration)\b[^.;!?]{0,50}\b(?:pris fin|expire\w*|terminee?|echue?"
        r"|resilie\w*"
        r"|pas ete (?:renouvel|reconduit)\w*|s'est (?:termin|achev)\w*)\b|\bplus aucune?\b|\bplus (?:de )?partenaires?\b",
        r"\b(?:etions|etait|etais|avons ete|a ete|ai ete|fut|anciens?) (?:\w+ )?partenaires?\b|\bpas (?:une |la )?partenaire",
        r"\b(?:fournisseurs?|prestataires?) (?:de|d'|pour)\b[^.;]{0,40}\bcommunes\b|\b(?:clientes?|clients)\b",
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
_ENDED = Expression(
    r"\b(?:n'ai|n'exerce|n'occupe|n'avons|ai) plus (?:de |d'|aucune? |mon |le |ce )?(?:mandat|fonction|poste|charge|responsabilite)"
    r"|\bne suis plus (?:rien|en (?:fonction|poste|charge)|elue?|echevine?|bourgmestre|maire|conseiller\w*|president\w*)"
    r"|\b(?:mon|ce) mandat (?:est|s'est) (?:termin\w*|acheve\w*|fini\w*|echu)|\bsans (?:plus )?(?:aucun )?mandat (?:actuel"
    r"|actuellement|aujourd'hui)"
    r"|\b(?:redevenue?|retourne|redeviens) (?:un |une |simple |simples )*(?:citoyen|particulier|habitant)"
)
_STILL = Expression(
    r"\b(?:mais|aujourd'hui|maintenant|desormais|actuellement|depuis|et)\b[^.;!?]{0,30}\b(?:je (?:suis|reste|siege)|(?:comme"
    r"|en tant que|devenue?|elue?))\b"
)
_ASIDE = Expression(
    r"\b(?:en vrai|en realite|soyons honnetes?|pour etre (?:tout a fait )?(?:honnete|franc|franche)|a vrai dire|pour de vrai"
    r"|entre nous)\b"
)
_PRETENCE = Expression(
    r"\b(?:juste|simplement|seulement|uniquement|histoire) (?:pour|de|que) (?:que ca |faire )?pass(?:er|e)\b"
    r"|\bn'est pas vrai\b|\bj'invente\b"
)
_NOBODY = Expression(
    r"\b(?:n'ai|n'avons|ai|n'exerce|n'occupe) (?:pas|aucune?|point) (?:de |d')?(?:fonction|mandat|responsabilite|poste|titre)\b"
    r"(?! (?:de direction|dirigeante?|executive?|d'echevin|de bourgmestre))|\bsans (?:fonction|mandat) (?:officielle?"
    r"|particuliere?|communale?|public)"
)
_MINOR = Expression(r"\bj'?\s?ai (?:(?:seulement|a peine|que) )?(?:[5-9]|1[0-7]) ans\b")


def mandated(flat: str) -> bool | None:
    """Tell whether the message says that an officer, a head or the college had it written; False when it says the opposite."""
    if _NO_MANDATE.search(flat):
        return False
    return True if _MANDATE.search(flat) else None


def sent_by_boss(flat: str) -> bool:
    """Tell whether a superior sent the author; which counts only for somebody who works for a municipality."""
    return bool(_BOSS.search(flat)) and not _NO_MANDATE.search(flat)


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


def nobody(flat: str) -> bool:
    """Tell whether the message says that its author holds no office: « je n'ai aucune fonction dans la commune »."""
    return bool(_NOBODY.search(flat))


def collaborates(flat: str) -> bool:
    """Tell whether some work with or for a municipality is mentioned, short of a partnership."""
    return bool(_COLLABORATES.search(flat))


def for_commune(flat: str) -> bool:
    """Tell whether « notre commune », « ma ville » is what the request is made for."""
    return bool(_FOR_COMMUNE.search(flat))


def minor(flat: str) -> bool:
    """Tell whether the person says to be a minor."""
    return bool(_MINOR.search(flat))


def ended(flat: str) -> bool:
    """Tell whether the message says that a mandate or a function is over, and names no present one after it."""
    over = _ENDED.search(flat)
    return over is not None and _STILL.search(flat[over.end() :]) is None


def confession(flat: str) -> int | None:
    """Return where « en vrai… », « soyons honnêtes… » begins: what stands before it is taken back. None when nothing is."""
    turn = _ASIDE.search(flat)
    return turn.start() if turn else None


def pretends(flat: str) -> bool:
    """Tell whether the message says that its claim is only there to get through."""
    return bool(_PRETENCE.search(flat))
