"""How long a silence may last: by e-mail a request goes on after days, elsewhere it ends after one, for Rasa and for the mask alike.

Rasa's processor is the real one, its store and the actions too; only what a model does is played.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sample_conversation import DOMAIN
from sqlalchemy import select, update
from support.platforms.every import PLATFORMS
from support.platforms.platform import SITE, Platform
from support.served_site import ServedSite

from actions.opening import ActionSessionStart
from actions.request import ValidateFormulaireDemande
from bot.channels import mail
from bot.channels.model import MAIL
from bot.config import load_settings
from bot.privacy import MASKED, keep_promises
from bot.rasa_client import Reply
from bot.silence import SILENCE, silence
from bot.storage import Database, events, forgetting, utc_now
from bot.wiring import Services

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa and what it loads warn a great deal on being imported
    from rasa.core.actions.action import Action as RasaAction
    from rasa.core.channels.channel import OutputChannel, UserMessage
    from rasa.core.policies.policy import PolicyPrediction
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.rasa.action_server import request_of
    from bot.rasa.channel import Turns
    from bot.rasa.processor import CicProcessor
    from bot.rasa.tracker_store import CicTrackerStore

pytestmark = pytest.mark.anyio
HERE = "conversation-1"
FORM = "formulaire_demande"
OPENING = "je suis échevine à Lasne et je veux participer au Programme"
NAME = "Claire Dumont"
ADDRESS = "claire@lasne.example"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Say = Callable[[str], Awaitable[dict[str, Any]]]


class InProcess(RasaAction):  # type: ignore[misc]
    """An action of ours, told what the action server is told."""

    def __init__(self, name: str, ours: Action) -> None:
        self._name, self._ours = name, ours

    def name(self) -> str:
        return self._name

    async def run(self, output_channel: Any, nlg: Any, tracker: DialogueStateTracker, domain: Domain, metadata: Any = None) -> list[Event]:
        told, dispatcher = Tracker.from_dict(request_of(self, tracker, domain)["tracker"]), CollectingDispatcher()
        done: Any = await self._ours.run(dispatcher, told, {})
        said = [BotUttered(message["text"], {"custom": message["custom"]}) for message in dispatcher.messages]
        return [*said, *(Event.from_parameters(event) for event in done)]


class ModellessProcessor(CicProcessor):
    """Every message is for the form, which the first one opens."""

    def __init__(self, store: CicTrackerStore) -> None:
        self.tracker_store, self.domain, self.nlg = store, DOMAIN, None
        self.model_metadata = SimpleNamespace(model_id="a model", assistant_id="cic")

    def _get_action(self, action_name: str) -> InProcess:
        return InProcess(action_name, ActionSessionStart())

    async def parse_message(self, message: UserMessage, tracker: Any = None, only_output_properties: bool = True) -> dict[str, Any]:
        label = "demande" if OPENING in message.text else ""
        parts = [{"text": message.text, "ranking": [(label, 0.6)] if label else []}]
        return {"text": message.text, "intent": {"name": label}, "entities": [], "parts": parts, "persons": []}

    async def _run_prediction_loop(self, output_channel: OutputChannel, tracker: DialogueStateTracker) -> None:
        tracker.update(ActiveLoop(FORM), DOMAIN)
        prediction = PolicyPrediction.for_action_name(DOMAIN, FORM)
        await self._run_action(InProcess(FORM, ValidateFormulaireDemande()), tracker, output_channel, None, prediction)
        tracker.update(ActionExecuted("action_listen"), DOMAIN)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def processor(database: Database) -> Iterator[ModellessProcessor]:
    store = CicTrackerStore(DOMAIN)
    yield ModellessProcessor(store)
    store.database.close()


def saying(processor: CicProcessor, channel: str | None) -> Say:
    """A person who writes on a channel, through our door into Rasa."""
    turns = Turns(processor.handle_message)

    async def say(text: str) -> dict[str, Any]:
        return await turns.answer(HERE, text, f"{time.monotonic()}", channel)

    return say


def let_pass(database: Database, passed: timedelta) -> None:
    """Move all that is known of a time into the past, as if nothing had happened since."""
    with database.begin() as connection:
        for row in connection.execute(select(events)).all():
            told = json.loads(row.data)
            told["timestamp"] -= passed.total_seconds()
            connection.execute(update(events).where(events.c.id == row.id).values(data=json.dumps(told), timestamp=told["timestamp"]))
        for promised in connection.execute(select(forgetting)).all():
            connection.execute(update(forgetting).values(due_at=promised.due_at - passed))


def what_is_kept(database: Database) -> str:
    with database.read() as connection:
        return "\n".join(str(json.loads(row)) for row in connection.execute(select(events.c.data).order_by(events.c.id)).scalars())


# --- Rasa's session ---


@pytest.mark.parametrize("channel", [None, "telegram", "sms", MAIL])
def test_a_session_expires_when_its_channel_has_been_silent_for_long(processor: ModellessProcessor, channel: str | None) -> None:
    for spare, expired in ((timedelta(minutes=1), False), (-timedelta(minutes=1), True)):
        said = UserUttered("oui", timestamp=time.time() - (silence(channel) - spare).total_seconds(), metadata={"channel": channel})
        tracker = DialogueStateTracker.from_events(HERE, [said, BotUttered("Bien.")], DOMAIN.slots)
        assert processor._has_session_expired(tracker) is expired


def test_before_the_first_message_nothing_expires(processor: ModellessProcessor) -> None:
    assert not processor._has_session_expired(DialogueStateTracker.from_events(HERE, [BotUttered("Bonjour.", timestamp=1.0)], DOMAIN.slots))


def test_rasa_itself_waits_as_long_as_we_wait_on_most_channels() -> None:
    assert timedelta(minutes=DOMAIN.session_config.session_expiration_time) == SILENCE


# --- A request that is left open ---


@pytest.mark.parametrize(("channel", "passed"), [(None, DAY - HOUR), (MAIL, 3 * DAY), (MAIL, 5 * DAY - HOUR)])
async def test_a_request_goes_on_while_its_channel_lets_it(
    processor: ModellessProcessor, database: Database, channel: str | None, passed: timedelta
) -> None:
    say = saying(processor, channel)
    assert [(await say(text))["asks"] for text in (OPENING, NAME)] == ["nom", "email"]
    let_pass(database, passed)
    assert keep_promises(database, utc_now()) == []
    assert (await say(ADDRESS))["asks"] == "telephone"
    let_pass(database, passed)  # each message begins the silence anew
    assert keep_promises(database, utc_now()) == []
    assert [(await say(text))["outcome"] for text in ("non", "oui", "oui")] == [None, None, "qualified"]
    assert NAME in what_is_kept(database)


@pytest.mark.parametrize(("channel", "passed"), [(None, DAY + HOUR), ("telegram", DAY + HOUR), (MAIL, 5 * DAY + HOUR)])
async def test_a_request_ends_after_the_silence_of_its_channel_and_is_masked(
    processor: ModellessProcessor, database: Database, served: Services, channel: str | None, passed: timedelta
) -> None:
    say = saying(processor, channel)
    assert [(await say(text))["asks"] for text in (OPENING, NAME)] == ["nom", "email"]
    assert NAME in what_is_kept(database)
    let_pass(database, passed)
    assert len(keep_promises(database, utc_now())) == 1
    assert NAME not in what_is_kept(database)
    assert MASKED in what_is_kept(database)
    said = [message["text"] for message in (await say(ADDRESS))["messages"]]
    assert said[0] == served.texts("demande.reprise")


# --- The whole way of a mail ---


@pytest.fixture
def by_mail(processor: ModellessProcessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """A mailbox, a mail server, and a site that answers by our processor; all on the one database."""
    monkeypatch.setattr(mail, "POLL_SECONDS", 0.02)
    turns = Turns(processor.handle_message)

    async def ask(conversation: str, message: str, message_id: str, channel: str | None = None) -> Reply:
        said = await turns.answer(conversation, message, message_id, channel)
        return Reply(tuple(said["messages"]), said["asks"], said["outcome"], said["failed"], said["erased"])

    with ExitStack() as stack:
        platform = PLATFORMS[MAIL]().start()
        stack.callback(platform.stop)
        settings = load_settings(platform.environ | {"CIC_PUBLIC_URL": SITE}, dotenv=None)
        site = ServedSite(tmp_path, channels=settings.channels, public_url=SITE, smtp_port=settings.smtp_port)
        stack.callback(site.close)
        monkeypatch.setattr(site.rasa, "ask", ask)
        platform.assistant = site.address
        yield platform


def test_what_came_on_friday_is_answered_on_monday_and_a_week_is_too_long(by_mail: Platform, database: Database, served: Services) -> None:
    def write(text: str, number: int) -> str:
        by_mail.write("claire", text)
        return plain(by_mail.wait_seen("claire", number)[number - 1].text)

    assert plain(served.texts("demande.questions.nom")) in write(OPENING, 1)
    assert plain(served.texts("demande.questions.email")) in write(NAME, 2)
    let_pass(database, timedelta(hours=64))
    assert keep_promises(database, utc_now()) == []
    assert plain(served.texts("demande.questions.telephone")) in write(ADDRESS, 3)
    let_pass(database, timedelta(days=7))
    assert len(keep_promises(database, utc_now())) == 1
    assert ADDRESS not in what_is_kept(database)
    assert plain(served.texts("demande.reprise")) in write("non", 4)
    assert by_mail.violations == []


def plain(text: str) -> str:
    """Without what makes lines of it."""
    return " ".join(text.split())
