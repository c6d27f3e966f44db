"""A person's own data: erased at once or after one more question, told, and reached from elsewhere by a mailed code. On a real database."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sample_assistant import RETENTION_DAYS, heard, the_texts
from sample_dialogue import EMAIL, NAME, at
from sample_request import NOW, Clock, sample_request, sample_settings
from sqlalchemy import insert, select, update

from bot.answers.model import Context
from bot.intake.model import CANCELLED, OFFER_ERASURE, OFFER_REQUEST, QUALIFIED, Dossier, Turn
from bot.intake.rights import Rights, asks_to_erase, asks_to_know, reference_in
from bot.privacy import keep_promises
from bot.records import CODE_LIFE, MOST_TRIES, Records
from bot.routing import Routing
from bot.storage import CODE, CONTACT, COPY, ERASE, MAIL_SENT, Database, channel_people, forgetting, outbox, turns

TEXTS = the_texts()
HERE, ELSEWHERE = "conversation-here", "conversation-elsewhere"
UNKNOWN = "CIC-2026-ZZZZZZ"
CODE_LINE = re.compile(r"^(\d{6})\s*$", re.MULTILINE)

ERASES = [
    *("effacez mes données", "Effacez mes données.", "effacez toutes mes données", "effacez tout", "supprimez tout", "efface tout"),
    *("supprimez mes données", "effacer mes données svp", "je veux que vous effaciez mes données", "pouvez-vous effacer mes données ?"),
    *("j'aimerais que mes données soient effacées", "je souhaite l'effacement de mes données", "suppression de mes données svp"),
    *(
        "droit à l'oubli",
        "oubliez-moi",
        "je retire mon consentement",
        "je retire ma demande",
        "je révoque mon accord",
        "retirez ma demande",
    ),
    *(
        "effacez cette conversation",
        "supprimez la conversation",
        "effacez l'historique",
        "oui, effacez mes données",
        "détruisez mes données",
    ),
    *("effacez ma demande", "effacez mes coordonnées", "supprimez mes infos", "efface mes donnée", "éffacé mes données"),
    *("je demande la suppression de mes données personnelles", "veuillez supprimer mes informations personnelles", "suprimez mes données"),
    *("supprimez-moi de vos fichiers", "enlevez mes données", "je ne veux pas que vous gardiez mes données"),
]
ERASES_NOT = [
    *(
        "n'effacez pas mes données",
        "n'effacez rien",
        "ne supprimez rien",
        "comment effacer les données de la commune ?",
        "effacez le numéro",
    ),
    *(
        "effacez mon numéro",
        "effacez le nom et mettez Dumont",
        "effacez mon mail et mettez c@x.example",
        "supprimez mon nom, mettez Dumont",
    ),
    *("quand effacez-vous les données ?", "vous effacez les données quand ?", "vous supprimez mes données après combien de temps ?"),
    *(
        "combien de temps avant que tout soit effacé ?",
        "mes données sont-elles effacées ?",
        "tout est effacé ?",
        "retirer ma demande de passeport",
    ),
    *("le logiciel efface tout", "nous voulons supprimer toutes les décharges", "le programme a supprimé tous les visas"),
    *("merci", ""),
]
KNOWS = [
    *(
        "que savez-vous de moi ?",
        "qu'est-ce que vous savez de moi",
        "que gardez-vous de moi ?",
        "qu'avez-vous sur moi ?",
        "tu sais quoi de moi",
    ),
    *(
        "vous savez quoi sur moi",
        "quelles données avez-vous sur moi ?",
        "quelles sont les données que vous avez sur moi ?",
        "droit d'accès",
    ),
    *("quelles données gardez-vous ?", "je veux une copie de mes données", "montrez-moi mes données", "je voudrais consulter mes données"),
    *("mes données personnelles ?", "c'est effacé ?", "est-ce que c'est bien supprimé ?", "j'aimerais savoir ce que vous gardez sur moi"),
    *("vous gardez quoi sur moi ?", "que conservez-vous à mon sujet ?", "accès à mes données", "kel données vs avez sur moi"),
]
KNOWS_NOT = [
    *("que savez-vous du Bénin ?", "que savez-vous faire ?", "qu'attendez-vous de moi ?", "que voulez-vous de moi ?", "c'est parti ?"),
    *(
        "quelles données le programme publie-t-il ?",
        "qu'est-ce que vous avez comme documents ?",
        "quelles informations sur la commune ?",
        "",
    ),
]
REFERENCES = [
    ("CIC-2026-ABCDEF", "CIC-2026-ABCDEF"),
    ("ma référence est cic-2026-abcdef.", "CIC-2026-ABCDEF"),
    ("cic 2026 abcdef", "CIC-2026-ABCDEF"),
    ("CIC2026ABCDEF", "CIC-2026-ABCDEF"),
    ("CIC-2026-7K4M9Q et merci", "CIC-2026-7K4M9Q"),
    ("CIC-2026-ABCDE", None),
    ("CIC-2026-ABCDEFG", None),
    ("CIC 2014-2016", None),
    ("quel budget pour le CIC 2014 ?", None),
    ("CIC 2014 budget", None),
    ("le CIC 2014 projet par projet", None),
    ("", None),
]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(database: Database, tmp_path: Path, clock: Clock) -> AtTheDesk:
    return AtTheDesk(database, tmp_path, clock)


class AtTheDesk:
    """Somebody who speaks of their data here, with a request made here or elsewhere."""

    def __init__(self, database: Database, folder: Path, clock: Clock) -> None:
        self.database, self.folder, self.clock = database, folder, clock
        self.rights = Rights(Records(database, sample_settings(folder), clock), TEXTS, RETENTION_DAYS)
        self.dossier = Dossier()

    def made(self, conversation: str, number: int = 1, **changes: Any) -> str:
        """Register a request; return its reference."""
        request = sample_request(conversation=conversation, request_key=f"{conversation}:{number}", **changes)
        return Routing(self.database, sample_settings(self.folder), self.clock).submit(request).reference

    def say(self, text: str, message_id: str | None = None) -> Turn | None:
        turn = self.rights.take(HERE, replace(heard(text), message_id=message_id), self.dossier, Context())
        self.dossier = turn.dossier if turn else self.dossier
        return turn

    def told(self, text: str) -> str:
        """What is said to a message that is about the person's data."""
        turn = self.say(text)
        assert turn is not None
        (message,) = turn.messages
        return message.text

    def mailed(self, **values: Any) -> None:
        with self.database.begin() as connection:
            connection.execute(update(outbox).where(outbox.c.kind == CONTACT).values(**values))

    def mails(self, kind: str) -> list[str]:
        with self.database.read() as connection:
            bodies = connection.execute(select(outbox.c.body).where(outbox.c.kind == kind).order_by(outbox.c.id)).scalars().all()
        parts = (email.message_from_bytes(body, policy=email.policy.default).get_body(("plain",)) for body in bodies)
        return [str(part.get_content()) for part in parts if part]

    def code(self) -> str:
        return CODE_LINE.findall(self.mails(CODE)[-1])[0]

    def promised(self) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(select(forgetting.c.conversation, forgetting.c.kind))]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


