"""Reads the small signs of a conversation: yes, no, stop, thanks, why, a question, a refusal to say. Pure functions.

Words decide first; the classifier's intent helps only where it is sure.
"""

from __future__ import annotations

import re

from bot.answers.model import Heard
from bot.intake.assent import assents, bare, denies
from bot.text import fold

SURE = -0.1
"""Margin from which an intent of the classifier counts as a sign."""

_STOP = re.compile(
    r"\b(annul(e|er|ez|ons)|laisse[zr]? (tomber|cela|ca|moi tranquille)|j'abandonne|abandonne[rz]?|stop|arretez?( tout)?$|je renonce"
    r"|oublie[zr]?( ca| tout)?$|(on|j') ?oublie|plus la peine|tant pis|(je|on) (laisse|annule|arrete)( tout)?( tomber)?(?! comme ca)"
    r"|je (ne )?veux plus|j'arrete|finalement non|(je|j'ai) chang\w* d'avis|je (retire|reprends) (ma demande|mon (accord|consentement))"
    r"|retirez (ma demande|mon consentement)|je me retire|(ca|cela) ne m'interesse plus)\b"
)
_FIELD = (
    r"(?:e-?mails?|mails?|mels?|courriels?|adresses?|numeros?|tel|telephones?|gsm|portables?|fixe|prenoms?|noms?|fonctions?|titre"
    r"|objet|sujet|communes?|pays)"
)
_NAMES_FIELD = re.compile(rf"\b{_FIELD}\b|@|(?:\d\W?){{8}}")
_GIVES_ALL_UP = re.compile(
    rf"\b(?:annul\w+(?! (?:le |la |l'|mon |ma )?{_FIELD}\b)|stop|abandonne\w*|renonce|m?a demande|me retire|consentement|accord)\b"
)
"""What gives up the whole request, whatever else is named beside it."""
_WHY = re.compile(
    r"\b(pourquoi (vous |tu |me |voulez|demand|faut|(cette|ce) (question|demande|information|precision|champ|numero|nom|renseignement)\b)"
    r"|a quoi (ca |cela )?(sert|servira)|(ca|cela|ce numero) (me )?sert a quoi|c'est obligatoire"
    r"|est-ce obligatoire|dans quel but)|^(desolee?,? )?(je (ne )?comprends pas|(je n'|j')ai pas compris)"
)
_THANKS = r"(un |mille )?(grand |tres grand )?(merci|mercis|mrc|thanks|thx)"
_HELLO = r"(re-?)?(bonjour|bonsoir|bjr|salut|slt|hello|coucou)|ca va( bien)?|comment (ca va|allez[- ]vous|vas[- ]tu)|vous allez bien"
_POLITE = (
    r"au fait|et|tres|bien|beaucoup|bcp|infiniment|encore|deja|d'avance|(a |et )?vous|a tous|tout le monde|madame|monsieur"
    r"|(c'est |trop |bien )(gentil|aimable|sympa|note)"
    r"|(pour|de) (votre|vos|la|l'|les|le|cette|ces|tout|ta|ton)( ?)\w*|bonne (journee|soiree)|svp|s'il vous plait"
)
_STARTS_POLITELY = re.compile(rf"({_THANKS}|{_HELLO})\b")
_ONLY_POLITE = re.compile(rf"(({_THANKS}|{_HELLO}|{_POLITE})\b[\s,.!?;:]*)+")
_WAIT = re.compile(
    r"^(je (ne )?sais pas|j'sais pas|aucune idee|euh+|hm+|bof|attend|un (instant|moment)|une (minute|seconde)|deux minutes|peut-etre"
    r"|je dois (verifier|demander))"
)
_WHERE = re.compile(
    r"\bou (j'|nous |vous |on )?en (etions|etiez|etais|etait|sommes|est)\b|\bon en (etait|est) ou\b|\b(tu|vous) (disais|disiez)\b"
    r"|\bquelle etait (la|votre) question\b|\bc'etait quoi (la|votre) question\b|\b(repetez|redites|rappelez)([- ]moi)? (la"
    r"|votre) question\b"
)
_PROCESS = {
    "refus": re.compile(r"\b(et )?si (je|j'|on) (dis|dit|reponds|repond|mets|refuse|donne pas|ne donne|n'accepte|veux pas|ne veux)\b"),
    "accord": re.compile(
        r"\bj'accepte quoi\b|\bj'accepte (de )?quoi\b|\b(ca|cela) (veut dire|signifie) quoi\b|\bconsen\w+ (a"
        r"|de) quoi\b|\bd'accord (avec|sur|pour) quoi\b"
    ),
    "duree": re.compile(
        r"\b(combien de (temps|questions)|c'est (encore )?long|longtemps)\b.{0,40}\b(questionnaire|formulaire"
        r"|questions?|ca prend|dure)?\b.*\b(questionnaire|formulaire|questions?|prend|dure|encore)\b"
        r"|\bca prend combien de temps\b.{0,20}(questionnaire|formulaire|$)|\bencore (beaucoup|combien) de questions\b"
    ),
    "delai": re.compile(
        r"\b(repon\w*|reponse|rappel\w*|contact\w*|recontact\w*|nouvelles)\b.{0,25}\b(quand|delai|combien de temps|arrive|bientot|vite)\b"
        r"|\b(quand|dans combien de temps|delai)\b.{0,40}\b(repon\w*|reponse|rappel\w*|contact\w*|recontact\w*|nouvelles)\b"
    ),
    "parti": re.compile(
        r"\b(c'?est|est-ce|elle est) (deja |bien |que c'est |que c'est deja )*(parti|envoye|transmis)\w*\b"
        r"|\bvous avez (deja )?(envoye|transmis)\b"
    ),
}
"""What is asked about the request itself while it is being made."""
_DATA = re.compile(
    r"\b(a qui (ca|cela|ce|c'est|vous (l'|les )?|mes|sera|seront|va|vont)\b|qui (va |peut |pourra )?(le |la |les )?(recevoir|lire"
    r"|lira|voir|recoit|verra)\b)"
    r"|\b(gardez|conserv\w+|stock\w+)[- ](vous )?(ca|cela|mes|tout|les|le|mon|combien)\b|\bcombien de temps\b.{0,40}\b(gard"
    r"|conserv|donnees|coordonnees)"
    r"|\b(faites|ferez|faire|devien\w+)\b.{0,12}\b(de |avec )?(mes (donnees|coordonnees|informations|infos)|mon (mail|e-?mail"
    r"|adresse|numero|nom))\b"
    r"|\bvie privee\b|\brgpd\b"
)
_BACK = re.compile(
    r"\b((revenir|retourner?|reviens|revenez|retour) (en |un peu )?(arriere|precedent)|question precedente|champ precedent)\b"
    r"|^(retour|precedent)$"
)
_AGAIN = re.compile(
    r"\b((on |je )?(recommenc\w+|repren\w+|repartir|repart)( tout| le formulaire| ma demande)?( (a|de) zero|( depuis| au"
    r"| du)( le)? debut)"
    r"|tout recommencer|remise a zero|reset)\b|^(on |je )?recommenc(e|er|ons|ez)$"
)
_HANDS_OVER = re.compile(
    r"\b(je|on) (vous )?(passe|laisse|donne|rends|cede) (le clavier|la main|la parole|la place|l'ordinateur)\b"
    r"|\bje (vous )?passe le telephone a\b"
    r"|\b(je vous passe|voici|je vous laisse avec) (maintenant )?(mon|ma|un|une) (collegue|amie?|voisine?|cousine?|chef(fe)?"
    r"|directrice|directeur|stagiaire"
    r"|fille|fils|mari|femme|adjointe?)\b(?!.*\bmail\b)"
    r"|\b(c'est|ici) (maintenant |a present |desormais )?(son|sa|le|la) (collegue|voisine?|mari|femme|fils|fille|amie?)\b"
    r"|\b(maintenant|a present) c'est (moi, )?[a-z-]+ qui (parle|ecri[st]|tape)\b|\bune autre personne (a pris|prend) le clavier"
    r"|\b(c'est|ici|je suis) (maintenant |a present )?une autre personne\b|\b(au|du|sur le) meme (ordinateur|pc|ordi|clavier|telephone)\b"
    r"|\bje (remplace|prends la place de) (mon|ma) collegue\b|\bsur le (meme )?(pc|ordi\w*|clavier|telephone) de (mon|ma)\b"
)
_SOMEBODY = (
    r"(?:quelqu'un|une? (?:vraie? |autre )?(?:personne|humaine?|etre humain|agente?|operateur|operatrice|conseiller clientele|employee?"
    r"|interlocuteur|interlocutrice|collegue)|votre (?:chef|superieur|patron|responsable)|un responsable)"
)
_WANTS_HUMAN = re.compile(
    rf"\b(?:parler|discuter|parle|echanger|converser|causer|dialoguer) (?:(?:directement|enfin|vraiment|svp) )?(?:a|avec) {_SOMEBODY}\b"
    rf"|\b(?:passez|passe|donnez|mettez|transferez|branchez)(?:[- ](?:moi|nous))(?: (?:donc|vite|svp))?(?: en (?:ligne|contact))?"
    rf"(?: (?:a|avec))? {_SOMEBODY}\b"
    rf"|\b(?:je (?:veux|voudrais|souhaite|prefere|demande|cherche)|j'aimerais|il me faut|besoin d'|besoin de) ?(?:avoir )?"
    rf"(?:{_SOMEBODY}|humain|un vrai humain)(?: au (?:bout du fil|telephone))?(?:\W*$|\W+(?:pas|et pas|svp|maintenant"
    r"|au telephone|au bout)\b)"
    r"|\b(?:pas|plutot qu'?|ras le bol d'?|marre d'?) ?(?:parler |discuter )?(?:a |avec |de |d')?(?:un robot|une machine|un bot"
    r"|un ordinateur|une ia)\b"
    r"|\by a[- ]t[- ]il (?:quelqu'un|un humain)\b|\b(?:etes|es)[- ](?:vous|tu) (?:la|humain)e?\b"
)
"""« Passez-moi un humain. »"""
_ANGRY = re.compile(
    r"\b(?:en colere|furieu(?:x|se)|mecontente?s?|fachee?s?|enervee?s?|exasperee?s?|outree?s?|degoutee?s?|indignee?s?|revoltee?s?"
    r"|scandalisee?s?|scandaleux|scandaleuse|(?:quel|un) scandale|(?:une|quelle) honte|honteux|honteuse|inadmissible|inacceptable"
    r"|ras[- ]le[- ]bol|j'en ai (?:marre|assez|plein)|marre de|foutage|foutez|se moque de|moquez de)\b"
)
_LONGEST_OUTBURST = 25
"""Words of a message that may be nothing but anger."""
_LONGEST_COURTESY, _LONGEST_WAIT, _LONGEST_SILENCE = 12, 8, 16
"""Words of a message that may be a courtesy, a hesitation, or a refusal to say; a longer one says something else as well."""
_SILENT = re.compile(
    r"(je prefere(rais)? (ne pas|pas|rester|m'abstenir)|je (ne )?(veux|souhaite|dirai|peux|donne|communique|tiens|repondrai"
    r"|repondrais) (pas|rien)"
    r"|\bne (vous )?regarde pas|pas (a|besoin de) (vous )?(le )?dire|confidentiel|\bne pas (vous )?(le |la |les )?(donner"
    r"|communiquer|dire|laisser"
    r"|transmettre|preciser|repondre)|sans (donner|dire|laisser) (mon|ma)|vie privee|\banonyme\b"
    r"|c'est prive|je refuse|pas envie de|\bsecret\b|vous n'avez pas a|pas vos (affaires|oignons)|qui je suis)"
)


