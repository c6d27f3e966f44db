"""Examples that come into the training data: into the right block, once, and nothing else of the files changes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.checking.examples import Example as Checked
from bot.checking.examples import read_examples
from bot.config import PROJECT
from bot.errors import KnowledgeError
from bot.review.nlu_files import ADDED, KNOWN, MOVED, REFUSED, Example, Outcome, as_example, change_files, key_of, patch_of, read_files

FILES = {
    "data/nlu/combien.yml": (
        '# Le budget.\nversion: "3.1"\nnlu:\n\n- intent: info/combien.total\n  examples: |\n    - Quel budget ?\n    - combien en tout\n\n'
        "# La Région.\n- intent: info/combien.bruxelles\n  examples: |\n    - et pour Bruxelles ?\n    - budget de bxl"
    ),
    "data/nlu/hors-sujet.yml": 'version: "3.1"\nnlu:\n\n- intent: hors_sujet/service\n  examples: |\n    - ma poubelle\n    - mon permis\n',
}
COMBIEN, STRAY = "data/nlu/combien.yml", "data/nlu/hors-sujet.yml"
HOSTILE = (
    *("- liste", "/restart", "# commentaire", "a: b", '"guillemets', "l'apostrophe", "[Namur](commune)", '{"a": 1}', "| bloc", "> plié"),
    *(
        "*étoile",
        "&ancre",
        "!tag x",
        "%TAG",
        "@a",
        "`b`",
        "100 %",
        "fin \\",
        "\\u0041",
        "a\u2028b",
        "a\x85b",
        "${HOME} x",
        "--- a",
        "... b",
    ),
    *("? clé", "\ufeffBOM", "\uffffx", "<b>gras</b>", "tab\tulation", "été\u202f?", "🙂 combien", "[x]{y}", "// double"),
)


def change(*examples: tuple[str, str], files: dict[str, str] = FILES) -> Outcome:
    return change_files(files, [Example(text, label) for text, label in examples])


def parsed(text: str) -> dict[str, list[str]]:
    return {block["intent"]: block["examples"].splitlines() for block in yaml.safe_load(text)["nlu"]}


def test_an_example_comes_to_the_end_of_its_block_and_nothing_else_changes() -> None:
    made = change(("C'est combien au total ?", "info/combien.total"))
    old, new = FILES[COMBIEN], made.files[COMBIEN]
    assert new == old.replace("    - combien en tout\n", "    - combien en tout\n    - C'est combien au total ?\n")
    assert made.files[STRAY] == FILES[STRAY]
    assert [step.what for step in made.steps] == [ADDED]


def test_a_file_that_ends_without_a_line_break_goes_on_doing_so() -> None:
    made = change(("et la capitale", "info/combien.bruxelles"))
    assert made.files[COMBIEN] == FILES[COMBIEN] + "\n    - et la capitale"


def test_line_breaks_of_windows_stay() -> None:
    files = {path: text.replace("\n", "\r\n") for path, text in FILES.items()}
    made = change(("le total", "info/combien.total"), files=files)
    assert made.files[COMBIEN] == files[COMBIEN].replace("    - combien en tout\r\n", "    - combien en tout\r\n    - le total\r\n")


def test_an_example_under_another_label_is_moved() -> None:
    made = change(("Budget de BXL !", "hors_sujet/service"))
    assert made.steps[0].what == MOVED
    assert made.steps[0].since == "info/combien.bruxelles"
    assert made.files[COMBIEN] == FILES[COMBIEN].removesuffix("    - budget de bxl")
    assert made.files[STRAY] == FILES[STRAY] + "    - Budget de BXL !\n"


def test_an_example_that_stands_under_both_labels_is_only_taken_away_from_the_other() -> None:
    files = FILES | {STRAY: FILES[STRAY] + "    - quel budget\n"}
    made = change(("Quel budget ?", "hors_sujet/service"), files=files)
    assert made.steps[0].what == MOVED
    assert made.files[STRAY] == files[STRAY]
    assert "Quel budget" not in made.files[COMBIEN]


def test_an_example_that_is_there_already_changes_nothing() -> None:
    made = change(("QUEL BUDGET", "info/combien.total"))
    assert (made.files, made.changes, made.steps[0].what) == (FILES, False, KNOWN)


def test_the_same_example_twice_comes_once() -> None:
    made = change(("le total", "info/combien.total"), ("Le total ?", "info/combien.total"))
    assert [step.what for step in made.steps] == [ADDED, KNOWN]


@pytest.mark.parametrize("text", ["", "…", "je m'appelle [effacé]", "///", "x" * 301])
def test_what_cannot_be_learnt_is_refused_and_changes_nothing(text: str) -> None:
    made = change((text, "info/combien.total"))
    assert (made.files, made.steps[0].what) == (FILES, REFUSED)


def test_a_label_without_a_block_is_said() -> None:
    with pytest.raises(KnowledgeError, match=r"info/inconnu"):
        change(("le total", "info/inconnu"))


def test_the_last_example_of_a_block_does_not_leave_it() -> None:
    files = {COMBIEN: 'version: "3.1"\nnlu:\n- intent: a\n  examples: |\n    - un\n- intent: b\n  examples: |\n    - deux\n'}
    with pytest.raises(KnowledgeError, match="seul exemple de « a »"):
        change(("un", "b"), files=files)


def test_a_file_that_is_no_yaml_any_more_is_said_rather_than_written() -> None:
    with pytest.raises(KnowledgeError, match="combien"):
        change(("le total", "info/combien.total"), files=FILES | {COMBIEN: FILES[COMBIEN].replace("nlu:\n", "nlu: [\n")})


@pytest.mark.parametrize("text", HOSTILE)
def test_signs_that_mean_something_elsewhere_are_only_text_here(text: str) -> None:
    holds_for(text)


@given(st.text(max_size=40))
def test_the_parsed_data_differ_by_exactly_the_example(text: str) -> None:
    holds_for(text)


def holds_for(text: str) -> None:
    made = change((text, "info/combien.total"))
    before, after = parsed(FILES[COMBIEN]), parsed(made.files[COMBIEN])
    new = [f"- {as_example(text)}"] if made.steps[0].what == ADDED else []
    assert after == before | {"info/combien.total": before["info/combien.total"] + new}


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=4))
def test_what_comes_in_passes_the_check_of_the_training_data(texts: list[str]) -> None:
    made = change(*((text, "info/combien.total") for text in texts))
    for example in read_files(made.files)["info/combien.total"]:
        assert not example.startswith("/")
        assert not set(example) & set("[]{}")
        assert Checked(example, "x", Path(), 1).key == key_of(example)


@pytest.mark.parametrize("examples", [("le total", "é : `x` \\ - #"), HOSTILE[:12], HOSTILE[12:]])
def test_git_applies_the_patch(tmp_path: Path, examples: tuple[str, ...]) -> None:
    labels = ("info/combien.total", "info/combien.bruxelles", "hors_sujet/service")
    made = change(*((text, labels[number % 3]) for number, text in enumerate(examples)), ("mon permis", "info/combien.total"))
    assert applied(tmp_path, FILES, patch_of(FILES, made.files)) == made.files


def test_the_real_files_take_examples_and_a_move(tmp_path: Path) -> None:
    files = {f"data/nlu/{path.name}": path.read_bytes().decode() for path in (PROJECT / "data" / "nlu").glob("*.yml")}
    made = change(
        ("Combien d'€ au total dans la CIC ?", "info/combien.bruxelles"), ("Zorglub à Tarvisio ?", "hors_sujet/actualite"), files=files
    )
    assert [step.what for step in made.steps] == [MOVED, ADDED]
    assert applied(tmp_path, files, patch_of(files, made.files)) == made.files
    examples, faults = read_examples(tmp_path / "data" / "nlu")
    assert faults == []
    assert {example.label for example in examples if "Zorglub" in example.text} == {"hors_sujet/actualite"}


def applied(folder: Path, files: dict[str, str], patch: str) -> dict[str, str]:
    """What git makes of the files with a patch."""
    git = shutil.which("git")
    assert git
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    subprocess.run([git, "init", "-q"], cwd=folder, check=True)
    subprocess.run([git, "apply", "-"], cwd=folder, check=True, input=patch.encode())
    return {path: (folder / path).read_bytes().decode() for path in files}
