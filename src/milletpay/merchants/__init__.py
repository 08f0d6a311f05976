"""Merchants: the businesses that take payments.

Words: a **merchant** belongs to one mode and has a category of ISO 18245; a **store** is a place where it
sells; a **plate** is a printed code of a store, which payers scan and then type the amount. What a merchant
pays us is a contract of `fees`, what we owe it a matter of the book.

What holds: a merchant has its accounts in the book, and a contract, from the moment it is there; it changes
only at the desk, so that what moves money sees it as it stands; one that is not active takes no new payment,
but what it took can be captured and refunded.
"""

from milletpay.merchants.model import (
    BEIJING,
    MERCHANT_ID,
    PLATE_ID,
    STORE_ID,
    TERMINAL_ID,
    City,
    Merchant,
    MerchantId,
    MerchantRefusal,
    MerchantRefused,
    MerchantStatus,
    Names,
    Owed,
    Plate,
    PlateId,
    Store,
    StoreId,
    TerminalId,
)
from milletpay.merchants.operations import AddContract, AddStore, CreateMerchant, Merchants, SetMerchantStatus
from milletpay.merchants.plates import (
    MakePlate,
    PlateRefusal,
    PlateRefused,
    Plates,
    RevokePlate,
    find_plate,
    plates_of,
)
from milletpay.merchants.queries import (
    categories_in_use,
    find_entries,
    find_merchant,
    find_merchants,
    find_owed,
    find_store,
    find_stores,
    stores_of,
)

__all__ = [
    "BEIJING",
    "MERCHANT_ID",
    "PLATE_ID",
    "STORE_ID",
    "TERMINAL_ID",
    "AddContract",
    "AddStore",
    "City",
    "CreateMerchant",
    "MakePlate",
    "Merchant",
    "MerchantId",
    "MerchantRefusal",
    "MerchantRefused",
    "MerchantStatus",
    "Merchants",
    "Names",
    "Owed",
    "Plate",
    "PlateId",
    "PlateRefusal",
    "PlateRefused",
    "Plates",
    "RevokePlate",
    "SetMerchantStatus",
    "Store",
    "StoreId",
    "TerminalId",
    "categories_in_use",
    "find_entries",
    "find_merchant",
    "find_merchants",
    "find_owed",
    "find_plate",
    "find_store",
    "find_stores",
    "plates_of",
    "stores_of",
]
