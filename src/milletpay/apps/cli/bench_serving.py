"""What the benches of whole processes have in common: the process that answers, and a bar that goes on."""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from milletpay.apps.cli.options import say
from milletpay.apps.cli.processes import Processes, listen
from milletpay.benches import Answering

CONNECTIONS: Final = 8
"""As `millet up` gives the process."""


@contextmanager
def shown_progress(name: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error, which is gone at the end."""
    # It is drawn when something has happened: a thread that draws by itself would be measured too.
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[doing]}"),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    ) as bar:
        task = bar.add_task(name, total=1, doing="starting")

        def show(doing: str, done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, description=doing, doing=f"{done:,} of {of:,}")
            bar.refresh()

        yield show


@asynccontextmanager
async def answering(
    *, name: str, module: str, order: Callable[[socket.socket], bytes]
) -> AsyncIterator[Answering]:
    """Start the process that answers, as `millet up` does, and end it; `order` is made for its socket."""
    with listen(host="127.0.0.1", port=0) as listener:
        host, port = listener.getsockname()[:2]
        started = Processes(
            name=name, module=module, order=order(listener), descriptors=[listener.fileno()], say=say
        )
        try:
            await started.start(count=1)
            yield Answering(host=host, port=port, pid=started.pids[0])
        finally:
            await started.stop()
