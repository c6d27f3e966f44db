"""`cic evaluate`: measures a running assistant as its users meet it, through the chat API, on cases in a folder.

A folder holds JSON lines: questions, followups, out_of_scope, public_off_topic, personas, dialogues with facts.jsonl as their
inventory, or our own questions and off_topic (tests/evaluation/), which name entries of our knowledge.
"""

from bot.evaluation.cases import PARTS
from bot.evaluation.chat import Chat, open_chats
from bot.evaluation.model import Reply, Result
from bot.evaluation.parts import evaluate
from bot.evaluation.reading import read_set

__all__ = ["PARTS", "Chat", "Reply", "Result", "evaluate", "open_chats", "read_set"]
