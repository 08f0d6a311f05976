"""How messages follow each other on a connection: two bytes of length, five of address, the message.

The address (TPDU) says who speaks to whom; an answer has the two ends swapped. Nothing is decided by it: a
message says itself whose it is.
"""

from dataclasses import dataclass
from typing import Final

from milletpay.terminals.messages.plain import MessageRefused

LENGTH_BYTES: Final = 2
ADDRESS_BYTES: Final = 5
ADDRESS_KIND: Final = 0x60
"""The first byte of an address: a transaction."""

FRAME_MAX: Final = 512
"""Bytes of an address and its message, at most; the longest that is of ours has fewer than 200."""

FRAME_MIN: Final = ADDRESS_BYTES + 10
"""An address, a type and a bitmap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message with its address."""

    address: bytes
    message: bytes

    def answered(self, message: bytes) -> "Frame":
        """The answer's frame: it goes back where this one came from."""
        kind, to, origin = self.address[:1], self.address[1:3], self.address[3:5]
        return Frame(address=kind + origin + to, message=message)


def write_frame(frame: Frame) -> bytes:
    """A frame with its length, as it is sent."""
    size = len(frame.address) + len(frame.message)
    assert size <= FRAME_MAX, "no message of ours is so long"
    return size.to_bytes(LENGTH_BYTES) + frame.address + frame.message


class Frames:
    """Cuts what is received into frames, however it comes in pieces."""

    def __init__(self) -> None:
        self._received = b""

    @property
    def is_half(self) -> bool:
        """Whether the beginning of a frame waits for its end."""
        return bool(self._received)

    def feed(self, received: bytes) -> list[Frame]:
        """Take bytes in, and give the frames that are whole now.

        :raises MessageRefused: when what comes is no frame; the connection is of no use any more
        """
        buffer = self._received + received if self._received else received
        frames = []
        at = 0
        while len(buffer) - at >= LENGTH_BYTES:
            size = int.from_bytes(buffer[at : at + LENGTH_BYTES])
            if not FRAME_MIN <= size <= FRAME_MAX:
                raise MessageRefused(f"{size} bytes, not {FRAME_MIN} to {FRAME_MAX}", field="length")
            begins = at + LENGTH_BYTES
            if len(buffer) > begins and buffer[begins] != ADDRESS_KIND:
                raise MessageRefused("an address begins with 60", field="address")
            if len(buffer) < begins + size:
                break
            at = begins + size
            cut = begins + ADDRESS_BYTES
            frames.append(Frame(address=buffer[begins:cut], message=buffer[cut:at]))
        self._received = buffer[at:]
        return frames