# --- what is recognised ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ERASES)
def test_a_wish_to_be_forgotten_is_recognised(text: str) -> None:
    assert asks_to_erase(text)


@pytest.mark.parametrize("text", ERASES_NOT, ids=[text or "nothing" for text in ERASES_NOT])
def test_what_is_to_be_erased_otherwise_erases_nobody(text: str) -> None:
    assert not asks_to_erase(text)


@pytest.mark.parametrize("text", KNOWS)
def test_a_question_about_ones_data_is_recognised(text: str) -> None:
    assert asks_to_know(text)


@pytest.mark.parametrize("text", KNOWS_NOT, ids=[text or "nothing" for text in KNOWS_NOT])
def test_a_question_about_something_else_is_none(text: str) -> None:
    assert not asks_to_know(text)


@pytest.mark.parametrize(("text", "reference"), REFERENCES, ids=[text or "nothing" for text, _ in REFERENCES])
def test_a_reference_is_read_in_any_spelling_and_an_edition_is_none(text: str, reference: str | None) -> None:
    assert reference_in(text) == reference


@pytest.mark.parametrize("text", ["bonjour", "oui", "je suis échevine à Lasne", "12345", "quel budget ?", ""])
def test_what_is_about_something_else_is_left_to_others(desk: AtTheDesk, text: str) -> None:
    assert desk.say(text) is None
    assert desk.promised() == []


