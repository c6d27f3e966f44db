"""Whom the e-mail channel knows by an address: it keeps a digest of the sender and, sealed, where answers go."""

from __future__ import annotations

from sqlalchemy import select

from bot.channels.model import MAIL
from bot.channels.seal import Seal
from bot.errors import StorageError
from bot.mails import is_email
from bot.storage import Database, channel_people


def known_as(database: Database, seal: Seal, address: str) -> frozenset[str]:
    """The digests (`channel_people.person`) of who writes from this address or is answered there; none when it is no address.

    Who is answered elsewhere than where they write from is known by both addresses together (bot.channels.mail_reading).
    """
    wanted = address.strip().lower()
    if not is_email(wanted):
        return frozenset()
    query = select(channel_people.c.person, channel_people.c.address).where(channel_people.c.channel == MAIL)
    with database.read() as connection:
        rows = connection.execute(query).all()
    return frozenset(row.person for row in rows if _is_known(seal, row.person, row.address, wanted))


def _is_known(seal: Seal, person: str, sealed: bytes, wanted: str) -> bool:
    try:
        answered = str(seal.open(sealed).get("email"))
    except StorageError:  # sealed with another key, as the digest was made
        return False
    senders = (wanted, f"{answered} {wanted}")
    return answered == wanted or person in {seal.digest(MAIL, "person", sender) for sender in senders}
