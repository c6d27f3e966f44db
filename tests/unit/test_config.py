"""The settings: a wrong value is one clear sentence, the defaults are those that .env.example shows."""

from __future__ import annotations

import inspect
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot import config
from bot.config import PROJECT, Settings, child_environment, load_settings
from bot.errors import SettingError

NAMES = set(re.findall(r'get\("(CIC_\w+)"', inspect.getsource(load_settings)))
EXAMPLE = (PROJECT / ".env.example").read_text("utf-8")

WRONG = {
    "port that is no number": ("CIC_PORT", "huit mille"),
    "port zero": ("CIC_PORT", "0"),
    "port too high": ("CIC_RASA_PORT", "70000"),
    "negative port": ("CIC_ACTIONS_PORT", "-1"),
    "digits of another script": ("CIC_SMTP_PORT", "²5"),
    "address without @": ("CIC_CONTACT_EMAIL", "contact"),
    "two addresses": ("CIC_CONTACT_EMAIL", "a@x.example, b@x.example"),
    "header injection": ("CIC_MAIL_FROM", "a@x.example\nBcc: b@x.example"),
    "name with a line break": ("CIC_CONTACT_NAME", "Awa\r\nBcc: b@x.example"),
    "kind of TLS": ("CIC_SMTP_TLS", "ssl"),
    "short key": ("CIC_SECRET_KEY", "secret"),
    "retention of nothing": ("CIC_RETENTION_DAYS", "0"),
    "limit of nothing": ("CIC_RATE_LIMIT", "0"),
    "database of another kind": ("CIC_DATABASE_URL", "mysql://x/y"),
    "database without a name": ("CIC_DATABASE_URL", "sqlite:///"),
    "redis elsewhere": ("CIC_REDIS_URL", "http://x"),
    "site with a path": ("CIC_ORIGINS", "https://www.exemple.be/page"),
    "any site": ("CIC_ORIGINS", "*"),
    "proxy by name": ("CIC_TRUSTED_PROXIES", "nginx"),
}


def load(**environ: str) -> Settings:
    return load_settings(environ, dotenv=None)


def test_without_anything_the_defaults_hold() -> None:
    settings = load()
    assert settings == Settings(data_dir=PROJECT / "var", database_url=f"sqlite:///{PROJECT / 'var' / 'cic.sqlite'}")


@pytest.mark.parametrize(("name", "value"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_one_sentence_that_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(SettingError) as raised:
        load(**{name: value})
    assert str(raised.value).startswith(name)
    assert str(raised.value).endswith(".") or str(raised.value).endswith(").")


def test_the_three_ports_must_differ() -> None:
    with pytest.raises(SettingError, match="CIC_PORT, CIC_RASA_PORT et CIC_ACTIONS_PORT"):
        load(CIC_PORT="5005")


def test_an_empty_value_counts_as_none() -> None:
    assert load(CIC_CONTACT_EMAIL="", CIC_PORT=" ").contact_email is None


def test_lists_take_commas_and_spaces() -> None:
    settings = load(CIC_ORIGINS="https://a.example, https://b.example/", CIC_TRUSTED_PROXIES="10.0.0.0/8 ::1")
    assert settings.origins == ("https://a.example", "https://b.example")
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("CIC_PORT=8100\nCIC_RATE_LIMIT=5\n", "utf-8")
    settings = load_settings({"CIC_PORT": "8200"}, file)
    assert (settings.port, settings.rate_limit) == (8200, 5)


def test_the_example_file_shows_every_setting_and_only_those() -> None:
    assert NAMES
    assert set(re.findall(r"^#?(CIC_\w+)=", EXAMPLE, re.MULTILINE)) == NAMES


def test_the_example_file_shows_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text(re.sub(r"^#(CIC_)", r"\1", EXAMPLE, flags=re.MULTILINE), "utf-8")
    monkeypatch.chdir(PROJECT)
    shown = load_settings({}, file)
    assert shown.database_url == "sqlite:///var/cic.sqlite"
    assert {**vars(shown), "database_url": ""} == {**vars(load()), "database_url": ""}


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = load(CIC_DATA_DIR=str(tmp_path / "data"))
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: settings.secret(), range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 48
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600


def test_a_given_key_is_used_as_it_is(tmp_path: Path) -> None:
    settings = load(CIC_DATA_DIR=str(tmp_path / "data"), CIC_SECRET_KEY="seize caractères")
    assert settings.secret() == "seize caractères"
    assert not (tmp_path / "data").exists()


def test_a_child_gets_our_environment_and_what_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "1")
    environment = child_environment({"CIC_ACTIONS_URL": "http://127.0.0.1:5055"})
    assert (environment["OURS"], environment["CIC_ACTIONS_URL"]) == ("1", "http://127.0.0.1:5055")


def test_only_the_settings_read_the_environment() -> None:
    readers = {path for path in (PROJECT / "bot").rglob("*.py") if re.search(r"os\.(environ|getenv)", path.read_text("utf-8"))}
    assert readers == {Path(config.__file__)}
