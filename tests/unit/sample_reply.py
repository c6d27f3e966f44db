"""The answerer on the project's data, and what a test looks at in its replies."""

from __future__ import annotations

import re

from sample_assistant import the_answerer, the_base, the_texts

from bot.answers.model import Context, Heard, Message, Said

BASE, ANSWERER, TEXTS = the_base(), the_answerer(), the_texts()
MENU = [BASE.entries[entry].title for entry in TEXTS.items("menu.entrees")]
NOTHING = Context()
INTENT = re.compile(r"info/|voisin/|hors_sujet|bavardage|\b[a-z]+\.[a-z]+")


def reply(said: Heard, context: Context = NOTHING) -> Said:
    return ANSWERER.reply(said, context)


def only(said: Heard, context: Context = NOTHING) -> Message:
    (message,) = reply(said, context).messages
    return message


def facts(message: Message) -> tuple[str, ...]:
    return message.source.facts if message.source else ()


def titles(message: Message) -> list[str]:
    return [button.title for button in message.buttons]
