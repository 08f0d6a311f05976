"""The event loop of a program, and how signals end it: in order, with everything undone that it opened."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

try:
    from uvloop import new_event_loop
except ImportError:
    # It is not made for every platform; its loop class differs from the ordinary one's.
    from asyncio import new_event_loop  # type: ignore[assignment]  # where there is no uvloop

Result = TypeVar("Result")


class Interrupted(Exception):
    """Ctrl-C, SIGTERM or SIGHUP ended the program; all that it had opened is closed."""


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end on the fastest loop there is.

    The first signal cancels `main` and lets it close what it opened, however long that takes; those that
    follow change nothing. Raises `Interrupted` then.
    """
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_until_signal(main))


async def _until_signal(main: Coroutine[Any, Any, Result]) -> Result:
    loop = asyncio.get_running_loop()
    task = loop.create_task(main)
    signals: list[int] = []

    def interrupt(number: int) -> None:
        signals.append(number)
        if len(signals) == 1:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Who started us with nohup wants us to outlive the terminal.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            loop.add_signal_handler(number, interrupt, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not signals:
            raise
        raise Interrupted(signal.Signals(signals[0]).name) from None
