"""What pages share: calling what blocks, the reason for what is noted in the journal, files to be kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from starlette.responses import Response, StreamingResponse

from bot.errors import OvertakenError, RequestError, UnknownError
from bot.web.bodies import RefusedError
from bot.web.review.access import Visit
from bot.web.review.threads import refuse_crowd, run_sync, streamed

SHORTEST_REASON, LONGEST_REASON = 5, 300
"""Characters of the reason for seeing or keeping what is hidden or old."""
P = ParamSpec("P")
T = TypeVar("T")


async def doing(do: Callable[P, T], *arguments: P.args, **_: P.kwargs) -> T:
    """Do it in a thread. Raises RefusedError with the sentence of a RequestError."""
    try:
        return await run_sync(do, *arguments)
    except RequestError as error:
        raise RefusedError(status_of(error), str(error)) from error


def status_of(error: RequestError) -> int:
    """What HTTP calls it: 404 for what is not there, 409 when somebody was quicker, 422 for anything else."""
    return 404 if isinstance(error, UnknownError) else 409 if isinstance(error, OvertakenError) else 422


def asked_reason(visit: Visit) -> str:
    """Why somebody wants to see or keep what is hidden or old; refused when they do not say."""
    reason = visit.form.get("raison", LONGEST_REASON)
    if len(reason) < SHORTEST_REASON:
        raise RefusedError(422, f"Indiquez la raison, en {SHORTEST_REASON} caractères au moins.")
    return reason


def download(name: str, content: str | Iterable[bytes], media: str) -> Response:
    """A file to be kept under a name of ours; pieces are sent as they are made. Raises RefusedError (503) when many are under way."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if isinstance(content, str):
        return Response(content, media_type=media, headers=headers)
    refuse_crowd()
    return StreamingResponse(streamed(content), media_type=media, headers=headers)
