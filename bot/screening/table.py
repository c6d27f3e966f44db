"""The rules of admissibility: one table, read from top to bottom, the first that applies decides.

Every rule rests on the section « Attention » of the programme's page (15.03.2016). `docs/tri.md` shows this table;
a test holds both together.
"""

from __future__ import annotations

from bot.places import NONE, PROVINCE, REGION
from bot.screening.claims import FIRMS, MANDATE
from bot.screening.lexicon import AGENT, AUTRE, MANDATAIRE, RESPONSABLE
from bot.screening.rules import (
    ADMISSIBLE,
    COMPLETE,
    HUMAN,
    NOT_ADMISSIBLE,
    TO_SPECIFY,
    Rule,
    complete,
    has_partner,
    kind,
    level,
    may_be_partner,
    type_,
)

VERSION = "2 (page du 15.03.2016)"
"""Version of this table, recorded with each decision. Raise it when a rule changes."""
_ONLY = (
    "La rubrique « Attention » réserve les demandes aux autorités locales, par leurs mandataires ou leurs responsables administratifs, "
    "et aux partenaires directs des communes"
)

# fmt: off
RULES: tuple[Rule, ...] = (
    Rule("titre_prive", "dit écrire à titre privé, quelle que soit sa fonction",
         lambda p: bool(p.private), NOT_ADMISSIBLE,
         f"{_ONLY} : une demande faite à titre privé est celle d'un particulier."),
    Rule("sans_reponse", "ne veut pas dire à quel titre ou pour quelle commune, ou répond plusieurs fois sans le dire",
         lambda p: p.silent, NOT_ADMISSIBLE,
         f"{_ONLY} : sans savoir à quel titre et pour quelle commune vous écrivez, on ne peut pas en juger."),
    Rule("niveau.province", "donne une province pour institution",
         level(PROVINCE), NOT_ADMISSIBLE,
         f"{_ONLY} : une province n'est pas une commune."),
    Rule("niveau.region", "donne une Région pour institution",
         level(REGION), NOT_ADMISSIBLE,
         f"{_ONLY} : une Région n'est pas une commune."),
    Rule("niveau.aucune", "dit n'appartenir à aucune commune",
         level(NONE), NOT_ADMISSIBLE,
         f"{_ONLY} : il faut agir pour une commune."),
    Rule("mandataire", "mandataire en fonction, fonction et commune connues",
         complete(MANDATAIRE), ADMISSIBLE,
         "La demande vient d'un mandataire d'une commune : c'est une autorité locale au sens de la rubrique « Attention »."),
    Rule("mandataire.incomplet", "mandataire en fonction, fonction, commune ou pays encore inconnus",
         kind(MANDATAIRE), TO_SPECIFY,
         "La rubrique « Attention » admet les mandataires communaux : il reste à préciser la fonction ou la commune.", COMPLETE),
    Rule("responsable", "responsable administratif en fonction (direction, chef de service, coordination), fonction et commune connues",
         complete(RESPONSABLE), ADMISSIBLE,
         "La demande vient d'un responsable administratif d'une commune : c'est une autorité locale au sens de la rubrique « "
         "Attention »."),
    Rule("responsable.incomplet", "responsable administratif, fonction, commune ou pays encore inconnus",
         kind(RESPONSABLE), TO_SPECIFY,
         "La rubrique « Attention » admet les responsables administratifs communaux : il reste à préciser la fonction ou la "
         "commune.", COMPLETE),
    Rule("mandate", "écrit au nom d'un mandataire, d'un responsable ou du collège, fonction et commune connues",
         complete(MANDATE), ADMISSIBLE,
         "La demande est introduite au nom d'une autorité locale (mandataire, responsable ou collège), comme la rubrique « "
         "Attention » le demande."),
    Rule("mandate.incomplet", "écrit au nom d'une autorité communale, fonction, commune ou pays encore inconnus",
         kind(MANDATE), TO_SPECIFY,
         "La rubrique « Attention » admet ce qui vient des autorités locales : il reste à préciser votre fonction ou la "
         "commune.", COMPLETE),
    Rule("agent.sans_mandat", "agent communal que personne n'a chargé d'écrire",
         lambda p: p.kind == AGENT and p.mandate is False, NOT_ADMISSIBLE,
         f"{_ONLY} : la demande d'un agent doit être introduite, ou voulue, par un mandataire ou un responsable de sa commune."),
    Rule("employe.sans_mandat", "employé ou chargé de mission, dans une organisation encore inconnue, que personne n'a chargé d'écrire",
         lambda p: p.kind is None and p.potential == AGENT and p.mandate is False, NOT_ADMISSIBLE,
         f"{_ONLY} : la demande d'un employé doit être introduite, ou voulue, par un mandataire ou un responsable de sa commune."),
    Rule("agent.fonction", "travaille pour une commune, fonction inconnue",
         lambda p: p.kind == AGENT and p.function is None, TO_SPECIFY,
         "La rubrique « Attention » distingue les mandataires et les responsables : il faut connaître la fonction.", ("fonction",)),
    Rule("agent.mandat", "agent communal sans fonction dirigeante, mandat encore inconnu",
         kind(AGENT), TO_SPECIFY,
         "La rubrique « Attention » demande qu'un mandataire ou un responsable introduise la demande : est-ce lui qui vous a "
         "chargé d'écrire ?", ("profil",)),
    Rule("partenaire.entreprise", "entreprise ou bureau qui se dit partenaire d'une commune nommée",
         lambda p: has_partner(p) and p.type in FIRMS, HUMAN,
         "La rubrique « Attention » admet les partenaires directs des communes ; qu'un prestataire en soit un, une personne "
         "doit en juger."),
    Rule("partenaire.communes", "association de communes",
         lambda p: may_be_partner(p) and p.type == "association de communes" and (p.several or has_partner(p)), HUMAN,
         "La rubrique « Attention » vise les communes et leurs partenaires directs ; pour une association de communes, une "
         "personne doit en juger."),
    Rule("partenaire.fonction", "se dit partenaire direct d'une commune nommée, organisation et fonction encore inconnues",
         lambda p: has_partner(p) and p.function is None, TO_SPECIFY,
         "La rubrique « Attention » admet les partenaires directs des communes : il reste à préciser l'organisation et la fonction.",
         ("fonction",)),
    Rule("partenaire", "se dit partenaire direct d'une commune nommée",
         has_partner, ADMISSIBLE,
         "La demande vient du partenaire direct d'une commune, que la rubrique « Attention » admet à côté des communes."),
    Rule("partenaire.aucune", "organisation sans commune dont elle soit le partenaire direct",
         lambda p: may_be_partner(p) and p.partner is False, NOT_ADMISSIBLE,
         f"{_ONLY} : sans commune dont vous soyez le partenaire direct, la demande ne peut pas être suivie."),
    Rule("partenaire.a_preciser", "se dit partenaire, ou organisation qui peut l'être, commune encore inconnue",
         may_be_partner, TO_SPECIFY,
         "La rubrique « Attention » admet les partenaires directs des communes : il faut savoir de quelle commune.",
         ("partenaire_de", "pays")),
    Rule("autorite_non_communale", "autorité locale qui n'est pas une commune (secteur, chefferie)",
         type_("autorité locale non communale"), HUMAN,
         "La rubrique « Attention » parle de municipalités ; pour une autre entité locale, une personne doit en juger."),
    Rule("ancien", "mandat ou fonction du passé",
         type_("ancien", "retraité"), NOT_ADMISSIBLE,
         f"{_ONLY}, en fonction : un ancien mandataire ou un retraité écrit à titre particulier."),
    Rule("proche", "proche d'un mandataire",
         type_("proche"), NOT_ADMISSIBLE,
         f"{_ONLY} : un proche écrit à titre particulier ; le mandataire lui-même peut introduire la demande."),
    Rule("candidat", "candidat à un mandat, mandat futur",
         type_("candidat"), NOT_ADMISSIBLE,
         f"{_ONLY}, en fonction : une candidature n'est pas encore un mandat."),
    Rule("etudes", "élève, étudiant, chercheur",
         type_("étudiant", "élève", "chercheur"), NOT_ADMISSIBLE,
         f"{_ONLY} : une demande liée à des études ou à une recherche n'en fait pas partie."),
    Rule("presse", "presse",
         type_("presse"), NOT_ADMISSIBLE,
         f"{_ONLY} : une demande de la presse n'en fait pas partie."),
    Rule("entreprise", "entreprise, bureau d'études, indépendant, métier",
         type_("entreprise", "bureau d'études", "métier"), NOT_ADMISSIBLE,
         f"{_ONLY} : une entreprise ou un indépendant n'est pas une autorité locale."),
    Rule("quartier", "comité de quartier, chef de village ou de quartier",
         type_("comité de quartier"), NOT_ADMISSIBLE,
         f"{_ONLY} : un comité de quartier ou un village n'est pas une autorité communale."),
    Rule("syndicat", "syndicat, délégué du personnel",
         type_("syndicat"), NOT_ADMISSIBLE,
         f"{_ONLY} : un syndicat n'est pas l'autorité communale."),
    Rule("conseil_consultatif", "conseil des jeunes ou des enfants, conseil consultatif",
         type_("conseil consultatif"), NOT_ADMISSIBLE,
         f"{_ONLY} : un conseil consultatif, des jeunes ou des enfants n'introduit pas de demande ; la commune peut le faire."),
    Rule("diaspora", "diaspora, ressortissants",
         type_("diaspora"), NOT_ADMISSIBLE,
         f"{_ONLY} : une association ou un membre de la diaspora n'en fait pas partie."),
    Rule("loisirs", "club, mouvement, culte",
         type_("loisirs ou culte"), NOT_ADMISSIBLE,
         f"{_ONLY} : un club ou un mouvement n'en fait pas partie."),
    Rule("province", "province",
         type_("province"), NOT_ADMISSIBLE,
         f"{_ONLY} : une province est une autorité publique, mais pas une commune."),
    Rule("region", "Région, Communauté, département",
         type_("région"), NOT_ADMISSIBLE,
         f"{_ONLY} : une Région ou une Communauté est une autorité publique, mais pas une commune."),
    Rule("etat", "État, préfecture, ministère, ambassade",
         type_("État"), NOT_ADMISSIBLE,
         f"{_ONLY} : l'État et ses services, même proches des communes, n'introduisent pas de demande eux-mêmes."),
    Rule("parlement", "parlementaire",
         type_("parlement"), NOT_ADMISSIBLE,
         f"{_ONLY} : un mandat parlementaire n'est pas un mandat communal."),
    Rule("enseignement_sante", "école, même communale, université, hôpital",
         type_("école", "université", "hôpital"), NOT_ADMISSIBLE,
         f"{_ONLY} : une école, même communale, une université ou un hôpital n'introduit pas de demande ; la commune peut le "
         "faire."),
    Rule("particulier", "particulier, et tout autre profil étranger à une commune",
         kind(AUTRE), NOT_ADMISSIBLE,
         f"{_ONLY} : les demandes de particuliers ne peuvent pas être suivies."),
    Rule("fonction.imprecise", "titre qui existe aussi hors des communes, organisation inconnue",
         lambda p: p.function is not None, TO_SPECIFY,
         "La rubrique « Attention » ne vise que les communes et leurs partenaires directs : il faut savoir pour qui vous "
         "écrivez.", ("profil", "commune")),
    Rule("sans_declaration", "n'a rien dit qui permette de juger",
         lambda p: True, TO_SPECIFY,
         "La rubrique « Attention » ne vise que les communes et leurs partenaires directs : il faut savoir à quel titre vous "
         "écrivez.", ("profil", "fonction", "commune")),
)
# fmt: on
"""The table. Order matters: a private capacity outweighs any function, a known municipality is needed before anything is admitted."""


def rules_table(rules: tuple[Rule, ...] = RULES) -> str:
    """Return the table in Markdown, as `docs/tri.md` shows it."""
    verdicts = {ADMISSIBLE: "admissible", NOT_ADMISSIBLE: "non admissible", TO_SPECIFY: "à préciser", HUMAN: "à juger par une personne"}
    lines = ["| n° | règle | si la personne… | décision | demande encore | motif |", "| --- | --- | --- | --- | --- | --- |"]
    for number, rule in enumerate(rules, 1):
        asks = ", ".join(rule.asks) or "–"
        lines.append(f"| {number} | `{rule.id}` | {rule.condition} | {verdicts[rule.verdict]} | {asks} | {rule.reason} |")
    return "\n".join(lines)
