"""Opens one channel: a site on which it is on, with Rasa played, and its platform."""

from __future__ import annotations

from collections.abc import Callable

from support.platforms.platform import Platform
from support.served_site import ServedSite

OpenChannel = Callable[[str], tuple[Platform, ServedSite]]
"""What the fixture `open_channel` gives (tests/channels/conftest.py): takes the name of a channel."""
