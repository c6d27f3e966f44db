"""Screening: who speaks, for which municipality, and whether the request is admissible. Pure; decides on the profile, not on a word."""

from bot.screening.answers import read_capacity, read_function, read_mandate, read_partner
from bot.screening.claims import Claims
from bot.screening.decision import Decision, decide
from bot.screening.lexicon import FONCTIONS, Lexicon
from bot.screening.messages import read_claims
from bot.screening.profile import Profile, update, with_country, with_place
from bot.screening.rules import ADMISSIBLE, HUMAN, NOT_ADMISSIBLE, TO_SPECIFY, Rule
from bot.screening.table import RULES, VERSION, rules_table

__all__ = [
    "ADMISSIBLE",
    "FONCTIONS",
    "HUMAN",
    "NOT_ADMISSIBLE",
    "RULES",
    "TO_SPECIFY",
    "VERSION",
    "Claims",
    "Decision",
    "Lexicon",
    "Profile",
    "Rule",
    "decide",
    "read_capacity",
    "read_claims",
    "read_function",
    "read_mandate",
    "read_partner",
    "rules_table",
    "update",
    "with_country",
    "with_place",
]
