"""Messages as values: what a terminal sends, and what the house answers, read and written at both ends."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Final, assert_never

from milletpay.money import Currency, Money
from milletpay.money import UnknownCurrency as NoCurrency
from milletpay.plumbing.dates import SHANGHAI
from milletpay.terminals.messages import fields as f
from milletpay.terminals.messages.kinds import (
    Answer,
    Authorize,
    Close,
    Complete,
    Envelope,
    Manage,
    Management,
    Original,
    Purchase,
    Refund,
    Request,
    Reverse,
    Totals,
    Upload,
    Void,
)
from milletpay.terminals.messages.layouts import BY_TYPE, LAYOUTS, Layout, Named, Processing, RequestKind
from milletpay.terminals.messages.plain import MessageRefused, Plain, write_plain
from milletpay.terminals.messages.responses import ResponseCode
from milletpay.terminals.messages.sealing import SEAL_BYTES, SealKey

_NO_SEAL: Final = "00" * SEAL_BYTES
_NS: Final = 1_000_000_000


def named(plain: Plain) -> Named:
    """What kind of message it is.

    :raises MessageRefused: when there is none of this type and processing code
    """
    found = BY_TYPE.get((plain.mti, plain.fields.get(f.PROCESSING_CODE, "")))
    if found is None:
        field = "type" if all(plain.mti != mti for mti, _ in BY_TYPE) else str(f.PROCESSING_CODE)
        raise MessageRefused("there is no such message", field=field)
    return found


def terminal_of(plain: Plain) -> int:
    """The number of the terminal that a message is of: what its key depends on.

    :raises MessageRefused: when it names none
    """
    text = plain.fields.get(f.TERMINAL, "")
    if len(text) != 8 or not (text.isascii() and text.isdecimal()) or not int(text):
        raise MessageRefused("a terminal has eight digits", field=str(f.TERMINAL))
    return int(text)


def key_of(plain: Plain) -> int:
    """The number of the session key that a message is sealed with; 0 under the master key.

    :raises MessageRefused: when it does not say
    """
    return int(_of(plain, f.KEY_NUMBER))


def read_request(plain: Plain) -> Request:
    """What a terminal asks for. Whether it was the terminal is for the seal to say.

    :raises MessageRefused: with the element that is missing, too much, or not what it must be
    """
    found = named(plain)
    if found.is_answer:
        raise MessageRefused("it is an answer", field="type")
    _check_fields(plain, found.layout.fields)
    batch, code = _batch_of(plain)
    stan = int(_of(plain, f.STAN))
    if not stan:
        raise MessageRefused("messages are numbered from 1", field=str(f.STAN))
    envelope = Envelope(terminal=terminal_of(plain), batch=batch, stan=stan, key=key_of(plain))
    if found.layout.kind is Manage:
        return Manage(envelope=envelope, management=_management(code, _MANAGING))
    if found.layout.kind is Close:
        close = _management(code, _CLOSING)
        return Close(
            envelope=_in_batch(envelope),
            totals=_totals(_of(plain, f.TOTALS)),
            currency=_currency(plain),
            after_upload=close is Management.CLOSE_AFTER_UPLOAD,
        )
    _management(code, _TRANSACTING)
    return _READERS[found.layout.kind](plain, _in_batch(envelope))


def write_request(request: Request, *, key: SealKey, again: bool = False) -> bytes:
    """A message as a terminal sends it, sealed; `again` for what may have been sent before."""
    layout = _layout_of(request)
    fields = _fields_of(request)
    plain = Plain(mti=layout.types[-1 if again else 0], fields={**fields, f.MAC: _NO_SEAL})
    return _sealed(plain, key)


def write_answer(plain: Plain, *, answer: Answer, key: SealKey | None) -> bytes:
    """The answer to a message; without a seal where there is no key that both have."""
    echoed = (f.PROCESSING_CODE, f.AMOUNT, f.STAN, f.TERMINAL, f.CURRENCY, f.KEY_NUMBER, f.BATCH)
    fields = {number: plain.fields[number] for number in echoed if number in plain.fields}
    fields[f.RESPONSE] = answer.code.value
    if answer.at:
        fields |= _clock(answer.at // _NS)
    if answer.reference:
        fields[f.REFERENCE] = answer.reference
    if answer.totals is not None:
        fields[f.TOTALS] = _digits_of(answer.totals)
    if answer.batch:
        fields[f.BATCH] = f"00{answer.batch:06}" + fields.get(f.BATCH, "000")[-3:]
    if answer.key:
        fields[f.KEY_NUMBER] = f"{answer.key:016}"
    if answer.key_block:
        fields[f.KEY_BLOCK] = answer.key_block.hex().upper()
    if answer.about:
        fields[f.ABOUT] = answer.about[:25]
    if key is None:
        return write_plain(Plain(mti=answer_type(plain.mti), fields=fields))
    fields[f.MAC] = _NO_SEAL
    return _sealed(Plain(mti=answer_type(plain.mti), fields=fields), key)


def answer_type(mti: str) -> str:
    """The type of the answer to a message of this type: `0210` to `0200` and `0201`.

    :raises MessageRefused: when it is an answer itself
    """
    if mti[2] not in "02468":
        raise MessageRefused("it is an answer", field="type")
    return f"{mti[:2]}{int(mti[2]) + 1}0"


def read_answer(plain: Plain) -> Answer:
    """What the house has answered.

    :raises MessageRefused: when it is no answer, or none that the house gives
    """
    if plain.mti[2] not in "1357":
        raise MessageRefused("it is no answer", field="type")
    try:
        code = ResponseCode(plain.fields.get(f.RESPONSE, ""))
    except ValueError:
        raise MessageRefused("there is no such response", field=str(f.RESPONSE)) from None
    totals = plain.fields.get(f.TOTALS)
    batch, _ = _batch_of(plain) if f.BATCH in plain.fields else (0, 0)
    return Answer(
        code=code,
        reference=plain.fields.get(f.REFERENCE, ""),
        totals=None if totals is None else _totals(totals),
        batch=batch,
        key=int(plain.fields.get(f.KEY_NUMBER, "0")),
        key_block=bytes.fromhex(plain.fields.get(f.KEY_BLOCK, "")),
        about=plain.fields.get(f.ABOUT, ""),
    )


def is_sealed(message: bytes, *, plain: Plain, key: SealKey) -> bool:
    """Whether a message carries this key's seal of itself."""
    return f.MAC in plain.fields and key.fits(message[:-SEAL_BYTES], seal=message[-SEAL_BYTES:])


