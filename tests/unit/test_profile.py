"""Who speaks: what messages claim, and what they add up to. The cases are in tests/unit/data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.places import Gazetteer, resolve_country
from bot.screening import Lexicon, Profile, decide, read_claims, read_function, read_mandate, read_partner, update, with_country, with_place

DATA = Path(__file__).parent / "data"
_NEARLY = {"partenaire.fonction", "mandataire.incomplet", "responsable.incomplet", "mandate.incomplet"}


def _rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load()


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


@pytest.mark.parametrize(("rule", "commune", "function", "text"), _rows("profils.tsv"), ids=[row[3][:60] for row in _rows("profils.tsv")])
def test_a_first_message_says_who_speaks(lexicon: Lexicon, gazetteer: Gazetteer, rule: str, commune: str, function: str, text: str) -> None:
    profile = update(Profile(), read_claims(text, lexicon, gazetteer))
    place = profile.partner_of.name if profile.partner_of else profile.commune
    assert (decide(profile).rule, place or "-", profile.function or "-") == (rule, commune, function)


@pytest.mark.parametrize(("expected", "text"), _rows("personas.tsv"), ids=[row[1][:60] for row in _rows("personas.tsv")])
def test_a_persona_written_by_others_is_judged_right(lexicon: Lexicon, gazetteer: Gazetteer, expected: str, text: str) -> None:
    profile = update(Profile(), read_claims(text, lexicon, gazetteer))
    decision = decide(profile)
    nearly = decision.rule in _NEARLY or (decision.rule == "partenaire.a_preciser" and profile.partner is True)
    outcome = {"admissible": decision.verdict == "admissible" or nearly, "a_demander": decision.verdict in ("a_preciser", "humain")}
    assert outcome.get(expected, decision.verdict == expected), decision


FUNCTIONS = [
    ("échevine", "mandataire", "échevine"),
    ("la bourgmestre", "mandataire", "bourgmestre"),
    ("2e adjointe au maire", "mandataire", "2e adjointe au maire"),
    ("je suis conseillère communale", "mandataire", "conseillère communale"),
    ("maïeure", "mandataire", "maïeure"),
    ("bourgmeste f.f.", "mandataire", "bourgmeste ff"),
    ("cheffe du service population", "responsable", "cheffe du service population"),
    ("secrétaire exécutif", "responsable", "secrétaire exécutif"),
    ("employée communale", "agent", "employée communale"),
    ("mandataire", "mandataire", "mandataire"),
    ("étudiante", "autre", "étudiante"),
    ("directrice d'école", "autre", "directrice d'école"),
    ("chef de division", None, "chef de division"),
    ("coordinatrice", None, "coordinatrice"),
    ("gardien de phare", None, "gardien de phare"),
    ("je ne sais pas", None, None),
    ("pourquoi ?", None, None),
    ("merci", None, None),
    ("👍", None, None),
]


@pytest.mark.parametrize(("answer", "kind", "function"), FUNCTIONS, ids=[answer for answer, _, _ in FUNCTIONS])
def test_a_bare_answer_gives_the_function(
    lexicon: Lexicon, gazetteer: Gazetteer, answer: str, kind: str | None, function: str | None
) -> None:
    claims = read_function(answer, lexicon, gazetteer)
    assert (claims.kind, claims.function) == (kind, function)


CAPACITIES = [
    ("une ONG, aucune commune derrière nous", "partenaire.aucune"),
    ("partenaire direct des communes", "partenaire.a_preciser"),
    ("je représente le bourgmestre d'Uccle", "mandate.incomplet"),
    ("élue municipale", "mandataire.incomplet"),
    ("responsable administrative", "responsable.incomplet"),
    ("particulier", "particulier"),
    ("je suis là comme citoyenne", "particulier"),
    ("pour mon collège", "mandate.incomplet"),
    ("chef de secteur en RDC", "autorite_non_communale"),
    ("je fais partie du personnel communal", "agent.fonction"),
    ("ça ne vous regarde pas", "sans_declaration"),
]


@pytest.mark.parametrize(("answer", "rule"), CAPACITIES, ids=[answer for answer, _ in CAPACITIES])
def test_the_capacity_is_read_from_an_answer(lexicon: Lexicon, gazetteer: Gazetteer, answer: str, rule: str) -> None:
    assert decide(update(Profile(), read_claims(answer, lexicon, gazetteer))).rule == rule


PARTNERS = [
    ("de la commune de Saint-Louis", "Saint-Louis", True),
    ("oui, de la ville de Thiès", "Thiès", True),
    ("Nouna, Burkina Faso", "Nouna", True),
    ("d'aucune commune", None, False),
    ("non", None, False),
    ("de plusieurs communes", None, True),
    ("je ne sais pas", None, None),
]


@pytest.mark.parametrize(("answer", "name", "partner"), PARTNERS, ids=[answer for answer, _, _ in PARTNERS])
def test_the_partner_municipality_is_read_from_an_answer(gazetteer: Gazetteer, answer: str, name: str | None, partner: bool | None) -> None:
    claims = read_partner(answer, gazetteer)
    assert (claims.partner_of.name if claims.partner_of else None, claims.partner) == (name, partner)


def test_a_partner_may_say_to_belong_to_the_municipality_itself(gazetteer: Gazetteer) -> None:
    assert read_partner("non, je fais partie de la commune elle-même", gazetteer).kind == "agent"


@pytest.mark.parametrize(
    ("answer", "mandate"),
    [("oui", True), ("oui, le collège", True), ("le bourgmestre", True), ("non", False), ("personne", False), ("je ne sais pas", None)],
)
def test_an_employee_says_whether_somebody_had_her_write(lexicon: Lexicon, gazetteer: Gazetteer, answer: str, mandate: bool | None) -> None:
    assert read_mandate(answer, lexicon, gazetteer).mandate is mandate


def _take(field: str, answer: str, profile: Profile, lexicon: Lexicon, gazetteer: Gazetteer) -> Profile:
    """Add an answer to the field that was asked, as the conversation does."""
    if field == "commune":
        return with_place(profile, gazetteer.resolve(answer, profile.country))
    if field == "pays":
        return with_country(profile, resolve_country(answer) or "?")
    if field == "partenaire_de":
        return update(profile, read_partner(answer, gazetteer))
    mandate = field == "profil" and decide(profile).rule == "agent.mandat"
    read = read_mandate if mandate else read_function if field == "fonction" else read_claims
    return update(profile, read(answer, lexicon, gazetteer))


CONVERSATIONS = [
    ("officer", [("profil", "élue municipale"), ("fonction", "2e adjointe"), ("commune", "Za-Kpota")], "mandataire"),
    ("head", [("profil", "responsable administratif"), ("fonction", "chef de division"), ("commune", "Namur")], "responsable"),
    (
        "title after the town hall",
        [("profil", "je travaille à la commune"), ("fonction", "coordinatrice"), ("commune", "Huy")],
        "responsable",
    ),
    ("employee with mandate", [("profil", "employée à la commune de Huy"), ("profil", "oui, le collège")], "mandate"),
    ("employee without", [("profil", "employée à la commune de Huy"), ("profil", "non, c'est mon idée")], "agent.sans_mandat"),
    ("homonym", [("profil", "échevin"), ("commune", "Lens"), ("pays", "Belgique")], "mandataire"),
    ("unknown town", [("profil", "maire"), ("commune", "Xyzville"), ("pays", "Bénin")], "mandataire"),
    ("country before the town", [("profil", "maire"), ("commune", "au Sénégal"), ("commune", "Saint-Louis")], "mandataire"),
    ("province", [("profil", "échevine"), ("commune", "Province de Namur")], "niveau.province"),
    ("region", [("profil", "échevine"), ("commune", "Région wallonne")], "niveau.region"),
    ("no town", [("profil", "échevine"), ("commune", "d'aucune commune")], "niveau.aucune"),
    ("no answer changes nothing", [("profil", "échevine à Huy"), ("commune", "je ne sais pas")], "mandataire"),
    ("partner", [("profil", "une ONG"), ("partenaire_de", "de la commune de Nouna")], "partenaire.fonction"),
    ("partner of several", [("profil", "une ONG"), ("partenaire_de", "de plusieurs communes")], "partenaire.a_preciser"),
    ("federation", [("profil", "association de communes"), ("partenaire_de", "de plusieurs communes")], "partenaire.communes"),
    ("firm", [("profil", "Notre bureau d'études est mandaté par la ville de Thiès")], "partenaire.entreprise"),
    ("private after all", [("profil", "échevin à Huy"), ("profil", "j'écris à titre privé")], "titre_prive"),
    ("official after all", [("profil", "échevin à Huy, à titre privé"), ("profil", "non non, au nom du collège")], "mandataire"),
]


@pytest.mark.parametrize(("answers", "rule"), [case[1:] for case in CONVERSATIONS], ids=[case[0] for case in CONVERSATIONS])
def test_answers_add_up(lexicon: Lexicon, gazetteer: Gazetteer, answers: list[tuple[str, str]], rule: str) -> None:
    profile = Profile()
    for field, answer in answers:
        profile = _take(field, answer, profile, lexicon, gazetteer)
    assert decide(profile).rule == rule
    assert Profile.from_json(json.loads(json.dumps(profile.as_json()))) == profile


CHANGES = [
    ("a student turns out to be an officer", ["étudiante", "en fait je suis échevine à Huy"], ("étudiante",)),
    ("an officer turns out to be a private person", ["échevine à Huy", "je suis juste une habitante"], ("échevine",)),
    ("an organisation says it has no partner", ["une ONG", "aucune commune derrière nous"], ()),
    ("a correction within the municipality", ["échevine à Huy", "pardon, conseillère communale"], ()),
    ("twice", ["étudiante", "échevine", "non, étudiante"], ("étudiante", "échevine")),
]


@pytest.mark.parametrize(("messages", "earlier"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_a_changed_story_is_remembered(lexicon: Lexicon, gazetteer: Gazetteer, messages: list[str], earlier: tuple[str, ...]) -> None:
    profile = Profile()
    for message in messages:
        profile = update(profile, read_claims(message, lexicon, gazetteer))
    assert profile.contradictions == earlier


def test_a_corrected_municipality_replaces_the_first(lexicon: Lexicon, gazetteer: Gazetteer) -> None:
    profile = update(Profile(), read_claims("échevine à Huy", lexicon, gazetteer))
    assert update(profile, read_claims("non, Ixelles", lexicon, gazetteer)).commune == "Ixelles"


@pytest.mark.parametrize("word", ["le bourgmestre ", "échevin et ", "mon oncle est ", "je ne suis pas ", "M. ", "de la commune de ", "- "])
def test_a_message_of_two_thousand_characters_is_read_at_once(lexicon: Lexicon, gazetteer: Gazetteer, word: str) -> None:
    """The expressions must not blow up on repetition: pytest-timeout is the judge, at a hundred times the usual time."""
    read_claims((word * 1000)[:2000], lexicon, gazetteer)
