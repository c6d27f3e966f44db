"""The turns of phrase around a function, as tables: what to its left or right makes it the speaker's own, past, denied, a relative's…

Folded text (lower case, no accents). Data for bot.screening.context; no logic.
"""

from __future__ import annotations

from bot.screening.expressions import Expression, any_of

OWN, OTHER, FORMER, FUTURE, NEGATED, RELATIVE, NAME, OURS = "own", "other", "former", "future", "negated", "relative", "name", "ours"
"""Roles: the speaker's own now, somebody else's, the speaker's past, future or denied one, a relative's, a name, « notre commune »."""

DETERMINER = r"(?:le |la |l'|les |un |une |de |des |du |d'|au |aux |ce |cette |cet )"
KIN = any_of(
    "epouse?|epoux|femme|mari|conjointe?|compagn\\w+|veuve?",
    "fils|fille|freres?|soeurs?|neveu|niece|cousine?|oncle|tonton|tante|pere|mere|papa|maman|parents?|gendre|beau-\\w+|belle-\\w+",
    "grand-pere|grand-mere|petit-\\w+|parrain|marraine|amie?|copain|copine|voisine?|homonyme|daronn?e?|reuf|reum|reup|pote",
)
_OFFICE = "(?:mandat|poste|fonctions?|charge|role|metier|profession|titre)"

SELF = Expression(
    any_of(
        r"\bje (?:suis|reste|demeure|sieges?)|\bj'?suis|\bch'?u?is?|\bch'?suis|\bsuis|\bnous sommes|\bon est",
        r"\bj'(?:occupe|exerce|assume)|\bfais(?:ons)? partie (?:du|de la|de l'|des|de|d')",
        r"\bmoi(?:[- ]meme)?|\bici|\bvoici|\bvoila|\bpar ma voix de|\b(?:juste|simplement)(?= une? )|\bsoussignee?|\bsignee?",
        r"\bes qualites?(?: de| d')?|\ben (?:ma |notre )?(?:double )?(?:tant|qualite|capacite|fonction)(?: que| de| d')?",
        r"\bagissant comme|\bau titre d(?:e\b|')|\ba titre d(?:e\b|')|\bcomme",
        r"\bdevenue?|\bnommee?|\b(?:re)?elue?|\bdesignee?|\bpromue?",
        r"\bc ?'? ?(?:est|es)(?: bien)?(?: moi)?|\bc(?= )",
        rf"\bfonction(?: actuelle)?(?: est| de| d'| ?:)|\b{_OFFICE}(?: est| de| d'| ?:)",
    )
)
"""« je suis », « en tant que », « ici », « élue »…: the speaker is about to say what she is."""

BLOCK = Expression(
    r"\b(?:je|j|il|elle|ils|on|nous|vous|qui|que|dont|avec|chez|pour|par|mon|ma|mes|notre|nos|votre|vos|leur|contre|selon|connais"
    r"|vers|sans|"
    r"entre|voudrais|voulons|souhait\w+|cherch\w+|aimer\w+)\b"
)
"""Words after « je suis » that begin something else."""

PLAIN = frozenset(
    "l le la les un une d ai son sa actuel actuelle actuellement aujourd hui aussi bien donc egalement encore maintenant "
    "toujours juste simple "
    "simplement seulement nouveau nouvelle nouvel jeune vice premier premiere deuxieme 1er 1ere 1re 2e 2eme second seconde tout toute "
    "depuis "
    "an ans mois annee annees peu longtemps m mr mme madame monsieur fraichement que qu bonjour ne n par ailleurs y c est modeste humble "
    "fiere fier heureuse heureux".split()
)
"""Words that may stand between « je suis » and the function."""

