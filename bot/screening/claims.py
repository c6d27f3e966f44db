"""What one message claims about its author: the values. A claim is what the person says, not what is true."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.places import Place
from bot.screening.lexicon import AGENT, MANDATAIRE, RESPONSABLE

MANDATE = "mandate"
"""Acts in the name of an elected officer, an administrative head or the college."""
LOCAL = frozenset({MANDATAIRE, RESPONSABLE, AGENT, MANDATE})
"""Kinds that speak from within a municipality."""
PARTNERS = frozenset({"ONG", "association", "organisme paracommunal", "association de communes"})
"""Types of organisation that may be the direct partner of a municipality."""
MAY_BE_MANDATED = frozenset({"diaspora", "loisirs ou culte", "comité de quartier", "hôpital", "université"})
"""Types that are no partner by themselves, but may hold a municipality's convention: named with it, they are judged as partners."""
FIRMS = frozenset({"entreprise", "bureau d'études"})


@dataclass(frozen=True)
class Claims:
    """What one message says.

    `kind`: mandataire, responsable, agent, mandate, partenaire_direct, autre, or None. `type`: what kind of « autre » or of partner.
    `function`: the words said. `potential`: the kind that a title alone (« coordinatrice ») has within a municipality.
    """

    kind: str | None = None
    type: str | None = None
    function: str | None = None
    potential: str | None = None
    place: Place | None = None
    partner_of: Place | None = None
    partner: bool | None = None
    mandate: bool | None = None
    private: bool | None = None
    signals: frozenset[str] = field(default_factory=frozenset)
