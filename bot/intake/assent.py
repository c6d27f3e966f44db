"""Reads consent and refusal in free words: « j'y consens », « oui, tout est exact », « oui mais », « je retire ma demande ».

A yes is believed only when each word of the message is one of those that go with a yes; a word that nobody foresaw may be a
condition, a delay, a change or a question. Pure functions on a message; what is in doubt is no yes, for a yes sends.
"""

from __future__ import annotations

import re

from bot.text import fold

_LONGEST_YES, _LONGEST_NO = 14, 10
"""Words of a message that may be a yes or a no; a longer one says something else as well."""

_YES_WORD = (
    r"oui|ui|wi|oue|ouais|ouaip|ouep|yes|yep|ja|jawohl|waaw|waw|si(?= si\b|\W*$|[,.;!])|ok|okay|okey|oki|d[' ]?accord|d'?acc?"
    r"|dakor|effectivement|affirmatif|volontiers"
    r"|entendu|absolument"
    r"|certainement|assurement|evidemment|exact|exactement|correct|parfait|nickel|impeccable|impec|bien sur|tout a fait|bien entendu"
    r"|c'?est oui|c ?bon|c ok|c ca|[cs]a marche|ca roule|go|banco|avec plaisir|je veux bien|(?:y ?a |il n'y a )?pas de (?:souci"
    r"|probleme|pb|prob)s?|(?:sans|aucun) (?:probleme|souci|objection)|conforme"
    r"|parfaitement|entierement|totalement|(?:je n'ai |je n'y vois |il n'y a |y a )?(?:pas d'|aucune? )(?:objection|inconvenient)"
    r"|accorde|(?:consentement|accord|autorisation) (?:est )?(?:accorde|donne|confirme)e?|feu vert"
)
_RIGHT = (
    r"(?:exacte?s?|correcte?s?|justes?|conformes?|bonn?e?s?|vraie?s?|en ordre|parfaite?s?|ok|nickel|bien note|completes?|ca|cela|juste)"
)
_DOES = (
    r"consens|consentons|y consent|j?accepte|acceptons|autorise|autorisons|confirme|confirmons|valide|validons|approuve"
    r"|approuvons|certifie"
    r"|suis (?:tout a fait |entierement |bien |pleinement )?(?:d'accord|favorable|daccord|ok)|sommes (?:tous )?d'accord|est d'accord"
    r"|(?:marque|marquons|donne|donnons|donner) (?:bien )?(?:mon |notre |son |l'|leur |le )?(?:plein )?"
    r"(?:accord|consentement|feu vert|aval|autorisation)"
)
_YES = re.compile(
    rf"^(?:(?:ah|eh|bon|ben|bah|alors|voila|merci|et|mais|alors la|super|genial|tres)\b[\s,.!]*)*(?:{_YES_WORD})\b"
    rf"|\b(?:oui|ok|d'accord|affirmatif|absolument|volontiers)\W*$"
    r"|^(?:oui\W+)?c'?est (?:bien )?(?:mon|ma|le|la|notre) (?:bonne? )?(?:adresse|numero|nom|commune|fonction)\W*$"
    rf"|\b(?:{_DOES})\b|\blu et approuve\b|^accord\b|^bon pour accord\b"
    rf"|\b(?:tout|tt|c'?est|c|ca|cela|rien)\b(?: \w+){{0,3}}? (?:bien )?{_RIGHT}\b"
    r"|\b(?:suis|sommes) (?:tout a fait )?consentante?s?\b|\bavez (?:tout )?(?:mon|notre) (?:plein )?(?:accord|feu vert"
    r"|consentement|aval|autorisation)\b"
    r"|\b(?:envoyez|transmettez)\b(?! (?:pas|rien))"
    rf"|\b(?:informations?|donnees|coordonnees|infos|recapitulatif|resume) (?:est|sont) (?:bien |tout a fait |toutes? )?{_RIGHT}\b"
    r"|\btout y est\b|\b(?:ca|cela) (?:me |nous )?(?:va|convient)\b"
    r"|\brien (?:a|d'autre a) (?:corriger|changer|modifier|redire|ajouter|signaler)\b"
    r"|\b(?:allez|vas|allons)[- ]?y\b|\b(?:vous pouvez|tu peux|veuillez|merci de|pouvez) (?:bien |donc |maintenant |tout |l'|les? |y )*"
    r"(?:envoyer|transmettre|aller|faire|valider)\b|^(?:envoyez|transmettez|envoie|faites)(?:[- ](?:le|la|les|donc|tout))*\b"
)
_NOT = re.compile(
    r"[\d@<>/{}\[\]]|\best[- ]ce\b|\bje dise\b|\b(?:rien|moins|plus|pas) (?:de tout ca )?(?:n'? ?)?(?:est|d'accord)\b"
    r"|\bca va (?:a|etre)\b"
    r"|\bpour (?:le|la|les|mon|ma) (?:nom|mail|e-?mail|adresse|numero|fonction|objet|commune)\b|\bje suis plus\b"
    r"|\b(?:envoye?z?|transmettez|faites)[- ](?:moi|nous|a)\b|\bsi (?!si\b)\w|\b(?:ma|mon|sa|son) collegue\b"
    r"|\bsans (?:mon|ma|le|la)\b|\bavec (?:mon|ma|notre|le|la)\b"
    r"|\b(?:et|c'est) vous\b|\bvous (?:envoyez|transmettez|faites|etes|allez|donnez|acceptez|confirmez)\b|\bbonjour\W+ca va\b"
    r"|\btout ca pour\b"
    r"|\bsans (?:mes|nom|prenom|e-?mail|mail|adresse|numero|fonction|objet|coordonnees)\b|\bune? (?:e-?mail|mail|dossier|demande)\b"
    r"|\b(?:a|pour|avec) (?:mon |ma |mes |notre |l'|le |la |les )(?:nom|prenom|e-?mail|mail|adresse|numero|fonction|objet|commune"
    r"|chef|dossier)\b"
    r"|\bjuste (?:pour|une?)\b|\ba tous\b"
)
"""What is made of words that go with a yes and is none."""
_NOTHING = re.compile(
    r"^mais (?=oui|ouais|bien|si|certain|absol|evidem|volont)|\bs'il (?:vous|te) plait\b"
    r"|\b(?:(?:je )?n'ai |il n'y a |y ?a |je n'y vois |n'y vois |sans |vraiment )*(?:rien (?:a|d'autre a|de plus a) \w+"
    r"|(?:pas d'|pas de |aucune? |sans )(?:erreur|faute|objection|inconvenient|souci|probleme|pb|prob|changement|remarque)s?)\b"
    r"|\bpourquoi pas\b|\bsans (?:hesit\w+|reserve|condition)\b|\bj'ai (?:bien |tout )*(?:relu|lu|verifie|complete|controle)\b"
    r"|\bpersonne de contact\b|\bmon (?:frere|ami|cher)\b|\bje veux (?:bien|que vous)\b"
    r"|\bau plus (?:vite|tot)\b|\bplus tot\b|\bde bout en bout\b|\bcomme ca\b|\b(?:cette|ce) (?:fois|coup)(?:[- ]ci)?\b"
    r"|\bau nom (?:de |du )(?:la |ma |notre |l')?\w+\b"
    r"|\b(?:envoyez|transmettez|envoie) seulement\W*$|\bm(?:me|lle|r)?\.? \w+ et moi\b"
    r"|^(?:oui\W+)?(?:le |la |l'|notre |mon )(?:college|conseil|ambassade|delegation speciale|commune|mairie|maire|ville|province"
    r"|prefecture)\b(?=.*\b(?:consent|accepte|approuve|donne|est d'accord)\b)"
)
"""What says nothing against a yes though its words could, such as « rien à corriger »."""
_GOES_WITH_YES = frozenset(
    # what is agreed to, and who agrees
    "je j jsuis chuis nous on vous tu il ils elle elles moi y en le la les l un une de d du des a au aux que qu ce c ca cela cette ces"
    " mon ma mes notre nos votre vos son leur tout tt tous toute toutes est es sont soit soient suis sommes sois ai avons avez etes ete"
    " information informations infos donnee donnees coordonnees demande dossier formulaire transmission traitement envoi utilisation"
    " transmise transmises transmis envoyee envoyees utilisees enregistree personne contact programme responsable equipe"
    " nom prenom adresse e mail email courriel numero fonction commune objet recapitulatif"
    # politeness
    " merci beaucoup bcp bonjour svp stp plait madame monsieur mme mr messieurs dames chef frere ami cher chere grand patron d avance"
    " ah eh oh ben bah bon bonne alors voila et donc la me super genial tres bien vraiment tellement aussi meme la-dessus journee"
    " maintenant immediatement directement effectivement pour avec sans par sur dans souci pleinement entierement totalement"
    " parfaitement fait naturellement bonnement simplement"
    " hein pr petit petite camarade maman papa tonton tante honorable honorables inchallah alhamdoulilah alhamdoulillah dieu prie bravo"
    " sante nuit soir soiree akkoord einverstanden vazy majeste"
    # how it is agreed to
    " rigoureusement expressement formellement integralement sincerement definitivement officiellement librement egalement"
    " coeur entier entiere crainte cote cet propos resume recap"
    " remerciements remercie remercions salutations cordialement thanks thank you dank je u danke bedankt shukran choukran tanemirt"
    " jerejef barka matondo melesi asante aksanti"
    # doing it
    " accepte jaccepte acceptons accepter consens consentons consentante consentant consentantes consentants autorise autorisons confirme"
    " confirmons confirmer valide validons valider validee approuve approuvons certifie marque marquons donne donnons donner accord"
    " accorde accordee consentement autorisation aval feu vert favorable plein envoyez envoyer envoie envoies transmettez transmettre"
    " transmets transmettiez transmette allez vas va aller allons faites faire fais vous pouvez peux peut pouvons veuillez procedez"
    " parte partir envoyiez suivre permets permettons permission consent accepter vs pvez pv"
    " proceder continuez continuer poursuivez lu recu note bien reste convient roule marche sa"
    # being right
    " exact exacte exacts exactes exactement correct correcte corrects correctes juste justes conforme conformes bonnes bons vrai vraie"
    " exactitude fidele fideles dit ecrit ecrites compris colle correspond cest dacor"
    " ordre parfait parfaite parfaits nickel impec impeccable complet complete completes ok okay okey oki dac dakor daccord acc dacc"
    " affirmatif volontiers entendu absolument certainement assurement evidemment sur plaisir go banco top cbon objection tout"
    " oui ui wi oue ouais ouaip ouep yes yep ja jawohl waaw waw si ia nickel".split()
)
"""Every word that a yes is said with; whatever else stands beside it is read as something else."""

