"""Reads consent and refusal in free words: « j'y consens », « oui, tout est exact », « oui mais », « je retire ma demande ».

A yes is believed only when nothing in the message takes it back, changes something, sets a condition or asks. Pure functions
on a message; what is in doubt is no yes, for a yes sends.
"""

from __future__ import annotations

import re

from bot.text import fold

_LONGEST_YES, _LONGEST_NO = 14, 10
"""Words of a message that may be a yes or a no; a longer one says something else as well."""

_YES_WORD = (
    r"oui|ui|wi|oue|ouais|ouaip|ouep|yes|yep|ja|jawohl|waaw|waw|si|ok|okay|okey|oki|d'?accord|dac|dakor|affirmatif|volontiers"
    r"|entendu|absolument"
    r"|certainement|assurement|evidemment|exact|exactement|correct|parfait|nickel|impeccable|impec|bien sur|tout a fait|bien entendu"
    r"|c'?est oui|c bon|c ok|c ca|ca marche|ca roule|go|banco|avec plaisir|sans probleme|aucun (?:probleme|souci)|conforme"
    r"|parfaitement|entierement|totalement|pas d'objection"
    r"|accorde|(?:consentement|accord|autorisation) (?:est )?(?:accorde|donne|confirme)e?|feu vert"
)
_RIGHT = (
    r"(?:exacte?s?|correcte?s?|justes?|conformes?|bonn?e?s?|vraie?s?|en ordre|parfaite?s?|ok|nickel|bien note|completes?|ca|cela|juste)"
)
_DOES = (
    r"consens|consentons|accepte|acceptons|autorise|autorisons|confirme|confirmons|valide|validons|approuve|approuvons|certifie"
    r"|suis (?:tout a fait |entierement |bien |pleinement )?(?:d'accord|favorable|ok)|sommes (?:tous )?d'accord|est d'accord"
    r"|(?:marque|marquons|donne|donnons|donner) (?:bien )?(?:mon |notre |son |l'|leur |le )?(?:plein )?"
    r"(?:accord|consentement|feu vert|aval|autorisation)"
)
_YES = re.compile(
    rf"^(?:(?:ah|eh|bon|ben|bah|alors|voila|merci|et|mais|alors la|super|genial|tres)\b[\s,.!]*)*(?:{_YES_WORD})\b"
    rf"|\b(?:oui|ok|d'accord|affirmatif|absolument|volontiers)\W*$"
    r"|^(?:oui\W+)?c'?est (?:bien )?(?:mon|ma|le|la|notre) (?:bonne? )?(?:adresse|numero|nom|commune|fonction)\W*$"
    rf"|\b(?:{_DOES})\b|\blu et approuve\b|^accord\b|^bon pour accord\b"
    rf"|\b(?:tout|c'?est|c|ca|cela|rien)\b(?: \w+){{0,3}}? (?:bien )?{_RIGHT}\b"
    r"|\b(?:suis|sommes) (?:tout a fait )?consentante?s?\b|\bavez (?:tout )?(?:mon|notre) (?:plein )?(?:accord|feu vert"
    r"|consentement|aval|autorisation)\b"
    r"|\b(?:envoyez|transmettez)\b(?! (?:pas|rien))"
    r"|\btout y est\b|\b(?:ca|cela) (?:me |nous )?(?:va|convient)\b"
    r"|\brien (?:a|d'autre a) (?:corriger|changer|modifier|redire|ajouter|signaler)\b"
    r"|\b(?:allez|vas|allons)[- ]?y\b|\b(?:vous pouvez|tu peux|veuillez|merci de|pouvez) (?:bien |donc |maintenant |tout |l'|les? |y )*"
    r"(?:envoyer|transmettre|aller|faire|valider)\b|^(?:envoyez|transmettez|envoie|faites)(?:[- ](?:le|la|les|donc|tout))*\b"
)
_NOT = re.compile(
    r"[\d@<>/?{}\[\]]|\b(?:mais|sauf|excepte|hormis|par contre|cependant|toutefois|a condition|avant|apres que"
    r"|plutot|non|pas(?! de (?:souci|probleme|pb|prob|soucis))|jamais|aucunement|ni|faux|fausse|erreur|mauvais\w*"
    r"|changez?|corrig\w*|modifi\w*|rectifi\w*|remplac\w*|ajout\w*|rajout\w*|precis\w*|complet(?:er|ez)"
    r"|effac\w*|supprim\w*|retir\w*|enlev\w*|annul\w*|oubli\w*|arret\w*|renonc\w*|stop|attend\w*|refus\w*|laiss\w*"
    r"|voudr\w*|aimer\w*|souhait\w*|veux|peut-etre|presque|enfin|personne|plus tard|finalement|combien|pourquoi|quand|comment)\b"
    r"|\b(?:mon|ma|mes|le|la|l'|un|une)( ?)(?:e-?mail|mail|adresse|numero|tel|telephone|gsm|prenom|nom|fonction|objet|commune)\b"
    r"|\bsi (?:vous|c'est|cela|ca|on|je|j'|le|la|les|tout|et)\b"
)
"""What takes a yes back, changes something, sets a condition or asks; « rien à corriger » is put out of its way before."""
_NOTHING = re.compile(
    r"^mais (?=oui|ouais|bien|si|certain|absol|evidem|volont)|\b(?:rien|aucune? \w+) (?:a|d'autre a|de plus a) \w+"
    r"|\bpas d'(?:erreurs?|objections?)\b|\bpourquoi pas\b|\bsans (?:erreur"
    r"|faute)s?\b"
    r"|\bje veux bien\b|\bc'est (?:bien )?(?:mon|ma) (?:adresse|numero|nom|fonction|commune)\b|\b(?:avec"
    r"|j'ai) (?:bien )?(?:tout )?complete\b|\bplus tot\b"
)

