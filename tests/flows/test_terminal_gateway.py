"""Card terminals over TCP before a real gateway and PostgreSQL: each pair of messages, and each fault."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import pytest

from milletpay.ledger.chart import AccountKind
from milletpay.money import Money
from milletpay.plumbing.migration import migrate
from milletpay.simulation.card_terminal import ADDRESS, CNY, CardTerminal, Fault, NotSignedOn, PowerCut
from milletpay.simulation.terminal_journal import Journal, Record
from milletpay.terminals import (
    Answer,
    Close,
    Envelope,
    Frame,
    Original,
    Purchase,
    Refund,
    Request,
    ResponseCode,
    Reverse,
    Totals,
    Void,
    read_answer,
    read_plain,
    receipts_at,
    write_frame,
    write_request,
)
from tests.flows.market import seeding
from tests.flows.terminal_shop import (
    REFUND_MAX,
    SHOP,
    TerminalShop,
    open_shop,
    pair_terminal,
    serve_terminals,
)
from tests.servers import Servers

C = ResponseCode


@pytest.fixture(scope="module")
def shop(servers: Servers) -> Iterator[TerminalShop]:
    server = servers.get("wheel")
    owner_url = asyncio.run(server.make_database())
    app_url = asyncio.run(migrate(owner_url=owner_url))
    with serve_terminals(app_url) as (program, port):
        made = asyncio.run(open_shop(app_url, program=program, port=port, customers=12, terminals=18))
        yield made
        asyncio.run(made.prove())
    asyncio.run(server.drop_database(owner_url))


@pytest.fixture(autouse=True)
async def unplugged(shop: TerminalShop) -> AsyncIterator[None]:
    """No terminal stays connected after its test."""
    yield
    for device in shop.devices:
        device.disconnect()
    shop.devices.clear()


class Once:
    """Gives a fault to the first message of a kind."""

    def __init__(self, kind: type[Request], fault: Fault) -> None:
        self.kind, self.fault, self.done = kind, fault, False

    def __call__(self, request: Request) -> Fault | None:
        if self.done or not isinstance(request, self.kind):
            return None
        self.done = True
        return self.fault


async def started(shop: TerminalShop, index: int, **more: Any) -> CardTerminal:
    terminal = shop.device(index, **more)
    await terminal.start()
    return terminal


async def sell(shop: TerminalShop, terminal: CardTerminal, amount: int = 10_00) -> Record:
    return await terminal.purchase(amount, payment_code=shop.phones.code())


async def owed(shop: TerminalShop) -> int:
    """All that was taken for the merchant: what is owed, and what we keep of it."""
    return await shop.balance(AccountKind.MER_PEND, SHOP) + await shop.balance(AccountKind.FEE_ACCRUED)


async def test_a_day_of_a_terminal(shop: TerminalShop) -> None:
    before = await owed(shop)
    terminal = await started(shop, 0)
    assert terminal.journal.batch == 1
    echoed = await terminal.echo()
    assert echoed is not None
    assert echoed.code is C.APPROVED
    first, second, third = [await sell(shop, terminal) for _ in range(3)]
    assert [one.code for one in (first, second, third)] == [C.APPROVED] * 3
    assert (await terminal.void(second)).code is C.APPROVED
    assert (await terminal.void(second)).code is C.INVALID
    refund = await terminal.refund(first, amount=3_00)
    assert refund.code is C.APPROVED
    assert (await terminal.refund(first, amount=7_01)).code is C.INVALID_AMOUNT
    assert (await terminal.void(first)).code is C.INVALID, "a part of it was given back"
    hold = await terminal.authorize(50_00, payment_code=shop.phones.code())
    assert hold.code is C.APPROVED
    assert (await terminal.complete(hold, amount=50_01)).code is C.INVALID_AMOUNT
    assert (await terminal.complete(hold, amount=20_00)).code is C.APPROVED
    assert (await terminal.complete(hold, amount=1_00)).code is C.INVALID
    let_go = await terminal.authorize(50_00, payment_code=shop.phones.code())
    assert (await terminal.void(let_go)).code is C.APPROVED
    totals = terminal.journal.totals(1)
    assert (totals.debits, totals.debit_count, totals.credits, totals.credit_count) == (40_00, 3, 3_00, 1)
    closed = await terminal.close()
    assert (closed.code, closed.totals, closed.batch) == (C.APPROVED, totals, 2)
    assert await owed(shop) - before == 37_00
    assert (await sell(shop, terminal)).batch == 2
    # A refund of what another batch took; a void is for the open batch.
    assert (await terminal.void(third)).code is C.INVALID
    assert (await terminal.refund(third, amount=10_00)).code is C.APPROVED
    assert (await terminal.close()).code is C.APPROVED
    gone = await terminal.sign_off()
    assert gone is not None
    assert gone.code is C.APPROVED
    # It signs on again by itself, and what had no answer is reversed.
    again = await sell(shop, terminal)
    assert again.undone
    assert (await sell(shop, terminal)).code is C.APPROVED


async def test_declines_are_answered_and_kept(shop: TerminalShop) -> None:
    terminal = await started(shop, 1)
    assert (await terminal.purchase(1, payment_code="4" * 18)).code is C.INVALID_CODE
    code = shop.phones.code()
    assert (await terminal.purchase(1, payment_code=code)).code is C.APPROVED
    assert (await terminal.purchase(1, payment_code=code)).code is C.INVALID_CODE
    assert (await terminal.close()).code is C.APPROVED


async def test_who_must_be_asked_is_in_progress_and_then_reversed(shop: TerminalShop) -> None:
    before = await owed(shop)
    terminal = await started(shop, 2)
    asked = await terminal.purchase(1_500_00, payment_code=shop.phones.code())
    assert asked.undone
    assert asked.code is C.IN_PROGRESS
    assert (await terminal.close()).code is C.APPROVED
    assert await owed(shop) == before


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.LOST_REPLY, Fault.LATE, Fault.HALF])
async def test_a_sale_of_unknown_end_is_reversed(shop: TerminalShop, fault: Fault) -> None:
    before = await owed(shop)
    terminal = await started(shop, 3, fault=Once(Purchase, fault))
    lost = await sell(shop, terminal)
    assert lost.undone
    assert (await sell(shop, terminal)).code is C.APPROVED
    closed = await terminal.close()
    assert closed.code is C.APPROVED
    assert closed.totals is not None
    assert closed.totals.debit_count == 1
    assert await owed(shop) == before + 10_00


async def test_a_power_cut_leaves_the_journal(shop: TerminalShop) -> None:
    before = await owed(shop)
    terminal = await started(shop, 4, fault=Once(Purchase, Fault.POWER_CUT))
    with pytest.raises(PowerCut):
        await sell(shop, terminal)
    assert await owed(shop) == before + 10_00
    again = await started(shop, 4, journal=Journal.read(terminal.journal.lines))
    assert await owed(shop) == before
    assert (await again.close()).code is C.APPROVED


async def test_a_lost_answer_to_a_reversal_is_asked_for_again(shop: TerminalShop) -> None:
    faults = [
        Once(Purchase, Fault.LOST_REPLY),
        Once(Reverse, Fault.LOST_REPLY),
        Once(Close, Fault.LOST_REPLY),
    ]

    def fault(request: Request) -> Fault | None:
        return next((found for one in faults if (found := one(request))), None)

    terminal = await started(shop, 5, fault=fault)
    assert (await sell(shop, terminal)).undone
    closed = await terminal.close()
    assert (closed.code, closed.batch) == (C.APPROVED, 2)


async def test_two_terminals_with_one_code_at_once(shop: TerminalShop) -> None:
    before = await owed(shop)
    pair = [await started(shop, index) for index in (6, 7)]
    for _ in range(5):
        code = shop.phones.code()
        sold = await asyncio.gather(*(one.purchase(10_00, payment_code=code) for one in pair))
        assert sorted(one.code or "" for one in sold) == [C.APPROVED, C.INVALID_CODE]
    closed = [await one.close() for one in pair]
    assert sum(one.totals.debit_count for one in closed if one.totals is not None) == 5
    assert await owed(shop) == before + 50_00


async def test_totals_that_differ_are_uploaded(shop: TerminalShop) -> None:
    terminal = await started(shop, 8)
    kept, forgotten = await sell(shop, terminal), await sell(shop, terminal, 20_00)
    # Another journal, which has one sale less, and one that nobody has made.
    lines = [line for line in terminal.journal.lines if f'"stan": {forgotten.stan}' not in line]
    journal = Journal.read(lines)
    journal.add(do="send", batch=1, stan=9, kind="purchase", amount=5_00)
    journal.add(do="answer", batch=1, stan=9, code="00")
    other = await started(shop, 8, journal=journal)
    closed = await other.close()
    assert (closed.code, closed.batch) == (C.APPROVED, 2)
    assert closed.totals is not None
    assert (closed.totals.debits, closed.totals.debit_count) == (kept.amount + forgotten.amount, 2)
    async with shop.opened() as database, database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT differences, terminal_debits FROM terminals.closed_batch WHERE terminal = $1",
            shop.terminals[8].house_number,
        )
    assert row is not None
    assert tuple(row) == (2, 15_00)


async def test_a_batch_is_not_closed_over_what_is_in_progress(shop: TerminalShop) -> None:
    terminal = await started(shop, 9, fault=Once(Purchase, Fault.POWER_CUT))
    with pytest.raises(PowerCut):
        await terminal.purchase(1_500_00, payment_code=shop.phones.code())
    # Another that knows nothing of it closes nothing; the one with the journal reverses first.
    other = await started(shop, 9)
    assert (await other.close()).code is C.INVALID
    again = await started(shop, 9, journal=Journal.read(terminal.journal.lines))
    closed = await again.close()
    assert closed.totals is not None
    assert (closed.code, closed.totals.debit_count, closed.batch) == (C.APPROVED, 0, 2)


async def say(shop: TerminalShop, message: bytes) -> bytes:
    """Send a message and give the answer's bytes, without length and address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.port)
    try:
        writer.write(write_frame(Frame(address=ADDRESS, message=message)))
        size = int.from_bytes(await reader.readexactly(2))
        return (await reader.readexactly(size))[5:]
    finally:
        writer.transport.abort()


