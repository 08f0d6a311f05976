"""Phones that show payment codes to a bench: one for each customer, and their codes, made beforehand."""

from collections import deque
from collections.abc import Sequence

from milletpay.benches.market import ask_all
from milletpay.bootstrap import House
from milletpay.codes import LANES, STEP_SECONDS, CodeKeys, Slot, epoch_at, step_of, word_of, write_code
from milletpay.customers import CustomerId, DeviceId, DeviceKind, RegisterDevice
from milletpay.ledger.chart import Mode
from milletpay.payments import EnrollPresenter, Presenter
from milletpay.plumbing.clock import SECOND, Clock


class Codes:
    """Payment codes of all phones, in turn, each once; made before they are wanted."""

    def __init__(self, *, keys: CodeKeys, presenters: Sequence[Presenter], clock: Clock) -> None:
        self._keys = keys
        self._presenters = presenters
        self._clock = clock
        self._made: deque[str] = deque()
        self._step = 0

    def make(self) -> None:
        """Make the codes of this step, unless they are made; those of another are thrown away."""
        step = step_of(self._clock.now_ns())
        if step == self._step:
            return
        self._step = step
        self._made = deque(self._shown(one, lane) for lane in range(LANES) for one in self._presenters)

    @property
    def left(self) -> int:
        """How many there are still."""
        return len(self._made)

    def take(self) -> str:
        """A code that is good now."""
        if not self._made:
            self.make()
        return self._made.popleft()

    def _shown(self, presenter: Presenter, lane: int) -> str:
        key = self._keys.phone_key(presenter.device, version=presenter.version)
        slot = Slot(number=presenter.number, lane=lane)
        alias = self._keys.alias_of(slot, epoch=epoch_at(self._step * STEP_SECONDS * SECOND))
        return write_code(alias=alias, word=word_of(key, step=self._step, lane=lane))


async def enroll(house: House, *, customers: Sequence[CustomerId]) -> list[Presenter]:
    """A phone for each customer."""
    phones = [
        RegisterDevice(
            id=DeviceId(house.ids.next()), customer=id, mode=Mode.TEST, kind=DeviceKind.PHONE, name="phone"
        )
        for id in customers
    ]
    await ask_all(house, commands=phones)
    enrolled = await ask_all(
        house,
        commands=[
            EnrollPresenter(device=phone.id, customer=phone.customer, mode=Mode.TEST) for phone in phones
        ],
    )
    assert all(isinstance(one, Presenter) for one in enrolled), enrolled[:3]
    return enrolled