_REST = re.compile(rf"\b(?:le|du|au) reste\b[^.;!?]{{0,25}}\b(?:{_YES_WORD}|{_RIGHT})\b|\b(?:oui|ok)\W+pour le reste\b")
_NO = (
    r"(?:non|nan|nn|no|nee|nein|nope|niet|negatif|deedeet|pas du tout|surtout pas|(?:certainement|absolument|evidemment|vraiment) pas"
    r"|(?:bien sur|evidemment) (?:que )?non|jamais(?: de la vie)?|hors de question|je refuse|nous refusons|c'?(?:est)? non"
    r"|(?:j'|(?:je )?(?:n'|ne )?)(?:accepte|acceptons|consens|consentons|autorise|confirme|valide|suis|sommes) pas(?: d'accord)?"
    r"|pas d'accord"
    r"|(?:ce n'est|c'est|c'etait|c|ca n'est) (?:pas|pas du tout|faux) ?(?:ca|cela|exacte?|correcte?|bonn?e?|juste|bien)?"
    r"|je (?:ne )?(?:veux|souhaite|prefere) (?:ne )?pas|(?:toujours )?pas (?:exacte?|correcte?|bonn?e?|encore|maintenant|tout de suite"
    r"|aujourd'hui)|toujours pas"
    r"|(?:c'est )?(?:faux|incorrecte?|inexacte?))"
)
_NO_ONLY = re.compile(
    rf"(?:(?:ah|ben|euh|mais|finalement|desolee?|alors)[\s,]+)*{_NO}\b(?:[\s,.!;]*(?:{_NO}|et|madame|monsieur|merci|desolee?"
    rf"|finalement|svp|vraiment)\b)*"
)
_TAKES_BACK = re.compile(
    r"\b(?:retire|reprends|revoque|annule|refuse|retirons) (?:bien )?(?:mon|ma|notre|mes|le|la|tout) ?(?:consentement|accord|demande"
    r"|autorisation|transmission|envoi)?"
    r"|\bje refuse\b|\bchang\w+ d'avis\b|\b(?:n'|ne )(?:accepte|consens|veux|souhaite|confirme) (?:pas|plus)\b|\bplus d'accord\b"
    r"|\bpas d'accord\b|\bje ne suis plus d'accord\b"
    r"|\b(?:on|je) (?:laisse(?: tomber)?|oublie|arrete|renonce|annule|abandonne)\b(?! comme| tout comme)"
    r"|\b(?:n'|ne )(?:l'|le |la |les |rien )?(?:transmett|envoy)\w+"
    r"|\benvoyez (?:rien|pas)\b|\bje (?:m'y|m') ?oppose\b|\b(?:je vous )?interdis\b|\brien ne (?:soit|parte)\b"
    r"|\bsurtout pas\b|\boubliez\b(?! pas)"
    r"|\bpas (?:tout de suite|maintenant|pour l'instant|pour le moment|encore(?=\W*$)|envie|question)\b|\bune autre fois\b"
    r"|^(?:\w+ ){0,3}plus tard(?: peut-etre)?\W*$|\bhors de question\b|\bjamais de la vie\b"
)
_SOME_OF_IT = re.compile(
    r"@|\b(?:e-?mail|mail|adresse|numero|tel|telephone|gsm|portable|prenom|nom|fonction|objet|commune|appel\w*|rappel\w*)\b"
)
"""What names one answer is about that one: it is put right or left out, and nothing taken back."""


def bare(text: str) -> str:
    """`text` folded, without signs at its ends, letters that are drawn out (« ouiii ») said once."""
    return re.sub(r"(.)\1{2,}", r"\1", fold(text)).strip(" .,!?;:…«»\"'")


def assents(text: str) -> bool:
    """A yes that nothing in the message takes back."""
    said = bare(text)
    if not said or len(said.split()) > _LONGEST_YES or "?" in text or _YES.search(said) is None:
        return False
    left = _NOTHING.sub(" ", said)
    return _NOT.search(left) is None and _GOES_WITH_YES.issuperset(re.findall(r"\w+", left))


def approves_the_rest(text: str) -> bool:
    """« Le reste est exact »: beside what was told to correct, all is right."""
    return _REST.search(bare(text)) is not None and re.search(r"\breste n'", bare(text)) is None


def denies(text: str) -> bool:
    """A no and nothing that could be a correction."""
    return _NO_ONLY.fullmatch(bare(text)) is not None


def takes_back(text: str) -> bool:
    """A refusal to let the request go, in more words than a no: « j'ai changé d'avis », « je retire mon consentement »."""
    said = bare(text)
    return _TAKES_BACK.search(said) is not None and _SOME_OF_IT.search(said) is None and "?" not in text