GREETING = Expression(
    r"^(?:\W|\d|bonjour|bonsoir|salut|slt|bjr|bjour|hello|hey|coucou|madame|monsieur|mesdames|messieurs|mme|mr|m|chers?|cheres?"
    r"|cordialement|"
    r"oui|non|ok|bref|alors|euh|ben|bah|attention|et|mais|enfin|enchantee?|merci|re|svp|voila|pardon|erreur|plutot|en fait"
    r"|responsable\b,|"
    r"premiere?|deuxieme|second|seconde|troisieme|1er|1ere|1re|2e|2eme|3e|3eme|vice|actuelle?|jeune|nouvelle?|nouveau|simple|petite?|"
    r"grande?|bien|tout|toute|surtout|juste|simplement|une?|(?:moi|ici)\b)*$"
)
"""All that may stand before a function at the head of a message."""

NEGATION = (
    r"\b(?:n'|ne )?(?:suis|sommes|est|etant|etre|serai|travaill\w+) "
    r"(?:pas|point|nullement|jamais|ni|guere|aucunement)\b(?! (?:que|seulement|uniquement))"
)

LEFT = (
    (NAME, Expression(r"\b(?:m'appelle|me nomme|mon nom est)(?: (?!m\b)[\w'-]+){1,2}[ -]$")),
    (
        NAME,
        Expression(
            r"\b(?:rue|avenue|place|square|cafe|bar|taverne|restaurant|quai|impasse|chaussee|boulevard)\W+"
            r"(?:du |de la |de l'|le |la |l')?$"
        ),
    ),
    (
        RELATIVE,
        Expression(
            rf"\b{KIN}\W+(?:[\w-]+\W+)?(?:du |de la |de l'|de |d'|a |avec )"
            r"(?:une? |mon |ma |notre |nos |le |la |l'|votre |monsieur |madame )*$"
        ),
    ),
    (
        RELATIVE,
        Expression(
            rf"\b(?:mon|ma|mes|nos|notre|son|sa|une?)\W+(?:[\w-]+\W+)?{KIN}\b"
            r"(?:(?! et je\b| mais je\b| moi\b| je suis\b)[^.;]){0,40}?(?:est|c'est|c|etait|fut|sont|,)\W+(?:[\w-]+\W+){0,2}$"
        ),
    ),
    (
        FORMER,
        Expression(
            r"\b(?:quitte|perdu|abandonne|termine|acheve|demissionne)\w*\W+(?:de\W+)?(?:mon|le|ce|ma|mes|un)\W+"
            rf"{_OFFICE}\W+(?:d'|de |comme )?\w*\W*$"
        ),
    ),
    (
        FORMER,
        Expression(rf"\b(?:retraitee?|pensionnee?)\b(?:(?! et\b| mais\b)[^.;!?,]){{0,40}}\b{_OFFICE}\b[^.;,]{{0,10}}$"),
    ),
    (
        FORMER,
        Expression(
            r"\b(?:anciens?|anciennes?|ex|jadis|autrefois|longtemps|anciennement|precedemment"
            r"|auparavant)\W{1,2}(?:[\w-]+\W+)?$"
        ),
    ),
    (
        FORMER,
        Expression(
            r"\b(?:j'?etais|j etais|ai ete(?! (?:re)?(?:elu|nomme|designe|charge|mandate|choisi|promu))|je fus|ayant ete|"
            r"(?:suis|est|etant) plus|plus (?:aucun|de) mandat)\b(?:\W+(?!(?:je|suis|mais|maintenant|aujourd)\b)[\w-]+){0,4}\W*$"
        ),
    ),
    (
        FORMER,
        Expression(
            r"[,;(]\s*(?:et |mais |donc )?(?:(?:je (?:ne )?(?:le |la )?suis|desormais) )?plus\s+(?:du tout )?(?:une? |le |la |l')?$"
        ),
    ),
    (
        FORMER,
        Expression(
            r"\b(?:experience|annees|ans|dont (?:\d+|deux|trois|quatre|cinq|six|dix|plusieurs))\b[^.;!?]{0,25}\b(?:comme"
            r"|en tant que|en qualite de)\W+(?:une? |le |la |l')?$"
        ),
    ),
    (
        FUTURE,
        Expression(
            r"\b(?:futur\w*|candidate?s?|serai|serais|devenir|deviendr\w+|aspirante?|failli|bientot|pressentie?|"
            r"(?:voudrais|aimerais|espere|reve d'?) ?etre|me presente\w*|brigue)\b(?:\W+(?!(?:je|suis|mais|maintenant"
            r"|aujourd)\b)[\w-]+){0,3}\W*$"
        ),
    ),
    (
        NEGATED,
        Expression(
            rf"(?:{NEGATION}|\bn'a[iy] pas|\bpas|\bni|\bsans etre|\bmeme pas|\baucun)"
            r"(?: (?:une?|le|la|l'|encore|du tout|de|d'|meme|vraiment|non plus))*\W*$"
        ),
    ),
    (NEGATED, Expression(rf"{NEGATION}[^,;.:]{{0,30}}(?: ni| ou)\W+(?:une? )?$")),
)
"""What the words to the left make of a function; the first that fits wins."""

