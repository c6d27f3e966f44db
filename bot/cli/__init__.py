"""The `cic` command. A command parses its arguments, calls a service and prints; it decides nothing.

Each module of this package holds the commands of one concern and imports what is slow inside them, so that every command,
and `--help` most of all, starts in under a second.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from bot.cli import ask, backup, bench, channels, check, data, evaluate, leads, outbox, releases, report, review, run, serve, train, users
from bot.errors import AssistantError


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error that we raise on purpose is one sentence on stderr, and exit code 1."""
        try:
            return super().invoke(ctx)
        except AssistantError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    name="cic",
    cls=_Commands,
    help="L'assistant du Programme de coopération internationale communale.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("serve")(serve.serve)
app.command("ask")(ask.ask)
app.command("check")(check.check)
app.command("train")(train.train)
app.command("publish")(releases.publish)
app.command("releases")(releases.list_releases)
app.command("activate")(releases.activate)
app.command("evaluate")(evaluate.evaluate)
app.command("report")(report.report)
app.add_typer(bench.commands, name="bench")
app.add_typer(users.commands, name="user")
app.command("leads")(leads.list_leads)
app.command("outbox")(outbox.show_outbox)
app.command("channels")(channels.show_channels)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("reindex")(review.reindex)
app.command("purge")(data.purge)
app.command("erase")(data.erase)
