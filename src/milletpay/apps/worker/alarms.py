"""What the operator is told of at once, as warnings in the log: that somebody guesses at payment codes."""

import logging
from collections.abc import Sequence
from typing import Final

from milletpay.merchants import MERCHANT_ID
from milletpay.notifications import paint_guessing
from milletpay.plumbing.database import Connection
from milletpay.plumbing.outbox import Delivered, Handler
from milletpay.terminals import GuessingShape

GUESSING: Final = "codes.guessing"

log = logging.getLogger(__name__)


class Alarmed:
    """Tells the operator beside another handler. What is handled again is told of again."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, connection: Connection, /, *, events: Sequence[Delivered]) -> None:
        """Hand the events on, and warn of those that somebody has to look at."""
        await self._handler(connection, events=events)
        guessed = [event for event in events if event.kind == GUESSING]
        if not guessed:
            return
        pictures = await paint_guessing(connection, objects={event.object for event in guessed})
        for event in guessed:
            picture = pictures.get(event.object)
            if picture is None or not isinstance(picture.shape, GuessingShape):
                continue
            where = {"store": picture.shape.store, "terminal": picture.shape.terminal}
            log.warning(
                "payment codes are guessed at: none is looked at there for a while",
                extra={
                    "merchant": MERCHANT_ID.write(picture.owner.merchant),
                    "closings": event.sequence,
                    **{name: id for name, id in where.items() if id is not None},
                },
            )
