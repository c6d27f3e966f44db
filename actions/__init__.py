"""Rasa's side of the assistant: reads the tracker, calls bot/, utters. No rule, no fact, no sentence of its own."""

from __future__ import annotations

from bot.config import load_settings
from bot.logs import set_up_logs

set_up_logs(load_settings().log_format, "actions")  # here: the SDK has set up its own logging before it loads us
