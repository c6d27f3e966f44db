"""The settings: a wrong value is one clear sentence, the defaults are those that .env.example shows."""

from __future__ import annotations

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time
from pathlib import Path

import pytest
from support.setting_names import NAMES, OF_CHANNELS

from bot import config
from bot.config import PROJECT, Settings, child_environment, load_settings
from bot.errors import SettingError

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
    "reply within no day": ("CIC_REPLY_DAYS", "0"),
    "reply after months": ("CIC_REPLY_DAYS", "61"),
    "reply within half a day": ("CIC_REPLY_DAYS", "0,5"),
    "hours in words": ("CIC_OFFICE_HOURS", "9h-17h"),
    "one hour": ("CIC_OFFICE_HOURS", "17"),
    "three hours": ("CIC_OFFICE_HOURS", "9-12-17"),
    "hour that no clock shows": ("CIC_OFFICE_HOURS", "9-25"),
    "midnight as an end": ("CIC_OFFICE_HOURS", "9-24"),
    "minute that no clock shows": ("CIC_OFFICE_HOURS", "09:00-17:60"),
    "minute of one digit": ("CIC_OFFICE_HOURS", "9:5-17:00"),
    "closing before opening": ("CIC_OFFICE_HOURS", "17-9"),
    "open for no time": ("CIC_OFFICE_HOURS", "9-09:00"),
    "closed day in Belgian order": ("CIC_CLOSED_DAYS", "24/12/2026"),
    "closed day of no month": ("CIC_CLOSED_DAYS", "2026-12-24,2026-13-01"),
    "closed leap day of an ordinary year": ("CIC_CLOSED_DAYS", "2026-02-29"),
    "closed period without an end": ("CIC_CLOSED_DAYS", "2026-12-28/"),
    "closed period of three days": ("CIC_CLOSED_DAYS", "2026-12-28/2026-12-29/2026-12-30"),
    "closed period backwards": ("CIC_CLOSED_DAYS", "2026-12-31/2026-12-28"),
    "closed for a century": ("CIC_CLOSED_DAYS", "2026-12-28/2126-12-31"),
    "database of another kind": ("CIC_DATABASE_URL", "mysql://x/y"),
    "database without a name": ("CIC_DATABASE_URL", "sqlite:///"),
    "redis elsewhere": ("CIC_REDIS_URL", "http://x"),
    "site with a path": ("CIC_ORIGINS", "https://www.exemple.be/page"),
    "site on a port too high": ("CIC_ORIGINS", "https://www.exemple.be:65536"),
    "any site": ("CIC_ORIGINS", "*"),
    "public address with a path": ("CIC_PUBLIC_URL", "https://www.exemple.be/assistant"),
    "identity service by http": ("CIC_OIDC_ISSUER", "http://identite.exemple.be"),
    "identity service that looks like this machine": ("CIC_OIDC_ISSUER", "http://127.0.0.1.exemple.be"),
    "identity service behind a name": ("CIC_OIDC_ISSUER", "http://127.0.0.1@exemple.be"),
    "identity service with a question": ("CIC_OIDC_ISSUER", "https://identite.exemple.be/?x=1"),
    "identity service without a host": ("CIC_OIDC_ISSUER", "https:///x"),
    "identity service on a port too high": ("CIC_OIDC_ISSUER", "https://identite.exemple.be:70000"),
    "secret with an accent": ("CIC_OIDC_CLIENT_SECRET", "secrét"),
    "public address without a scheme": ("CIC_PUBLIC_URL", "assistant.exemple.be"),
    "two public addresses": ("CIC_PUBLIC_URL", "https://a.example,https://b.example"),
    "publisher with a line break": ("CIC_PUBLISHER", "AVCB\nUVCW"),
    "publisher's address without @": ("CIC_PUBLISHER_EMAIL", "info"),
    "releases in English": ("CIC_FOLLOW_RELEASES", "yes"),
    "Rasa without a scheme": ("CIC_RASA_URL", "10.0.0.5:5005"),
    "Rasa with a path": ("CIC_RASA_URL", "http://10.0.0.5:5005/webhooks"),
    "Rasa at half an address": ("CIC_RASA_URL", "http://[1:2:3]:5005"),
    "actions on a port too high": ("CIC_ACTIONS_URL", "http://10.0.0.5:70000"),
    "actions with a name and a password": ("CIC_ACTIONS_URL", "http://a:b@10.0.0.5:5055"),
    "public internal address": ("CIC_INTERNAL_HOST", "8.8.8.8"),
    "internal address with a line break": ("CIC_INTERNAL_HOST", "10.0.0.5\nx"),
    "proxy by name": ("CIC_TRUSTED_PROXIES", "nginx"),
    "proxy without a scheme": ("CIC_PROXY", "mandataire.exemple.be:3128"),
    "proxy by https": ("CIC_PROXY", "https://mandataire.exemple.be:3128"),
    "proxy of another kind": ("CIC_PROXY", "socks5://mandataire.exemple.be:1080"),
    "proxy without a port": ("CIC_PROXY", "http://mandataire.exemple.be"),
    "proxy with a path": ("CIC_PROXY", "http://mandataire.exemple.be:3128/x"),
    "proxy on no port": ("CIC_PROXY", "http://mandataire.exemple.be:0"),
    "proxy on a port too high": ("CIC_PROXY", "http://mandataire.exemple.be:65536"),
    "proxy without a host": ("CIC_PROXY", "http://:3128"),
    "proxy at half an address": ("CIC_PROXY", "http://[1:2:3]:80"),
    "proxy at a dot": ("CIC_PROXY", "http://[.]:80"),
    "proxy of a name with a colon": ("CIC_PROXY", "http://c%3Aic:mot@mandataire.exemple.be:3128"),
    "tokens by http": ("CIC_MAIL_OAUTH_URL", "http://login.exemple.be/token"),
    "tokens without a scheme": ("CIC_MAIL_OAUTH_URL", "login.exemple.be/token"),
    "tokens on a port too high": ("CIC_MAIL_OAUTH_URL", "https://login.exemple.be:70000/token"),
    "tokens with a question": ("CIC_MAIL_OAUTH_URL", "https://login.exemple.be/token?a=b"),
    "app with a space": ("CIC_MAIL_OAUTH_CLIENT_ID", "mon appli"),
    "secret of an app with an accent": ("CIC_MAIL_OAUTH_SECRET", "secrét"),
    "scope of two lines": ("CIC_MAIL_OAUTH_SCOPE", "a\nb"),
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


