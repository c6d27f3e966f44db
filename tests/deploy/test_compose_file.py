"""The compose file: taken by a parser of the Compose Specification, and as careful as we want it. It is not run here."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose
from support.deployed import DEPLOY, interpolated
from support.setting_names import ENVIRONMENT, NAMES, OF_CHANNELS

from bot.channel_settings import NO_CHANNEL
from bot.config import Settings, load_settings
from bot.processes import check_spread

TEXT = (DEPLOY / "compose.yml").read_text("utf-8")
NOT_PASSED = {
    "CIC_DATA_DIR": "the image says where",
    "CIC_HOST": "the image says where",
    "CIC_PORT": "the ports within are those that HAProxy and the checks know",
    "CIC_RASA_PORT": "the same",
    "CIC_ACTIONS_PORT": "the same",
    "CIC_REDIS_URL": "read, and changes nothing",
}
"""Settings of .env.example that are deliberately not for who uses the compose file."""
GIVEN = {
    "POSTGRES_PASSWORD": "0123456789abcdef",
    "CIC_SECRET_KEY": "a key for tests only",
    "CIC_CONTACT_EMAIL": "contact@association.example",
    "CIC_MAIL_FROM": "assistant@association.example",
    "CIC_SMTP_HOST": "mail.association.example",
}
FILE: dict[str, Any] = yaml.safe_load(interpolated(TEXT, GIVEN))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = ("web", "rasa", "actions")


def test_the_file_is_valid_by_the_compose_specification() -> None:
    assert set(PyCompose.from_yaml(yaml.safe_dump(FILE)).service_names()) == {"haproxy", "web", "rasa", "actions", "postgres"}


def test_the_parser_notices_a_misspelt_field() -> None:
    with pytest.raises(ValueError, match="replica"):
        PyCompose.from_yaml("services: {web: {image: x, deploy: {replica: 2}}}")


@pytest.mark.parametrize("missing", GIVEN)
def test_what_has_no_default_must_be_given(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        interpolated(TEXT, {name: value for name, value in GIVEN.items() if name != missing})


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_confined_checked_and_limited(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"], service["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert int(service["user"].split(":")[0]) > 0
    assert {"cpus", "memory"} == set(service["deploy"]["resources"]["limits"])
    assert float(service["stop_grace_period"].removesuffix("s")) > 5
    assert name == "web" or service["healthcheck"]["test"][0] == "CMD"  # the image's own check is that of the web process
    assert not service["image"].endswith(":latest")
    assert ":" in service["image"]


def test_visitors_reach_haproxy_alone() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["haproxy"]
    networks = {name: set(service["networks"]) for name, service in SERVICES.items()}
    assert networks == {name: {"inner"} for name in SERVICES} | {"haproxy": {"outer", "inner"}, "web": {"inner", "mail"}}
    assert FILE["networks"]["inner"]["internal"] is True


def test_there_are_several_of_each_process() -> None:
    assert all(SERVICES[name]["deploy"]["replicas"] >= 2 and SERVICES[name]["command"] == ["serve", name] for name in OURS)


def test_every_setting_reaches_a_process_or_is_known_not_to() -> None:
    passed = {name for process in OURS for name in SERVICES[process]["environment"]}
    assert passed.isdisjoint(NOT_PASSED)
    assert passed | NOT_PASSED.keys() == NAMES | ENVIRONMENT


def test_the_identity_service_mail_by_tokens_and_the_proxies_are_passed_as_they_are_given_and_to_the_web_process_alone() -> None:
    given = {
        "CIC_OIDC_ISSUER": "https://identite.exemple.be",
        "CIC_OIDC_CLIENT_ID": "revue",
        "CIC_OIDC_CLIENT_SECRET": "hush",
        "CIC_MAIL_OAUTH_URL": "https://login.exemple.be/token",
        "CIC_MAIL_OAUTH_CLIENT_ID": "assistant",
        "CIC_MAIL_OAUTH_SECRET": "hush",
        "CIC_SMTP_USER": "cic@commune.example",
        "CIC_SMTP_TLS": "starttls",
        "CIC_PROXY": "http://cic:hush@mandataire.exemple.be:3128",
        "HTTPS_PROXY": "http://revue:hush@mandataire.exemple.be:3128",
        "NO_PROXY": "identite.exemple.be,.interne",
    }
    services = yaml.safe_load(interpolated(TEXT, GIVEN | given))["services"]
    assert given.items() <= services["web"]["environment"].items()
    settings = load_settings(services["web"]["environment"], dotenv=None)
    assert (settings.oidc_client_id, settings.proxy) == ("revue", given["CIC_PROXY"])
    assert settings.smtp_access
    assert not any("hush" in str(services[name]["environment"]) for name in ("rasa", "actions"))
    assert not any(ENVIRONMENT & services[name]["environment"].keys() for name in ("rasa", "actions"))


@pytest.mark.parametrize("name", OURS)
def test_a_process_gets_settings_that_it_takes(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert environment.keys() <= NAMES | ENVIRONMENT
    settings = load_settings(environment, dotenv=None)
    check_spread(settings)
    assert (settings.rasa_address, settings.actions_address) == ("http://haproxy:5005", "http://haproxy:5055")
    assert settings.database_url.startswith("postgresql://cic:0123456789abcdef@postgres")


def test_the_web_process_alone_gets_the_settings_of_channels_and_mail_access_and_without_them_none_is_on() -> None:
    given = {name: OF_CHANNELS & SERVICES[name]["environment"].keys() for name in OURS}
    assert given == {"web": OF_CHANNELS, "rasa": set(), "actions": set()}
    assert load_settings(SERVICES["web"]["environment"], dotenv=None).channels == NO_CHANNEL


def test_a_channel_whose_settings_are_given_is_on() -> None:
    telegram = {"CIC_TELEGRAM_TOKEN": "1:a", "CIC_TELEGRAM_SECRET": "0123456789abcdef"}
    given = yaml.safe_load(interpolated(TEXT, GIVEN | telegram))["services"]["web"]["environment"]
    assert load_settings(given, dotenv=None).channels.telegram


def test_the_web_process_believes_the_network_that_haproxy_speaks_from() -> None:
    (network,) = FILE["networks"]["inner"]["ipam"]["config"]
    assert load_settings(SERVICES["web"]["environment"], dotenv=None).trusted_proxies == (network["subnet"],)


def test_haproxy_listens_where_the_others_look_and_finds_them_at_their_ports() -> None:
    proxy = SERVICES["haproxy"]["environment"]
    assert (proxy["PROXY_RASA_BIND"], proxy["PROXY_ACTIONS_BIND"]) == (":5005", ":5055")
    assert SERVICES["haproxy"]["ports"] == [f"8000{proxy['PROXY_BIND']}"]
    servers = (DEPLOY / "haproxy" / "servers.compose.cfg").read_text("utf-8")
    found = set(re.findall(r"server-template \w+ \d+ (\w+:\d+)", servers))
    assert found == {f"web:{Settings.port}", f"rasa:{Settings.rasa_port}", f"actions:{Settings.actions_port}"}


def test_no_secret_stands_in_the_file() -> None:
    secrets = re.findall(r"^\s+(?:\w*(?:PASSWORD|TOKEN|SECRET|SID)|CIC_SECRET_KEY|(?:CIC|HTTPS)_PROXY): (.*)$", TEXT, re.MULTILINE)
    assert len(secrets) > 15
    assert [value for value in secrets if not re.fullmatch(r'"\$\{\w+:(-|\?[^}]*)\}"', value)] == []
