"""Response codes: how the house answers a terminal, in two characters."""

from enum import StrEnum, unique


@unique
class ResponseCode(StrEnum):
    """Element 39. The meanings are those of ISO 8583:1987 and of Chinese practice, where they have one."""

    APPROVED = "00"
    """Done."""
    NO_MERCHANT = "03"
    """The merchant may not take payments now, or not in this currency."""
    SAID_NO = "05"
    """The customer, who was asked on the phone, said no."""
    IN_PROGRESS = "09"
    """The customer is asked on the phone: not an end. Repeat the message, and reverse in the end."""
    INVALID = "12"
    """The original is not in a state in which this can be done."""
    INVALID_AMOUNT = "13"
    """More than is held, or than can be given back."""
    INVALID_CODE = "14"
    """The payment code pays nothing, for whatever reason."""
    REVERSED_BEFORE = "22"
    """It was reversed before it came, and will never be done."""
    NO_ORIGINAL = "25"
    """There is no such message before it."""
    MALFORMED = "30"
    """An element is wrong; element 44 says which, and the message is not known."""
    UNSUPPORTED = "40"
    """There is no message of this type and processing code."""
    TOO_LITTLE_MONEY = "51"
    """The balance does not cover it; or what is owed to the merchant does not cover what is given back."""
    NOT_PERMITTED = "58"
    """The terminal may not do this: it was retired, or paired anew."""
    OVER_LIMIT = "61"
    """A limit of the customer would be passed."""
    RESTRICTED = "62"
    """The customer's account is not active."""
    UNKNOWN = "68"
    """It is not known whether it was done: reverse it, or repeat what is not reversed."""
    OTHER_BATCH = "77"
    """It is not the terminal's open batch: sign on, which says the number."""
    BUSY = "91"
    """Nothing was done; try again later, under the same number."""
    USED_NUMBER = "94"
    """The number was used in this batch for something else."""
    TOTALS_DIFFER = "95"
    """The totals are not the book's: send all of the batch, then close it again."""
    DEFECT = "96"
    """Nothing was done, and the house is at fault."""
    NO_TERMINAL = "97"
    """No terminal has this number."""
    WRONG_SEAL = "A0"
    """The message was not sealed with a key that is valid now: sign on."""


FINAL = frozenset(ResponseCode) - {
    ResponseCode.IN_PROGRESS,
    ResponseCode.UNKNOWN,
    ResponseCode.BUSY,
    ResponseCode.DEFECT,
    ResponseCode.MALFORMED,
    ResponseCode.UNSUPPORTED,
    ResponseCode.NO_TERMINAL,
    ResponseCode.NOT_PERMITTED,
    ResponseCode.OTHER_BATCH,
    ResponseCode.WRONG_SEAL,
}
"""Codes that are kept with the message: a repeat is answered with the same. After the others it is tried."""
