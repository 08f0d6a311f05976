"""The collector of cycles, while a program serves: what is there for good is left alone.

What was frozen is thawed when the block ends. What stays frozen is never taken down at the end, and libraries
that count their objects then tell whoever typed the command that these were lost.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SELDOM: Final = (50_000, 20, 50)


@contextmanager
def standing() -> Iterator[None]:
    """Collect once, and leave alone what is there now, as long as the block runs."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def collected_seldom() -> Iterator[None]:
    """As `standing`, and what is new is seldom looked at.

    A payment makes hundreds of objects and leaves no cycle; looking at them cost a tenth of its time.
    """
    before = gc.get_threshold()
    with standing():
        gc.set_threshold(*SELDOM)
        try:
            yield
        finally:
            gc.set_threshold(*before)
