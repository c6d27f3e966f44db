"""The decision: a pure function of the profile, and its table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.places import Gazetteer, Place
from bot.screening import RULES, VERSION, Claims, Profile, decide, rules_table, update

HUY = Place("commune", "Huy", "Belgique", "Wallonie", known=True, certain=True)
ROME = Place("commune", "Rome", "Italie", None, known=True, certain=True)
UNKNOWN = Place("commune", "Xyzville", None, said="Xyzville")
PROVINCE = Place("province", "Province de Namur")
NONE = Place("aucune")

CASES = [
    ("nothing said", Profile(), "a_preciser", ("profil", "fonction", "commune")),
    ("only a municipality", Profile(place=HUY), "a_preciser", ("profil", "fonction")),
    ("a vague title", Profile(function="président", place=HUY), "a_preciser", ("profil",)),
    ("a vague title alone", Profile(function="président"), "a_preciser", ("profil", "commune")),
    ("officer", Profile("mandataire", function="échevine", place=HUY), "admissible", ()),
    ("officer abroad", Profile("mandataire", function="maire", place=ROME), "admissible", ()),
    ("officer without municipality", Profile("mandataire", function="échevine"), "a_preciser", ("commune",)),
    ("officer without function", Profile("mandataire", place=HUY), "a_preciser", ("fonction",)),
    ("officer without anything", Profile("mandataire"), "a_preciser", ("fonction", "commune")),
    ("officer of an unknown municipality", Profile("mandataire", function="maire", place=UNKNOWN), "a_preciser", ("pays",)),
    ("the same, country said", Profile("mandataire", function="maire", place=UNKNOWN, country="Bénin"), "admissible", ()),
    ("head", Profile("responsable", function="DG", place=HUY), "admissible", ()),
    ("head without function", Profile("responsable", place=HUY), "a_preciser", ("fonction",)),
    ("by mandate", Profile("mandate", function="secrétaire", place=HUY, mandate=True), "admissible", ()),
    ("by mandate, function unknown", Profile("mandate", place=HUY, mandate=True), "a_preciser", ("fonction",)),
    ("employee, function unknown", Profile("agent", place=HUY), "a_preciser", ("fonction",)),
    ("employee, mandate unknown", Profile("agent", function="employée", place=HUY), "a_preciser", ("profil",)),
    ("employee without mandate", Profile("agent", function="employée", place=HUY, mandate=False), "non_admissible", ()),
    ("officer writing privately", Profile("mandataire", function="échevine", place=HUY, private=True), "non_admissible", ()),
    ("officer of a province", Profile("mandataire", function="échevine", place=PROVINCE), "non_admissible", ()),
    ("officer of no municipality", Profile("mandataire", function="échevine", place=NONE), "non_admissible", ()),
    ("partner", Profile("partenaire_direct", "ONG", function="directrice", partner_of=HUY, partner=True), "admissible", ()),
    ("partner without function", Profile("partenaire_direct", "ONG", partner_of=HUY, partner=True), "a_preciser", ("fonction",)),
    ("partner without municipality", Profile("partenaire_direct", "ONG", partner=True), "a_preciser", ("partenaire_de",)),
    ("partner of an unknown municipality", Profile("partenaire_direct", "ONG", partner_of=UNKNOWN, partner=True), "a_preciser", ("pays",)),
    ("partner of none", Profile("partenaire_direct", "ONG", partner=False), "non_admissible", ()),
    ("organisation, nothing said of a partner", Profile("autre", "ONG"), "a_preciser", ("partenaire_de",)),
    ("organisation without partner", Profile("autre", "association", partner=False), "non_admissible", ()),
    ("firm, partner of a municipality", Profile("partenaire_direct", "entreprise", partner_of=HUY, partner=True), "humain", ()),
    ("federation of municipalities", Profile("autre", "association de communes", several=True), "humain", ()),
    ("who will not say in which capacity", Profile(silent=True), "non_admissible", ()),
    ("officer who will not say for which municipality", Profile("mandataire", function="échevine", silent=True), "non_admissible", ()),
    ("organisation that will not say whose partner", Profile("autre", "ONG", silent=True), "non_admissible", ()),
    ("other local authority", Profile("autre", "autorité locale non communale"), "humain", ()),
]
REFUSED = (
    "ancien",
    "retraité",
    "proche",
    "candidat",
    "étudiant",
    "élève",
    "chercheur",
    "presse",
    "entreprise",
    "bureau d'études",
    "métier",
)
REFUSED += (
    "comité de quartier",
    "syndicat",
    "conseil consultatif",
    "diaspora",
    "loisirs ou culte",
    "province",
    "région",
    "État",
    "parlement",
)
REFUSED += ("école", "université", "hôpital", "particulier", "un type que personne n'a prévu")


@pytest.mark.parametrize(("profile", "verdict", "missing"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_profile_has_its_verdict(profile: Profile, verdict: str, missing: tuple[str, ...]) -> None:
    decision = decide(profile)
    assert (decision.verdict, decision.missing) == (verdict, missing)


@pytest.mark.parametrize("other", REFUSED)
def test_who_is_no_local_authority_is_not_admitted(other: str) -> None:
    assert decide(Profile("autre", other, function="peu importe", place=HUY)).verdict == "non_admissible"


def test_every_decision_names_the_section_and_the_version() -> None:
    for _, profile, _, _ in CASES:
        decision = decide(profile)
        assert "« Attention »" in decision.reason
        assert (decision.source, decision.version) == ("Attention", VERSION)


def test_nothing_is_admitted_without_a_municipality() -> None:
    for kind in ("mandataire", "responsable", "mandate", "agent", "partenaire_direct", "autre", None):
        for other in (None, "ONG", "entreprise", "particulier"):
            assert decide(Profile(kind, other, function="échevine", partner=True, mandate=True)).verdict != "admissible"


@pytest.mark.parametrize(
    ("profile", "word"),
    [
        (Profile("mandataire", function="maire", place=UNKNOWN, country="Bénin"), "absente de notre liste"),
        (Profile("mandataire", function="maire", place=replace(HUY, certain=False, said="hui")), "comprise comme Huy"),
        (Profile("mandataire", function="maire", place=ROME), "hors des cinq pays"),
        (Profile("mandataire", function="maire", place=HUY, contradictions=("étudiante",)), "déclaré d'abord « étudiante »"),
        (Profile("mandate", function="secrétaire", place=HUY), "mandat déclaré, à vérifier"),
        (Profile("partenaire_direct", "ONG", function="x", partner_of=HUY, partner=True), "partenaire direct de Huy"),
        (Profile("partenaire_direct", "ONG", function="x", partner_of=HUY, partner=True, several=True), "plusieurs communes"),
        (Profile("mandataire", function="gardien", free_function=True, place=HUY), "texte libre"),
        (Profile("mandataire", function="maire", place=HUY, predecessor="étudiante"), "une autre personne (« étudiante »)"),
    ],
)
def test_the_contact_person_is_told(profile: Profile, word: str) -> None:
    decision = decide(profile)
    assert decision.verdict == "admissible"
    assert any(word in remark for remark in decision.remarks)


@pytest.mark.parametrize(
    ("profile", "rule"),
    [
        (Profile(silent=True), "sans_reponse"),
        (Profile("mandataire", function="échevine", place=HUY, silent=True), "sans_reponse"),
        (Profile("mandataire", function="échevine", place=HUY, private=True, silent=True), "titre_prive"),
        (Profile("autre", "étudiant", silent=True), "sans_reponse"),
        (Profile("mandataire", function="échevine", place=PROVINCE), "niveau.province"),
        (Profile("mandataire", function="échevine", place=NONE), "niveau.aucune"),
        (Profile("agent", function="employée", place=HUY, mandate=False), "agent.sans_mandat"),
        (Profile("autre", "ancien"), "ancien"),
        (Profile(), "sans_declaration"),
    ],
    ids=[
        "silence",
        "silence of an officer",
        "a private capacity first",
        "silence of a student",
        "province",
        "none",
        "employee",
        "former",
        "nothing",
    ],
)
def test_the_first_rule_that_fits_decides(profile: Profile, rule: str) -> None:
    assert decide(profile).rule == rule


def test_who_speaks_after_a_silence_is_judged_on_what_they_say() -> None:
    after = update(Profile(silent=True), Claims("mandataire", function="échevine", place=HUY))
    assert decide(after).verdict == "admissible"


def test_homonyms_are_remarked_with_where_they_lie() -> None:
    place = Gazetteer.load().resolve("Saint-Nicolas")
    decision = decide(Profile("mandataire", function="échevin", place=place))
    assert decision.remarks == ("Plusieurs communes portent ce nom (Flandre ou Wallonie) : à vérifier.",)


def test_an_ordinary_officer_has_no_remark() -> None:
    assert decide(Profile("mandataire", function="échevine", place=HUY)).remarks == ()


def test_every_rule_is_reached_and_ids_are_unique() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert RULES[-1].when(Profile())


def test_the_guide_shows_the_table_as_it_is() -> None:
    guide = Path(__file__).parents[2] / "docs" / "tri.md"
    assert rules_table() in guide.read_text("utf-8")