@pytest.mark.parametrize(
    ("environ", "rasa", "actions"),
    [
        ({}, "http://127.0.0.1:5005", "http://127.0.0.1:5055"),
        ({"CIC_RASA_PORT": "6005", "CIC_ACTIONS_PORT": "6055"}, "http://127.0.0.1:6005", "http://127.0.0.1:6055"),
        ({"CIC_INTERNAL_HOST": "10.0.0.5"}, "http://10.0.0.5:5005", "http://10.0.0.5:5055"),
        ({"CIC_INTERNAL_HOST": "0.0.0.0"}, "http://127.0.0.1:5005", "http://127.0.0.1:5055"),
        ({"CIC_INTERNAL_HOST": "fd00::5"}, "http://[fd00::5]:5005", "http://[fd00::5]:5055"),
        ({"CIC_RASA_URL": "http://rasa:5005/", "CIC_ACTIONS_URL": "http://[fd00::6]:80"}, "http://rasa:5005", "http://[fd00::6]:80"),
    ],
)
def test_rasa_and_the_actions_are_looked_for_here_unless_the_settings_say_where(environ: dict[str, str], rasa: str, actions: str) -> None:
    settings = load(**environ)
    assert (settings.rasa_address, settings.actions_address) == (rasa, actions)


def test_the_public_address_is_read_without_its_last_slash() -> None:
    assert load(CIC_PUBLIC_URL="https://assistant.exemple.be/").public_url == "https://assistant.exemple.be"


@pytest.mark.parametrize("days", [1, 60])
def test_reply_days_go_from_one_to_sixty(days: int) -> None:
    assert load(CIC_REPLY_DAYS=str(days)).reply_days == days


