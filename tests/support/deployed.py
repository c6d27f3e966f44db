"""The files in deploy/, read as their programs read them."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import yaml

from bot.config import PROJECT

DEPLOY = PROJECT / "deploy"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
"""A variable as compose reads it: ${NAME}, with a default after :-, with what to say when it is missing after :?"""


def interpolated(text: str, values: dict[str, str]) -> str:
    """A compose file with its variables put in. Raises KeyError for one that must be given and is not."""

    def value(found: re.Match[str]) -> str:
        name, kind, default = found.groups()
        return values.get(name) or default if kind == "-" else values[name]

    return VARIABLE.sub(value, text)


def manifests(folder: Path = DEPLOY / "kubernetes") -> list[dict[str, Any]]:
    """Every object of the Kubernetes manifests that kustomization.yaml names."""
    names = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))["resources"]
    return [found for name in names for found in yaml.safe_load_all((folder / name).read_text("utf-8"))]


def unit(name: str) -> ConfigParser:
    """A unit of systemd; of a name given twice, all values in one line each."""
    parser = ConfigParser(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    lines: dict[str, str] = {}
    text: list[str] = []
    for line in (DEPLOY / "systemd" / name).read_text("utf-8").splitlines():
        if line.startswith("Environment="):
            lines["Environment"] = f"{lines.get('Environment', '')} {line.removeprefix('Environment=')}".strip()
            line = f"Environment={lines['Environment']}"
        text.append(line)
    parser.read_string("\n".join(text))
    return parser
