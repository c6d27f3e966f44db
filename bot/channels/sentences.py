"""What is said on the messaging channels beside the assistant's answers."""

from __future__ import annotations

from bot.text import typeset

TEXT_ONLY = typeset("Je ne peux lire que du texte : ni image, ni son, ni document. Pouvez-vous écrire votre question ?")
TOO_LONG = typeset("Votre message est trop long pour moi : je lis au plus 2 000 caractères. Pouvez-vous l'écrire en plus court ?")
TOO_MANY = typeset(
    "Vous avez envoyé beaucoup de messages en peu de temps. Attendez une minute et envoyez les derniers à nouveau : je ne les ai pas lus."
)
TOO_MANY_TODAY = typeset(
    "Vous avez envoyé autant de messages que je peux en lire en un jour sur ce canal. Vous pourrez continuer demain, ou sur le site."
)
NOT_READ = typeset("Je n'ai pas pu traiter votre message. Pouvez-vous l'écrire autrement ?")
IN_PRIVATE = typeset(
    "Une demande de contact passe par des données personnelles, que d'autres liraient ici. "
    "Écrivez-moi en message privé, et nous la remplirons ensemble."
)
CHOOSE = typeset("Pour choisir, répondez par un numéro :")
"""Before the numbers to type."""
OPEN_LIST = typeset("Choisir")


def welcome(retention_days: int, site: str | None) -> str:
    """Who we are and what becomes of messages: said to everybody once. `site` is our public address.

    Without « ê » and its like, an SMS holds twice as much.
    """
    about = f" Vie privée : {site}/vie-privee" if site else ""
    return typeset(
        "Bonjour. Je suis l'assistant automatique du Programme de coopération internationale communale (CIC) : un programme informatique, "
        f"qui répond d'après la page du Programme. Vos messages sont conservés {retention_days} jours et parfois relus pour "
        f"améliorer les réponses. N'écrivez de données personnelles que si elles vous sont demandées.{about}"
    )


def welcome_in_group(retention_days: int) -> str:
    """The same where others read along, who would read it once for each of them."""
    return typeset(
        f"Je suis l'assistant automatique du Programme CIC. Ce que vous m'écrivez ici est conservé {retention_days} jours "
        "et parfois relu pour améliorer les réponses."
    )


def source_line(section: str, updated: str) -> str:
    """The source of an answer on one line: the heading and the date of the page, an ISO date. Its title was said in the beginning."""
    day = ".".join(reversed(updated.split("-")))
    return typeset(f"Source : « {section} », page mise à jour le {day}")