def purchase(terminal: CardTerminal, stan: int, *, code: str, amount: int = 10_00) -> Purchase:
    envelope = Envelope(terminal=terminal.number, batch=1, stan=stan, key=terminal.key_number)
    return Purchase(envelope=envelope, amount=Money(amount, CNY), payment_code=code)


async def test_a_repeat_is_answered_byte_for_byte_as_before(shop: TerminalShop) -> None:
    before = await owed(shop)
    terminal = await started(shop, 10)
    assert terminal.key is not None
    request = purchase(terminal, 1, code=shop.phones.code())
    first = await say(shop, write_request(request, key=terminal.key))
    assert read_answer(read_plain(first)).code is C.APPROVED
    repeats = [write_request(request, key=terminal.key, again=again) for again in (False, True)] * 5
    answers = await asyncio.gather(*(say(shop, repeat) for repeat in repeats))
    assert set(answers) == {first}
    # What is declined is kept as well, and a number is used once.
    declined = purchase(terminal, 2, code="4" * 18)
    no = [await say(shop, write_request(declined, key=terminal.key)) for _ in range(3)]
    assert len(set(no)) == 1
    assert read_answer(read_plain(no[0])).code is C.INVALID_CODE
    other = purchase(terminal, 1, code=shop.phones.code())
    answer = await say(shop, write_request(other, key=terminal.key))
    assert read_answer(read_plain(answer)).code is C.USED_NUMBER
    # Ten at once of one number that is new: one is made.
    fresh = write_request(purchase(terminal, 3, code=shop.phones.code()), key=terminal.key)
    assert len(set(await asyncio.gather(*(say(shop, fresh) for _ in range(10))))) == 1
    assert await owed(shop) == before + 20_00


