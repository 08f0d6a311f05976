"""The reads of payments."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from milletpay.customers import CustomerId, DeviceId
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, StoreId
from milletpay.payments.guessing import Guesses
from milletpay.payments.model import (
    Agreement,
    AgreementId,
    Announcement,
    AnnouncementId,
    Attempt,
    Payment,
    PaymentId,
    Refund,
    RefundId,
)
from milletpay.payments.presenting import CodeRule, Presenter, presenter_of, rule_of
from milletpay.payments.records import agreement_of, announcement_of, attempt_of, payment_of, refund_of
from milletpay.payments.states import PaymentStatus
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Connection
from milletpay.plumbing.ids import ID_END, first_id_at
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.payments")

DAY_NS: Final = 24 * 3600 * SECOND
OF_CODES: Final = load_statements("milletpay.payments", name="presenters.sql")


async def find_payment(connection: Connection, *, id: PaymentId) -> Payment | None:
    """The payment of this id, whosever it is."""
    row = await connection.fetchrow(SQL["payment"], id)
    return None if row is None else payment_of(row)


async def find_payments(connection: Connection, *, ids: Collection[PaymentId]) -> Sequence[Payment]:
    """Those of these payments that are there, whosever they are."""
    return [payment_of(row) for row in await connection.fetch(SQL["payments"], ids, [], [], [], [])]


async def versions_of(connection: Connection, *, watched: Sequence[PaymentId]) -> Mapping[PaymentId, int]:
    """How many events each of these payments has had: it grows with every change."""
    rows = await connection.fetch(SQL["versions"], watched)
    return {PaymentId(row["id"]): row["events"] for row in rows}


async def attempts_of(connection: Connection, *, payment: Payment) -> Sequence[Attempt]:
    """The tries to pay a payment, the first first; made with its payer, it was tried once."""
    if payment.is_made_with_payer and payment.customer is not None:
        return [
            Attempt(
                payment=payment.id,
                number=1,
                customer=payment.customer,
                outcome=payment.only_outcome,
                decline=payment.decline,
                at=payment.created_at,
                card=payment.card,
            )
        ]
    return [attempt_of(row) for row in await connection.fetch(SQL["attempts_of"], payment.id)]


async def payments_of(
    connection: Connection,
    *,
    merchant: MerchantId,
    mode: Mode,
    most: int,
    before: int = ID_END,
    reference: str | None = None,
    store: StoreId | None = None,
) -> Sequence[Payment]:
    """A merchant's payments, the newest first, with ids below `before`; only of a reference, or a store."""
    live = mode is Mode.LIVE
    # A statement for each, so that every plan of it reads along an index, whatever is asked first.
    if reference is not None:
        rows = await connection.fetch(SQL["payment_of_reference"], merchant, live, reference, store)
        return [payment for payment in map(payment_of, rows) if payment.id < before]
    if store is not None:
        rows = await connection.fetch(SQL["payments_of_store"], merchant, live, before, store, most)
    else:
        rows = await connection.fetch(SQL["payments_of"], merchant, live, before, most)
    return [payment_of(row) for row in rows]


async def payments_of_device(
    connection: Connection, *, device: DeviceId, metadata: str | None = None, most: int
) -> Sequence[Payment]:
    """What a device has asked for, the newest first; all, or those with exactly this metadata."""
    rows = await connection.fetch(SQL["payments_of_device"], device, metadata, most)
    return [payment_of(row) for row in rows]


async def payments_asked(
    connection: Connection, *, devices: Collection[DeviceId], now: int
) -> Sequence[Payment]:
    """What these devices have asked for that can be paid now, the newest first."""
    return [payment_of(row) for row in await connection.fetch(SQL["payments_asked"], devices, now)]


async def versions_asked(
    connection: Connection, *, devices: Collection[DeviceId], now: int
) -> Mapping[DeviceId, int]:
    """A number for each of these devices, another one when it asks for something else than before.

    Of what was asked for within a day: it is read often, while somebody looks.
    """
    rows = await connection.fetch(SQL["versions_asked"], devices, now, first_id_at(now - DAY_NS))
    return {DeviceId(row["device"]): row["version"] for row in rows}