# --- erasing this conversation -----------------------------------------------------------------------


def test_without_a_request_all_is_erased_at_once(desk: AtTheDesk) -> None:
    assert desk.told("effacez mes données") == TEXTS("droits.efface")
    assert (desk.dossier, desk.promised()) == (Dossier(), [(HERE, ERASE)])


@pytest.mark.parametrize("field", ["profil", "nom", "telephone", "confirmation", "consentement"])
def test_a_request_in_the_making_is_erased_with_the_rest(desk: AtTheDesk, field: str) -> None:
    desk.dossier = at(field).dossier
    turn = desk.say("effacez mes données")
    assert turn is not None
    assert (turn.outcome, turn.dossier, desk.promised()) == (CANCELLED, Dossier(), [(HERE, ERASE)])


def test_a_question_is_asked_back_and_erases_nothing(desk: AtTheDesk) -> None:
    assert desk.told("pouvez-vous effacer mes données ?") == TEXTS("droits.confirmer")
    assert (desk.dossier.offered, desk.promised()) == (OFFER_ERASURE, [])


def test_a_registered_request_is_named_before_it_is_erased(desk: AtTheDesk) -> None:
    first, second = desk.made(HERE), desk.made(HERE, 2)
    assert desk.told("effacez mes données") == TEXTS("droits.confirmer_demande", references=f"{first}, {second}")
    assert (desk.dossier.offered, desk.promised()) == (OFFER_ERASURE, [])


@pytest.mark.parametrize("yes", ["oui", "Oui, effacez mes données", "oui effacez tout", "d'accord", "effacez mes données"])
def test_a_yes_to_that_question_erases(desk: AtTheDesk, yes: str) -> None:
    desk.made(HERE)
    desk.say("effacez mes données")
    assert desk.told(yes).startswith(TEXTS("droits.efface"))
    assert (desk.dossier, desk.promised()) == (Dossier(), [(HERE, ERASE)])


@pytest.mark.parametrize(
    "text",
    [
        "non",
        "non merci",
        "peut-être",
        "c'est juste une question",
        "je réfléchis",
        "n'effacez rien",
        "oui mais pas ma demande",
        "et après ?",
    ],
)
def test_anything_but_a_yes_to_that_question_erases_nothing(desk: AtTheDesk, text: str) -> None:
    desk.made(HERE)
    desk.say("effacez mes données")
    desk.say(text)
    assert desk.promised() == []


def test_a_yes_to_something_else_erases_nothing(desk: AtTheDesk) -> None:
    desk.made(HERE)
    desk.dossier = Dossier(number=1, ended=QUALIFIED, offered=OFFER_REQUEST)
    assert desk.say("oui") is None
    assert desk.promised() == []


def test_the_offer_to_erase_holds_for_the_next_message_only(desk: AtTheDesk) -> None:
    desk.made(HERE)
    desk.say("effacez mes données")
    desk.say("que savez-vous de moi ?")
    desk.say("ok merci")
    assert desk.promised() == []


