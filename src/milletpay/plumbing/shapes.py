"""What is said in public: the base of every object that leaves the house, in an answer or in a webhook."""

from typing import Self

import msgspec


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says."""

    @classmethod
    def example(cls) -> Self:
        """Give one that could be received, for the documents."""
        raise NotImplementedError(f"{cls.__name__} has no example yet")