async def plates_paid_since(
    connection: Connection, *, merchant: MerchantId, mode: Mode, store: StoreId, after: int, most: int
) -> Sequence[Payment]:
    """What was paid at the plates of a store, of payments with ids above `after`, the oldest first."""
    live = mode is Mode.LIVE
    rows = await connection.fetch(SQL["plates_paid_since"], merchant, live, after, store, most)
    return [payment_of(row) for row in rows]


async def payments_due(connection: Connection, *, by: int, most: int) -> Sequence[PaymentId]:
    """Payments whose time is over, and that nobody has ended yet."""
    rows = await connection.fetch(SQL["due"], by, most)
    return [PaymentId(row["id"]) for row in rows]


async def find_refund(connection: Connection, *, id: RefundId) -> Refund | None:
    """The refund of this id, whosever it is."""
    row = await connection.fetchrow(SQL["refund"], id)
    return None if row is None else refund_of(row)


async def find_refunds(connection: Connection, *, ids: Collection[RefundId]) -> Sequence[Refund]:
    """Those of these refunds that are there, whosever they are."""
    return [refund_of(row) for row in await connection.fetch(SQL["refunds_by_id"], ids)]


async def refunds_of(connection: Connection, *, payment: PaymentId) -> Sequence[Refund]:
    """The refunds of a payment, the oldest first."""
    return [refund_of(row) for row in await connection.fetch(SQL["refunds_of"], payment)]


async def find_agreement(connection: Connection, *, id: AgreementId) -> Agreement | None:
    """The agreement of this id, whosever it is."""
    row = await connection.fetchrow(SQL["agreement"], id)
    return None if row is None else agreement_of(row)


async def find_agreements(connection: Connection, *, ids: Collection[AgreementId]) -> Sequence[Agreement]:
    """Those of these agreements that are there, whosever they are."""
    return [agreement_of(row) for row in await connection.fetch(SQL["agreements"], ids, [], [], [], [])]


async def announcements_of(connection: Connection, *, agreement: AgreementId) -> Sequence[Announcement]:
    """The charges that were announced under an agreement and are still to come, the next first."""
    rows = await connection.fetch(SQL["announcements_of"], agreement)
    return [announcement_of(row) for row in rows]


async def find_announcement(connection: Connection, *, id: AnnouncementId) -> Announcement | None:
    """The announcement of this id, whatever became of it."""
    row = await connection.fetchrow(SQL["announcement"], id)
    return None if row is None else announcement_of(row)


async def agreements_of(
    connection: Connection, *, customer: CustomerId, most: int, before: int = ID_END
) -> Sequence[Agreement]:
    """A customer's agreements, the newest first, with ids below `before`."""
    rows = await connection.fetch(SQL["agreements_of_customer"], customer, before, most)
    return [agreement_of(row) for row in rows]


async def count_payments(connection: Connection, *, mode: Mode, status: PaymentStatus) -> int:
    """How many payments are in a state; reads them all."""
    count: int = await connection.fetchval(SQL["count_payments"], mode is Mode.LIVE, status)
    return count


async def payments_presented(
    connection: Connection, *, customer: CustomerId, since: int
) -> Sequence[Payment]:
    """What a customer's codes were shown for since a time, the newest first."""
    rows = await connection.fetch(SQL["payments_presented"], customer, first_id_at(since))
    return [payment_of(row) for row in rows]


async def versions_presented(
    connection: Connection, *, watched: Sequence[CustomerId], since: int
) -> Mapping[CustomerId, int]:
    """A number for each of these customers, another one when `payments_presented` gives something else."""
    rows = await connection.fetch(SQL["versions_presented"], watched, first_id_at(since))
    return {CustomerId(row["customer"]): row["version"] for row in rows}


async def find_presenter(connection: Connection, *, device: DeviceId) -> Presenter | None:
    """The phone that shows codes, as committed."""
    row = await connection.fetchrow(OF_CODES["presenters_of"], [device])
    return None if row is None else presenter_of(row)


async def find_guesses(connection: Connection, *, subjects: Collection[int]) -> list[Guesses]:
    """What was counted of guesses at terminals, stores and merchants, as committed; no more than is kept."""
    rows = await connection.fetch(OF_CODES["guesses_of"], list(subjects))
    return [Guesses(**dict(row)) for row in rows]


async def find_code_rule(connection: Connection, *, customer: CustomerId) -> CodeRule | None:
    """What a customer has set, as committed; None for what the house sets."""
    row = await connection.fetchrow(OF_CODES["find_code_rule"], customer)
    return None if row is None else rule_of(row)