@pytest.mark.parametrize(
    ("values", "words", "quotes"),
    [
        ({"attempts": 2}, "ne partira pas", False),
        ({"status": MAIL_SENT, "sent_at": NOW}, "était partie", True),
        ({"uncertain": 1}, "peut-être déjà partie", True),
        ({"lease_until": NOW + timedelta(minutes=1), "lease_owner": "w"}, "peut-être déjà partie", True),
        ({"lease_until": NOW - timedelta(minutes=1), "lease_owner": "w"}, "peut-être déjà partie", True),
    ],
    ids=["not mailed", "mailed", "maybe mailed", "being mailed", "its worker died"],
)
def test_what_becomes_of_the_mail_is_told_in_the_truth(desk: AtTheDesk, values: dict[str, Any], words: str, quotes: bool) -> None:
    reference = desk.made(HERE)
    desk.mailed(**values)
    desk.say("effacez mes données")
    said = desk.told("oui")
    assert reference in said
    assert [told for told in ("ne partira pas", "était partie", "peut-être déjà partie") if told in said] == [words]
    assert ("awa@commune.example" in said) is quotes


def test_each_request_has_its_own_fate(desk: AtTheDesk) -> None:
    sent = desk.made(HERE)
    desk.mailed(status=MAIL_SENT, sent_at=NOW)
    waiting = desk.made(HERE, 2)
    desk.say("effacez mes données")
    lines = desk.told("oui").splitlines()
    assert [(sent in line, waiting in line) for line in lines] == [(False, False), (True, False), (False, True)]


def test_what_was_promised_to_be_erased_is_gone_afterwards(desk: AtTheDesk) -> None:
    desk.made(HERE)
    elsewhere = desk.made(ELSEWHERE)
    desk.say("effacez mes données")
    desk.say("oui")
    keep_promises(desk.database, NOW)
    assert desk.rights.records.leads_of(HERE) == ()
    assert [lead.reference for lead in desk.rights.records.leads_of(ELSEWHERE)] == [elsewhere]


def test_asking_how_long_data_are_kept_ends_no_request(desk: AtTheDesk) -> None:
    desk.dossier = at("confirmation").dossier
    desk.say("vous supprimez mes données après combien de temps ?")
    assert desk.dossier.asks == "confirmation"


@pytest.mark.parametrize(
    "text", ["nous voulons supprimer toutes les décharges", "le logiciel efface tout", "effacez mon mail et mettez c@x.example"]
)
def test_what_is_said_in_a_request_erases_nothing(desk: AtTheDesk, text: str) -> None:
    desk.dossier = at("objet").dossier
    assert desk.say(text) is None
    assert desk.promised() == []


# --- what is kept ------------------------------------------------------------------------------------


def test_of_a_first_message_nothing_was_kept(desk: AtTheDesk) -> None:
    said = desk.told("que savez-vous de moi ?")
    assert said.startswith(TEXTS("droits.garde_rien", nombre=0, date="", jours=RETENTION_DAYS))
    assert said.endswith(TEXTS("droits.comment_effacer"))


def test_messages_are_counted_and_dated(desk: AtTheDesk) -> None:
    with desk.database.begin() as connection:
        for number in (1, 2, 3):
            row = {"conversation": HERE, "number": number, "user_text": "bonjour", "answer": {}, "created_at": NOW}
            connection.execute(insert(turns).values(**row))
    said = desk.told("que savez-vous de moi ?")
    assert said.startswith(TEXTS("droits.garde", nombre=3, date="5 mars 2026 à 9 h 07", jours=RETENTION_DAYS))


def test_on_a_messaging_channel_the_kept_address_of_the_account_is_told(desk: AtTheDesk) -> None:
    account = TEXTS("droits.garde_compte", jours=RETENTION_DAYS)
    assert account not in desk.told("que savez-vous de moi ?")
    row = {"channel": "telegram", "person": "d", "conversation": HERE, "address": b"sealed", "last_at": NOW}
    with desk.database.begin() as connection:
        connection.execute(insert(channel_people).values(**row))
    assert account in desk.told("que savez-vous de moi ?")


@pytest.mark.parametrize("field", ["confirmation", "consentement"])
def test_an_open_request_is_told_as_far_as_it_goes_and_goes_on(desk: AtTheDesk, field: str) -> None:
    desk.dossier = before = at(field).dossier
    said = desk.told("que savez-vous de moi ?")
    assert all(value in said for value in (NAME, EMAIL, "échevine", "Lasne"))
    assert desk.dossier == before


