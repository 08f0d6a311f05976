"""The API's counters, for tills: shifts, receipts and reports."""

from http import HTTPStatus
from typing import Any, Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.counter_shapes import (
    Cash,
    Count,
    Printing,
    ReceiptShape,
    ReportShape,
    SignIn,
    Void,
    show_receipt,
    show_report,
)
from milletpay.apps.api.requests import TILL, refuse, see_reference, terminal_of
from milletpay.apps.api.wallet_requests import refuse_secret
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import submit_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import ListOf, ListQuery, list_of
from milletpay.identity import SecretRefusal, SecretRefused
from milletpay.merchants import MerchantId, StoreId, TerminalId, find_merchant, find_store
from milletpay.money import Language
from milletpay.payments import PAYMENT_ID, PaymentShape, Refusal, Refused
from milletpay.plumbing.database import Connection
from milletpay.terminals import (
    CloseShift,
    CounterRefusal,
    CounterRefused,
    Heading,
    NoteCash,
    OpenShift,
    Receipt,
    ReceiptKind,
    Report,
    Shift,
    VoidSale,
    Width,
    find_cash,
    find_cashier,
    find_receipt,
    find_shift,
    find_terminal,
    print_receipt,
    receipt_slip,
    receipts_at,
    report_on,
    report_slip,
)

TAG: Final = "Counters"


