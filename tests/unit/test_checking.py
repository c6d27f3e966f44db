"""What `cic check` says of a project: nothing when it is in order, else every fault with its file, line and remedy."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bot.checking import check_project
from bot.config import PROJECT

KNOWLEDGE = """\
edition: {id: "2020-2021", debut: 2020, fin: 2021, page: La page, mise_a_jour: 2020-01-02}
sections: {quoi: "C'est quoi ?"}
objets:
  programme: {nom: le Programme, aussi: [programme]}
phrases:
  - id: quoi.pays
    section: quoi
    texte: Le Programme travaille dans {nombre} pays.
    faits:
      - id: quoi.nombre
        titre: Combien de pays ?
        objet: programme
        attribut: nombre
        valeurs: {nombre: {nombre: 5}}
  - id: quoi.but
    section: quoi
    texte: Le Programme aide les communes.
    faits:
      - id: quoi.but
        titre: Quel est le but ?
        objet: programme
        attribut: but
passages:
  - {id: quoi, phrases: [quoi.pays, quoi.but]}
apercus:
  - id: apercu.quoi
    titre: Le Programme
    phrases: [quoi.pays]
    suite: [quoi.but]
"""
LABELS = ("info/quoi.nombre", "info/quoi.but", "info/apercu.quoi", "bavardage/saluer", "demande")
DOMAIN = """\
intents:
  - info: {use_entities: []}
  - bavardage
  - demande
actions: [action_repondre]
forms:
  formulaire_demande: {}
"""
STORIES = """\
rules:
  - rule: Une demande
    steps:
      - intent: demande
      - action: formulaire_demande
      - active_loop: formulaire_demande
  - rule: Une question
    steps:
      - intent: info
      - action: action_repondre
"""
TEXTS = """\
bavardage: {saluer: Bonjour.}
voisin: {pays: "Non, {pays} n'en fait pas partie."}
menu:
  entrees: [apercu.quoi]
