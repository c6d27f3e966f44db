"""`cic user`: the accounts of the review application, made and changed at the terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.config import PROJECT
from bot.review.accounts import Accounts
from bot.review.journal import ACCOUNT, Journal
from bot.review.model import Role
from bot.storage import Database, utc_now
from bot.storage import journal as journal_table

RIGHT = "trois-moulins-rouges"
Cic = Callable[..., Result]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"CIC_DATA_DIR": str(tmp_path), "CIC_DATABASE_URL": "", "CIC_USER_PASSWORD": "", "COLUMNS": "160"}


@pytest.fixture
def cic(environ: dict[str, str]) -> Cic:
    """The command, on a database of this test's own; `typed` comes by standard input."""
    return lambda *arguments, typed="": CliRunner().invoke(app, ["user", *arguments], env=environ, input=typed)


@pytest.fixture
def people(database: Database) -> Accounts:
    return Accounts(database, utc_now)


def said(result: Result) -> str:
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(result: Result) -> str:
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    return result.stderr


def test_an_account_is_added_with_the_password_of_standard_input(cic: Cic, people: Accounts) -> None:
    assert said(cic("add", "Ines", "--role", "annotateur", typed=f"{RIGHT}\n")) == (
        "Le compte « ines » est ajouté, avec le rôle « annotateur ».\n"
    )
    account = people.verify("ines", RIGHT)
    assert account
    assert account.role is Role.ANNOTATEUR


def test_or_with_that_of_the_environment(cic: Cic, people: Accounts, environ: dict[str, str]) -> None:
    environ["CIC_USER_PASSWORD"] = RIGHT
    said(cic("add", "ines", "--role", "lecteur", typed="une autre phrase\n"))
    assert people.verify("ines", RIGHT)


def test_no_password_is_taken_as_an_argument(cic: Cic) -> None:
    for argument in (RIGHT, f"--password={RIGHT}"):
        assert cic("add", "ines", argument, "--role", "lecteur").exit_code == 2
    assert cic("password", "ines", RIGHT).exit_code == 2


def test_an_account_of_the_identity_service_has_no_password(cic: Cic, people: Accounts) -> None:
    assert "vérifiée" in said(cic("add", "ines@association.example", "--role", "lecteur", "--oidc"))
    assert not people.has_password("ines@association.example")


def test_the_role_changes(cic: Cic, people: Accounts) -> None:
    before = people.add("ines", Role.LECTEUR, RIGHT)
    assert "« administrateur »" in said(cic("role", "INES", "administrateur"))
    after = people.find("ines")
    assert after
    assert (after.role, after.valid_from > before.valid_from) == (Role.ADMINISTRATEUR, True)


def test_the_password_changes(cic: Cic, people: Accounts) -> None:
    people.add("ines", Role.LECTEUR, RIGHT)
    assert "est changé" in said(cic("password", "Ines", typed="quatre-moulins-verts\n"))
    assert people.verify("ines", "quatre-moulins-verts")
    assert people.verify("ines", RIGHT) is None


def test_an_account_is_removed(cic: Cic, people: Accounts) -> None:
    people.add("ines", Role.LECTEUR, RIGHT)
    assert "est supprimé" in said(cic("remove", "Ines"))
    assert people.entries() == []


def test_the_list_is_a_table_and_json(cic: Cic, people: Accounts) -> None:
    assert "Aucun compte" in said(cic("list"))
    people.add("ines", Role.ADMINISTRATEUR, RIGHT)
    people.verify("ines", RIGHT)
    for name in ("omar@association.example", "lea@association.example"):
        people.add(name, Role.LECTEUR, None)
    people.recognise("https://id.example|1", "omar@association.example")
    shown = said(cic("list"))
    assert all(word in shown for word in ("ines", "administrateur", "jamais", "pas encore", "mot de passe"))
    told = [json.loads(line) for line in said(cic("list", "--json")).splitlines()]
    assert [list(entry) for entry in told] == [["name", "role", "sign_in", "created_at", "signed_in_at"]] * 3
    assert [entry["sign_in"] for entry in told] == ["mot_de_passe", "oidc_en_attente", "oidc"]
    assert "argon2" not in shown + str(told)