def says_yes(heard: Heard) -> bool:
    """A plain yes, with nothing behind it that would change something."""
    return assents(heard.text)


def says_only_no(heard: Heard) -> bool:
    """A no and nothing that could be a correction."""
    return denies(heard.text)


def says_stop(heard: Heard) -> bool:
    """The person gives up the request."""
    text = bare(heard.text)
    if text.startswith(("n'annul", "ne pas annul", "pas annul")):
        return False
    if _NAMES_FIELD.search(text) and not _GIVES_ALL_UP.search(text):
        return False  # one answer is left out, left here or put right
    return (_STOP.search(text) is not None and len(text.split()) <= 12) or (heard.intent == "annuler" and heard.whole.score > SURE)


def asks_why(heard: Heard) -> bool:
    """« Pourquoi vous me demandez ça ? »"""
    return _WHY.search(bare(heard.text)) is not None or (heard.intent == "formulaire/pourquoi" and heard.whole.score > SURE)


def will_not_say(heard: Heard) -> bool:
    """« Je préfère ne pas le dire. »"""
    text = bare(heard.text)
    said = _SILENT.search(text) is not None and len(text.split()) <= _LONGEST_SILENCE
    return said or (heard.intent == "formulaire/refus" and heard.whole.score > SURE)


def lost_the_thread(heard: Heard) -> bool:
    """« On en était où ? »"""
    return _WHERE.search(bare(heard.text)) is not None


