"""Rasa's handling of a message, made a transaction: a turn is stored whole, with all that was said in it, or leaves nothing.

So a message whose turn failed, whatever the cause, may simply be sent again. One whose turn was stored gets the stored answer, also
from another Rasa process. Rasa itself goes on when an action fails, and stores a turn in which nothing was said.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import ActionExecutionRejected, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.rasa.action_server import action_server
from bot.rasa.tracker_store import CicTrackerStore
from bot.rasa_client import HANDLING_SECONDS
from bot.silence import silence


class NothingSaidError(Exception):
    """A turn came to nothing: it is not stored, and the person is told."""


class CicProcessor(MessageProcessor):  # type: ignore[misc]
    """Handles messages. No slot of this assistant is filled from entities, so Rasa's extraction of slots is left out."""

    action_endpoint: Any
    release: str | None = None
    """The release that the model is of: the actions answer from the content of the same one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.action_endpoint is not None:
            self.action_endpoint = action_server(self.action_endpoint.url)

    async def handle_message(self, message: UserMessage) -> None:
        """Handle a message, whose conversation is locked. Whatever is raised, nothing of the turn was stored."""
        await asyncio.wait_for(self._handle(message), HANDLING_SECONDS)

    async def _handle(self, message: UserMessage) -> None:
        tracker = await self.get_tracker(message.sender_id)
        if await self._answered_again(message, tracker):
            return
        named = {"release": self.release} if self.release else {}
        message.metadata = {**(message.metadata or {}), **named}
        await self._update_tracker_session(tracker, message.output_channel, named)
        await self._handle_message_with_tracker(message, tracker)
        await self._run_prediction_loop(message.output_channel, tracker)
        if not getattr(message.output_channel, "messages", True):
            raise NothingSaidError("no action said anything")
        await self.save_tracker(tracker)

    def _has_session_expired(self, tracker: DialogueStateTracker) -> bool:
        """Rasa's rule, and by the channel of the latest message a longer silence."""
        if not super()._has_session_expired(tracker):
            return False
        latest = tracker.get_last_event_for(UserUttered)
        return bool(time.time() - latest.timestamp > silence(latest.metadata.get("channel")).total_seconds())

    async def _answered_again(self, message: UserMessage, tracker: DialogueStateTracker) -> bool:
        """Say again what was said to a message that was handled before."""
        if not isinstance(self.tracker_store, CicTrackerStore):  # a store of Rasa's own, in a comparison
            return False
        said = await self.tracker_store.answer_to(tracker, message.message_id)
        for answer in said or ():
            await message.output_channel.send_response(message.sender_id, answer)
        return said is not None

    async def _run_action(
        self, action: Action, tracker: DialogueStateTracker, output_channel: OutputChannel, nlg: Any, prediction: PolicyPrediction
    ) -> bool:
        """Run an action and put what it did into the tracker; what it raises ends the turn."""
        seen = tracker
        if prediction.events:
            seen = tracker.copy()
            seen.update_with_events(prediction.events, self.domain)
        try:
            events = await action.run(output_channel, nlg, seen, self.domain)
        except ActionExecutionRejection:
            tracker.update(ActionExecutionRejected(action.name(), prediction.policy_name, prediction.max_confidence))
            return bool(self.should_predict_another_action(action.name()))
        tracker.update_with_events(prediction.events, self.domain)
        tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)
        await self._send_bot_messages(events, tracker, output_channel)
        return bool(self.should_predict_another_action(action.name()))