class CounterApi:
    """The handlers for tills."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def open(self, request: Request, *, body: SignIn) -> ReportShape:
        """Sign a cashier in."""
        api, now, place = self._api, self._api.clock.now_ns(), request.principal.place
        assert place is not None
        async with api.database.connection() as connection:
            cashier = await find_cashier(connection, store=StoreId(place.store), number=body.cashier)
        # Nobody's PIN is looked at as long as somebody's.
        nobody = api.terminal_secrets.address(f"{place.store}:{body.cashier}")
        subject = cashier.id if cashier else nobody
        checked = await api.cashier_pins.check(body.pin, customer=subject, now=now)
        if isinstance(checked, SecretRefused):
            raise refuse_secret(checked, param="pin", now=now)
        assert cashier is not None, "nobody has the PIN of nobody"
        shift = await api.desk.submit(
            OpenShift(
                terminal=TerminalId(place.terminal), cashier=cashier.id, opening_float=body.opening_float
            )
        )
        return await self._report(shift)

    async def look(self, request: Request) -> ReportShape:
        """The X report."""
        return await self._report(await self._current(request))

    async def close(self, request: Request, *, body: Count) -> ReportShape:
        """End the shift; the answer is its Z report, which can be had again by its number."""
        command = CloseShift(terminal=_terminal(request), counted_cash=body.counted_cash)
        return await self._report(await self._api.desk.submit(command))

    async def print_report(self, request: Request, *, shift: str, body: Printing) -> ReportShape:
        """A report with its text: of a number, or `open`."""
        async with self._api.database.connection() as connection:
            found = await find_shift(
                connection, terminal=_terminal(request), number=None if shift == "open" else _number(shift)
            )
            if found is None or (shift == "open" and found.closed_at):
                raise Refuse(CounterRefusal.NO_SHIFT, "There is no such shift at this till.")
            report = await report_on(connection, shift=found)
            heading = await self._heading(connection, request, body)
        language, width = Language(body.language), Width(body.columns)
        text = report_slip(report, heading=heading, language=language, width=width)
        return show_report(report, text=text)

    async def note_cash(self, request: Request, *, body: Cash) -> ReceiptShape:
        """Note cash."""
        see_reference(request, body.reference)
        terminal = _terminal(request)
        noted = await self._api.desk.submit(
            NoteCash(
                terminal=terminal,
                kind=ReceiptKind(body.kind),
                amount=body.amount,
                currency=body.currency,
                reference=body.reference,
            )
        )
        if isinstance(noted, CounterRefused):
            raise refuse_counter(noted)
        return await self._noted(terminal, noted)

    async def _noted(self, terminal: TerminalId, noted: Receipt) -> ReceiptShape:
        """It has its number once it is kept."""
        async with self._api.database.connection() as connection:
            kept = await find_cash(connection, terminal=terminal, reference=noted.reference)
        assert kept is not None, "what was noted is there"
        return show_receipt(kept)

    async def void(self, request: Request, *, body: Void) -> Answer:
        """Undo the last sale."""
        command = VoidSale(
            terminal=_terminal(request),
            merchant=MerchantId(request.principal.owner),
            mode=request.principal.mode,
            receipt=body.receipt,
        )
        return await submit_once(self._api.desk, command, request=request, show=self._show_void)

    def _show_void(self, undone: Any) -> Answer:  # noqa: ANN401 - a payment, or either kind of refusal
        if isinstance(undone, CounterRefused):
            raise refuse_counter(undone)
        if isinstance(undone, Refused):
            raise refuse(undone)
        return Answer(status=HTTPStatus.OK, content=self._api.shown.payment(undone))

    async def receipts(self, request: Request, *, query: ListQuery) -> ListOf[ReceiptShape]:
        """The till's receipts, the newest first."""
        async with self._api.database.connection() as connection:
            found = await receipts_at(
                connection,
                terminal=_terminal(request),
                most=query.limit + 1,
                before=2**31 - 1 if query.after is None else min(query.after, 2**31 - 1),
            )
        return list_of(found, query=query, place=lambda receipt: receipt.number, show=show_receipt)

    async def find_receipt(self, request: Request, *, receipt: str) -> ReceiptShape:
        """A receipt by its number."""
        async with self._api.database.connection() as connection:
            found = await find_receipt(connection, terminal=_terminal(request), number=_number(receipt))
        if found is None:
            raise Refuse(CounterRefusal.RECEIPT_NOT_FOUND, "The till has no such receipt.")
        return show_receipt(found)

    async def print_receipt(self, request: Request, *, receipt: str, body: Printing) -> ReceiptShape:
        """A receipt with its text. Whoever prints it again has a copy."""
        async with self._api.database.transaction() as connection:
            found = await print_receipt(connection, terminal=_terminal(request), number=_number(receipt))
            if found is None:
                raise Refuse(CounterRefusal.RECEIPT_NOT_FOUND, "The till has no such receipt.")
            heading = await self._heading(connection, request, body)
        text = receipt_slip(
            found,
            heading=heading,
            payment=None if found.payment is None else PAYMENT_ID.write(found.payment),
            language=Language(body.language),
            width=Width(body.columns),
        )
        return show_receipt(found, text=text)

    async def _current(self, request: Request) -> Shift:
        async with self._api.database.connection() as connection:
            shift = await find_shift(connection, terminal=_terminal(request), number=None)
        if shift is None or shift.closed_at:
            raise Refuse(CounterRefusal.NO_SHIFT, "Nobody is signed in at the till.")
        return shift

    async def _report(self, shift: Shift | CounterRefused) -> ReportShape:
        if isinstance(shift, CounterRefused):
            raise refuse_counter(shift)
        async with self._api.database.connection() as connection:
            # As committed: a shift has its last receipt when the batch that closed it is kept.
            kept = await find_shift(connection, terminal=shift.terminal, number=shift.number)
            assert kept is not None
            report: Report = await report_on(connection, shift=kept)
        return show_report(report)

    async def _heading(self, connection: Connection, request: Request, body: Printing) -> Heading:
        terminal = await find_terminal(connection, id=_terminal(request))
        assert terminal is not None
        store = await find_store(connection, id=terminal.store)
        merchant = await find_merchant(connection, id=terminal.merchant)
        assert store is not None
        assert merchant is not None
        zh = body.language == "zh"
        return Heading(
            merchant=merchant.names.zh if zh else merchant.names.en,
            store=store.names.zh if zh else store.names.en,
            till=terminal.number,
            tid=terminal.tid,
        )


