"""What is said of an entry: its own fact first, with its source, short enough, in French typography, and nothing made up."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sample_assistant import the_answerer, the_base

from bot.answers.answerer import ROOM_EACH
from bot.answers.compose import ROOM, button, say, say_phrase
from bot.answers.model import Message
from bot.knowledge import Fact, Overview
from bot.text import clean, fold, typeset

BASE = the_base()
ENTRIES = sorted(BASE.entries)
FACTS = sorted(BASE.facts)
OVERVIEWS = sorted(BASE.overviews)
SPACE_BEFORE_SIGN = re.compile(r"[ \w»)][?!;]|(?<=\w) :|« | »")
BROKEN_NUMBER = re.compile(r"\d[ \u00a0]\d|\d[ \u00a0]?[€%]")
PRINTED_NUMBER = re.compile(r"\d+(?:\u202f\d{3})*")
VALUES = {number for fact in BASE.facts.values() for value in fact.values.values() for number in PRINTED_NUMBER.findall(value.say())}


def every_message() -> list[tuple[str, Message]]:
    return [(entry, the_answerer().answer(entry).messages[0]) for entry in ENTRIES]


def test_the_knowledge_has_all_its_entries() -> None:
    assert len(ENTRIES) == 144


@pytest.mark.parametrize("entry", FACTS)
def test_a_fact_is_said_before_its_neighbours(entry: str) -> None:
    message = say(BASE, entry)
    assert message.text.startswith(BASE.phrases[BASE.facts[entry].phrase].text)
    assert message.source is not None
    assert message.source.facts[0] == entry


@pytest.mark.parametrize("entry", OVERVIEWS)
def test_an_overview_says_its_own_text_or_its_first_phrase(entry: str) -> None:
    overview, message = BASE.overviews[entry], say(BASE, entry)
    assert message.text.startswith(overview.text or BASE.phrases[overview.phrases[0]].text)
    assert message.source is not None
    assert set(message.source.facts) <= {fact.id for phrase in overview.phrases for fact in BASE.phrases[phrase].facts}


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_answer_carries_heading_page_and_date(entry: str) -> None:
    found, source = BASE.entries[entry], say(BASE, entry).source
    section = found.section if isinstance(found, Fact) else BASE.phrases[found.phrases[0]].section
    assert source is not None
    assert (source.section, source.page, source.updated) == (BASE.sections[section], BASE.edition.page, "2016-03-15")
    assert source.facts
    assert set(source.facts) <= set(BASE.facts)
    assert len(set(source.facts)) == len(source.facts)


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_answer_names_the_facts_it_says_and_no_other(entry: str) -> None:
    found, message = BASE.entries[entry], say(BASE, entry)
    assert message.source is not None
    said = {BASE.facts[fact].phrase for fact in message.source.facts}
    if isinstance(found, Overview) and found.text is not None:
        assert said == set(found.phrases)
        return
    rest = message.text
    for phrase in (BASE.phrases[i] for i in said):
        assert phrase.text in message.text or phrase.short in message.text
        rest = rest.replace(phrase.text, "").replace(phrase.short, "")
    assert rest.strip() == ""


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_answer_is_short(entry: str) -> None:
    (message,) = the_answerer().answer(entry).messages
    assert len(message.text) <= 500
    assert len(message.text) <= ROOM


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_room_left_by_a_sentence_before_it_is_kept(entry: str) -> None:
    before = "Non."
    message = say(BASE, entry, ROOM, before)
    assert message.text.startswith(f"{before} ")
    assert len(message.text) <= ROOM


@pytest.mark.parametrize("entry", ENTRIES)
def test_half_an_answer_says_the_fact_and_little_more(entry: str) -> None:
    message = say(BASE, entry, ROOM_EACH)
    found = BASE.entries[entry]
    lead = BASE.phrases[found.phrase if isinstance(found, Fact) else found.phrases[0]].text
    assert len(message.text) <= max(ROOM_EACH, len(lead))


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_answer_is_typeset_in_french(entry: str) -> None:
    message = say(BASE, entry)
    for text in (message.text, BASE.entries[entry].title, message.source.section if message.source else ""):
        assert "'" not in text
        assert SPACE_BEFORE_SIGN.search(text) is None
        assert BROKEN_NUMBER.search(text) is None
        assert typeset(text) == text


@pytest.mark.parametrize("entry", ENTRIES)
def test_no_answer_holds_a_number_that_is_not_a_value_of_the_knowledge(entry: str) -> None:
    assert set(PRINTED_NUMBER.findall(say(BASE, entry).text)) <= VALUES


def test_the_budget_is_written_as_french_writes_it() -> None:
    assert "8\u202f100\u202f000\u202f€" in say(BASE, "combien.total").text


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_button_leads_to_an_entry_by_its_title(entry: str) -> None:
    answerer = the_answerer()
    for choice in say(BASE, entry).buttons:
        assert choice.title == choice.value
        assert fold(clean(choice.value)) in answerer.titles


def test_the_title_of_each_entry_is_its_own() -> None:
    assert len({fold(entry.title) for entry in BASE.entries.values()}) == len(BASE.entries)


@pytest.mark.parametrize("entry", OVERVIEWS)
def test_an_overview_leads_on_and_not_to_itself(entry: str) -> None:
    titles = [choice.title for choice in say(BASE, entry).buttons]
    assert titles == [button(BASE, following).title for following in BASE.overviews[entry].next]
    assert BASE.overviews[entry].title not in titles
    assert titles


@pytest.mark.parametrize("entry", FACTS)
def test_a_fact_alone_has_no_button(entry: str) -> None:
    assert say(BASE, entry).buttons == ()


@pytest.mark.parametrize("phrase", sorted(BASE.phrases))
def test_a_phrase_said_alone_has_its_source(phrase: str) -> None:
    message = say_phrase(BASE, phrase, "Je ne sais pas.")
    assert message.text == f"Je ne sais pas. {BASE.phrases[phrase].text}"
    assert message.source is not None
    assert message.source.facts == tuple(fact.id for fact in BASE.phrases[phrase].facts)


def test_the_address_of_the_page_is_given_only_when_the_edition_gives_it() -> None:
    with_address = replace(BASE, edition=replace(BASE.edition, url="https://association.example/cic"))
    without, given = say(BASE, "combien.total").source, say(with_address, "combien.total").source
    assert without is not None
    assert given is not None
    assert "url" not in without.as_dict()
    assert given.as_dict()["url"] == "https://association.example/cic"


def test_an_unknown_entry_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        say(BASE, "un.fait.inconnu")


def test_small_room_still_says_the_fact_asked_for() -> None:
    for entry in FACTS:
        assert say(BASE, entry, 1).text == BASE.phrases[BASE.facts[entry].phrase].text


def test_no_answer_says_the_same_sentence_twice() -> None:
    for entry, message in every_message():
        sentences = re.split(r"(?<=[.!?])\s+", message.text)
        assert len(sentences) == len(set(sentences)), entry
