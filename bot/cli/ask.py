"""`cic ask`: puts one question to the running assistant, through its public door."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bot.errors import UnavailableError
from bot.text import typeset

_SECONDS = 90.0


def ask(question: Annotated[str, typer.Argument(help="La question, entre guillemets.")]) -> None:
    """Pose une question à l'assistant qui tourne et affiche sa réponse."""
    from bot.config import load_settings
    from bot.processes import web_address

    answer = fetch_answer(web_address(load_settings()), question)
    typer.echo("\n\n".join(describe(message) for message in answer["messages"]))


def fetch_answer(address: str, question: str) -> dict[str, Any]:
    """Return the answer of the chat API. Raises UnavailableError with a French sentence when there is none."""
    import httpx

    try:
        response = httpx.post(f"{address}api/chat", json={"message": question}, timeout=_SECONDS, trust_env=False)
        body: dict[str, Any] = response.json()
    except httpx.ConnectError as error:
        raise UnavailableError(f"Aucun assistant ne tourne à l'adresse {address} : lancez « make run ».") from error
    except (httpx.TransportError, ValueError) as error:
        raise UnavailableError(f"L'assistant n'a pas répondu à l'adresse {address}.") from error
    if response.status_code != 200:
        raise UnavailableError(body.get("error", f"L'assistant a répondu {response.status_code}."))
    return body


def describe(message: dict[str, Any]) -> str:
    """Return one message as lines: its text, the answers it proposes, its source."""
    lines = [message["text"], *(f"  • {button['title']}" for button in message["buttons"])]
    source = message["source"]
    if source:
        day = ".".join(reversed(source["updated"].split("-")))
        lines.append(typeset(f"Source : « {source['section']} », {source['page']}, mise à jour le {day}"))
    return "\n".join(lines)
