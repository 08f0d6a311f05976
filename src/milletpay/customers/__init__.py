"""Customers: the people who have a wallet.

Words: a **customer** belongs to one mode, has a phone number that no other customer of the mode has, and is
known to us to some **verification**, which decides its limits. A **person** may be several customers, and
some rules count by person. Who it is when it signs in is a matter of `identity`, what it holds of the book.

What holds: a customer has its accounts in the book from the moment it is there; it changes only at the desk,
so that what moves money sees it as it stands; one that is not active moves no money; a closed one is closed
for ever and has nothing left. A **device** is one customer's, and retired for ever when it is lost.
"""

from milletpay.customers.allowances import CATEGORIES_MAX, EVERYTHING, HOURS, Allowance, Objection
from milletpay.customers.devices import (
    DEVICE_ID,
    AllowDevice,
    Device,
    DeviceKind,
    DeviceRefusal,
    DeviceRefused,
    Devices,
    RegisterDevice,
    RetireDevice,
    active_devices,
    devices_in_use,
    devices_of,
    find_device,
)
from milletpay.customers.model import (
    CUSTOMER_ID,
    Customer,
    CustomerId,
    CustomerRefusal,
    CustomerRefused,
    CustomerStatus,
    DeviceId,
    NotAPhone,
    PersonId,
    Phone,
    read_phone,
)
from milletpay.customers.operations import (
    CreateCustomer,
    Customers,
    LinkCustomer,
    SetCustomerStatus,
    VerifyCustomer,
)
from milletpay.customers.queries import find_by_phone, find_customer
from milletpay.limits.model import Verification

__all__ = [
    "CATEGORIES_MAX",
    "CUSTOMER_ID",
    "DEVICE_ID",
    "EVERYTHING",
    "HOURS",
    "AllowDevice",
    "Allowance",
    "CreateCustomer",
    "Customer",
    "CustomerId",
    "CustomerRefusal",
    "CustomerRefused",
    "CustomerStatus",
    "Customers",
    "Device",
    "DeviceId",
    "DeviceKind",
    "DeviceRefusal",
    "DeviceRefused",
    "Devices",
    "LinkCustomer",
    "NotAPhone",
    "Objection",
    "PersonId",
    "Phone",
    "RegisterDevice",
    "RetireDevice",
    "SetCustomerStatus",
    "Verification",
    "VerifyCustomer",
    "active_devices",
    "devices_in_use",
    "devices_of",
    "find_by_phone",
    "find_customer",
    "find_device",
    "read_phone",
]
