"""The programme's facts: what stands in data/knowledge/, typed and checked. The only source of facts."""

from bot.knowledge.loader import load_base, yaml_fault
from bot.knowledge.model import ASPECTS, OVERVIEW, REFUSAL, Base, Edition, Entry, Fact, Listing, Overview, Passage, Phrase, Thing, Value

__all__ = [
    "ASPECTS",
    "OVERVIEW",
    "REFUSAL",
    "Base",
    "Edition",
    "Entry",
    "Fact",
    "Listing",
    "Overview",
    "Passage",
    "Phrase",
    "Thing",
    "Value",
    "load_base",
    "yaml_fault",
]
