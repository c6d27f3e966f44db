"""What the channels have in common: what a platform hands over, what a person said, what is answered, and what a connector does.

Pure: frozen values, and the protocol that every connector keeps to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol, runtime_checkable

from bot.errors import AssistantError, PermanentDeliveryError, TemporaryDeliveryError

TELEGRAM, MESSENGER, WHATSAPP, WHATSAPP_TWILIO, SLACK, TEAMS, SMS, MAIL = (
    "telegram",
    "messenger",
    "whatsapp",
    "whatsapp-twilio",
    "slack",
    "teams",
    "sms",
    "courriel",
)
"""Names of the channels: in addresses (`/webhooks/<name>`), tables, metrics and commands."""
WINDOW = timedelta(hours=24)
"""How long after a person's last message WhatsApp and Messenger let us write to her."""
PATIENCE = timedelta(hours=24)
"""How long an answer is tried to be sent: later, nobody waits for it any more."""
DELIVERY_BYTES = 3 * 1024 * 1024
"""What Meta may deliver at once; the other platforms deliver less."""

Body = dict[str, Any]
"""One message as its platform takes it, without whom it goes to."""


class Kind(str, Enum):
    """What a message of a person is to us."""

    TEXT = "texte"
    MEDIA = "media"
    """A picture, a voice, a sticker, a place: something without text. Answered by a sentence."""
    START = "debut"
    """The platform's own way to begin (`/start`, "Get started"): answered by who we are."""
    LONG = "long"
    """More text than we read. Answered by a sentence; the text is not kept."""
    MANY = "trop"
    """One message too many within a minute. The first is answered by a sentence, the others by nothing."""
    DAY = "jour"
    """The same within a day, where each answer costs money."""


@dataclass(frozen=True)
class Delivery:
    """A request of a platform: `headers` by names in small letters, `query` as it came, `url` with the path and the query."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Incoming:
    """What a person wrote, as a connector reads it.

    `platform_id`: the platform's id of the message, the same when it comes again. `sender`: who it is, and in a group also which group:
    what one conversation is held with. `address`: what is needed to reply to that sender at any time. `context`: what a reply to this
    message needs beside (a thread, a subject). `in_group`: others read along.
    """

    platform_id: str
    sender: str
    address: Mapping[str, Any]
    kind: Kind = Kind.TEXT
    text: str = ""
    sent_at: datetime | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    in_group: bool = False


@dataclass(frozen=True)
class Failure:
    """What a platform says later of a message that it had taken: it did not arrive, and why. `reason`: a code or a word, no content."""

    platform_id: str
    reason: str


@dataclass(frozen=True)
class Receipt:
    """What a connector read out of a delivery, and what the platform is answered once that is stored."""

    messages: Sequence[Incoming] = ()
    failures: Sequence[Failure] = ()
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


class ForgedError(AssistantError):
    """A delivery is not the platform's, or is too old: it is refused, and nothing is stored."""


class UnreadableError(AssistantError):
    """A delivery is the platform's but is nothing that we can read; `status` is answered."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


class BusyError(TemporaryDeliveryError):
    """The platform asks for patience: `seconds` long, for the whole channel when `everybody`."""

    def __init__(self, sentence: str, seconds: float = 0.0, everybody: bool = False) -> None:
        super().__init__(sentence)
        self.seconds = seconds
        self.everybody = everybody


class AccessError(TemporaryDeliveryError):
    """The platform does not accept our credentials: for the operator to put right, so no reason to give up a message."""


class UnreachableError(PermanentDeliveryError):
    """The person cannot be written to any more: she blocked us, left, or her window is closed. None of the answer can be sent."""


@dataclass(frozen=True)
class Choice:
    """An answer that is proposed: `value` is what is said when it is chosen, as if typed."""

    title: str
    value: str


class Style(str, Enum):
    """How choices are shown."""

    NONE = "rien"
    BUTTONS = "boutons"
    LIST = "liste"
    NUMBERS = "numeros"


@dataclass(frozen=True)
class Bubble:
    """One message to a person, ready but for its platform's own form: plain text with line breaks, then its source, then choices.

    With NUMBERS the choices stand in `text` already, numbered from `first` on.
    """

    text: str
    source: str | None = None
    source_url: str | None = None
    choices: tuple[Choice, ...] = ()
    style: Style = Style.NONE
    first: int = 1


@dataclass(frozen=True)
class Abilities:
    """What a platform can show. Lengths are in characters, of one message with its source.

    `buttons` at most, each with a title of at most `button_title`, else as many as `rows` in a list, with titles of `row_title`, cut if
    they are longer (the whole title then stands in `row_detail`); else numbers to type. Buttons and rows carry a `value` of at most so
    many characters. `joined`: an answer is one message.
    """

    text: int
    buttons: int = 0
    button_title: int = 0
    rows: int = 0
    row_title: int = 0
    row_detail: int = 0
    value: int = 2000
    joined: bool = False


@dataclass(frozen=True)
class Health:
    """What a platform says of our credentials: `valid`, or not, or None when it could not be asked; `detail` is a French sentence."""

    valid: bool | None
    detail: str


class Connector(Protocol):
    """One channel. Used on one event loop; `close` at its end."""

    name: str
    """Of the channel, as in its address."""
    label: str
    """Of the channel, as reviewers see it (bot.review.model.CHANNELS)."""
    abilities: Abilities
    patience: timedelta
    """How long an answer is tried to be sent, counted from the person's last message."""
    repeats: bool
    """Whether a message that may have arrived can be sent again, because who gets it twice sees it once."""
    delivery_bytes: int
    """The longest body that its platform delivers; a longer one is not read."""

    async def admit(self, delivery: Delivery) -> None:
        """Look at a delivery whose body has not been read, `body` being empty: whoever cannot prove anything is not listened to.

        Raises ForgedError or UnreadableError as `receive` would.
        """

    async def receive(self, delivery: Delivery) -> Receipt:
        """Verify a delivery, with all that `admit` looks at, and read it.

        Raises ForgedError or UnreadableError; then nothing is stored.
        """

    def dress(self, bubble: Bubble) -> Body:
        """Return a message in the platform's own form, its text escaped as the platform wants it."""

    async def send(self, address: Mapping[str, Any], context: Mapping[str, Any], body: Body, key: str) -> str | None:
        """Hand one message over; return the platform's id of it. `key` is the same at every attempt for the same message.

        Raises a DeliveryError: BusyError, AccessError, UncertainDeliveryError, UnreachableError, or another Temporary- or
        PermanentDeliveryError. Their messages are for staff: codes and our own words, never a name, an address or content.
        """

    async def check(self) -> Health:
        """Ask the platform whether our credentials are good. Raises nothing."""

    async def close(self) -> None:
        """Give back the connections."""


class Accept(Protocol):
    """Stores what was fetched."""

    async def __call__(self, messages: Sequence[Incoming], failures: Sequence[Failure] = ()) -> None:
        """Store messages, and what is told of replies that did not arrive. Raises StorageError; then all is to be fetched again."""


@runtime_checkable
class Fetcher(Protocol):
    """A connector to which nobody delivers: it fetches what people write."""

    async def fetch(self, accept: Accept, stop: asyncio.Event) -> None:
        """Fetch until `stop` is set. What was accepted is not fetched again, and if it is, it is known by its id."""