REFUSALS = {
    "a name twice": (("add", "INES", "--role", "lecteur"), "porte déjà le nom"),
    "a wrong name": (("add", "in es", "--role", "lecteur"), "adresse e-mail"),
    "a short password": (("add", "omar", "--role", "lecteur"), "trop court"),
    "no such role": (("add", "omar", "--role", "chef"), "n'est pas un rôle"),
    "no such role for somebody": (("role", "ines", "chef"), "n'est pas un rôle"),
    "nobody's role": (("role", "omar", "lecteur"), "Aucun compte"),
    "nobody's password": (("password", "omar"), "Aucun compte"),
    "a short new password": (("password", "ines"), "trop court"),
    "nobody": (("remove", "omar"), "Aucun compte"),
    "the last administrator": (("remove", "ines"), "dernier compte d'administrateur"),
    "the last administrator's role": (("role", "ines", "lecteur"), "dernier compte d'administrateur"),
}


@pytest.mark.parametrize(("arguments", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_refused_is_one_sentence_and_changes_nothing(cic: Cic, people: Accounts, arguments: tuple[str, ...], reason: str) -> None:
    before = people.add("ines", Role.ADMINISTRATEUR, RIGHT)
    assert reason in refused(cic(*arguments, typed="court\n"))
    assert people.verify("ines", RIGHT) == before
    assert len(people.entries()) == 1


def test_the_journal_says_what_was_changed_and_holds_no_password(cic: Cic, database: Database) -> None:
    said(cic("add", "ines", "--role", "lecteur", typed=f"{RIGHT}\n"))
    said(cic("role", "ines", "annotateur"))
    said(cic("password", "ines", typed="quatre-moulins-verts\n"))
    said(cic("remove", "ines"))
    deeds = Journal(database, utc_now).latest(10)
    assert [(deed["who"], deed["what"], deed["target"]) for deed in deeds] == [("ligne de commande", ACCOUNT, "ines")] * 4
    with database.read() as connection:
        assert "moulins" not in str(connection.execute(select(journal_table)).all())


def at_a_terminal(environ: dict[str, str], *typed: str) -> tuple[int, str]:
    """Run `cic user add ines` as somebody at a terminal would, who types these lines when asked; give the code and all that is shown."""
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover
        os.execve(
            sys.executable, [sys.executable, "-c", "from bot.cli import app; app()", "user", "add", "ines", "--role", "lecteur"], environ
        )
    shown, since, lines = b"", b"", list(typed)
    while True:
        try:
            read = os.read(terminal, 1000)
        except OSError:  # the other side is gone
            break
        shown, since = shown + read, since + read
        if lines and since.endswith(b" : "):
            os.write(terminal, f"{lines.pop(0)}\n".encode())
            since = b""
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_at_a_terminal_the_password_is_asked_for_twice_and_never_shown(environ: dict[str, str], people: Accounts) -> None:
    code, shown = at_a_terminal(os.environ | environ, RIGHT, RIGHT)
    assert (code, "Encore une fois" in shown, "est ajouté" in shown, RIGHT in shown) == (0, True, True, False)
    assert people.verify("ines", RIGHT)


def test_two_different_passwords_change_nothing(environ: dict[str, str], people: Accounts) -> None:
    code, shown = at_a_terminal(os.environ | environ, RIGHT, "trois-moulins-rouge")
    assert (code, "ne sont pas les mêmes" in shown) == (1, True)
    assert people.entries() == []


def test_the_command_imports_neither_rasa_nor_tensorflow(environ: dict[str, str]) -> None:
    code = "import sys; from bot.cli import app; app(standalone_mode=False); print(*sys.modules)"
    run = [sys.executable, "-c", code, "user", "list", "--json"]
    loaded = subprocess.run(run, cwd=PROJECT, env=os.environ | environ, capture_output=True, text=True, check=True).stdout.split()
    assert "argon2" in loaded
    assert {"rasa", "tensorflow", "spacy", "sklearn", "authlib", "starlette"} & set(loaded) == set()
