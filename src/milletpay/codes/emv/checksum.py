"""The checksum of a payload: CRC-16 of ISO/IEC 13239 with polynomial 0x1021 and initial value 0xFFFF."""

from typing import Final

POLYNOMIAL: Final = 0x1021
INITIAL: Final = 0xFFFF


def _entry(byte: int) -> int:
    crc = byte << 8
    for _ in range(8):
        crc = (crc << 1 ^ POLYNOMIAL if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


_TABLE: Final = tuple(map(_entry, range(256)))


def checksum(text: str) -> str:
    """Four hexadecimal digits, in capitals, over the text in UTF-8."""
    crc = INITIAL
    for byte in text.encode():
        crc = (crc << 8 & 0xFF00) ^ _TABLE[crc >> 8 ^ byte]
    return f"{crc:04X}"