@pytest.mark.parametrize(
    ("raw", "hours"),
    [
        ("9-17", (time(9), time(17))),
        ("08-16", (time(8), time(16))),
        ("08:30-16:45", (time(8, 30), time(16, 45))),
        ("9-16:30", (time(9), time(16, 30))),
        ("8:30 - 17:00", (time(8, 30), time(17))),
        ("0-23:59", (time(0), time(23, 59))),
    ],
)
def test_office_hours_are_read_with_and_without_minutes(raw: str, hours: tuple[time, time]) -> None:
    assert load(CIC_OFFICE_HOURS=raw).office_hours == hours


@pytest.mark.parametrize(
    "raw", ["2026-12-24,2026-12-28/2027-01-02", " 2026-12-24 , 2026-12-28 / 2027-01-02,", "2026-12-24 2026-12-28/2027-01-02"]
)
def test_closed_days_are_days_and_periods(raw: str) -> None:
    settings = load(CIC_CLOSED_DAYS=raw)
    assert settings.closed_days == ((date(2026, 12, 24), date(2026, 12, 24)), (date(2026, 12, 28), date(2027, 1, 2)))


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


OIDC = {"CIC_OIDC_ISSUER": "https://identite.exemple.be", "CIC_OIDC_CLIENT_ID": "revue", "CIC_OIDC_CLIENT_SECRET": "hush"}


@pytest.mark.parametrize("missing", OIDC)
def test_an_identity_service_has_all_three_settings_or_none(missing: str) -> None:
    for given in (OIDC | {missing: ""}, {missing: OIDC[missing]}):
        with pytest.raises(SettingError, match="CIC_OIDC_ISSUER, CIC_OIDC_CLIENT_ID et CIC_OIDC_CLIENT_SECRET"):
            load_settings(given, None)


@pytest.mark.parametrize(
    "issuer", ["https://identite.exemple.be/realms/a/", "http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"]
)
def test_an_identity_service_is_reached_by_https_or_within_this_machine(issuer: str) -> None:
    settings = load_settings(OIDC | {"CIC_OIDC_ISSUER": issuer}, None)
    assert (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret) == (issuer, "revue", "hush")
    assert "hush" not in repr(settings)


# --- the messaging channels ---

TELEGRAM = {"CIC_TELEGRAM_TOKEN": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "CIC_TELEGRAM_SECRET": "un-secret_d-au-moins-16"}
META = {"TOKEN": "EAAG", "APP_SECRET": "s3cret", "VERIFY_TOKEN": "mot"}
MESSENGER = {"CIC_MESSENGER_PAGE_ID": "1234"} | {f"CIC_MESSENGER_{name}": value for name, value in META.items()}
WHATSAPP = {"CIC_WHATSAPP_PHONE_ID": "5678"} | {f"CIC_WHATSAPP_{name}": value for name, value in META.items()}
TWILIO = {
    "CIC_TWILIO_ACCOUNT_SID": "AC0123456789abcdef",
    "CIC_TWILIO_AUTH_TOKEN": "jeton",
    "CIC_PUBLIC_URL": "https://assistant.exemple.be",
}
SLACK = {"CIC_SLACK_TOKEN": "xoxb-1", "CIC_SLACK_SIGNING_SECRET": "s3cret"}
TEAMS = {"CIC_TEAMS_APP_ID": "id", "CIC_TEAMS_PASSWORD": "mot", "CIC_TEAMS_TENANT": "72f988bf-86f1-41af-91ab-2d7cd011db47"}
MAILBOX = {
    "CIC_MAILBOX": "assistant@commune.example",
    "CIC_IMAP_HOST": "imap.commune.example",
    "CIC_IMAP_USER": "assistant",
    "CIC_IMAP_PASSWORD": "un mot de passe",
}
WHOLE = {
    "telegram": TELEGRAM,
    "messenger": MESSENGER,
    "whatsapp": WHATSAPP,
    "sms": TWILIO | {"CIC_SMS_FROM": "+32455550100"},
    "whatsapp_twilio": TWILIO | {"CIC_WHATSAPP_TWILIO_FROM": "+32455550101"},
    "slack": SLACK,
    "teams": TEAMS,
    "mailbox": MAILBOX,
}
HALVES = [(kind, name) for kind, given in WHOLE.items() for name in given]