def test_a_registered_request_is_told_with_its_values_and_state(desk: AtTheDesk) -> None:
    reference = desk.made(HERE)
    said = desk.told("que savez-vous de moi ?")
    lead = sample_request()
    wanted = (reference, lead.nom, lead.email, lead.commune, str(lead.telephone), "5 mars 2026", TEXTS("droits.etats.en_attente"))
    assert [value for value in wanted if value not in said] == []


def test_nothing_of_another_conversation_is_told(desk: AtTheDesk) -> None:
    reference = desk.made(ELSEWHERE)
    said = desk.told("que savez-vous de moi ?")
    assert reference not in said
    assert "awa@commune.example" not in said


@pytest.mark.parametrize("asks", ["que savez-vous de moi ?", "effacez mes données"])
def test_what_is_told_is_typeset_and_ends_each_sentence_once(desk: AtTheDesk, asks: str) -> None:
    desk.made(HERE)
    desk.mailed(status=MAIL_SENT, sent_at=NOW)
    said = desk.told(asks)
    if desk.dossier.offered:
        said = desk.told("oui")
    assert ".." not in said
    assert re.findall(r".{0,20} [;:?!](?=\s|$)", said) == []


def test_several_requests_are_spoken_of_in_the_plural(desk: AtTheDesk) -> None:
    desk.made(HERE)
    desk.made(HERE, 2)
    assert "votre demande CIC" not in desk.told("effacez mes données")


# --- another conversation ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["{}", "effacez mes données {}", "Effacez les données de {}", "Montrez-moi les données de {}", "que savez-vous de moi ? {}"]
)
def test_the_same_is_said_whether_a_reference_exists_or_not(desk: AtTheDesk, text: str) -> None:
    known = desk.made(ELSEWHERE)
    said = [desk.told(text.format(reference)).replace(reference, "…") for reference in (known, UNKNOWN)]
    assert said[0] == said[1]


def test_a_bare_reference_asks_what_is_wanted_and_mails_nothing(desk: AtTheDesk) -> None:
    reference = desk.made(ELSEWHERE)
    turn = desk.say(f"ma référence est {reference}")
    assert turn is not None
    assert [button.value for button in turn.messages[0].buttons] == [
        f"Montrez-moi les données de {reference}",
        f"Effacez les données de {reference}",
    ]
    assert desk.mails(CODE) == []


@pytest.mark.parametrize("button", [0, 1], ids=["show", "erase"])
def test_each_of_the_two_buttons_sends_a_code(desk: AtTheDesk, button: int) -> None:
    reference = desk.made(ELSEWHERE)
    turn = desk.say(reference)
    assert turn is not None
    assert desk.told(turn.messages[0].buttons[button].value) == TEXTS("droits.code_envoye", reference=reference)
    assert len(desk.mails(CODE)) == 1


def test_with_the_code_the_other_conversation_is_erased(desk: AtTheDesk) -> None:
    reference = desk.made(ELSEWHERE)
    desk.say(f"effacez mes données {reference}")
    said = desk.told(desk.code())
    assert said == f"{TEXTS('droits.efface_ailleurs', reference=reference)}\n{TEXTS('droits.pas_partie', reference=reference)}"
    assert desk.promised() == [(ELSEWHERE, ERASE)]


@pytest.mark.parametrize("values", [{"status": MAIL_SENT, "sent_at": NOW}, {"uncertain": 1}], ids=["mailed", "maybe mailed"])
def test_that_its_mail_may_have_left_is_told_too(desk: AtTheDesk, values: dict[str, Any]) -> None:
    reference = desk.made(ELSEWHERE)
    desk.mailed(**values)
    desk.say(f"effacez mes données {reference}")
    assert TEXTS("droits.partie_ailleurs", reference=reference) in desk.told(desk.code())


def test_with_the_code_a_copy_goes_by_mail_and_not_here(desk: AtTheDesk) -> None:
    reference = desk.made(ELSEWHERE)
    desk.say(f"Montrez-moi les données de {reference}")
    assert desk.told(desk.code()) == TEXTS("droits.copie", reference=reference)
    (copy,) = desk.mails(COPY)
    assert "awa@commune.example" in copy
    assert desk.promised() == []


