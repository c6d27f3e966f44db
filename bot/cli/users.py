"""`cic user`: the accounts of the people who review."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.review.accounts import Accounts, Entry
    from bot.review.journal import Journal
    from bot.review.model import Role

commands = typer.Typer(help="Gère les comptes de la revue des conversations.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(metavar="NOM", help="Une adresse e-mail, ou un nom court.")]
_ROLES = "lecteur, annotateur ou administrateur"
_SIGN_IN = {"mot_de_passe": "mot de passe", "oidc": "service d'identité", "oidc_en_attente": "service d'identité, pas encore"}
_TERMINAL = "ligne de commande"
"""Who the journal says it was."""


@commands.command("add")
def add(
    name: _Name,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help=f"{_ROLES[0].upper()}{_ROLES[1:]}.")],
    oidc: Annotated[bool, typer.Option("--oidc", help="La personne se connecte par le service d'identité, sans mot de passe.")] = False,
) -> None:
    """Ajoute un compte."""
    accounts, journal = _services()
    wanted, stored = _role(role), accounts.refuse_new(name)
    accounts.add(stored, wanted, None if oidc else _ask_password())
    _note(journal, stored, "compte ajouté")
    typer.echo(f"Le compte « {stored} » est ajouté, avec le rôle « {wanted.title} ».")
    if oidc:
        typer.echo("Il s'ouvre quand le service d'identité donne cette adresse e-mail comme vérifiée.")


@commands.command("list")
def list_users(as_json: Annotated[bool, typer.Option("--json", help="Un objet JSON par ligne, pour un autre programme.")] = False) -> None:
    """Affiche les comptes."""
    found = _services()[0].entries()
    if as_json:
        for entry in found:
            typer.echo(json.dumps(_told(entry), ensure_ascii=False))
    elif found:
        _show(found)
    else:
        typer.echo("Aucun compte. Ajoutez-en un : cic user add NOM --role administrateur")


@commands.command("role")
def change_role(name: _Name, role: Annotated[str, typer.Argument(metavar="ROLE", help=f"{_ROLES[0].upper()}{_ROLES[1:]}.")]) -> None:
    """Donne un autre rôle à un compte et ferme ses sessions."""
    accounts, journal = _services()
    account = accounts.set_role(name, _role(role))
    _note(journal, account.name, "rôle changé")
    typer.echo(f"Le compte « {account.name} » a maintenant le rôle « {account.role.title} ». Ses sessions sont fermées.")


@commands.command("password")
def change_password(name: _Name) -> None:
    """Donne un autre mot de passe à un compte et ferme ses sessions."""
    accounts, journal = _services()
    stored = accounts.get(name).name
    accounts.set_password(stored, _ask_password())
    _note(journal, stored, "mot de passe changé")
    typer.echo(f"Le mot de passe du compte « {stored} » est changé. Ses sessions sont fermées.")


@commands.command("remove")
def remove(name: _Name) -> None:
    """Supprime un compte et ferme ses sessions. Ce que la personne a écrit dans la revue reste."""
    accounts, journal = _services()
    stored = accounts.get(name).name
    accounts.remove(stored)
    _note(journal, stored, "compte supprimé")
    typer.echo(f"Le compte « {stored} » est supprimé. Ses sessions sont fermées.")


def _services() -> tuple[Accounts, Journal]:
    from bot.config import load_settings
    from bot.review.accounts import Accounts
    from bot.review.journal import Journal
    from bot.storage import utc_now
    from bot.wiring import build_database

    database = build_database(load_settings())
    return Accounts(database, utc_now), Journal(database, utc_now)


def _note(journal: Journal, name: str, reason: str) -> None:
    from bot.review.journal import ACCOUNT

    journal.note(_TERMINAL, ACCOUNT, name, reason)


def _role(title: str) -> Role:
    from bot.errors import RequestError
    from bot.review.model import Role

    try:
        return Role.of(title.strip())
    except KeyError as error:
        raise RequestError(f"« {title} » n'est pas un rôle : choisissez {_ROLES}.") from error


def _ask_password() -> str:
    """The new password: out of the environment, from who sits at the terminal, or from standard input. Never an argument: `ps` shows it."""
    from bot.config import user_password
    from bot.errors import RequestError

    if given := user_password():
        return given
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    from getpass import getpass

    password = getpass("Mot de passe (rien ne s'affiche) : ")
    if getpass("Encore une fois : ") != password:
        raise RequestError("Les deux mots de passe ne sont pas les mêmes : rien n'est changé.")
    return password


def _told(entry: Entry) -> dict[str, str | None]:
    """What `--json` gives of an account, in this order: other programs rely on it."""
    sign_in = "mot_de_passe" if entry.password else "oidc" if entry.bound else "oidc_en_attente"
    return {
        "name": entry.name,
        "role": entry.role.title,
        "sign_in": sign_in,
        "created_at": entry.created_at.isoformat(),
        "signed_in_at": entry.signed_in_at.isoformat() if entry.signed_in_at else None,
    }


def _show(found: list[Entry]) -> None:
    from rich.console import Console
    from rich.table import Table

    from bot.mails import say_date

    table = Table("Nom", "Rôle", "Se connecte par", "Ajouté le", "Dernière connexion")
    for entry in found:
        last = say_date(entry.signed_in_at) if entry.signed_in_at else "jamais"
        table.add_row(entry.name, entry.role.title, _SIGN_IN[str(_told(entry)["sign_in"])], say_date(entry.created_at), last)
    Console(markup=False, highlight=False, emoji=False).print(table)
