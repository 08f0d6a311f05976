"""How a customer tops up by a transfer from any bank."""

from typing import Annotated, Literal, Self

import msgspec

from milletpay.apps.api.backing import Api
from milletpay.apps.api.wallet_requests import CURRENCY, CUSTOMER
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import Output
from milletpay.customers import CustomerId
from milletpay.wallets import obtain_deposit_number


class DepositAccountShape(Output, frozen=True, kw_only=True):
    """An account of the house that can be transferred to."""

    bank: str
    holder: str
    number: str

    @classmethod
    def example(cls) -> Self:
        """Of the demo."""
        return cls(bank="Granary", holder="MilletPay Client Money", number="629999104729300417")


class DepositDetailsShape(Output, frozen=True, kw_only=True):
    """What to write on a transfer, so that its money comes into the wallet."""

    object: Literal["deposit_details"] = "deposit_details"
    currency: str
    remark: Annotated[str, msgspec.Meta(description="Write it as the remark; it is yours for ever.")]
    accounts: list[DepositAccountShape]

    @classmethod
    def example(cls) -> Self:
        """Of the demo."""
        return cls(currency="CNY", remark="4815162347", accounts=[DepositAccountShape.example()])


class DepositsApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def details(self, request: Request) -> DepositDetailsShape:
        """Where to transfer to, and with which remark. Who asks first is given the remark."""
        mode = request.principal.mode
        number = await obtain_deposit_number(
            self._api.desk.submit,
            customer=CustomerId(request.principal.owner),
            mode=mode,
            entropy=self._api.entropy,
        )
        accounts = [bank.account(CURRENCY) for bank in self._api.banks if bank.key.mode is mode]
        return DepositDetailsShape(
            currency=CURRENCY.code,
            remark=str(number),
            accounts=[
                DepositAccountShape(bank=account.bank, holder=account.holder, number=account.number)
                for account in accounts
            ],
        )


def deposit_routes(api: Api) -> tuple[Route, ...]:
    """The call of the chapter."""
    return (
        Route(
            method="GET",
            path="/v1/wallet/deposit_details",
            handler=DepositsApi(api).details,
            summary="How to top up by a bank transfer",
            description="The money is in the wallet when the bank has it; no card is needed.",
            answers={200: DepositDetailsShape},
            who=CUSTOMER,
            tag="Wallet: money",
        ),
    )
