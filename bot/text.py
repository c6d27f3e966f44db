"""Text as it comes in and as it goes out: cleaning, folding for comparison, French typography.

Pure functions on strings; no I/O, no knowledge of the programme.
"""

from __future__ import annotations

import re
import unicodedata

NNBSP = "\u202f"
"""Narrow no-break space: before ? ! ; and inside numbers, as French typography wants."""
NBSP = "\u00a0"
"""No-break space: before a colon and inside « »."""
WORD_JOINER = "\u2060"
"""Put before a leading slash so that Rasa reads it as text, never as an intent."""

_CONTROL, _INVISIBLE = frozenset({"Cc", "Zl", "Zp"}), frozenset({"Cs", "Cf"})
"""Categories of Unicode: what breaks a line, and what shows nothing, such as marks of direction, joiners and halves of pairs."""
_FORMULA = re.compile(r"^[=+\-@＝＋－＠\s]+")


def clean(text: str, limit: int | None = None) -> str:
    """Return outside text without control or invisible characters, on one line, spaces folded.

    `limit` is in characters; longer text is cut.
    """
    signs = ((c, unicodedata.category(c)) for c in text)
    text = "".join(" " if category in _CONTROL else c for c, category in signs if category not in _INVISIBLE)
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return text if limit is None else text[:limit].rstrip()


def defuse(text: str) -> str:
    """Return `text` without the leading characters that a spreadsheet would take for a formula.

    A leading + of a telephone number is kept: it is followed by a digit.
    """
    if re.match(r"\+\d[\d ./()-]*$", text):
        return text
    return _FORMULA.sub("", text)


def fold(text: str) -> str:
    """Return `text` for comparison: lower case, no accents, straight apostrophes, œ as oe."""
    text = text.lower()
    if text.isascii():
        return text
    text = text.replace("’", "'").replace("‘", "'").replace("œ", "oe").replace("æ", "ae")
    # Signs such as № and ™ come apart into capitals
    return "".join(c for c in unicodedata.normalize("NFKD", text).lower() if not unicodedata.combining(c))


def typeset(text: str) -> str:
    """Return French `text` with its no-break spaces and typographic apostrophes.

    Idempotent. Data files are written with ordinary spaces; this is done once, on loading.
    """
    text = text.replace("'", "’")
    text = re.sub(r"«\s*", "«" + NBSP, text)
    text = re.sub(r"\s*»", NBSP + "»", text)
    text = re.sub(r"(?<=\S)[ \u00a0\u202f]+([?!;])", NNBSP + r"\1", text)
    text = re.sub(r"(?<=\S)[ \u00a0\u202f]+:(?=\s|$)", NBSP + ":", text)
    text = re.sub(r"(?<=\d)[ \u00a0\u202f](?=\d{3}\b)", NNBSP, text)
    return re.sub(r"(?<=\d)[ \u00a0\u202f](?=[€%])", NNBSP, text)