async def test_a_reversal_has_the_effect_of_one_and_stands_before_its_original(shop: TerminalShop) -> None:
    before = await owed(shop)
    terminal = await started(shop, 11)
    assert terminal.key is not None
    request = purchase(terminal, 1, code=shop.phones.code())
    reverse = Reverse(envelope=request.envelope, amount=request.amount)
    advice = Reverse(envelope=request.envelope, amount=request.amount, is_advice=True)
    undone = [
        await say(shop, write_request(one, key=terminal.key, again=again))
        for one in (reverse, advice)
        for again in (False, True)
    ]
    assert [read_plain(one).mti for one in undone] == ["0410", "0410", "0430", "0430"]
    assert {read_answer(read_plain(one)).code for one in undone} == {C.APPROVED}
    assert len({one[10:-8] for one in undone}) == 1
    late = await say(shop, write_request(request, key=terminal.key))
    assert read_answer(read_plain(late)).code is C.REVERSED_BEFORE
    assert await owed(shop) == before
    async with shop.opened() as database, database.connection() as connection:
        marks = await connection.fetchval(
            "SELECT count(*) FROM payments.mark WHERE reference = $1",
            f"{terminal.number:08}-000001-000001",
        )
    assert marks == 1


async def test_what_comes_again_after_the_close_takes_nothing_and_gives_back_once(shop: TerminalShop) -> None:
    """The same bytes in the next batch, a new sale into the closed one, and reversals of what it closed."""
    before = await owed(shop)
    terminal = await started(shop, 17)

    async def ask(request: Request) -> bytes:
        assert terminal.key is not None
        return await say(shop, write_request(request, key=terminal.key))

    sale = purchase(terminal, 1, code=shop.phones.code())
    totals = Totals(debits=10_00, debit_count=1, credits=0, credit_count=0)
    close = Close(envelope=sale.envelope, totals=totals, currency=CNY, after_upload=False)
    first, closed = await ask(sale), await ask(close)
    assert read_answer(read_plain(first)).code is C.APPROVED
    assert read_answer(read_plain(closed)).batch == 2
    assert await ask(sale) == first
    late = await ask(purchase(terminal, 3, code=shop.phones.code()))
    assert read_answer(read_plain(late)).code is C.OTHER_BATCH
    assert await owed(shop) == before + 10_00
    (undone,) = {await ask(Reverse(envelope=sale.envelope, amount=sale.amount)) for _ in range(3)}
    assert read_answer(read_plain(undone)).code is C.APPROVED
    assert await owed(shop) == before
    # The batch stays as it was closed, also for whoever asks again; and all agrees with the book.
    assert await ask(close) == closed
    assert read_answer(read_plain(await ask(sale))).code is C.REVERSED_BEFORE
    await shop.prove()


