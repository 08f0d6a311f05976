"""Proof that MilletPay does what it says: each file's name says what it proves."""
