"""MilletPay: the payment system that a platform company runs for its own ecosystem."""

__version__ = "0.1.0"