async def test_a_terminal_gives_back_what_another_has_taken(shop: TerminalShop) -> None:
    first, second = await started(shop, 12), await started(shop, 13)
    sale = await sell(shop, first)
    original = Original(batch=sale.batch, stan=sale.stan, terminal=first.number)

    async def ask(kind: type[Refund | Void], stan: int, amount: int, terminal: CardTerminal) -> Answer:
        assert terminal.key is not None
        envelope = Envelope(terminal=terminal.number, batch=1, stan=stan, key=terminal.key_number)
        request = kind(envelope=envelope, amount=Money(amount, CNY), original=original)
        return read_answer(read_plain(await say(shop, write_request(request, key=terminal.key))))

    # A void is for the terminal that sold, whole, and not once a part was given back.
    assert (await ask(Void, 1, sale.amount, second)).code is C.INVALID
    assert (await ask(Void, 90, sale.amount - 1, first)).code is C.INVALID_AMOUNT
    given_back = await ask(Refund, 2, 4_00, second)
    assert (given_back.code, given_back.reference) == (C.APPROVED, "000001000002")
    assert (await first.void(sale)).code is C.INVALID
    # Nor is it reversed then: the terminal knew how it had ended.
    assert first.key is not None
    place = Envelope(terminal=first.number, batch=1, stan=sale.stan, key=first.key_number)
    late = Reverse(envelope=place, amount=Money(sale.amount, CNY))
    before = await owed(shop)
    assert read_answer(read_plain(await say(shop, write_request(late, key=first.key)))).code is C.INVALID
    assert await owed(shop) == before


async def test_a_terminal_gives_back_no_more_at_once_than_its_merchant_allows(shop: TerminalShop) -> None:
    terminal = await started(shop, 16)
    sale = await sell(shop, terminal, REFUND_MAX + 1)
    assert sale.code is C.APPROVED
    assert (await terminal.refund(sale, amount=REFUND_MAX + 1)).code is C.NOT_PERMITTED
    assert (await terminal.refund(sale, amount=REFUND_MAX)).code is C.APPROVED


async def test_what_moves_at_a_terminal_has_a_receipt_there(shop: TerminalShop) -> None:
    """A sale, a refund and a void each have the next number, so that a shift counts all three."""
    terminal = await started(shop, 15)
    first, second = await sell(shop, terminal, 12_00), await sell(shop, terminal, 8_00)
    assert (await terminal.refund(first, amount=3_00)).code is C.APPROVED
    assert (await terminal.void(second)).code is C.APPROVED
    async with shop.opened() as database, database.connection() as connection:
        receipts = await receipts_at(connection, terminal=shop.terminals[15].id, most=10)
    found = [(one.number, str(one.kind), one.amount) for one in receipts]
    assert found == [(4, "reversal", 8_00), (3, "refund", 3_00), (2, "sale", 8_00), (1, "sale", 12_00)]


async def test_a_terminal_that_is_paired_anew_has_other_keys(shop: TerminalShop) -> None:
    old = await started(shop, 14)
    terminal = shop.terminals[14]
    async with seeding(shop.app_url) as house:
        shop.terminals[14] = await pair_terminal(house, terminal.store, terminal=terminal)
    # The gateway remembers the old pairing for a moment, and the desk does not; then its seal is strange.
    with suppress(NotSignedOn):
        refused = await old.echo()
        assert refused is not None
        assert refused.code is C.NOT_PERMITTED
    new = await started(shop, 14)
    assert (await sell(shop, new)).code is C.APPROVED
    assert old.key is not None
    stale = await say(shop, write_request(purchase(old, 9, code=shop.phones.code()), key=old.key))
    assert read_answer(read_plain(stale)).code is C.WRONG_SEAL