@pytest.mark.parametrize("text", ["effacez mes données {}", "Montrez-moi les données de {}"])
def test_nothing_of_the_other_conversation_is_ever_quoted_here(desk: AtTheDesk, text: str) -> None:
    reference = desk.made(ELSEWHERE)
    lead = sample_request()
    said = "\n".join([desk.told(text.format(reference)), desk.told(wrong(desk.code())), desk.told(desk.code())])
    private = (lead.nom, lead.email, lead.fonction, lead.commune, lead.objet, str(lead.telephone))
    assert [value for value in private if value in said] == []


@pytest.mark.parametrize(
    "form", ["{0}", "{0}.", "code {0}", "le code est {0}", "voici mon code : {0}", "mon code c'est {0}", "{1} {2}", "c'est {0}"]
)
def test_a_code_is_read_in_any_form(desk: AtTheDesk, form: str) -> None:
    reference = desk.made(ELSEWHERE)
    desk.say(f"effacez mes données {reference}")
    code = desk.code()
    assert TEXTS("droits.efface_ailleurs", reference=reference) in desk.told(form.format(code, code[:3], code[3:]))


def test_a_code_is_good_once(desk: AtTheDesk) -> None:
    reference = desk.made(ELSEWHERE)
    desk.say(f"Montrez-moi les données de {reference}")
    desk.say(desk.code())
    desk.say(desk.code())
    assert len(desk.mails(COPY)) == 1


class Died(Exception):
    """The process, between two things that it does for a message."""


def die(*_: object) -> None:
    raise Died


@pytest.mark.parametrize(
    ("wish", "kind", "step"), [("effacez mes données {}", ERASE, "erase"), ("Montrez-moi les données de {}", COPY, "send_copy")]
)
@pytest.mark.parametrize("died_between", [True, False], ids=["lost before what the code opens", "lost after it"])
def test_a_code_whose_turn_was_lost_opens_again_what_it_was_asked_for(
    desk: AtTheDesk, monkeypatch: pytest.MonkeyPatch, wish: str, kind: str, step: str, died_between: bool
) -> None:
    desk.say(wish.format(desk.made(ELSEWHERE)), "m1")
    first = None
    if died_between:
        with monkeypatch.context() as dying:
            dying.setattr(Records, step, die)
            with pytest.raises(Died):
                desk.say(desk.code(), "m2")
    else:
        first = desk.say(desk.code(), "m2")
    again = desk.say(desk.code(), "m2")
    assert again is not None
    assert first in (None, again)
    assert (desk.promised(), len(desk.mails(COPY))) == (([(ELSEWHERE, ERASE)], 0) if kind == ERASE else ([], 1))
    assert desk.told(desk.code()) == TEXTS("droits.code_faux")


def test_a_code_that_is_asked_for_again_by_the_same_message_is_the_same(desk: AtTheDesk) -> None:
    reference = desk.made(ELSEWHERE)
    first, again = (desk.say(f"effacez mes données {reference}", "m1") for _ in range(2))
    assert (first, len(desk.mails(CODE))) == (again, 1)
    desk.say(f"effacez mes données {reference}", "m2")
    assert len(desk.mails(CODE)) == 2


def test_a_wrong_code_is_said_to_be_wrong_and_five_are_too_many(desk: AtTheDesk) -> None:
    reference = desk.made(ELSEWHERE)
    desk.say(f"effacez mes données {reference}")
    code = desk.code()
    assert [desk.told(wrong(code)) for _ in range(MOST_TRIES)] == [TEXTS("droits.code_faux")] * MOST_TRIES
    desk.say(code)
    assert desk.promised() == []


@pytest.mark.parametrize("late", [True, False], ids=["half an hour later", "after five wrong ones"])
def test_a_code_that_is_no_longer_good_is_said_to_be_so(desk: AtTheDesk, clock: Clock, late: bool) -> None:
    reference = desk.made(ELSEWHERE)
    desk.say(f"effacez mes données {reference}")
    code = desk.code()
    if late:
        clock.advance(CODE_LIFE)
    else:
        for _ in range(MOST_TRIES):
            desk.say(wrong(code))
    assert desk.told(code) == TEXTS("droits.code_faux")
    assert desk.promised() == []