def on(**environ: str) -> set[str]:
    """The channels that are on with these settings."""
    return {name for name, channel in vars(load(**environ).channels).items() if channel is not None}


def test_without_its_settings_no_channel_is_on() -> None:
    assert on() == on(CIC_PUBLIC_URL="https://assistant.exemple.be", CIC_TELEGRAM_API="https://x.example") == set()


@pytest.mark.parametrize("kind", WHOLE)
def test_a_channel_is_on_when_all_of_its_settings_are_there(kind: str) -> None:
    assert on(**WHOLE[kind]) == {kind}


def test_all_channels_may_be_on_at_once_and_their_secrets_are_not_shown() -> None:
    everything = {name: value for given in WHOLE.values() for name, value in given.items()}
    settings = load(**everything)
    assert on(**everything) == WHOLE.keys()
    hidden = [value for name, value in everything.items() if re.search("TOKEN|SECRET|PASSWORD", name) and len(value) > 4]
    assert hidden
    assert [value for value in hidden if value in repr(settings)] == []


@pytest.mark.parametrize(("kind", "missing"), HALVES)
def test_half_of_a_channel_stops_the_start_and_is_named(kind: str, missing: str) -> None:
    with pytest.raises(SettingError) as raised:
        load(**{name: value for name, value in WHOLE[kind].items() if name != missing})
    if missing in {"CIC_SMS_FROM", "CIC_WHATSAPP_TWILIO_FROM"}:
        assert "CIC_SMS_FROM ou CIC_WHATSAPP_TWILIO_FROM" in str(raised.value)
    else:
        assert missing in str(raised.value)


WRONG_OF_CHANNELS = {
    "token that is none of Telegram's": (TELEGRAM, "CIC_TELEGRAM_TOKEN", "AAHd"),
    "short secret": (TELEGRAM, "CIC_TELEGRAM_SECRET", "court"),
    "secret with a sign that Telegram refuses": (TELEGRAM, "CIC_TELEGRAM_SECRET", "seize-caracteres!"),
    "name of a page": (MESSENGER, "CIC_MESSENGER_PAGE_ID", "commune"),
    "token with a space": (MESSENGER, "CIC_MESSENGER_TOKEN", "EAAG EAAG"),
    "number where an id is wanted": (WHATSAPP, "CIC_WHATSAPP_PHONE_ID", "+32455550100"),
    "secret with an accent": (WHATSAPP, "CIC_WHATSAPP_APP_SECRET", "secrét"),
    "account that is none of Twilio's": (WHOLE["sms"], "CIC_TWILIO_ACCOUNT_SID", "SK0123456789"),
    "national number": (WHOLE["sms"], "CIC_SMS_FROM", "0455550100"),
    "service where a number is wanted": (WHOLE["whatsapp_twilio"], "CIC_WHATSAPP_TWILIO_FROM", "MG0123456789abcdef"),
    "number with its channel": (WHOLE["whatsapp_twilio"], "CIC_WHATSAPP_TWILIO_FROM", "whatsapp:+32455550100"),
    "token of two lines": (SLACK, "CIC_SLACK_TOKEN", "xoxb-1\nx"),
    "domain of a tenant": (TEAMS, "CIC_TEAMS_TENANT", "commune.onmicrosoft.com"),
    "tenant with a path": (TEAMS, "CIC_TEAMS_TENANT", "72f988bf-86f1-41af-91ab-2d7cd011db47/x"),
    "mailbox without @": (MAILBOX, "CIC_MAILBOX", "assistant"),
    "user with a line break": (MAILBOX, "CIC_IMAP_USER", "a\r\nb"),
    "port of another world": (MAILBOX, "CIC_IMAP_PORT", "70000"),
    "kind of TLS for IMAP": (MAILBOX, "CIC_IMAP_TLS", "ssl"),
    "password in clear on its way": (MAILBOX, "CIC_IMAP_TLS", "none"),
}


