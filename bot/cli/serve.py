"""`cic serve`: becomes one process of the assistant, for containers and for units of systemd."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.supervisor import Program


class Process(str, Enum):
    """The processes that can be served."""

    RASA = "rasa"
    ACTIONS = "actions"
    WEB = "web"


def serve(
    process: Annotated[Process, typer.Argument(help="Le processus à lancer.")],
    port: Annotated[int | None, typer.Option(metavar="PORT", min=1, max=65535, help="Un autre port que celui des réglages.")] = None,
) -> None:
    """Lance un seul processus de l'assistant, au premier plan.

    Il écrit son journal sur la sortie du terminal et reçoit lui-même les signaux.
    """
    import os

    from bot.config import load_settings
    from bot.processes import check_ports, check_spread

    os.umask(0o077)  # what the assistant writes holds personal data: only its own user reads it
    settings = load_settings()
    if port is not None:
        settings = _on_port(settings, process, port)
    check_spread(settings)
    program = _program(process, settings)
    check_ports(settings, [process.value])
    os.chdir(program.folder)
    os.execve(program.command[0], program.command, program.environment)  # noqa: S606 - signals must reach the process itself


def _on_port(settings: Settings, process: Process, port: int) -> Settings:
    from dataclasses import replace

    if process is Process.RASA:
        return replace(settings, rasa_port=port)
    return replace(settings, actions_port=port) if process is Process.ACTIONS else replace(settings, port=port)


def _program(process: Process, settings: Settings) -> Program:
    """Return the command of a process; what its settings leave open is told on stderr."""
    from bot.cli.run import cautions, cautions_of_model
    from bot.processes import actions, rasa, web
    from bot.training import model_to_serve

    if process is Process.RASA:
        model = model_to_serve(settings)
        for caution in cautions_of_model(model):
            typer.echo(caution, err=True)
        return rasa(settings, model.path)
    if process is Process.ACTIONS:
        return actions(settings)
    for caution in cautions(settings):
        typer.echo(caution, err=True)
    return web(settings)