RIGHT = (
    (NEGATED, Expression(r"^\W*\?")),
    (
        FORMER,
        Expression(
            r"^\W*(?:(?:communale?|municipale?)\W+)?(?:honoraires?|sortante?\W+non|a la (?:retraite|pension)|"
            r"en (?:pre)?(?:retraite|pension)|"
            r"pre-?pensionnee?|pensionnee?|retraitee?|demissionnaire|dechue?|non reelue?|battue?)\b"
        ),
    ),
    (
        FORMER,
        Expression(
            r"^[^.;!?]{0,45}\b(?:jusqu'?\s?en (?:19|20)\d\d|jusqu'a (?:ma|la|mon|l'an|fin)\b|a la retraite depuis|"
            r"de (?:19|20)\d\d a (?:19|20)\d\d)"
        ),
    ),
    (
        FORMER,
        Expression(
            r"^[^.;!?,]{0,30}\b(?:dans une autre vie|jadis|naguere|autrefois|il y a (?:longtemps|\d+ ans|des annees)|(?:dans"
            r"|par) le passe|"
            r"(?:pendant|durant) (?:\d+|(?:[a-z]+[- ]){1,3}?(?=ans|annees|mandats|legislatures)) ?(?:ans|annees|mandats|legislatures))\b"
        ),
    ),
    (FUTURE, Expression(r"^\W*(?:si (?:je suis|tout)|en devenir|potentielle?|(?:des|a partir d[eu']) \w+ prochain)")),
    (NAME, Expression(r"^-[a-z]")),
    (NAME, Expression(r"^ (?:a l'appareil|au bout du fil|au telephone)\b")),
)
"""What the words to the right make of a function that would otherwise be the speaker's own."""

OUR = Expression(
    any_of(
        r"\bnous sommes|\bon est|\bsuis(?: au| aux| dans| a)?|\brepresent\w+|\bici|\bau nom d(?:e|')|\bpour le compte d(?:e|')"
        r"|\bmembre d(?:e|'|u)",
        r"\bfais(?:ons)? partie (?:du|de|d')|\bc'est pour|\ben tant que?|\bde l'equipe|\ba la tete",
        r"\b(?:travaille|bosse|taffe|oeuvre|milite|m'occupe|engagee?|employee?|active?|benevole)(?: \w+)? (?:pour|dans|a|au|chez|en)",
        r"\b(?:ecris|ecrivons|parle|parlons|m'adresse|viens|agis|agissons) (?:a vous |ici |aujourd'hui )?(?:pour|au nom d(?:e|')"
        r"|de la part d(?:e|'))",
        r"\bj(?:travaille|bosse) (?:a|pour|dans|au)|\bj'ai (?:fonde|cree|monte)",
        r"\b(?:dirige|preside|gere|tiens|coordonne|anime|pilote)",
    )
    + rf"\s*(?:{DETERMINER}|mon |ma |notre |nos |simple |petite? |jeune |comme |(?:equipe|groupe|bande) de |membres? de |"
    r"(?:guichet|service|accueil|secretariat|bureau|cellule|departement|comptabilite|bibliotheque|urbanisme|voirie"
    r"|travaux)(?: [\w'-]+){0,2} )*$"
)
"""« nous sommes », « je représente », « je travaille pour »: an organisation follows, the speaker's own."""

