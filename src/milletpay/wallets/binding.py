"""Binding a card: the bank is asked first, outside of any transaction; what it gives goes to the desk.

Whoever may ask about any number of cards learns which stolen ones are good. So a card that is not taken is a
wrong try of the customer who gave it, counted before the bank is asked, and a few of them lock as wrong PINs
do: twenty-five on the first day, five on each day after.
"""

from milletpay.customers import Customer
from milletpay.identity import Attempt, Knowledge, SecretRefused, Turns, begin_attempt, take_back_attempt
from milletpay.plumbing.database import Database
from milletpay.rails import Banks, Binding, BoundCard, CardNumber, NotBound
from milletpay.wallets.cards import BindCard
from milletpay.wallets.model import CardId


class Binder:
    """Has banks see whose cards are, and counts those that are not taken."""

    def __init__(self, *, banks: Banks, database: Database) -> None:
        self._banks = banks
        self._database = database
        self._turns = Turns()

    async def ask(
        self,
        *,
        id: CardId,
        customer: Customer,
        number: CardNumber,
        now: int,
        holder: str = "",
        phone: str = "",
    ) -> BindCard | NotBound | SecretRefused | None:
        """Have the bank see whether a card is the customer's: the command that binds it, or the no.

        :param holder: whose name is on the card; the customer's when empty, and so with the phone number
        :return: refused, with nobody asked, while too many were wrong; nothing when the card is of none of
            our banks
        """
        binding = Binding(number=number, holder=holder or customer.name, phone=phone or customer.phone)
        async with self._turns.of(customer.id):
            attempt = await begin_attempt(
                self._database, knowledge=Knowledge.CARD, subject=customer.id, now=now
            )
            if not isinstance(attempt, Attempt):
                return attempt
            bank = self._banks.issuer(number, mode=customer.mode)
            if bank is None:
                return None
            bound = await bank.bind(binding)
            if isinstance(bound, BoundCard) or bound.reason is None:
                async with self._database.transaction() as connection:
                    await take_back_attempt(
                        connection, attempt=attempt, knowledge=Knowledge.CARD, subject=customer.id
                    )
        if not isinstance(bound, BoundCard):
            return bound
        return BindCard(id=id, customer=customer.id, bank=bank.key, token=bound.token, masked=bound.masked)