def asks_about_process(heard: Heard) -> str:
    """What somebody asks about the request itself: its length, when an answer comes, whether it has left, what a no or a yes means."""
    text = bare(heard.text)
    if "?" not in heard.text and len(text.split()) > _LONGEST_COURTESY:
        return ""
    return next((key for key, pattern in _PROCESS.items() if pattern.search(text)), "")


def asks_about_data(heard: Heard) -> bool:
    """« À qui ça va ? », « combien de temps vous gardez ça ? »: what becomes of what was typed."""
    text = bare(heard.text)
    return _DATA.search(text) is not None or (heard.intent.startswith("donnees") and heard.whole.score > SURE)


def goes_back(heard: Heard) -> bool:
    """« Revenir en arrière »: to the field before."""
    return _BACK.search(bare(heard.text)) is not None and len(heard.text.split()) <= _LONGEST_WAIT


def starts_over(heard: Heard) -> bool:
    """« Recommencer depuis le début. »"""
    return _AGAIN.search(bare(heard.text)) is not None and len(heard.text.split()) <= _LONGEST_WAIT


def hands_over(heard: Heard) -> bool:
    """Somebody else goes on in this conversation: « je passe le clavier à ma collègue »."""
    return _HANDS_OVER.search(fold(heard.text)) is not None


