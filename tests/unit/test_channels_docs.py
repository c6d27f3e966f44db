"""docs/canaux.md says of each channel what its connector can do, which settings open it, and where its page is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from support.platforms.every import PLATFORMS
from support.platforms.platform import SITE, merged

from bot.channels.building import build_connectors
from bot.channels.model import Abilities, Connector, Fetcher
from bot.config import PROJECT, load_settings
from bot.errors import SettingError
from bot.review.model import CHANNELS
from bot.silence import silence
from bot.text import typeset

DOCUMENT = PROJECT / "docs" / "canaux.md"
PAGES = PROJECT / "docs" / "canaux"
CODE = re.compile(r"^ *```.*?^ *```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
NO = "non"


def table_below(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, its own row of titles first; with plain spaces, without bold."""
    text = DOCUMENT.read_text("utf-8").replace("\u202f", " ").replace("\u00a0", " ").replace("’", "'").replace("**", "")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for place, row in enumerate(rows) if place != 1]


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    """What opens every channel."""
    return merged([make() for make in PLATFORMS.values()], CIC_PUBLIC_URL=SITE)


@pytest.fixture(scope="module")
def connectors(environ: Mapping[str, str]) -> dict[str, Connector]:
    return build_connectors(load_settings(environ, dotenv=None))


@pytest.fixture(scope="module")
def ways() -> dict[str, list[str]]:
    """Of each channel, by its name: title, page, address and settings."""
    return {re.findall(r"canaux/([\w-]+)\.md", row[1])[0]: row for row in table_below("Ouvrir un canal")[1:]}


@pytest.fixture(scope="module")
def shown(ways: Mapping[str, list[str]]) -> dict[str, dict[str, str]]:
    """Of each channel, by its name, what each row of the table says."""
    titles, *rows = table_below("Ce que chaque canal montre")
    by_title = {title: {row[0]: row[place] for row in rows} for place, title in enumerate(titles) if place}
    return {name: by_title[row[0]] for name, row in ways.items()}


def told_of(connector: Connector) -> dict[str, str]:
    """What the rows must say that a connector decides."""
    able = connector.abilities
    return {
        "nom dans la revue": CHANNELS[connector.label],
        "boutons": f"{able.buttons}, de {able.button_title} caractères" if able.buttons else NO,
        "liste": f"{able.rows} lignes, de {max(able.row_title, able.row_detail)} caractères" if able.rows else NO,
        "numéros à taper": "au-delà" if able.buttons or able.rows else "toujours",
        "message le plus long": f"{in_thousands(able)} caractères",
        "une réponse": "un seul message" if able.joined else "plusieurs messages",
        "une réponse est tentée pendant": in_words(connector.patience),
        "une demande commencée attend": in_words(silence(connector.label)),
        "envoi incertain": "répété sous le même numéro" if connector.repeats else "pas répété",
    }


def in_thousands(able: Abilities) -> str:
    return f"{able.text:,}".replace(",", " ")


def in_words(duration: timedelta) -> str:
    return f"{duration.days} jours" if duration > timedelta(days=2) else f"{duration // timedelta(hours=1)} heures"


def test_every_channel_has_a_column_a_page_and_settings(
    connectors: Mapping[str, Connector], ways: Mapping[str, list[str]], shown: Mapping[str, Mapping[str, str]]
) -> None:
    assert set(ways) == set(connectors) == set(shown) == set(PLATFORMS) == {path.stem for path in PAGES.glob("*.md")}
    assert [(name, row) for name, rows in shown.items() for row, cell in rows.items() if not cell] == []


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_table_says_what_the_connector_does(
    connectors: Mapping[str, Connector], shown: Mapping[str, Mapping[str, str]], name: str
) -> None:
    wanted = told_of(connectors[name])
    assert {row: shown[name][row] for row in wanted} == wanted


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_address_is_where_the_channel_is_delivered(
    connectors: Mapping[str, Connector], ways: Mapping[str, list[str]], name: str
) -> None:
    wanted = "aucune : la boîte est relevée" if isinstance(connectors[name], Fetcher) else f"`/webhooks/{name}`"
    assert ways[name][2] == wanted


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_settings_that_are_named_open_the_channel_and_each_is_needed(
    environ: Mapping[str, str], ways: Mapping[str, list[str]], name: str
) -> None:
    named = {setting: environ[setting] for setting in re.findall(r"`(CIC_\w+)`", ways[name][3])}
    assert list(build_connectors(load_settings(named, dotenv=None))) == [name]
    for setting in named:
        with pytest.raises(SettingError):
            load_settings({other: value for other, value in named.items() if other != setting}, dotenv=None)


@pytest.mark.parametrize("path", [DOCUMENT, *sorted(PAGES.glob("*.md"))], ids=lambda path: path.name)
def test_pages_on_channels_are_set_in_french_typography(path: Path) -> None:
    assert [line for line in CODE.sub("x", path.read_text("utf-8")).splitlines() if typeset(line) != line] == []
