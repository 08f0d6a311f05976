"""Topping up by a transfer from any bank: to which account, with which remark. A demo plays the bank too."""

from urllib.parse import urlencode

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.bank_card import AskAmount, Typed, read_amount
from milletpay.apps.web.forms import Form, Key
from milletpay.apps.web.pages import Pages, masked_name
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import words_of
from milletpay.apps.web.wallet import CURRENCY
from milletpay.customers import Customer
from milletpay.rails import Received, SimulatedBank
from milletpay.wallets import DepositNumber, obtain_deposit_number

PLACE = "/wallet/bank-transfer"


class PlayTransfer(Form, frozen=True, kw_only=True):
    """What the bank of the demo is to be told."""

    amount: Typed
    remark: Typed
    order: Key


class BankTransferPages:
    """Their handlers."""

    def __init__(self, backing: Backing, pages: Pages, people: People) -> None:
        self._backing = backing
        self._pages = pages
        self._people = people

    def routes(self) -> tuple[Route, ...]:
        """Their rows; only a demo has the second."""
        show = Route(
            method="GET",
            path=PLACE,
            handler=self.show,
            query=AskAmount,
            who=CUSTOMER,
            summary="How to top up by a bank transfer",
            answers={200: bytes},
        )
        play = Route(
            method="POST",
            path=PLACE,
            handler=self.play,
            body=PlayTransfer,
            media=Media.FORM,
            who=CUSTOMER,
            summary="Have the bank of the demo transfer",
            answers={303: bytes},
        )
        return (show, play) if self._backing.is_demo else (show,)

    async def show(self, request: Request, *, query: AskAmount) -> Answer:
        """The accounts, and the customer's own remark."""
        person = await self._people.owner(request)
        said, is_wrong = words_of(self._pages, request, query), query.said == "amount_wrong"
        return self._pages.show(
            request,
            "bank_transfer.html",
            accounts=[
                (bank.key.code, bank.account(CURRENCY))
                for bank in self._backing.banks
                if bank.key.mode is person.mode
            ],
            remark=await self._number(person),
            amount_given=query.amount,
            order=self._pages.new_key(),
            said="" if is_wrong else said,
            amount_said=said if is_wrong else "",
        )

    async def play(self, request: Request, *, body: PlayTransfer) -> Answer:
        """Let money arrive at the bank, as if somebody had sent it, once for the form."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        amount = read_amount(body.amount)
        if amount is None:
            return self._pages.go(f"{PLACE}?{urlencode({'amount': body.amount})}&said=amount_wrong")
        banks = [bank for bank in self._backing.banks if isinstance(bank, SimulatedBank)]
        if not banks:
            raise Refuse(EdgeRefusal.NOT_FOUND, "There is no bank of play money here.")
        await banks[0].receive(
            Received(
                bank_reference=f"play{body.order}",
                amount=amount,
                token="",
                payer=masked_name(person.name),
                remark=body.remark,
            )
        )
        return self._pages.go(f"{PLACE}?said=transferred")

    async def _number(self, person: Customer) -> DepositNumber:
        return await obtain_deposit_number(
            self._backing.desk.submit,
            customer=person.id,
            mode=person.mode,
            entropy=self._backing.entropy,
        )
