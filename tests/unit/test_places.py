"""Municipalities and countries, as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import KnowledgeError
from bot.places import PARTNERS, Gazetteer, find_country, resolve_country

NAMED = [
    ("échevine a perwez", ["Perwez"]),
    ("directrice financière à Gembloux", ["Gembloux"]),
    ("commune de St-Gilles", ["Saint-Gilles"]),
    ("commune de St. Gilles", ["Saint-Gilles"]),
    ("Ville de Bruxelles", ["Bruxelles"]),
    ("échevine à Laeken", ["Bruxelles"]),
    ("bourgmestre d'Uccle", ["Uccle"]),
    ("bourgmestre d’Uccle", ["Uccle"]),
    ("burgemeester van Ukkel, bourgmestre d'Ukkel", ["Uccle", "Uccle"]),
    ("Woluwe-St-Lambert", ["Woluwe-Saint-Lambert"]),
    ("mairie de Za-Kpota", ["Za-Kpota"]),
    ("mairie de za kpota", ["Za-Kpota"]),
    ("bourgmestre du Roeulx", ["Le Rœulx"]),
    ("bourgmestre de La Hulpe", ["La Hulpe"]),
    ("conseillère communale aux Bons Villers", ["Les Bons Villers"]),
    ("échevin à Marche", ["Marche-en-Famenne"]),
    ("receveur à Braine l'alleud", ["Braine-l'Alleud"]),
    ("ELUE A NAMUR", ["Namur"]),
    ("échevin a ans", ["Ans"]),
    ("commune de Manage", ["Manage"]),
    ("échevine à Jette", ["Jette"]),
    ("échevin de Visé", ["Visé"]),
    ("bourgmestre de Namurr", ["Namur"]),
    ("bourgmestre de ixele", ["Ixelles"]),
    ("maire de Dassa au Bénin", ["Dassa-Zoumè"]),
    ("de Tournai à Mons", ["Tournai", "Mons"]),
    ("conseillère communale à Jambes", ["Namur"]),
    ("échevine de Wépion", ["Namur"]),
    ("agent communal à Marchienne", ["Charleroi"]),
    ("la commune de Hamme-Mille", ["Beauvechain"]),
    ("bourgmestre à Tilff", ["Esneux"]),
    ("conseiller communal à Heer", ["Hastière"]),
    ("échevine à Haren", ["Bruxelles"]),
    ("Hervé Dumont, échevin à Herve", ["Herve"]),
    ("Naïma Benali, conseillère à Oujda", ["Oujda"]),
    ("présidente de la commune d'Ouled Zmam", ["Ouled Zmam"]),
    ("arrondissement de Hay Hassani", ["Casablanca"]),
    ("maire de Thiaroye Gare", ["Thiaroye Gare"]),
    ("mairie de kataba", ["Kataba 1"]),
    ("bourgmestre de Kampemba", ["Kampemba"]),
    ("bourgmestre de la commune de Kenya", ["Kenya (Lubumbashi)"]),
    ("maire de Pâ", ["Pâ"]),
]
"""A message, the municipalities that it names."""

NOT_NAMED = [
    "j'ai dix ans",
    "il y a 10 ans",
    "je me jette à l'eau",
    "visé par le programme",
    "celles qui participent",
    "la forest",
    "Gouverneur de la province de Liège",
    "étudiante à l'université de Namur",
    "j'habite rue de Wavre",
    "maire de ma commune",
    "commune du Bénin",
    "maire au Sénégal",
    "commune de montagne dans les Alpes",
    "je suis maire de profession",
    "M. Dinant",
    "j'ai mal aux jambes",
    "un havre de paix",
    "je m'appelle Hervé Dumont",
    "je m'appelle Naïma Benali",
    "Merci à vous, Hervé Dumont",
    "Cordialement, Lamine Diawara",
    "j'aurais préféré parler à un humain",
    "en ligne ou en bande",
    "en termes de loyers",
    "des nouvelles de la rivière",
    "l'écluse et le lavoir",
    "une petite chapelle, une autre église",
    "il bouge comme un champion",
    "le maire a di oui",
    "la bourgmestre a pa voulu",
    "je pars au Kenya",
    "la sécheresse au Sahel",
    "les lillois jouent à gogo",
]

ANSWERS = [
    ("c'est à Namur", "Namur", "Belgique"),
    ("ben Ixelles quoi", "Ixelles", "Belgique"),
    ("perwez", "Perwez", "Belgique"),
    ("la ville de Liège en Wallonie", "Liège", "Belgique"),
    ("non, Ixelles", "Ixelles", "Belgique"),
    ("Namur, pas Liège", "Namur", "Belgique"),
    ("on est de Tournai", "Tournai", "Belgique"),
    ("c'est la commune de Ans", "Ans", "Belgique"),
    ("celles", "Celles", "Belgique"),
    ("st-josse", "Saint-Josse-ten-Noode", "Belgique"),
    ("à Court-St-Etienne", "Court-Saint-Étienne", "Belgique"),
    ("la commune de Namur, province de Namur", "Namur", "Belgique"),
    ("Luik", "Liège", "Belgique"),
    ("bxl", "Bruxelles", "Belgique"),
    ("Ouaga", "Ouagadougou", "Burkina Faso"),
    ("je travaille à Za-kpota", "Za-Kpota", "Bénin"),
    ("Lens en France", "Lens", "France"),
    ("Dassa, Bénin", "Dassa-Zoumè", "Bénin"),
    ("silly belgique", "Silly", "Belgique"),
    ("Saint-Nicolas en Flandre", "Saint-Nicolas", "Belgique"),
    ("Jupille", "Liège", "Belgique"),
    ("grivegnee", "Liège", "Belgique"),
    ("chênée", "Liège", "Belgique"),
    ("Angleur", "Liège", "Belgique"),
    ("Gosselies", "Charleroi", "Belgique"),
    ("Loverval", "Gerpinnes", "Belgique"),
    ("Neder-over-Heembeek", "Bruxelles", "Belgique"),
    ("Comines", "Comines-Warneton", "Belgique"),
    ("Menin", "Menin", "Belgique"),
    ("Sint-Truiden", "Saint-Trond", "Belgique"),
    ("Sankt Vith", "Saint-Vith", "Belgique"),
    ("Renaix", "Renaix", "Belgique"),
    ("Beni Mellal", "Béni Mellal", "Maroc"),
    ("bni mellal", "Béni Mellal", "Maroc"),
    ("Ait Amira", "Aït Amira", "Maroc"),
    ("Oulad Zmam", "Ouled Zmam", "Maroc"),
    ("Oued Zem", "Oued Zem", "Maroc"),
    ("Oujda", "Oujda", "Maroc"),
    ("Pô", "Pô", "Burkina Faso"),
    ("Tô", "Tô", "Burkina Faso"),
    ("Fô au Burkina", "Fô", "Burkina Faso"),
    ("Cinkansé", "Yargatenga", "Burkina Faso"),
    ("Keur Samba Kane", "Keur Samba Kane", "Sénégal"),
    ("Yeumbeul Nord", "Yeumbeul Nord", "Sénégal"),
    ("Darou Salam", "Darou Salam", "Sénégal"),
    ("Beni", "Beni", PARTNERS[3]),
    ("Bagira", "Bagira", PARTNERS[3]),
    ("Ndesha", "Ndesha", PARTNERS[3]),
    ("N'djili", "Ndjili", PARTNERS[3]),
    ("Kalamu, Kinshasa", "Kalamu", PARTNERS[3]),
]
"""An answer that is certain: no confirmation is needed."""

OTHER_ANSWERS = [
    ("Province de Namur", "province"),
    ("la Province", "province"),
    ("Nord-Kivu", "province"),
    ("Région wallonne", "region"),
    ("Wallonie", "region"),
    ("aucune commune", "aucune"),
    ("on n'est liés à aucune commune", "aucune"),
    ("Aucune, je suis un particulier", "aucune"),
    ("en Belgique", "pays"),
    ("Burkina", "pays"),
    ("Kenya", "pays"),
    ("Sahel", "province"),
    ("je ne sais pas", "rien"),
    ("pourquoi vous me demandez ça ?", "rien"),
    ("merci", "rien"),
    ("👍", "rien"),
    ("oui", "rien"),
    ("c'est quoi le budget pour Namur ?", "rien"),
    ("", "rien"),
]


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


@pytest.mark.parametrize(("text", "names"), NAMED, ids=[text for text, _ in NAMED])
def test_a_municipality_is_found_inside_a_message(gazetteer: Gazetteer, text: str, names: list[str]) -> None:
    assert [mention.name for mention in gazetteer.find(text)] == names


@pytest.mark.parametrize("text", NOT_NAMED)
def test_a_word_that_is_only_like_a_name_is_no_municipality(gazetteer: Gazetteer, text: str) -> None:
    assert gazetteer.find(text) == ()


@pytest.mark.parametrize(
    "text", ["maire de Xyzville", "mairie de kpatchi, je veux participer", "commune rurale d'ait sidi, province d'al haouz"]
)
def test_an_unknown_municipality_after_a_municipal_word_is_mentioned_as_unknown(gazetteer: Gazetteer, text: str) -> None:
    (mention,) = gazetteer.find(text)
    assert not mention.known
    assert not mention.place.certain


@pytest.mark.parametrize(("answer", "name", "country"), ANSWERS, ids=[answer for answer, _, _ in ANSWERS])
def test_an_answer_names_its_municipality_for_certain(gazetteer: Gazetteer, answer: str, name: str, country: str) -> None:
    place = gazetteer.resolve(answer)
    assert (place.kind, place.name, place.country, place.known, place.certain) == ("commune", name, country, True, True)


@pytest.mark.parametrize(("answer", "kind"), OTHER_ANSWERS, ids=[answer or "empty" for answer, _ in OTHER_ANSWERS])
def test_an_answer_that_is_no_municipality_is_seen_as_such(gazetteer: Gazetteer, answer: str, kind: str) -> None:
    assert gazetteer.resolve(answer).kind == kind


@pytest.mark.parametrize(("answer", "name"), [("ixele", "Ixelles"), ("charlerois", "Charleroi"), ("gembloo", "Gembloux")])
def test_a_misspelt_municipality_is_understood_but_not_certain(gazetteer: Gazetteer, answer: str, name: str) -> None:
    place = gazetteer.resolve(answer)
    assert (place.name, place.known, place.certain, place.said) == (name, True, False, answer)


@pytest.mark.parametrize("answer", ["Lille", "Lens", "Saint-Louis", "Dassa", "Silly"])
def test_homonyms_in_two_countries_leave_the_country_open(gazetteer: Gazetteer, answer: str) -> None:
    place = gazetteer.resolve(answer)
    assert (place.country, place.certain) == (None, False)
    assert len(place.candidates) > 1


def test_a_known_country_settles_homonyms(gazetteer: Gazetteer) -> None:
    assert gazetteer.resolve("Saint-Louis", country="Sénégal").certain
    assert gazetteer.resolve("Dassa").within("Burkina Faso").name == "Dassa"


@pytest.mark.parametrize(
    ("answer", "country"),
    [("Saint-Nicolas", "Belgique"), ("Kalamu", PARTNERS[3]), ("Kabondo", PARTNERS[3]), ("Missirah", "Sénégal"), ("Ajdir", "Maroc")],
)
def test_homonyms_in_one_country_leave_the_region_open(gazetteer: Gazetteer, answer: str, country: str) -> None:
    place = gazetteer.resolve(answer)
    assert (place.country, place.region, place.certain) == (country, None, False)


@pytest.mark.parametrize(
    ("section", "names"),
    [("Jemeppe", {"Seraing", "Jemeppe-sur-Sambre"}), ("Bomal", {"Durbuy", "Ramillies"}), ("Casteau", {"Mons", "Soignies"})],
)
def test_a_section_of_two_municipalities_is_not_certain(gazetteer: Gazetteer, section: str, names: set[str]) -> None:
    place = gazetteer.resolve(section)
    assert ({candidate.name for candidate in place.candidates}, place.certain) == (names, False)


def test_a_municipality_is_not_mistaken_for_its_homonymous_section(gazetteer: Gazetteer) -> None:
    assert [gazetteer.resolve(name).certain for name in ("Celles", "Neufchâteau", "Forest")] == [True, True, True]


@pytest.mark.parametrize("answer", ["Oued", "Aïn", "Sidi"])
def test_a_common_part_of_names_is_no_listed_municipality(gazetteer: Gazetteer, answer: str) -> None:
    assert not gazetteer.resolve(answer).known


def test_an_unknown_municipality_is_kept_with_its_country_and_unknown(gazetteer: Gazetteer) -> None:
    place = gazetteer.resolve("Xyzville au Bénin")
    assert (place.kind, place.name, place.country, place.known) == ("commune", "Xyzville", "Bénin", False)


def test_a_municipality_said_to_lie_elsewhere_is_no_longer_the_known_one(gazetteer: Gazetteer) -> None:
    assert not gazetteer.resolve("Namur").within("Bénin").known


def test_a_confirmed_place_is_certain(gazetteer: Gazetteer) -> None:
    assert gazetteer.resolve("ixele").confirmed().certain


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("au Bénin", "Bénin"),
        ("rdc", PARTNERS[3]),
        ("R.D.C.", PARTNERS[3]),
        ("Congo-Kinshasa", PARTNERS[3]),
        ("Congo-Brazzaville", "Congo-Brazzaville"),
        ("senegal", "Sénégal"),
        ("une commune marocaine", "Maroc"),
        ("burkina", "Burkina Faso"),
        ("Côte d'Ivoire", "Côte d'Ivoire"),
        ("Etats-Unis", "États-Unis"),
        ("la réunion de demain", None),
        ("je ne sais pas", None),
    ],
)
def test_a_country_is_found_under_its_usual_names(text: str, country: str | None) -> None:
    assert find_country(text) == country


def test_a_misspelt_country_is_understood_as_an_answer() -> None:
    assert resolve_country("marok") == "Maroc"
    assert resolve_country("bla bla") is None


def test_a_broken_data_file_says_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "communes.yml"
    broken.write_text("Belgique: [", "utf-8")
    with pytest.raises(KnowledgeError, match="dernière version correcte"):
        Gazetteer.load(broken)


def test_every_belgian_and_brussels_municipality_is_listed(gazetteer: Gazetteer) -> None:
    places = {place for listed in gazetteer.index.names.values() for place in listed}
    assert sum(place.country == "Belgique" for place in places) == 565
    assert sum(place.region == "Bruxelles" for place in places) == 19


@pytest.mark.parametrize(
    ("country", "count"),
    [("Bénin", 77), ("Burkina Faso", 351), ("Maroc", 1500), ("Sénégal", 552), (PARTNERS[3], 300)],
)
def test_the_municipalities_of_a_partner_country_are_listed(gazetteer: Gazetteer, country: str, count: int) -> None:
    places = {place for listed in gazetteer.index.names.values() for place in listed}
    assert sum(place.country == country for place in places) >= count


def test_the_municipalities_of_kinshasa_are_listed(gazetteer: Gazetteer) -> None:
    places = {place for listed in gazetteer.index.names.values() for place in listed}
    assert sum(place.region == "Kinshasa" for place in places) == 24