_REST = re.compile(rf"\b(?:le|du|au) reste\b[^.;!?]{{0,25}}\b(?:{_YES_WORD}|{_RIGHT})\b|\b(?:oui|ok)\W+pour le reste\b")
_NO = (
    r"(?:non|nan|nn|no|nee|nein|nope|niet|negatif|deedeet|pas du tout|surtout pas|jamais|je refuse|nous refusons"
    r"|(?:je )?(?:n'|ne |n')?(?:accepte|acceptons|consens|consentons|autorise|confirme|valide|suis|sommes) pas(?: d'accord)?|pas d'accord"
    r"|(?:ce n'est|c'est|c'etait|c|ca n'est) (?:pas|pas du tout|faux) ?(?:ca|cela|exacte?|correcte?|bonn?e?|juste|bien)?"
    r"|je ne (?:veux|souhaite|prefere) pas|(?:toujours )?pas (?:exacte?|correcte?|bonn?e?|encore|maintenant|tout de suite"
    r"|aujourd'hui)|toujours pas"
    r"|(?:c'est )?(?:faux|incorrecte?|inexacte?))"
)
_NO_ONLY = re.compile(
    rf"(?:(?:ah|ben|euh|mais|finalement|desolee?|alors)[\s,]+)*{_NO}\b(?:[\s,.!;]*(?:{_NO}|merci|desolee?|finalement|svp|vraiment)\b)*"
)
_TAKES_BACK = re.compile(
    r"\b(?:retire|reprends|revoque|annule|refuse|retirons) (?:bien )?(?:mon|ma|notre|mes|le|tout) ?(?:consentement|accord|demande"
    r"|autorisation|d'?)?"
    r"|\bchang\w+ d'avis\b|\bn'accepte (?:pas|plus)\b|\bne (?:consens|veux|souhaite|confirme) (?:pas|plus)\b|\bpas d'accord\b"
    r"|\b(?:on|je) (?:laisse|oublie|arrete|renonce|annule)\b|\b(?:n'|ne l')?envoyez (?:rien|pas)\b|\bne (?:le |la |les "
    r"|rien )?(?:transmett|envoy)\w+"
    r"|\bpas (?:tout de suite|maintenant|pour l'instant|pour le moment|encore|envie|question)\b|\bune autre fois\b|\bplus tard\b"
)


def bare(text: str) -> str:
    """`text` folded, without signs at its ends, letters that are drawn out (« ouiii ») said once."""
    return re.sub(r"(.)\1{2,}", r"\1", fold(text)).strip(" .,!?;:…«»\"'")


def assents(text: str) -> bool:
    """A yes that nothing in the message takes back."""
    said = bare(text)
    if not said or len(said.split()) > _LONGEST_YES or "?" in text:
        return False
    return _YES.search(said) is not None and _NOT.search(_NOTHING.sub(" ", said)) is None


def approves_the_rest(text: str) -> bool:
    """« Le reste est exact »: beside what was told to correct, all is right."""
    return _REST.search(bare(text)) is not None


def denies(text: str) -> bool:
    """A no and nothing that could be a correction."""
    return _NO_ONLY.fullmatch(bare(text)) is not None


def takes_back(text: str) -> bool:
    """A refusal to let the request go, in more words than a no: « j'ai changé d'avis », « je retire mon consentement »."""
    said = bare(text)
    return _TAKES_BACK.search(said) is not None and "?" not in text