def _sealed(plain: Plain, key: SealKey) -> bytes:
    body = write_plain(plain)[:-SEAL_BYTES]
    return body + key.seal(body)


def _purchase(plain: Plain, envelope: Envelope) -> Request:
    return Purchase(envelope=envelope, amount=_amount(plain), payment_code=_code(plain))


def _authorize(plain: Plain, envelope: Envelope) -> Request:
    return Authorize(envelope=envelope, amount=_amount(plain), payment_code=_code(plain))


def _void(plain: Plain, envelope: Envelope) -> Request:
    return Void(envelope=envelope, amount=_amount(plain), original=_original(plain, envelope))


def _complete(plain: Plain, envelope: Envelope) -> Request:
    return Complete(envelope=envelope, amount=_amount(plain), original=_original(plain, envelope))


def _refund(plain: Plain, envelope: Envelope) -> Request:
    return Refund(envelope=envelope, amount=_amount(plain), original=_original(plain, envelope))


def _reverse(plain: Plain, envelope: Envelope) -> Request:
    is_hold = plain.fields[f.PROCESSING_CODE] == Processing.HOLD
    return Reverse(envelope=envelope, amount=_amount(plain), is_hold=is_hold, is_advice=plain.mti > "0410")


def _upload(plain: Plain, envelope: Envelope) -> Request:
    is_credit = plain.fields[f.PROCESSING_CODE] == Processing.GIVE_BACK
    return Upload(envelope=envelope, amount=_amount(plain), is_credit=is_credit)


_READERS: Final[dict[RequestKind, Callable[[Plain, Envelope], Request]]] = {
    Purchase: _purchase,
    Authorize: _authorize,
    Void: _void,
    Complete: _complete,
    Refund: _refund,
    Reverse: _reverse,
    Upload: _upload,
}

_TRANSACTING: Final = frozenset({Management.NONE})
_CLOSING: Final = frozenset({Management.CLOSE, Management.CLOSE_AFTER_UPLOAD})
_MANAGING: Final = frozenset(Management) - _TRANSACTING - _CLOSING


def _layout_of(request: Request) -> Layout:
    first = "0420" if isinstance(request, Reverse) and request.is_advice else None
    return next(
        layout for layout in LAYOUTS if layout.kind is type(request) and first in {None, layout.types[0]}
    )


