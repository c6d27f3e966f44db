"""Providers that give an e-mail address to anybody: worth a word to the contact person, never a reason to refuse."""

from __future__ import annotations

FREE = frozenset(
    "gmail googlemail hotmail outlook live msn yahoo ymail icloud me mac aol gmx protonmail proton pm tutanota skynet proximus telenet "
    "voo scarlet belgacom laposte orange wanadoo free sfr mail zoho yandex hushmail menara".split()
)
"""First labels of the domains of providers that give addresses to anybody."""


def is_free(address: str) -> bool:
    """Whether anybody can have an address at this provider."""
    return address.rpartition("@")[2].lower().split(".")[0] in FREE


def said_of(address: str) -> str:
    """In French, whose provider it is, with its domain."""
    domain = address.rpartition("@")[2]
    return f"fournisseur ouvert à tous ({domain})" if is_free(address) else f"domaine propre à une organisation ({domain})"
