"""Tells a message in another language from French, by its most frequent words and its script.

Small on purpose: it only chooses the sentence in which the assistant says that it answers in French.
"""

from __future__ import annotations

import re

from bot.text import fold

_WORDS: dict[str, frozenset[str]] = {
    "nl": frozenset(
        (
            "de het een ik wat is waar hoe kan mijn voor van niet gemeente wij jullie heeft hebben wanneer welke welk naar "
            "met zijn bent goedendag dag kost goeiemorgen geen ook bij wie waarom graag dank u je er op "
        ).split()
    ),
    "en": frozenset(
        (
            "the what is are how can you my i want of to where when which who please hello does do for with and have need "
            "about could would am your not hi thanks it this "
        ).split()
    ),
    "de": frozenset(
        (
            "der die das ist wie was wo ich kann sie nicht und ein eine wann welche wir haben bitte guten tag mein fur von mit auf danke "
        ).split()
    ),
    "es": frozenset(
        (
            "el los las que como donde cuando quiero cual cuales hola por para es esta puedo necesito mi una un buenos dias "
            "gracias hay usted en "
        ).split()
    ),
    "it": frozenset(
        ("il gli che come dove quando voglio quale quali ciao buongiorno per sono una posso ho bisogno di mio grazie e della nel ").split()
    ),
    "pt": frozenset(
        ("o os as que como onde quando quero qual quais ola bom dia por para uma posso preciso meu obrigado voce nao em do da ").split()
    ),
    "sw": frozenset(("habari nini wapi lini jambo asante ninataka naomba tafadhali mimi wewe kwa ya wa ni gani iko ").split()),
    "ln": frozenset(("mbote nini wapi ndenge nazali nalingi boni tango ezali nayo yo ngai na ya ndako sango melesi ").split()),
    "wo": frozenset(("nanga def naka fan lan kan nga ngi ma begg dama jerejef mangi fi ci ak yow man salaam maalekum ").split()),
}
_FRENCH = frozenset(
    (
        "le la les un une des du de et est que qui quoi dans pour pas je vous nous quel quelle comment combien ou quand "
        "sur avec ce c'est au aux mon ma mes il elle ne se bonjour merci en on y tu pas plus son sa ses leur "
    ).split()
)

_SHARED = frozenset({"en", "on", "y"})
"""French words that are also frequent elsewhere: they speak for French only."""


def language_of(text: str) -> str | None:
    """The code of a language that is clearly not French, else None. Codes: nl, en, de, es, it, pt, sw, ln, wo, ar, autre."""
    if re.search("[\u0600-\u06ff]", text):
        return "ar"
    if re.search("[\u0400-\u04ff\u3040-\u30ff\u4e00-\u9fff\u0900-\u097f\uac00-\ud7af\u0370-\u03ff\u0590-\u05ff]", text):
        return "autre"
    words = re.findall(r"[a-z']+", fold(text))
    if len(words) < 2:
        return None
    french = sum(word in _FRENCH for word in words)
    counts = {code: sum(word in known and word not in _SHARED for word in words) for code, known in _WORDS.items()}
    code, count = max(counts.items(), key=lambda item: item[1])
    return code if count >= 2 and count > french and count / len(words) >= 0.3 else None
