"""Every platform that is played."""

from __future__ import annotations

from support.platforms.platform import Make
from support.platforms.telegram import PlayedTelegram

PLATFORMS: dict[str, Make] = {
    "telegram": PlayedTelegram,
}