@pytest.mark.parametrize(("given", "name", "value"), WRONG_OF_CHANNELS.values(), ids=WRONG_OF_CHANNELS)
def test_a_wrong_value_of_a_channel_is_one_sentence_that_names_the_setting(given: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(SettingError) as raised:
        load(**given | {name: value})
    assert str(raised.value).startswith(name)
    assert str(raised.value).endswith((".", ")."))


APIS = sorted(name for name in OF_CHANNELS if re.search("_(API|LOGIN|OPENID)$", name))


@pytest.mark.parametrize("name", APIS)
@pytest.mark.parametrize(
    "address",
    ["http://api.example", "api.example", "https://a@b.example", "https://x.example/?a", "https://[x", "ftp://127.0.0.1", "https:///"],
)
def test_our_credentials_go_to_a_platform_by_https_alone(name: str, address: str) -> None:
    with pytest.raises(SettingError, match=name):
        load(**{name: address})


@pytest.mark.parametrize("address", ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000/", "https://api.example/v1/"])
def test_a_platform_may_be_on_this_machine(address: str) -> None:
    telegram = load(**TELEGRAM, CIC_TELEGRAM_API=address).channels.telegram
    assert telegram
    assert telegram.api == address.rstrip("/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_mailbox_of_this_machine_needs_no_tls(host: str) -> None:
    mailbox = load(**MAILBOX | {"CIC_IMAP_HOST": host, "CIC_IMAP_TLS": "none", "CIC_IMAP_PORT": "143"}).channels.mailbox
    assert mailbox
    assert (mailbox.tls, mailbox.port, mailbox.password) == ("none", 143, "un mot de passe")


def test_one_account_of_twilio_serves_both_of_its_channels() -> None:
    channels = load(**TWILIO, CIC_SMS_FROM="MG0123456789abcdef", CIC_WHATSAPP_TWILIO_FROM="+32455550101").channels
    assert channels.sms
    assert channels.whatsapp_twilio
    assert (channels.sms.account, channels.sms.sender) == (channels.whatsapp_twilio.account, "MG0123456789abcdef")
    assert channels.sms.site == "https://assistant.exemple.be"


# --- mail servers without a password, and the proxy ---

OAUTH = {
    "CIC_MAIL_OAUTH_URL": "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/oauth2/v2.0/token",
    "CIC_MAIL_OAUTH_CLIENT_ID": "00000003-0000-0000-0000-000000000000",
    "CIC_MAIL_OAUTH_SECRET": "ApZ8Q~2mlBG7.x_y",
}
SMTP = {"CIC_SMTP_HOST": "smtp.office365.com", "CIC_SMTP_PORT": "587", "CIC_SMTP_TLS": "starttls", "CIC_SMTP_USER": "cic@commune.example"}
SMTP_BY_PASSWORD = SMTP | {"CIC_SMTP_PASSWORD": "mot"}
TOKEN_BOX = {name: value for name, value in MAILBOX.items() if name != "CIC_IMAP_PASSWORD"}


@pytest.mark.parametrize("missing", OAUTH)
def test_half_of_the_access_by_tokens_stops_the_start_and_is_named(missing: str) -> None:
    for given in ({name: value for name, value in OAUTH.items() if name != missing}, {missing: OAUTH[missing]}):
        with pytest.raises(SettingError, match=r"CIC_MAIL_OAUTH_.* il faut tous ces réglages, ou aucun") as raised:
            load(**SMTP, **given)
        assert any(name in str(raised.value) for name in OAUTH.keys() - given.keys())


def test_tokens_serve_both_servers_and_their_secret_is_not_shown() -> None:
    settings = load(**SMTP, **TOKEN_BOX, **OAUTH)
    assert settings.mail_access == settings.smtp_access
    assert settings.channels.mailbox
    assert settings.channels.mailbox.access == settings.mail_access
    assert settings.mail_access
    assert settings.mail_access.scope == "https://outlook.office365.com/.default"
    assert OAUTH["CIC_MAIL_OAUTH_SECRET"] not in repr(settings)


@pytest.mark.parametrize("url", ["https://login.exemple.be/token/", "http://127.0.0.1:9000/token"])
def test_the_address_of_the_tokens_stays_as_it_is(url: str) -> None:
    access = load(**SMTP, **OAUTH | {"CIC_MAIL_OAUTH_URL": url, "CIC_MAIL_OAUTH_SCOPE": "mail.read mail.send"}).mail_access
    assert access
    assert (access.url, access.scope) == (url, "mail.read mail.send")


@pytest.mark.parametrize(
    ("given", "smtp", "imap"),
    [
        (SMTP_BY_PASSWORD | TOKEN_BOX, False, True),
        (SMTP | MAILBOX, True, False),
        (TOKEN_BOX, False, True),
        (SMTP, True, None),
    ],
    ids=["password for sending", "password for reading", "mailbox alone", "no mailbox"],
)
def test_a_password_goes_before_a_token(given: dict[str, str], smtp: bool, imap: bool | None) -> None:
    settings = load(**given, **OAUTH)
    mailbox = settings.channels.mailbox
    assert (settings.smtp_access is not None, mailbox and mailbox.access is not None) == (smtp, imap)
    assert mailbox is None or (mailbox.password is None) is imap


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"CIC_SMTP_HOST": "smtp.office365.com"},
        SMTP | {"CIC_SMTP_PASSWORD": "mot"},
        MAILBOX,
        SMTP | MAILBOX | {"CIC_SMTP_PASSWORD": "mot"},
    ],
    ids=["nothing", "nobody", "sending", "reading", "both"],
)
def test_tokens_that_serve_nowhere_stop_the_start(given: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="CIC_MAIL_OAUTH_URL ne sert à rien"):
        load(**given, **OAUTH)


