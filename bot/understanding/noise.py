"""Noisy copies of clean examples, made at training time: typing errors and SMS spelling.

Deterministic for a given random generator. The copies teach the classifier that « kel budjet pr bxl » is a
question about the budget; nothing of them is ever shown.
"""

from __future__ import annotations

import random
import re

_SMS: tuple[tuple[str, str], ...] = (
    (r"\bqu'est-ce qu(?:e|')\s*", "keske "),
    (r"\best-ce qu(?:e|')\s*", "esk "),
    (r"\bc'est\b", "c"),
    (r"\bs'est\b", "c"),
    (r"\bj'ai\b", "g"),
    (r"\bquoi\b", "koi"),
    (r"\bqui\b", "ki"),
    (r"\bquels?\b|\bquelles?\b", "kel"),
    (r"\bquand\b", "kan"),
    (r"\bcombien\b", "cb"),
    (r"\bcomment\b", "cmt"),
    (r"\bpourquoi\b", "pk"),
    (r"\bpour\b", "pr"),
    (r"\bdans\b", "ds"),
    (r"\bavec\b", "ac"),
    (r"\bvous\b", "vs"),
    (r"\bnous\b", "ns"),
    (r"\btout\b", "tt"),
    (r"\btous\b", "ts"),
    (r"\bque\b", "ke"),
    (r"\bil y a\b", "ya"),
    (r"\bbeaucoup\b", "bcp"),
    (r"\bsalut\b", "slt"),
    (r"\bbonjour\b", "bjr"),
    (r"\bmaintenant\b", "mnt"),
    (r"\bparce que\b", "pcq"),
    (r"\btoujours\b", "tjs"),
    (r"\bs'il (?:vous|te) pla[iî]t\b", "svp"),
    (r"\bet\b", "é"),
    (r"qu(?=[eiéè])", "k"),
    (r"eaux?\b|aux\b", "o"),
    (r"ph", "f"),
    (r"(?<=\w)er\b|(?<=\w)ez\b", "é"),
)
_NEIGHBOURS = {
    "a": "zq", "b": "vn", "c": "xv", "d": "sf", "e": "zr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl",
    "l": "km", "m": "l", "n": "b", "o": "ip", "p": "o", "q": "sa", "r": "et", "s": "dq", "t": "ry", "u": "yi", "v": "cb",
    "w": "x", "x": "wc", "y": "tu", "z": "ae",
}  # fmt: skip
"""Keys that lie side by side on a Belgian (AZERTY) keyboard."""


def sms(text: str, rng: random.Random) -> str:
    """Return `text` as if typed on a phone: most of the substitutions of French SMS spelling, few signs."""
    text = text.lower().replace("’", "'")
    for pattern, short in _SMS:
        if rng.random() < 0.75:
            text = re.sub(pattern, short, text)
    text = re.sub(r"\s*[?!.,;:«»]+", " ", text) if rng.random() < 0.7 else text
    return " ".join(text.split())


def typo(text: str, rng: random.Random, rate: float = 0.2) -> str:
    """Return `text` with a share `rate` of its words of four letters or more mistyped, at least one where there is one."""
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    rng.shuffle(long)
    for i in long[: max(1, round(rate * len(long)))]:
        words[i] = _mistype(words[i], rng)
    return " ".join(words)


def _mistype(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.choice(("drop", "double", "swap", "neighbour"))
    if kind == "drop":
        return word[:at] + word[at + 1 :]
    if kind == "double":
        return word[:at] + word[at] + word[at:]
    if kind == "swap":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + rng.choice(_NEIGHBOURS.get(word[at].lower(), "e")) + word[at + 1 :]


def noisy(text: str, rng: random.Random) -> str:
    """Return one noisy copy of `text`: half of them mistyped, half in SMS spelling."""
    return typo(text, rng) if rng.random() < 0.5 else sms(text, rng)