def wants_human(heard: Heard) -> bool:
    """« Passez-moi un humain »: somebody who wants to talk to a person, here and now."""
    return _WANTS_HUMAN.search(fold(heard.text)) is not None


def vents_anger(heard: Heard) -> bool:
    """« Je suis très en colère contre votre programme. »"""
    return _ANGRY.search(fold(heard.text)) is not None and len(heard.text.split()) <= _LONGEST_OUTBURST


def alarms(heard: Heard) -> bool:
    """Somebody is in distress, or threatens."""
    return heard.intent in {"hors_sujet/detresse", "hors_sujet/menace"} and heard.whole.score > SURE


def insults(heard: Heard) -> bool:
    """Plain abuse, which is nobody's name."""
    return heard.intent == "bavardage/insulte" and heard.whole.score > SURE


def small_talk(heard: Heard, by_words: bool = False) -> str:
    """The kind of a courtesy that answers nothing: merci, bonjour, attente; empty when it is none.

    `by_words`: the classifier has no say, as where a name is waited for, of which it knows nothing.
    """
    text = bare(heard.text)
    if not any(c.isalnum() for c in text):
        return "attente"
    words = len(text.split())
    if words <= _LONGEST_COURTESY and _STARTS_POLITELY.search(text) and _ONLY_POLITE.fullmatch(text):
        return "merci" if re.search(rf"\b({_THANKS})\b", text) else "bonjour"
    if words <= _LONGEST_WAIT and _WAIT.match(text):
        return "attente"
    if by_words or _STARTS_POLITELY.match(text):
        return ""  # there is more in it than a courtesy
    labels = {"bavardage/remercier": "merci", "bavardage/saluer": "bonjour", "hesiter": "attente"}
    return labels.get(heard.intent, "") if heard.whole.score > SURE + 0.2 else ""


def asks_something(heard: Heard) -> bool:
    """The message has the form of a question."""
    text = fold(heard.text).strip()
    return (
        text.endswith("?")
        or re.match(r"^(c'est quoi|qu'est|quel|quelle|combien|comment|pourquoi|ou |quand|qui |est-ce|y a-t-il|au fait)", text) is not None
    )