def refuse_counter(refused: CounterRefused) -> Refuse:
    """Make the refusal of the edge from the domain's."""
    return Refuse(refused.refusal, refused.detail)


def _terminal(request: Request) -> TerminalId:
    terminal = terminal_of(request)
    assert terminal is not None, "only terminals ask so"
    return terminal


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return int(text)
    raise Refuse(EdgeRefusal.NOT_FOUND, f"{text[:40]!r} is no number.")


def counter_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter."""
    counter = CounterApi(api)
    return (*_shifts(counter), *_drawer(counter), *_receipts(counter))


def _shifts(counter: CounterApi) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/v1/terminals/this/shift",
            handler=counter.open,
            summary="Sign a cashier in",
            description="Opens a shift, or goes on with the cashier's own.",
            answers={200: ReportShape},
            who=TILL,
            body=SignIn,
            refuses=(
                SecretRefusal,
                CounterRefusal.CASHIER_NOT_FOUND,
                CounterRefusal.TERMINAL_NOT_ACTIVE,
                CounterRefusal.SHIFT_OPEN,
            ),
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/terminals/this/shift",
            handler=counter.look,
            summary="Read the X report",
            answers={200: ReportShape},
            who=TILL,
            refuses=(CounterRefusal.NO_SHIFT,),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/terminals/this/shift/close",
            handler=counter.close,
            summary="Close the shift: the Z report",
            answers={200: ReportShape},
            who=TILL,
            body=Count,
            refuses=(CounterRefusal.NO_SHIFT,),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/terminals/this/shifts/{shift}/print",
            handler=counter.print_report,
            summary="Print a report",
            description="By the number of the shift, or `open`.",
            answers={200: ReportShape},
            who=TILL,
            body=Printing,
            refuses=(CounterRefusal.NO_SHIFT,),
            tag=TAG,
        ),
    )


def _drawer(counter: CounterApi) -> tuple[Route, ...]:
    return (
        Route(
            method="POST",
            path="/v1/terminals/this/cash",
            handler=counter.note_cash,
            summary="Note cash",
            answers={200: ReceiptShape},
            who=TILL,
            body=Cash,
            refuses=(CounterRefusal.NO_SHIFT, CounterRefusal.REFERENCE_USED),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/terminals/this/void",
            handler=counter.void,
            summary="Void the last sale",
            answers={200: PaymentShape},
            who=TILL,
            body=Void,
            idempotent=True,
            refuses=(
                CounterRefusal.NO_SHIFT,
                CounterRefusal.RECEIPT_NOT_FOUND,
                CounterRefusal.NOT_THE_LAST_SALE,
                Refusal.TOO_LATE_TO_REVERSE,
                Refusal.MERCHANT_LACKS_FUNDS,
            ),
            tag=TAG,
        ),
    )


def _receipts(counter: CounterApi) -> tuple[Route, ...]:
    return (
        Route(
            method="GET",
            path="/v1/terminals/this/receipts",
            handler=counter.receipts,
            summary="List receipts",
            answers={200: ListOf[ReceiptShape]},
            who=TILL,
            query=ListQuery,
            tag=TAG,
        ),
        Route(
            method="GET",
            path="/v1/terminals/this/receipts/{receipt}",
            handler=counter.find_receipt,
            summary="Find a receipt",
            answers={200: ReceiptShape},
            who=TILL,
            refuses=(CounterRefusal.RECEIPT_NOT_FOUND,),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/terminals/this/receipts/{receipt}/print",
            handler=counter.print_receipt,
            summary="Print a receipt",
            description="The second time it says that it is a copy.",
            answers={200: ReceiptShape},
            who=TILL,
            body=Printing,
            refuses=(CounterRefusal.RECEIPT_NOT_FOUND,),
            tag=TAG,
        ),
    )
