"""What a wallet that lies open is told of: what codes were shown for, and what televisions ask for."""

from collections.abc import Mapping, Sequence

from milletpay.checkout import PRESENTED_NS
from milletpay.customers import CustomerId, active_devices
from milletpay.payments import versions_asked, versions_presented
from milletpay.plumbing.database import Connection


async def versions_of_requests(
    connection: Connection, *, customers: Sequence[CustomerId], now: int
) -> Mapping[CustomerId, int]:
    """A number for each customer that is another one when the devices ask for something else."""
    owners = await active_devices(connection, customers=customers)
    versions: dict[CustomerId, int] = {}
    if owners:
        for device, version in (await versions_asked(connection, devices=list(owners), now=now)).items():
            versions[owners[device]] = versions.get(owners[device], 0) ^ version
    return versions


async def versions_told(
    connection: Connection, *, watched: Sequence[CustomerId], now: int
) -> Mapping[CustomerId, int]:
    """A number for each customer that is another one when there is any news of the two."""
    presented = await versions_presented(connection, watched=watched, since=now - PRESENTED_NS)
    requests = await versions_of_requests(connection, customers=watched, now=now)
    return {one: presented.get(one, 0) ^ requests.get(one, 0) for one in watched}
