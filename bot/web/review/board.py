"""What the dashboard shows, made from the figures: tiles, columns and lying bars, each with the address of what is behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.review.charts import Bar, lengths, sparkline
from bot.review.figures import ADMITTED, DECIDED, DELIVERED, DELIVERIES, FAILED, FUNNEL, PENDING, REGISTERED, STARTED, Figures
from bot.review.filters import DOWN, UP
from bot.review.labels import Labels
from bot.review.model import ANSWERED, CHANNELS, OUTCOMES, UNKNOWN
from bot.review.periods import Period
from bot.storage import REVIEWED
from bot.text import NBSP
from bot.web.review.choosing import address
from bot.web.review.pictures import Picture, Series, draw, draw_shares, inbox, say_milliseconds
from bot.web.review.rendering import say_number, say_percent

DASHBOARD = "/revue/tableau-de-bord"
ASKED = 20
"""Entries that are shown of those asked most."""
STEPS = {
    STARTED: "Demande commencée",
    DECIDED: "Recevabilité décidée",
    ADMITTED: "Demande admise",
    REGISTERED: "Accord donné, demande enregistrée",
    DELIVERED: "Remise à la personne de contact",
    PENDING: "En attente d’envoi",
    FAILED: "Envoi en échec",
}
DELAYS = {
    "moins de 0,25 s": (0, 250),
    "de 0,25 à 0,5 s": (250, 500),
    "de 0,5 à 1 s": (500, 1000),
    "de 1 à 2 s": (1000, 2000),
    "de 2 à 5 s": (2000, 5000),
    "5 s ou plus": (5000, None),
}
"""Response times that are told apart, in milliseconds."""
_WELL, _BADLY = 1, 2
"""Styles of what went well and of what did not (revue.css)."""
_FIRST_CHANNEL = 3


@dataclass(frozen=True)
class Row:
    """A lying bar, its length in percent: what it is of, how many, its link, and what is said beside the number."""

    label: str
    count: int
    length: float
    href: str
    beside: str = ""


@dataclass(frozen=True)
class Tile:
    """One figure in large. `course` shows how it went; what stands beside it has an address of its own, where it is another figure."""

    label: str
    figure: str
    href: str
    beside: str = ""
    beside_href: str = ""
    course: Sequence[Bar] = ()


def tiles(figures: Figures) -> list[Tile]:
    """The figures at the top."""
    period, whole = figures.period, figures.total()
    sent, failed = figures.requests[REGISTERED], figures.requests[FAILED]
    return [
        Tile("Conversations", say_number(whole), inbox(period), course=sparkline(figures.by_slice())),
        _share(figures, "Répondu", ANSWERED),
        _share(figures, "Sans réponse", UNKNOWN),
        Tile("Demandes enregistrées", say_number(sent), _step(period, REGISTERED), f"{say_number(failed)} en échec", _step(period, FAILED)),
        _judged(figures, f"Avis{NBSP}: utile", "liked", UP),
        _judged(figures, f"Avis{NBSP}: inutile", "disliked", DOWN),
        _delay(figures),
        Tile(
            "Conversations revues",
            say_percent(figures.total("reviewed") / whole if whole else None),
            inbox(period, etat=REVIEWED),
            f"{say_number(figures.total('reviewed'))} sur {say_number(whole)}",
        ),
    ]


def channels_picture(figures: Figures) -> Picture:
    """Conversations by channel; the channels in which nobody wrote are left out."""
    styles = {channel: place for place, channel in enumerate(CHANNELS, _FIRST_CHANNEL)}
    used = sorted({count.channel for count in figures.counts}, key=lambda channel: (styles.get(channel, len(styles)), channel))
    series = [
        Series(CHANNELS.get(channel, channel), styles.get(channel, 0), figures.by_slice(channel=channel), {"canal": channel})
        for channel in used
    ]
    return draw(figures.slices, figures.period.step, series, figures.by_slice())


def outcomes_picture(figures: Figures) -> Picture:
    """Shares of the conversations that were answered, and that were not."""
    series = [
        Series(OUTCOMES[outcome], style, figures.by_slice(outcome=outcome), {"issue": outcome})
        for outcome, style in ((ANSWERED, _WELL), (UNKNOWN, _BADLY))
    ]
    return draw_shares(figures.slices, figures.period.step, series, figures.by_slice())


def feedback_picture(figures: Figures) -> Picture:
    """Conversations with an answer that was found useful, and with one that was not."""
    series = [
        Series("Utile", _WELL, figures.by_slice("liked"), {"avis": UP}),
        Series("Inutile", _BADLY, figures.by_slice("disliked"), {"avis": DOWN}),
    ]
    return draw(figures.slices, figures.period.step, series, figures.by_slice())


def funnel(figures: Figures) -> list[Row]:
    """How many conversations came to each step of a request, with the share of those that came to the step before."""
    whole = figures.total()
    counts = [whole, *(figures.requests[name] for name in FUNNEL)]
    labels = ["Conversations", *(STEPS[name] for name in FUNNEL)]
    addresses = [inbox(figures.period), *(_step(figures.period, name) for name in FUNNEL)]
    before = [None, *counts[:-1]]
    shares = ["" if not last else say_percent(count / last) for count, last in zip(counts, before, strict=True)]
    return [Row(*row) for row in zip(labels, counts, lengths(counts), addresses, shares, strict=True)]


def deliveries(figures: Figures) -> list[Row]:
    """What became of the requests that were registered."""
    counts, whole = [figures.requests[name] for name in DELIVERIES], figures.requests[REGISTERED]
    rows = zip(DELIVERIES, counts, lengths(counts, whole), strict=True)
    return [Row(STEPS[name], count, length, _step(figures.period, name), _part(count, whole)) for name, count, length in rows]


def delays(figures: Figures) -> list[Row]:
    """How many answers took how long."""
    counts = [figures.within(start, end) for start, end in DELAYS.values()]
    rows = zip(DELAYS.items(), counts, lengths(counts), strict=True)
    return [
        Row(name, count, length, _answers(figures.period, *limits), _part(count, figures.answers)) for (name, limits), count, length in rows
    ]


def asked(figures: Figures, labels: Labels) -> list[Row]:
    """The entries asked most."""
    most = list(figures.asked.items())[:ASKED]
    rows = zip(most, lengths([count for _, count in most]), strict=True)
    return [Row(labels.title(label), count, length, inbox(figures.period, entree=label)) for (label, count), length in rows]


def never_asked(figures: Figures, labels: Labels, entries: Iterable[str]) -> list[str]:
    """The titles of the entries, given by their labels, that nobody asked."""
    return sorted(labels.title(label) for label in entries if label not in figures.asked)


def _share(figures: Figures, label: str, outcome: str) -> Tile:
    count, whole = figures.total(outcome=outcome), figures.total()
    course = sparkline(figures.by_slice(outcome=outcome))
    beside = f"{say_number(count)} sur {say_number(whole)}"
    return Tile(label, say_percent(count / whole if whole else None), inbox(figures.period, issue=outcome), beside, course=course)


def _judged(figures: Figures, label: str, column: str, opinion: str) -> Tile:
    course = sparkline(figures.by_slice(column))
    return Tile(label, say_number(figures.total(column)), inbox(figures.period, avis=opinion), course=course)


def _delay(figures: Figures) -> Tile:
    late = figures.delay(0.95)
    beside = "" if late is None else f"95e centile : {say_milliseconds(late)}"
    every, slow = _answers(figures.period, 0, None), _answers(figures.period, late or 0, None)
    return Tile("Temps de réponse médian", say_milliseconds(figures.delay(0.5)), every, beside, slow)


def _part(count: int, whole: int) -> str:
    """A share of the whole; what is not nothing is not said to be 0 %."""
    if not whole:
        return ""
    share = say_percent(count / whole)
    return share if count == 0 or not share.startswith("0") else f"< {say_percent(0.01)}"


def _step(period: Period, name: str) -> str:
    return address(f"{DASHBOARD}/demandes", period, chiffre=name)


def _answers(period: Period, start: int, end: int | None) -> str:
    return address(f"{DASHBOARD}/reponses", period, de=start or None, a=end)
