"""Which story decides which command, and what it answers with."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from milletpay.funding import Draw, FundingRefused, GiveBack
from milletpay.payments.agreements import (
    Agreed,
    CancelAgreement,
    ProposeAgreement,
    SignAgreement,
    propose,
    sign,
)
from milletpay.payments.agreements import cancel as cancel_agreement
from milletpay.payments.announcements import AnnounceCharge, WithdrawAnnouncement, announce, withdraw
from milletpay.payments.attempts import CreatePayment, Made, PayPayment, create, pay
from milletpay.payments.captures import CancelPayment, CapturePayment, ExpirePayment, cancel, capture, expire
from milletpay.payments.cards import ResolveDraw, ResolveGiveBack, resolve_draw, resolve_give_back
from milletpay.payments.coded import DeclinePayment, decline_payment
from milletpay.payments.facts import Facts
from milletpay.payments.model import Announcement, Decline, Payment, Refused
from milletpay.payments.plates import PayPlate, pay_plate
from milletpay.payments.refunds import Marked, Refunded, RefundPayment, ReversePayment, refund, reverse
from milletpay.payments.take_backs import TakeBackDraw, take_back_draw

Command: TypeAlias = (
    CreatePayment
    | PayPayment
    | PayPlate
    | DeclinePayment
    | CapturePayment
    | CancelPayment
    | ExpirePayment
    | RefundPayment
    | ReversePayment
    | ProposeAgreement
    | SignAgreement
    | CancelAgreement
    | AnnounceCharge
    | WithdrawAnnouncement
    | ResolveDraw
    | ResolveGiveBack
    | TakeBackDraw
)
Answer: TypeAlias = (
    Made
    | Payment
    | Refunded
    | Marked
    | Agreed
    | Announcement
    | Draw
    | GiveBack
    | Decline
    | Refused
    | FundingRefused
    | None
)

DECIDES: Final[dict[type, Callable[[Any, Facts], Answer]]] = {
    CreatePayment: create,
    PayPayment: pay,
    PayPlate: pay_plate,
    DeclinePayment: decline_payment,
    CapturePayment: capture,
    CancelPayment: cancel,
    ExpirePayment: expire,
    RefundPayment: refund,
    ReversePayment: reverse,
    ProposeAgreement: propose,
    SignAgreement: sign,
    CancelAgreement: cancel_agreement,
    AnnounceCharge: announce,
    WithdrawAnnouncement: withdraw,
    ResolveDraw: resolve_draw,
    ResolveGiveBack: resolve_give_back,
    TakeBackDraw: take_back_draw,
}
"""Which story decides which command."""