def _fields_of(request: Request) -> dict[int, str]:
    """All elements of a request but its seal."""
    envelope = request.envelope
    fields = {
        f.STAN: f"{envelope.stan:06}",
        f.TERMINAL: f"{envelope.terminal:08}",
        f.KEY_NUMBER: f"{envelope.key:016}",
    }
    code = Management.NONE
    match request:
        case Manage(management=management):
            code = management
        case Close():
            code = Management.CLOSE_AFTER_UPLOAD if request.after_upload else Management.CLOSE
            fields |= {f.TOTALS: _digits_of(request.totals), f.CURRENCY: f"{request.currency.number:03}"}
        case Purchase():
            fields |= _money(request.amount, Processing.TAKE) | {f.PAYMENT_CODE: request.payment_code}
        case Authorize():
            fields |= _money(request.amount, Processing.HOLD) | {f.PAYMENT_CODE: request.payment_code}
        case Void() | Refund():
            fields |= _money(request.amount, Processing.GIVE_BACK) | {f.ORIGINAL: _named(request.original)}
        case Complete():
            fields |= _money(request.amount, Processing.TAKE) | {f.ORIGINAL: _named(request.original)}
        case Reverse():
            fields |= _money(request.amount, Processing.HOLD if request.is_hold else Processing.TAKE)
        case Upload():
            fields |= _money(request.amount, Processing.GIVE_BACK if request.is_credit else Processing.TAKE)
        case _:
            assert_never(request)
    fields[f.BATCH] = f"00{envelope.batch:06}{code:03}"
    return fields


def _money(amount: Money, processing: Processing) -> dict[int, str]:
    return {
        f.PROCESSING_CODE: processing.value,
        f.AMOUNT: f"{amount.minor:012}",
        f.CURRENCY: f"{amount.currency.number:03}",
    }


def _named(original: Original) -> str:
    return f"{original.batch:06}{original.stan:06}{original.terminal:08}"


def _digits_of(totals: Totals) -> str:
    return f"{totals.debits:012}{totals.debit_count:06}{totals.credits:012}{totals.credit_count:06}"


def _check_fields(plain: Plain, wanted: tuple[int, ...]) -> None:
    if plain.fields.keys() == set(wanted):
        return
    for number in wanted:
        _of(plain, number)
    strange = min(plain.fields.keys() - set(wanted))
    raise MessageRefused("this message has no such element", field=str(strange))


def _of(plain: Plain, number: int) -> str:
    value = plain.fields.get(number)
    if value is None:
        raise MessageRefused("it is missing", field=str(number))
    return value


def _in_batch(envelope: Envelope) -> Envelope:
    if not envelope.batch:
        raise MessageRefused("batches are numbered from 1", field=str(f.BATCH))
    return envelope


def _batch_of(plain: Plain) -> "_Batch":
    digits = _of(plain, f.BATCH)
    if len(digits) != 11 or digits[:2] != "00":
        raise MessageRefused("it is 00, six digits and three", field=str(f.BATCH))
    return int(digits[2:8]), int(digits[8:])


_Batch = tuple[int, int]


def _management(code: int, allowed: frozenset[Management]) -> Management:
    if code not in allowed:
        raise MessageRefused(f"{code:03} is no management code here", field=str(f.BATCH))
    return Management(code)


def _amount(plain: Plain) -> Money:
    amount = int(_of(plain, f.AMOUNT))
    if not amount:
        raise MessageRefused("it is zero", field=str(f.AMOUNT))
    return Money(amount, _currency(plain))


def _currency(plain: Plain) -> Currency:
    digits = _of(plain, f.CURRENCY)
    if len(digits) == 3 and digits.isascii() and digits.isdecimal():
        try:
            return Currency.numbered(int(digits))
        except NoCurrency:
            pass
    raise MessageRefused("it is not the number of a currency", field=str(f.CURRENCY))


def _code(plain: Plain) -> str:
    code = _of(plain, f.PAYMENT_CODE)
    if len(code) != 18:
        raise MessageRefused("it has 18 digits", field=str(f.PAYMENT_CODE))
    return code


def _original(plain: Plain, envelope: Envelope) -> Original:
    digits = _of(plain, f.ORIGINAL)
    if len(digits) not in {12, 20}:
        raise MessageRefused("it is a batch, a number, and a terminal if another", field=str(f.ORIGINAL))
    batch, stan = int(digits[:6]), int(digits[6:12])
    terminal = int(digits[12:] or envelope.terminal)
    if not (batch and stan and terminal):
        raise MessageRefused("batches, numbers and terminals begin at 1", field=str(f.ORIGINAL))
    return Original(batch=batch, stan=stan, terminal=terminal)


def _totals(digits: str) -> Totals:
    if len(digits) != 36:
        raise MessageRefused("it is two amounts with their counts", field=str(f.TOTALS))
    return Totals(
        debits=int(digits[:12]),
        debit_count=int(digits[12:18]),
        credits=int(digits[18:30]),
        credit_count=int(digits[30:]),
    )


@lru_cache(maxsize=64)
def _clock(second: int) -> dict[int, str]:
    moment = datetime.fromtimestamp(second, SHANGHAI)
    return {f.TIME: f"{moment:%H%M%S}", f.DATE: f"{moment:%m%d}"}
