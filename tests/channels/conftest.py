"""A site with Rasa played on which one channel is on, and its platform."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.platforms.every import PLATFORMS
from support.platforms.opening import OpenChannel
from support.platforms.platform import SITE, Platform
from support.served_site import ServedSite

from bot.channels import courier, mail
from bot.config import load_settings


@pytest.fixture
def open_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenChannel]:
    """Open one channel. What is tried again is tried sooner than for people, so that tests wait less."""
    monkeypatch.setattr(courier, "FIRST_WAIT", 0.2)
    monkeypatch.setattr(mail, "POLL_SECONDS", 0.02)
    with ExitStack() as stack:

        def opened(name: str) -> tuple[Platform, ServedSite]:
            platform = PLATFORMS[name]().start()
            stack.callback(platform.stop)
            settings = load_settings(platform.environ | {"CIC_PUBLIC_URL": SITE}, dotenv=None)
            site = ServedSite(tmp_path, channels=settings.channels, public_url=SITE, rate_limit=1000, smtp_port=settings.smtp_port)
            stack.callback(site.close)
            platform.assistant = site.address
            return platform, site

        yield opened
