"""The Kubernetes manifests: valid by the official schemas, and as careful as we want them. They are not run here."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import kubernetes_validate
import pytest
import yaml
from support.deployed import DEPLOY, manifests
from support.setting_names import ENVIRONMENT, NAMES, OF_CHANNELS

from bot.channels.model import DELIVERY_BYTES
from bot.config import Settings, load_settings
from bot.processes import check_spread
from bot.web.bodies import BODY_BYTES

NOT_PASSED = {
    "CIC_DATA_DIR": "the image says where",
    "CIC_HOST": "the image says where",
    "CIC_PORT": "the ports within are those that Services and probes know",
    "CIC_RASA_PORT": "the same",
    "CIC_ACTIONS_PORT": "the same",
    "CIC_REDIS_URL": "read, and changes nothing",
}
"""Settings of .env.example that are deliberately not for who uses the manifests."""
VERSION = "1.28"
FOLDER = DEPLOY / "kubernetes"
OBJECTS = manifests()
SECRET, WEB_SECRET = (yaml.safe_load((FOLDER / f"{name}.example.yaml").read_text("utf-8")) for name in ("secret", "secret-web"))
PROCESSES = {"web": Settings.port, "rasa": Settings.rasa_port, "actions": Settings.actions_port}
HEALTH = {
    "web": ("/healthz", "/readyz"),
    "rasa": ("/webhooks/cic/health", "/webhooks/cic/health"),
    "actions": ("/health", "/health"),
}

pytestmark = pytest.mark.filterwarnings("ignore:The metaschema specified by:DeprecationWarning")


def name_of(found: dict[str, Any]) -> str:
    return f"{found['kind']} {found['metadata']['name']}"


def one(kind: str, name: str) -> dict[str, Any]:
    return next(found for found in OBJECTS if (found["kind"], found["metadata"]["name"]) == (kind, name))


def pod(name: str) -> dict[str, Any]:
    found: dict[str, Any] = one("Deployment", name)["spec"]["template"]["spec"]
    return found


def container(name: str) -> dict[str, Any]:
    (found,) = pod(name)["containers"]
    return dict(found)


@pytest.mark.parametrize("found", [*OBJECTS, SECRET, WEB_SECRET], ids=name_of)
def test_every_object_is_valid_by_the_official_schema(found: dict[str, Any]) -> None:
    kubernetes_validate.validate(found, VERSION, strict=True)


def test_the_schema_notices_a_misspelt_field() -> None:
    wrong = deepcopy(one("Deployment", "rasa"))
    wrong["spec"]["template"]["spec"]["containers"][0]["resource"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


def test_every_file_is_named_and_no_object_twice() -> None:
    named = yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))["resources"]
    assert {*named, "kustomization.yaml", "secret.example.yaml", "secret-web.example.yaml"} == {path.name for path in FOLDER.iterdir()}
    assert len({name_of(found) for found in OBJECTS}) == len(OBJECTS)


def test_each_process_has_all_that_it_needs_to_be_kept_running() -> None:
    for kind in ("Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"):
        assert {found["metadata"]["name"] for found in OBJECTS if found["kind"] == kind} >= PROCESSES.keys()


@pytest.mark.parametrize("name", PROCESSES)
def test_no_container_is_root_nor_writes_to_its_root(name: str) -> None:
    security = pod(name)["securityContext"]
    assert (security["runAsNonRoot"], security["runAsUser"] > 0, security["seccompProfile"]["type"]) == (True, True, "RuntimeDefault")
    own = container(name)["securityContext"]
    assert own == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert pod(name)["automountServiceAccountToken"] is False
    assert {mount["mountPath"] for mount in container(name)["volumeMounts"]} == {"/tmp", "/data"}
    assert all(set(volume) == {"name", "emptyDir"} for volume in pod(name)["volumes"])


@pytest.mark.parametrize("name", PROCESSES)
def test_every_container_says_what_it_asks_for_and_what_it_may_have(name: str) -> None:
    resources = container(name)["resources"]
    assert all({"cpu", "memory"} == set(resources[kind]) for kind in ("requests", "limits"))


@pytest.mark.parametrize("name", PROCESSES)
def test_probes_ask_what_the_process_answers_and_rasa_has_minutes_to_load(name: str) -> None:
    found = container(name)
    live, ready = HEALTH[name]
    asked = {kind: found[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert asked == {kind: {"path": path, "port": "http"} for kind, path in (("startup", live), ("liveness", live), ("readiness", ready))}
    startup = found["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= {"rasa": 240}.get(name, 60)


@pytest.mark.parametrize("name", PROCESSES)
def test_ports_agree_from_the_settings_to_the_service(name: str) -> None:
    assert container(name)["ports"] == [{"name": "http", "containerPort": PROCESSES[name]}]
    assert one("Service", name)["spec"]["ports"] == [{"name": "http", "port": PROCESSES[name], "targetPort": "http"}]


@pytest.mark.parametrize("name", PROCESSES)
def test_a_selector_finds_the_pods_of_its_process(name: str) -> None:
    labels = one("Deployment", name)["spec"]["template"]["metadata"]["labels"]
    assert one("Deployment", name)["spec"]["selector"]["matchLabels"] == labels
    assert one("Service", name)["spec"]["selector"] == labels
    assert one("PodDisruptionBudget", name)["spec"]["selector"]["matchLabels"] == labels
    assert one("NetworkPolicy", name)["spec"]["podSelector"]["matchLabels"] == labels
    assert pod(name)["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"] == labels


@pytest.mark.parametrize("name", PROCESSES)
def test_a_new_version_stands_before_the_old_one_goes(name: str) -> None:
    assert one("Deployment", name)["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    wait = int(container(name)["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod(name)["terminationGracePeriodSeconds"] >= wait + {"web": 5, "rasa": 20, "actions": 20}[name]
    scaling = one("HorizontalPodAutoscaler", name)["spec"]
    assert scaling["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    assert 2 <= scaling["minReplicas"] < scaling["maxReplicas"]


@pytest.mark.parametrize("name", PROCESSES)
def test_the_image_is_named_by_version_and_serves_that_process(name: str) -> None:
    tag = container(name)["image"].rpartition(":")[2]
    assert tag == yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))["images"][0]["newTag"]
    assert container(name)["args"] == ["serve", name]


def environment(name: str, given: dict[str, str]) -> dict[str, str]:
    """What a process has in its environment when the objects that it names hold these values."""
    objects = {"configMapRef": [one("ConfigMap", "cic")], "secretRef": [SECRET, WEB_SECRET]}
    values: dict[str, str] = {}
    for source in container(name)["envFrom"]:
        (kind,) = source
        (found,) = (found for found in objects[kind] if found["metadata"]["name"] == source[kind]["name"])
        values |= found.get("data", {}) | found.get("stringData", {})
    return values | {key: value for key, value in given.items() if key in values}


def test_config_and_secrets_name_settings_only_and_no_secret_has_a_value() -> None:
    config = one("ConfigMap", "cic")["data"]
    assert config.keys() <= NAMES - OF_CHANNELS
    settings = load_settings(config, dotenv=None)
    assert (settings.rasa_address, settings.actions_address) == ("http://rasa:5005", "http://actions:5055")
    assert SECRET["stringData"] == dict.fromkeys(("CIC_SECRET_KEY", "CIC_DATABASE_URL"), "")
    assert WEB_SECRET["stringData"].keys() > OF_CHANNELS | ENVIRONMENT
    assert set(WEB_SECRET["stringData"].values()) == {""}


def test_every_setting_stands_in_one_object_or_is_known_not_to() -> None:
    named = [*one("ConfigMap", "cic")["data"], *SECRET["stringData"], *WEB_SECRET["stringData"]]
    assert sorted([*named, *NOT_PASSED]) == sorted(NAMES | ENVIRONMENT)


def test_the_second_secret_is_for_the_web_process_alone_and_need_not_be_there() -> None:
    sources = {process: [source["secretRef"] for source in container(process)["envFrom"] if "secretRef" in source] for process in PROCESSES}
    shared, own = {"name": SECRET["metadata"]["name"]}, {"name": WEB_SECRET["metadata"]["name"], "optional": True}
    assert sources == {"web": [shared, own], "rasa": [shared], "actions": [shared]}


def test_channels_mail_the_identity_service_and_the_proxies_reach_the_web_process_alone() -> None:
    given = {
        "CIC_SECRET_KEY": "a key for tests only",
        "CIC_DATABASE_URL": "postgresql://cic:word@postgresql/cic",
        "CIC_TELEGRAM_TOKEN": "1:hush",
        "CIC_TELEGRAM_SECRET": "hush-hush-hush-hush",
        "CIC_SMTP_HOST": "mail.exemple.be",
        "CIC_SMTP_USER": "cic@commune.example",
        "CIC_SMTP_PASSWORD": "hush",
        "CIC_OIDC_ISSUER": "https://identite.exemple.be",
        "CIC_OIDC_CLIENT_ID": "revue",
        "CIC_OIDC_CLIENT_SECRET": "hush",
        "CIC_PROXY": "http://cic:hush@mandataire.exemple.be:3128",
        "HTTPS_PROXY": "http://revue:hush@mandataire.exemple.be:3128",
        "NO_PROXY": "identite.exemple.be,.interne",
    }
    web, *others = (environment(name, given) for name in PROCESSES)
    assert given.items() <= web.items()
    settings = load_settings(web, dotenv=None)
    assert (settings.oidc_client_id, settings.smtp_password, settings.proxy) == ("revue", "hush", given["CIC_PROXY"])
    assert settings.channels.telegram
    for other in others:
        assert "hush" not in str(other)
        assert other.keys().isdisjoint(WEB_SECRET["stringData"])
        check_spread(load_settings(other, dotenv=None))


def reached_by(target: str) -> set[str]:
    """Who may come to a process, by the rules about it."""
    rules = one("NetworkPolicy", target)["spec"]["ingress"]
    peers = [peer for rule in rules for peer in rule["from"]]
    assert all({port["port"] for port in rule["ports"]} == {PROCESSES[target]} for rule in rules)
    pods = {peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in peers if "podSelector" in peer}
    return pods | {peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in peers if "podSelector" not in peer}


def test_nobody_speaks_with_anybody_but_as_said() -> None:
    assert one("NetworkPolicy", "default-deny")["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert {name: reached_by(name) for name in PROCESSES} == {
        "web": {"ingress-nginx", "monitoring"},
        "rasa": {"web"},
        "actions": {"web", "rasa"},
    }


def test_the_web_process_alone_leaves_the_cluster_and_reaches_nothing_within_by_that() -> None:
    leaving = {
        (policy["metadata"]["name"], port["port"])
        for policy in OBJECTS
        if policy["kind"] == "NetworkPolicy"
        for rule in policy["spec"].get("egress", [])
        if any("ipBlock" in peer for peer in rule.get("to", []))
        for port in rule["ports"]
    }
    assert leaving == {("web", 443), ("web", 993)}
    blocks = [peer["ipBlock"] for rule in one("NetworkPolicy", "web")["spec"]["egress"] for peer in rule.get("to", []) if "ipBlock" in peer]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"} <= {shut for block in blocks for shut in block["except"]}


def test_what_platforms_deliver_may_be_longer_than_what_people_send() -> None:
    body = "nginx.ingress.kubernetes.io/proxy-body-size"
    sizes = {name: one("Ingress", name)["metadata"]["annotations"][body] for name in ("cic", "cic-webhooks")}
    assert sizes == {"cic": f"{BODY_BYTES // 1024}k", "cic-webhooks": f"{DELIVERY_BYTES // 1024**2}m"}
    (rule,), (other,) = (one("Ingress", name)["spec"]["rules"] for name in ("cic", "cic-webhooks"))
    assert rule["host"] == other["host"]
    assert [(path["path"], path["backend"]["service"]["name"]) for path in other["http"]["paths"]] == [("/webhooks", "web")]


def test_the_figures_are_closed_to_the_outside() -> None:
    (rule,) = one("Ingress", "cic")["spec"]["rules"]
    backends = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert backends == {"/metrics": "closed", "/": "web"}
    assert "selector" not in one("Service", "closed")["spec"]