def test_after_three_codes_a_day_the_same_is_said_and_nothing_sent(desk: AtTheDesk) -> None:
    reference = desk.made(ELSEWHERE)
    said = {desk.told(f"effacez mes données {reference}") for _ in range(5)}
    assert said == {TEXTS("droits.code_envoye", reference=reference)}
    assert len(desk.mails(CODE)) == 3


@pytest.mark.parametrize("field", [None, "nom", "objet"], ids=["outside a request", "where a name is asked", "where a subject is asked"])
def test_a_wrong_code_tells_nobody_whether_a_reference_exists(desk: AtTheDesk, field: str | None) -> None:
    known = desk.made(ELSEWHERE)
    said = []
    for number, reference in enumerate((known, UNKNOWN)):
        conversation = f"asks-{number}"
        dossier = at(field).dossier if field else Dossier()
        desk.rights.take(conversation, heard(f"effacez mes données {reference}"), dossier, Context())
        turn = desk.rights.take(conversation, heard("000000"), dossier, Context())
        said.append([message.text for message in turn.messages] if turn else None)
    assert said[0] == said[1]


@pytest.mark.parametrize("typed", ["123456", "123 456"])
def test_a_number_of_six_figures_answers_an_open_request_where_no_code_was_asked_for(desk: AtTheDesk, typed: str) -> None:
    desk.dossier = at("objet").dossier
    assert desk.say(typed) is None


def test_a_number_typed_for_the_telephone_is_no_code(desk: AtTheDesk) -> None:
    reference = desk.made(ELSEWHERE)
    desk.dossier = at("telephone").dossier
    desk.say(f"effacez mes données {reference}")
    assert desk.dossier.asks == "telephone"
    assert desk.say(desk.code()) is None
    assert desk.promised() == []


@pytest.mark.parametrize("field", ["nom", "objet", "confirmation"])
def test_a_code_is_taken_in_the_middle_of_a_request_which_goes_on(desk: AtTheDesk, field: str) -> None:
    reference = desk.made(ELSEWHERE)
    desk.dossier = before = at(field).dossier
    desk.say(f"effacez mes données {reference}")
    assert TEXTS("droits.efface_ailleurs", reference=reference) in desk.told(desk.code())
    assert desk.dossier == before


def test_naming_a_reference_takes_back_the_offer_to_erase_here(desk: AtTheDesk) -> None:
    desk.made(HERE)
    reference = desk.made(ELSEWHERE)
    desk.say("effacez mes données")
    desk.say(reference)
    assert desk.dossier.offered == ""


def test_the_reference_of_this_conversation_needs_no_code(desk: AtTheDesk) -> None:
    reference = desk.made(HERE)
    assert desk.told(f"effacez mes données {reference}") == TEXTS("droits.confirmer_demande", references=reference)
    assert desk.mails(CODE) == []


@pytest.mark.parametrize("text", ["Montrez-moi les données de {}", "que savez-vous de moi ? {}", "je voudrais voir ma demande {}"])
def test_the_data_of_a_request_made_here_are_told_by_its_reference(desk: AtTheDesk, text: str) -> None:
    reference = desk.made(HERE)
    assert "awa@commune.example" in desk.told(text.format(reference))
    assert desk.mails(CODE) == []


def test_a_dossier_is_closed_but_not_forgotten_while_the_person_is_asked(desk: AtTheDesk) -> None:
    desk.made(HERE)
    desk.dossier = replace(at("nom").dossier, number=2, reference="CIC-2026-ABCDEF")
    turn = desk.say("effacez mes données")
    assert turn is not None
    assert (turn.outcome, turn.dossier.number, turn.dossier.asks) == (CANCELLED, 2, None)
    assert (turn.dossier.nom, turn.dossier.email) == (None, None)
