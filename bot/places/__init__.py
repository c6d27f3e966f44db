"""Municipalities and countries, recognised in what people write. Pure but for reading `data/lieux/communes.yml` once."""

from bot.places.countries import BELGIUM, PARTNERS, find_country, resolve_country
from bot.places.gazetteer import COMMUNES, Gazetteer
from bot.places.index import Municipality
from bot.places.place import COMMUNE, COUNTRY, NONE, NOTHING, PROVINCE, REGION, Mention, Place

__all__ = [
    "BELGIUM",
    "COMMUNE",
    "COMMUNES",
    "COUNTRY",
    "NONE",
    "NOTHING",
    "PARTNERS",
    "PROVINCE",
    "REGION",
    "Gazetteer",
    "Mention",
    "Municipality",
    "Place",
    "find_country",
    "resolve_country",
]
