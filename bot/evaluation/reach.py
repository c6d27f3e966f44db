"""Which facts are reached by questions that nobody taught, and which entries are taken for each other.

Read from tests/reachability/questions.tsv: an entry, a tab, a question, by hands that never saw the examples.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import KnowledgeError
from bot.evaluation.cases import Question
from bot.evaluation.model import Result
from bot.evaluation.questions import RIGHT, OpenChat, ask_question
from bot.evaluation.reading import cited
from bot.knowledge import Base
from bot.understanding.classifier import is_entry
from bot.understanding.reading import Rank

ENOUGH = 3
"""Questions, of those kept back for a fact, that have to reach it."""
CLOSE = 0.2
"""What a second entry may have less than the right one and still be too close to it."""


@dataclass(frozen=True)
class Reached:
    """What became of the questions kept back for one entry."""

    entry: str
    results: tuple[Result, ...]

    @property
    def right(self) -> int:
        """Questions answered at once with the fact."""
        return sum(result.end == RIGHT for result in self.results)

    @property
    def missed(self) -> tuple[Result, ...]:
        """The others."""
        return tuple(result for result in self.results if result.end != RIGHT)


@dataclass(frozen=True)
class Pair:
    """Two entries that are taken for each other: `times` the second came first, `near` it came close, with one such question."""

    wanted: str
    other: str
    times: int
    near: int
    example: str


def read_questions(path: Path, base: Base) -> tuple[Question, ...]:
    """The questions kept back, each with the fact that it asks for. Raises KnowledgeError for a line that cannot be used."""
    questions = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        entry, tab, text = line.partition("\t")
        if not tab or entry not in base.entries:
            raise KnowledgeError(f"{path}:{number} : écrivez un fait de data/knowledge, une tabulation et une question.")
        questions.append(Question(f"r{number:03}", text, entry, cited(base, entry)))
    return tuple(questions)


def reach(questions: Iterable[Question], chat: OpenChat) -> Mapping[str, Reached]:
    """Put each question to a fresh conversation; what became of them, by entry."""
    by_entry: dict[str, list[Result]] = defaultdict(list)
    for question in questions:
        by_entry[question.group].append(ask_question(question, chat))
    return {entry: Reached(entry, tuple(results)) for entry, results in by_entry.items()}


def pairs(questions: Sequence[Question], rank: Rank, base: Base) -> list[Pair]:
    """The matrix of confusions without its empty cells, the worst pairs first. Entries of one passage share their reply: no pair."""
    first: Counter[tuple[str, str]] = Counter()
    near: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    for question, ranking in zip(questions, rank([question.text for question in questions]), strict=True):
        margins = {label.removeprefix("info/"): margin for label, margin in ranking if is_entry(label)}
        own = margins.get(question.group, -1.0)
        for other, margin in margins.items():
            if other == question.group or base.passage_id(other) == base.passage_id(question.group) or margin < own - CLOSE:
                continue
            (first if margin > own else near)[question.group, other] += 1
            examples.setdefault((question.group, other), question.text)
    found = [Pair(wanted, other, first[wanted, other], near[wanted, other], text) for (wanted, other), text in examples.items()]
    return sorted(found, key=lambda pair: (-pair.times, -pair.near, pair.wanted, pair.other))