VOCATIVE = Expression(r"\b(?:chers?|cheres?|tres honores?|honorables?)\W+(?:[\w-]+\W+(?:et\W+)?)?$")
"""« Chers partenaires », « cher bourgmestre »: who is written to, not who writes."""
ADDRESSED = Expression(r"\b(?:monsieur|madame|mme|m\.?|messieurs|mesdames) (?:le |la |les |l')$")
ADDRESSED_END = Expression(r"\s*(?:[,!:;]|$|du programme|de la cooperation|de la cic|des relations)")
"""« Monsieur le Responsable, »: the salutation of a letter."""
PRETENDED = Expression(
    r"\b(?:considere[rz]?|imagine[rz]?|supposons|suppose[rz]?|admettons|fai(?:s|tes) comme si|disons"
    r"|mettons)(?: donc)? (?:que )?(?:je|j')"
    r"\W*(?:suis|sois|etais)?\W*(?:une? |le |la |l')?$"
)
"""« considère que je suis échevin »: a wish, not a statement."""
POSSESSIVE = Expression(r"\b(?:notre|nos|mon|ma|mes)\W+(?:(?:petite?|jeune|propre|future)\W+)?$")
START = Expression(r"^\W*(?:(?:bonjour|bonsoir|salut|slt|bjr|hello|madame|monsieur|moi|ici|et|une?|les?|l'|la|nous)\b\W*)*$")
REPORTED = Expression(r"^\W*(?:[\w'-]+\W+){0,6}?qui (?!vous\b|ecris|suis\b)")
"""« c'est le bourgmestre qui m'a dit »: not the speaker."""
IT_IS_ME = Expression(r"^[^.;!?]{0,60}\b(?:c ?'?(?:est )?(?:bien )?moi|que je suis|vous ecrit)\b")
VERBS = frozenset({"suis", "preside", "siege", "dirige", "gere", "tete", "assure", "assume"})
"""First words of variants that say what the speaker does."""
VERB = Expression(r"\b(?:est|a|ont|m'a|nous|vous|veut|souhaite\w*|voudrait|doit|peut|dit|va|sera|demande|cherche|me|ne|fait|vient)\b")
NOT_A_NAME = Expression(
    r"\b(?:je|j|il|elle|on|nous|vous|le|la|les|l|un|une|du|de|des|d|au|aux|a|mon|ma|mes|notre|nos|votre|pas|avec|pour|par|et|ou"
    r"|que|qui|est|"
    r"en|ce|son|sa|leur|cher|chere|rue|cafe|travaux|merci|sans|si|parler|voir|contacter|comment|quel\w*)\b"
)
BEFORE_FUNCTION = frozenset(
    "bonjour bonsoir salut hello premier premiere deuxieme second seconde ancien ancienne vice ex la le nouvelle nouveau".split()
)
"""Capitalised words before a capitalised function that do not make it a family name."""
CIVILITY = Expression(r"\b(?:m|mr|mme|mlle|monsieur|madame|mademoiselle)\.?\s+$")
FAMILY_NAME = Expression(
    r"\bmon nom de famille\b|\bc'?est (?:bien |juste |aussi )?mon (?:vrai )?nom\b"
    r"|\bc'est un nom de famille\b|\bpas ma fonction\b"
)
"""« Bourgmestre, c'est mon nom »: capitalised functions of such a message are names."""
INTRODUCED = Expression(r"(?:^|\b(?:suis|appelle|nomme|nom|signe|moi,?|est)\W+)\W*[\w-]+\W+$")
CLOSED = Expression(r"\s*(?:[,;.!?(]|$|et\b|de \w+,)")
BREAK = Expression(r"[.!?;](?=\s|$)|[.!?;](?=[^\w.])")
ABBREVIATION = Expression(r"(?:\b(?:m|mr|mme|mlle|dr|st|ste|etc|art|adj|[a-z]))$")