"""
FOLLOWUPS = """\
aspects: {pourquoi: [pourquoi]}
vides: et alors
avec_un_rang: point
noms: montant
rangs: {1: [premier]}
autres: [les autres]
precedent: [le précédent]
suivant: [le suivant]
tout: [c'est tout]
sur: [vous êtes sûr]
renvoi: [là-bas]
"""
CODE = """\
def reply(texts, country, label):
    return texts("voisin.pays", pays=country), texts(f"bavardage.{label}"), texts.items("menu.entrees")
"""


def examples() -> str:
    blocks = "".join(
        f"\n- intent: {label}\n  examples: |\n" + "".join(f"    - exemple {n} de {label.replace('/', ' ')}\n" for n in range(24))
        for label in LABELS
    )
    return f'version: "3.1"\nnlu:\n{blocks}'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "data/knowledge/edition.yml": KNOWLEDGE,
        "data/nlu/exemples.yml": examples(),
        "data/stories/regles.yml": STORIES,
        "data/textes/assistant.yml": TEXTS,
        "data/relances/mots.yml": FOLLOWUPS,
        "domain.yml": DOMAIN,
        "bot/answers.py": CODE,
        "actions/__init__.py": "",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return tmp_path


def faults_of(project: Path, environ: dict[str, str] | None = None) -> list[str]:
    return [fault.say(project) for fault in check_project(project, environ or {})]


def change(project: Path, name: str, old: str, new: str) -> None:
    path = project / name
    assert old in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")


def test_a_project_in_order_has_no_fault(project: Path) -> None:
    assert faults_of(project) == []


KNOWLEDGE_FILE, NLU, TEXTS_FILE = "data/knowledge/edition.yml", "data/nlu/exemples.yml", "data/textes/assistant.yml"
RULES = "data/stories/regles.yml"
CASES = {
    "yaml": (KNOWLEDGE_FILE, "passages:", "passages: [", f"{KNOWLEDGE_FILE}:24", "le YAML ne se lit pas"),
    "no section": (KNOWLEDGE_FILE, "    section: quoi\n", "", f"{KNOWLEDGE_FILE}:6", "« section » manque"),
    "unknown section": (KNOWLEDGE_FILE, "section: quoi", "section: qui", f"{KNOWLEDGE_FILE}:6", "la section « qui » n'existe pas"),
    "fact without names": (
        KNOWLEDGE_FILE,
        "      - id: quoi.nombre\n        titre",
        "      - quoi\n      - titre",
        f"{KNOWLEDGE_FILE}:6",
        "nom: valeur",
    ),
    "figure in a text": (KNOWLEDGE_FILE, "aide les", "aide 12", f"{KNOWLEDGE_FILE}:15", "mettez-le dans « valeurs: »"),
    "unknown value": (KNOWLEDGE_FILE, "{nombre} pays", "{total} pays", f"{KNOWLEDGE_FILE}:6", "appelle une valeur qui n'existe pas"),
    "fact twice": (KNOWLEDGE_FILE, "- id: quoi.nombre", "- id: quoi.but", f"{KNOWLEDGE_FILE}:19", "est écrit deux fois"),
    "unknown link": (KNOWLEDGE_FILE, "suite: [quoi.but]", "suite: [quoi.rien]", f"{KNOWLEDGE_FILE}:26", "« quoi.rien » n'existe pas"),
    "same title": (
        KNOWLEDGE_FILE,
        "titre: Le Programme",
        "titre: QUEL est le but ?",
        f"{KNOWLEDGE_FILE}:26",
        "donnez-en un autre à « apercu.quoi »",
    ),
    "too few examples": (NLU, "    - exemple 3 de info quoi.but\n", "", f"{KNOWLEDGE_FILE}:19", "« quoi.but » a 23 exemples"),
    "same example again": (
        NLU,
        "exemple 3 de info quoi.but",
        "Exémple 4, de info quoi.but !",
        f"{KNOWLEDGE_FILE}:19",
        "23 exemples différents",
    ),
    "unknown entry": (NLU, "- intent: demande", "- intent: info/quoi.rien", f"{NLU}:114", "« quoi.rien » n'est pas dans data/knowledge"),
    "two labels": (
        NLU,
        "exemple 5 de demande",
        "EXEMPLE 5 de bavardage, saluer ?",
        f"{NLU}:119",
        "déjà un exemple de « bavardage/saluer » (exemples.yml, ligne 92)",
    ),
    "slash": (NLU, "- exemple 3 de demande", "- /restart", f"{NLU}:117", "ne peut pas commencer par « / »"),
    "brackets": (NLU, "exemple 3 de demande", "la commune de [Huy](commune)", f"{NLU}:117", "écrivez des parenthèses"),
    "line out of place": (NLU, "    - exemple 3 de demande", "   - exemple 3 de demande", f"{NLU}:117", "n'est pas un exemple"),
    "unknown intent of a rule": (RULES, "intent: info", "intent: infos", f"{RULES}:9", "l'intention « infos » n'existe pas"),
    "unknown action": (RULES, "action: action_repondre", "action: action_dire", f"{RULES}:10", "l'action « action_dire » n'existe pas"),
    "unknown form": (
        RULES,
        "active_loop: formulaire_demande",
        "active_loop: formulaire",
        f"{RULES}:6",
        "le formulaire « formulaire » n'existe pas",
    ),
    "intent without examples": ("domain.yml", "  - demande\n", "  - demande\n  - voisin\n", "domain.yml:5", "« voisin » n'a pas d'exemple"),
    "undeclared intent": ("domain.yml", "  - bavardage\n", "", f"{NLU}:87", "« bavardage » n'est pas dans domain.yml"),
    "unreadable domain": ("domain.yml", "intents:", "intents: {", "domain.yml:1", "ne se lit pas"),
    "missing text": ("bot/answers.py", '"voisin.pays"', '"voisin.lieu"', "bot/answers.py:2", "le texte « voisin.lieu » manque"),
    "missing family of texts": ("bot/answers.py", 'f"bavardage.', 'f"politesse.', "bot/answers.py:2", "manque dans assistant.yml"),
    "missing value of a text": ("bot/answers.py", "pays=country", "lieu=country", "bot/answers.py:2", "appelle {pays}"),
    "label without a text": (TEXTS_FILE, "saluer: Bonjour.", "au_revoir: Au revoir.", f"{NLU}:87", "ajoutez « bavardage.saluer »"),
    "no menu": (TEXTS_FILE, "  entrees:", "  sujets:", f"{TEXTS_FILE}:1", "« menu.entrees » manque"),
    "unknown entry of the menu": (
        TEXTS_FILE,
        "[apercu.quoi]",
        "[apercu.rien]",
        f"{TEXTS_FILE}:4",
        "« apercu.rien » n'est pas dans data/knowledge",
    ),
}


@pytest.mark.parametrize(("name", "old", "new", "place", "what"), CASES.values(), ids=CASES)
def test_a_fault_is_told_with_file_line_and_remedy(project: Path, name: str, old: str, new: str, place: str, what: str) -> None:
    change(project, name, old, new)
    assert any(fault.startswith(f"{place} : ") and what in fault for fault in faults_of(project)), faults_of(project)


def test_all_faults_of_all_files_are_told_at_once(project: Path) -> None:
    for case in ("no section", "unknown link", "slash", "unknown action", "no menu"):
        change(project, *CASES[case][:3])
    change(project, KNOWLEDGE_FILE, "aide les", "aide 12")
    (project / "data/knowledge/autre.yml").write_text("edition: {}\n", "utf-8")
    told = "\n".join(faults_of(project))
    for what in (
        "« section » manque",
        "« quoi.rien » n'existe pas",
        "mettez-le dans",
        "barre",
        "action_dire",
        "menu.entrees",
        "autre.yml:1 : « sections »",
    ):
        assert what in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{pourquoi: [pourquoi]}", "{combine: [combien]}", "« combine » n'est pas une relance connue"),
        ("autres: [les autres]", "autres: les autres", "doit être une liste"),
        ("sur: [vous êtes sûr]\n", "", "'sur'"),
        ("rangs:", "  rangs", "ne se lit pas"),
    ],
    ids=["unknown aspect", "no list", "missing", "no YAML"],
)
def test_words_of_follow_ups_that_cannot_be_read_are_a_fault(project: Path, old: str, new: str, told: str) -> None:
    change(project, "data/relances/mots.yml", old, new)
    (fault,) = faults_of(project)
    assert fault.startswith("data/relances/mots.yml:")
    assert told in fault


def test_a_wrong_setting_is_a_fault_of_the_file_that_holds_it(project: Path) -> None:
    (project / ".env").write_text("# mes réglages\nCIC_PORT=quatre\n", "utf-8")
    (fault,) = faults_of(project)
    assert fault.startswith(".env:2 : CIC_PORT doit être un nombre entier")


def test_a_key_that_only_the_program_makes_up_is_not_looked_for(project: Path) -> None:
    change(project, "bot/answers.py", '"voisin.pays"', "label")
    assert faults_of(project) == []


def test_folders_without_files_are_faults_too(project: Path) -> None:
    (project / KNOWLEDGE_FILE).unlink()
    (project / NLU).unlink()
    told = "\n".join(faults_of(project))
    assert "aucune édition du Programme" in told
    assert "aucun exemple dans ce dossier" in told


def test_this_project_is_in_order() -> None:
    assert [fault.say(PROJECT) for fault in check_project(PROJECT, {})] == []


def test_the_command_takes_less_than_a_second_of_work() -> None:
    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([Path(sys.executable).with_name("cic"), "check"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 1.0
