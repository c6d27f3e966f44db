"""Changes of the training data, data/nlu, as text: examples added to and moved between the blocks of hand-written files.

Pure. Every line that is not an example that comes or goes stays as it is, byte for byte; what was written is read again as YAML and
compared before it is returned.
"""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.errors import KnowledgeError
from bot.privacy.values import MASKED
from bot.text import clean, fold

Files = Mapping[str, str]
"""The text of each file by its path as seen from the project, as in `data/nlu/combien.yml`."""

LONGEST = 300
"""Characters of an example; who writes more asks more than one thing."""
ADDED, MOVED, KNOWN, REFUSED = "ajout", "deplacement", "connu", "refus"
"""What becomes of an example: `connu` stands there already, `refus` cannot be one."""
_LABEL = re.compile(r"- intent: (\S+)\r?\n?")
_EXAMPLE = re.compile(r"    - (\S.*?)\r?\n?")
_BRACKETS = str.maketrans("[]{}", "()()")
_NOT_IN_YAML = re.compile(r"[\ufffe\uffff]")
_BARE_END = "\\ No newline at end of file\n"


@dataclass(frozen=True)
class Example:
    """A message that is to be learnt as `label`."""

    text: str
    label: str


@dataclass(frozen=True)
class Step:
    """What became of one example. `text` is how it is written, `since` the label that it stood under before."""

    text: str
    label: str
    what: str
    since: str | None = None


@dataclass(frozen=True)
class Outcome:
    """The files after a change, all of them, and a step for each example in its order."""

    files: Files
    steps: tuple[Step, ...]

    @property
    def changes(self) -> bool:
        """Whether any file is another than before."""
        return any(step.what in (ADDED, MOVED) for step in self.steps)


def as_example(said: str) -> str:
    """A message as it may stand in the files; empty when nothing of it can be learnt.

    Rasa reads brackets and braces as entities and a leading slash as an intent; what was masked is no word of anybody.
    """
    text = clean(_NOT_IN_YAML.sub("", said)).translate(_BRACKETS).lstrip("/ ")
    masked = MASKED.translate(_BRACKETS) in text
    return "" if masked or len(text) > LONGEST or not re.search(r"[^\W_]", text) else text


@lru_cache(maxsize=40_000)
def key_of(text: str) -> str:
    """The text without case, accents and punctuation: two examples with the same key are the same to the classifier."""
    return re.sub(r"[\W_]+", " ", fold(text)).strip() or text


def read_files(files: Files) -> dict[str, list[str]]:
    """The examples of each label, in the order of the files."""
    found: dict[str, list[str]] = {}
    for path in sorted(files):
        label = ""
        for line in _lines(files[path]):
            if match := _LABEL.fullmatch(line):
                label = match[1]
                found.setdefault(label, [])
            elif (match := _EXAMPLE.fullmatch(line)) and label:
                found[label].append(match[1])
    return found


def change_files(files: Files, examples: Sequence[Example]) -> Outcome:
    """Add examples to the blocks of their labels, taking them away from under others. Raises KnowledgeError when that cannot be done."""
    known = read_files(files)
    texts, steps = dict(files), []
    for example in examples:
        step = _step(known, example)
        if step.what in (ADDED, MOVED):
            _apply(texts, known, step)
        steps.append(step)
    _check(files, texts, known)
    return Outcome(texts, tuple(steps))


def patch_of(before: Files, after: Files) -> str:
    """What differs as a unified diff, with a/ and b/ before the paths, which `git apply` takes."""
    return "".join(_patch(path, before[path], after[path]) for path in sorted(after) if before[path] != after[path])


def _step(known: Mapping[str, list[str]], example: Example) -> Step:
    text = as_example(example.text)
    if not text:
        return Step(clean(example.text), example.label, REFUSED)
    if example.label not in known:
        raise KnowledgeError(f"Aucun bloc « - intent: {example.label} » n'est dans data/nlu : l'exemple « {text} » n'a pas de place.")
    key = key_of(text)
    since = next((label for label, texts in known.items() if label != example.label and any(key_of(each) == key for each in texts)), None)
    there = any(key_of(each) == key for each in known[example.label])
    return Step(text, example.label, MOVED if since else KNOWN if there else ADDED, since)


def _apply(texts: dict[str, str], known: dict[str, list[str]], step: Step) -> None:
    key, added = key_of(step.text), all(key_of(each) != key_of(step.text) for each in known[step.label])
    for label, examples in known.items():
        left = examples if label == step.label else [each for each in examples if key_of(each) != key]
        if examples and not left:
            raise KnowledgeError(f"« {step.text} » est le seul exemple de « {label} » : ajoutez-en d'autres avant de le déplacer.")
        known[label] = left
    if step.what == MOVED:
        texts.update({path: _without(text, key, step.label) for path, text in texts.items()})
    if added:
        known[step.label].append(step.text)
        path = next(path for path in sorted(texts) if _block_end(_lines(texts[path]), step.label) is not None)
        texts[path] = _with(texts[path], step)


def _without(text: str, key: str, kept: str) -> str:
    """The text without the examples of a key that stand under other labels than `kept`."""
    label, lines = "", []
    for line in _lines(text):
        if match := _LABEL.fullmatch(line):
            label = match[1]
        match = _EXAMPLE.fullmatch(line)
        if not (match and label != kept and key_of(match[1]) == key):
            lines.append(line)
    return "".join(lines)


def _with(text: str, step: Step) -> str:
    """The text with the example behind the last one of its block."""
    lines = _lines(text)
    end = _block_end(lines, step.label) or 0
    ending = "\r\n" if lines[0].endswith("\r\n") else "\n"
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += ending
        ending = ""  # the file goes on ending without a line break
    return "".join([*lines[:end], f"    - {step.text}{ending}", *lines[end:]])


def _block_end(lines: Sequence[str], label: str) -> int | None:
    """The number of lines up to the last example of the first block of a label; None when there is no such block with examples."""
    end, inside = None, False
    for number, line in enumerate(lines, 1):
        if match := _LABEL.fullmatch(line):
            if end is not None:
                return end
            inside = match[1] == label
        elif inside and _EXAMPLE.fullmatch(line):
            end = number
    return end


def _check(before: Files, after: Files, known: Mapping[str, list[str]]) -> None:
    """Compare what YAML reads in the changed files with what was meant."""
    changed = [path for path in after if before[path] != after[path]]
    for path in changed:
        wanted = {label: examples for label, examples in read_files({path: after[path]}).items() if examples}
        if _parsed(path, after[path]) != wanted:
            raise KnowledgeError(f"{path} ne se lit plus comme il faut après la correction : corrigez ce fichier à la main.")
    if changed and _sorted(read_files(after)) != _sorted(known):
        raise KnowledgeError("La correction ne donne pas les exemples voulus : corrigez data/nlu à la main.")


def _parsed(path: str, text: str) -> dict[str, list[str]]:
    import yaml

    try:
        blocks = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))["nlu"]  # noqa: S506 - the safe loader, the fast one if there
        found: dict[str, list[str]] = {}
        for block in blocks:
            lines = [line.removeprefix("- ") for line in block["examples"].split("\n") if line]
            found.setdefault(block["intent"], []).extend(lines)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise KnowledgeError(f"{path} n'est pas du YAML que Rasa peut lire ({type(error).__name__}).") from error
    return found


def _sorted(examples: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {label: sorted(texts) for label, texts in examples.items()}


def _lines(text: str) -> list[str]:
    """The lines with their ends; only a line feed ends one."""
    return list(io.StringIO(text, newline="\n"))


def _patch(path: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n{_BARE_END}" for line in lines)