def test_without_tokens_a_mailbox_needs_its_password() -> None:
    with pytest.raises(SettingError, match="CIC_IMAP_PASSWORD"):
        load(**TOKEN_BOX)


def test_a_scope_alone_is_no_access() -> None:
    assert load(CIC_MAIL_OAUTH_SCOPE="mail").mail_access is None


def test_a_token_is_sent_to_a_far_server_by_tls_alone() -> None:
    for name, given in (("CIC_SMTP_TLS", SMTP | {"CIC_SMTP_TLS": "none"}), ("CIC_IMAP_TLS", TOKEN_BOX | {"CIC_IMAP_TLS": "none"})):
        with pytest.raises(SettingError, match=f"^{name} .*lisible en chemin"):
            load(**given, **OAUTH)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_mail_server_of_this_machine_gets_a_token_without_tls(host: str) -> None:
    assert load(**OAUTH, **SMTP | {"CIC_SMTP_HOST": host, "CIC_SMTP_TLS": "none"}).smtp_access


@pytest.mark.parametrize(
    "proxy",
    [
        "http://mandataire.exemple.be:3128",
        "http://10.0.0.1:8080/",
        "http://[fd00::1]:3128",
        "http://cic@mandataire.exemple.be:3128",
        "http://COMMUNE%5Ccic:mot%40de%2Fpasse%25@mandataire:3128",
    ],
)
def test_a_proxy_may_want_a_name_and_a_password_which_are_not_shown(proxy: str) -> None:
    settings = load(CIC_PROXY=proxy)
    assert settings.proxy == proxy.rstrip("/")
    assert proxy.rstrip("/") not in repr(settings)


@pytest.mark.parametrize(
    "proxy",
    [
        "http://cic:hush/hush@mandataire.exemple.be:3128",
        "http://cic:hush@hush@mandataire.exemple.be:3128",
        "http://cic:hush#hush@mandataire.exemple.be:3128",
        "http://cic:hush hush@mandataire.exemple.be:3128",
        "http://cic:hushé@mandataire.exemple.be:3128",
        "http://cic:hush@mandataire.exemple.be",
        "https://cic:hush@mandataire.exemple.be:3128",
        "cic:hush@mandataire.exemple.be:3128",
    ],
)
def test_a_proxy_that_cannot_be_read_is_refused_without_its_password(proxy: str) -> None:
    with pytest.raises(SettingError, match="CIC_PROXY") as raised:
        load(CIC_PROXY=proxy)
    assert "hush" not in f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r}"
