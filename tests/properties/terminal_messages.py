"""Strategies for what terminals say."""

from hypothesis import strategies as st

from milletpay.money import Currency, Money
from milletpay.terminals import (
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
    ResponseCode,
    Reverse,
    SealKey,
    Totals,
    Upload,
    Void,
)

KEY = SealKey(b"k" * 16)

numbers = st.integers(1, 999_999)
terminals = st.integers(1, 99_999_999)
moneys = st.builds(Money, st.integers(1, 10**12 - 1), st.sampled_from(Currency))
codes = st.text("0123456789", min_size=18, max_size=18)
envelopes = st.builds(
    Envelope, terminal=terminals, batch=numbers, stan=numbers, key=st.integers(0, 10**16 - 1)
)
originals = st.builds(Original, batch=numbers, stan=numbers, terminal=terminals)
totals = st.builds(
    Totals,
    debits=st.integers(0, 10**12 - 1),
    debit_count=st.integers(0, 999_999),
    credits=st.integers(0, 10**12 - 1),
    credit_count=st.integers(0, 999_999),
)
managing = st.sampled_from([Management.SIGN_ON, Management.SIGN_OFF, Management.NEW_KEY, Management.ECHO])

requests = st.one_of(
    st.builds(Manage, envelope=envelopes, management=managing),
    st.builds(Purchase, envelope=envelopes, amount=moneys, payment_code=codes),
    st.builds(Authorize, envelope=envelopes, amount=moneys, payment_code=codes),
    st.builds(Void, envelope=envelopes, amount=moneys, original=originals),
    st.builds(Complete, envelope=envelopes, amount=moneys, original=originals),
    st.builds(Refund, envelope=envelopes, amount=moneys, original=originals),
    st.builds(Reverse, envelope=envelopes, amount=moneys, is_hold=st.booleans(), is_advice=st.booleans()),
    st.builds(Upload, envelope=envelopes, amount=moneys, is_credit=st.booleans()),
    st.builds(
        Close,
        envelope=envelopes,
        totals=totals,
        currency=st.sampled_from(Currency),
        after_upload=st.booleans(),
    ),
)

answers = st.builds(
    Answer,
    code=st.sampled_from(ResponseCode),
    reference=st.text("0123456789", min_size=12, max_size=12),
    totals=st.none() | totals,
    batch=numbers,
    key=st.integers(1, 10**16 - 1),
    key_block=st.binary(min_size=29, max_size=29),
    about=st.sampled_from(["", "element 4"]),
)
