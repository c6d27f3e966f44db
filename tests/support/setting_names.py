"""The names of all settings: what the code asks the environment for."""

from __future__ import annotations

import inspect
import re

from bot import channel_settings
from bot.config import load_settings

_ASKED = re.compile(r'get\(\s*"(CIC_\w+)"')
OF_CHANNELS = frozenset(_ASKED.findall(inspect.getsource(channel_settings)))
"""Those of the messaging channels and of mail servers that take no password: only the web process needs them."""
ENVIRONMENT = frozenset({"HTTPS_PROXY", "NO_PROXY"})
"""No settings of ours: what libraries read. The identity service is reached by them, and by the web process alone."""
NAMES = frozenset(_ASKED.findall(inspect.getsource(load_settings))) | OF_CHANNELS
