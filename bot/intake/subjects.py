"""What a request is about, in a person's own words: without greeting and introduction, with what is added later. Pure."""

from __future__ import annotations

import re

from bot.text import fold

_GREETING = r"(?:(?:bonjour|bonsoir|bjr|salut|hello|coucou|madame|monsieur|mesdames|messieurs|cher\w*|a tous|et|,|\.|!|;|-|–)[\s,.!;–-]*)*"
_INTRODUCES = re.compile(
    rf"{_GREETING}(?:(?:alors|voila|donc)\W+)?(?:(?:je suis|j'suis|chuis|je m'appelle|je me nomme|mon nom est|moi,? c'est|moi,? je suis"
    r"|ici|en tant que|en (?:ma )?qualite|nous sommes|c'est)\b|(?:premi\w+ )?(?:echevin|bourgmestre|conseill|secretaire|direct|maire\b"
    r"|adjoint|president|coordinat|responsable|charge|chef\b)\w*)"
)
_ONLY_GREETS = re.compile(rf"{_GREETING}\W*")
_WISHES = re.compile(
    r"\b(?:(?:je |j'|nous |on |nous vous |je vous )(?:voudr|souhait|aimer|veux\b|veut\b|voul|desir|cherch|propos|demand|envisag|sollicit"
    r"|contact|ecri[st]\b|ecriv|viens vers|me permets|prends contact|compte|comptons|projet)\w*"
    r"|pouvez[- ]vous|pourriez[- ]vous|est[- ]il possible|serait[- ]il possible|comment\b|au sujet|a propos|concernant"
    r"|(?:c'est|ce serait) (?:pour|au sujet|concernant))"
)
"""Where somebody begins to say what they want."""
_MATTER = re.compile(r"\b(?:partenariat|jumel|projet|convention|programme|mission|formation|expert|finance)\w*")
"""What is said of the matter before the wish, so that nothing is cut off."""
_LONGEST_INTRODUCTION = 25
"""Words."""
_ADDS = re.compile(
    r"^(?:(?:oui|ok|non|et|mais|bonjour|svp|pardon|alors|aussi|c'est bon|parfait)[\s,.!:]+)*"
    r"(?:(?:vous pouvez|pouvez[- ]vous|veuillez|il faut|il faudrait|faut|merci de?|je (?:veux|voudrais|souhaite|tiens a))\s+"
    r"(?:aussi\s+|encore\s+)?)?(?:(?:r?ajout|precis|mention|compl[ée]t|not|indiqu|signal)(?:e|ez|er|es)|dites|dire|mettez|mettre|ecrivez)\b"
    r"(?:[- ](?:y|le|aussi|svp|encore|bien|egalement|dans l'objet|a l'objet|a la demande|s'il vous plait))*"
    r"\s*(?:que\s+|qu'\s*|:\s*|(?=c'est\b|pour\b|(?:en|d'ici|avant|a partir de) 20\d\d))"
)
"""« Ajoutez que … »."""
_WANTS = re.compile(
    r"^(?:(?:non|oui|en fait|et|mais|alors|plutot|bonjour)[\s,.!:]+)*(?:on|nous|je|j'|la commune|notre commune)\s*"
    r"(?:veu|voul|voudr|souhait|aimer|desir|cherch)\w*"
    r"(?! (?:pas|plus|rien)\b)(?!.{0,25}\b(?:chang|corrig|modifi|rectif|remplac|annul|arret|effac|supprim|retir)\w*)"
)
"""« On veut rejoindre … »; a wish to change something is another."""

_BEGINS_MATTER = re.compile(
    r"^(?:(?:non|en fait|mais|alors|plutot|pardon)[\s,.!:]+)*"
    r"(?P<matter>(?:(?:une?|des|notre) )?(?:premiere? |nouve\w+ |futur\w* |eventuel\w* |simple )?"
    r"(?:(?:partenariat|jumelage|projet|convention|mission|formation|echange|rencontre|rendez-vous|reunion|visite|appui|collaboration"
    r"|cooperation|soutien|accompagnement)s?(?: d'\w+| \w+){0,2}?"
    r" (?:avec|sur|pour|concernant|autour|entre|au sujet|a propos|a|au|aux|en|dans|chez|de|d'|du|des)"
    r"|(?:parler|discuter|echanger) (?:de|d'|du|des|sur|avec)|(?:rencontrer|proposer|organiser|monter) (?:une?|des|les?|la|l'|notre))"
    r"\W*(?:(?:d'|de|du|des|l'|la|le|les|une?) ?)*\w{2,}.*)$"
)
"""« Plutôt un partenariat avec … », « parler de … »: what a request is about, said without any wish and with what or whom."""
_SAYS_MORE = re.compile(
    r"[?:]|\b(?:oui|ok|d'accord|merci|exact\w*|correct\w*|parfait\w*|confirm\w*|c'est|n'est|ne|n'|pas|aussi|egalement|me|m'|se|s'"
    r"|est|sont|sera|seront|ont|doit|doivent|peut|peuvent|faut|faudra\w*|convien\w*|va|vont|impossible)\b"
)
"""Words of an assent, a refusal, a condition or an addition, or a verb: then it is no subject, or not only one."""


def without_introduction(text: str) -> str:
    """A subject without the greeting and the introduction before it, when a wish remains: « je voudrais participer »."""
    folded = _aligned(text)
    wish = _WISHES.search(folded)
    if wish is None:
        return text
    before = folded[: wish.start()]
    introduces = _INTRODUCES.match(before) and not _MATTER.search(before) and len(before.split()) <= _LONGEST_INTRODUCTION
    if not before or not (introduces or _ONLY_GREETS.fullmatch(before)):
        return text
    kept = text[wish.start() :]
    return kept[:1].upper() + kept[1:]


def added(text: str) -> str | None:
    """What a message adds to the subject: « c'est pour 2027 » of « ajoutez que c'est pour 2027 »."""
    found = _ADDS.match(_aligned(text))
    return text[found.end() :].strip(" .,:;!") or None if found else None


def wants(text: str) -> bool:
    """Whether a message says what somebody wants."""
    return _WANTS.match(_aligned(text)) is not None


def matter(text: str) -> str | None:
    """What a message says that a request is about when it says nothing else: « un échange avec … » of « non, un échange avec … »."""
    aligned = _aligned(text)
    found = _BEGINS_MATTER.match(aligned)
    return text[found.start("matter") :].strip() if found and not _SAYS_MORE.search(aligned, found.start("matter")) else None


def joined(subject: str, addition: str) -> str:
    """A subject with what is added to it."""
    return f"{subject.rstrip(' .;,')}. {addition[:1].upper()}{addition[1:]}."


def _aligned(text: str) -> str:
    """`text` folded sign by sign, so that places in it are places in `text`."""
    return "".join((fold(character) or " ")[0] for character in text).replace("’", "'")
