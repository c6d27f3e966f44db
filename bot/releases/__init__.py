"""Releases: everything that the content of a conversation depends on, under one id, published and taken up without a restart.

Everything that other modules use is named here.
"""

from __future__ import annotations

from bot.releases.follower import POLL_SECONDS, Follower
from bot.releases.model import Release, Running, code_of, release_of, sha256
from bot.releases.publishing import KEPT, Releases

__all__ = ["KEPT", "POLL_SECONDS", "Follower", "Release", "Releases", "Running", "code_of", "release_of", "sha256"]
