"""Notifications: what merchants are told of what happens, by webhooks.

Words: an **event** is something that happened to an object; an **endpoint** is a URL that is told of events;
a **delivery** is an event on its way to an endpoint, an **attempt** one call for it.

What holds: an event is handed to the endpoints that want it exactly once, in the transaction that advances
the outbox; it is sent at least once, always the same bytes under the same `webhook-id`; of one object the
events arrive in their order; an event is tried for three days; a server that is gone holds up nobody else's;
we call nobody but servers of the public internet, and follow no redirect; what messages are signed with
stands closed in its table, and opens in its own row alone.
"""

from milletpay.notifications.addresses import Reach, Target, UrlRefused, may_call, read_target
from milletpay.notifications.calling import Caller, Message, Reply, Resolver, resolve
from milletpay.notifications.deliveries import Deliverer
from milletpay.notifications.events import Events, EventShape, Painter, Picture, delete_old_events
from milletpay.notifications.model import (
    ATTEMPT_ID,
    DESCRIPTION_MAX,
    ENDPOINT_ID,
    ENDPOINTS_MAX,
    EVENT_ID,
    KEPT_DAYS,
    VERSIONS,
    Attempt,
    AttemptId,
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointId,
    EndpointStatus,
    EventId,
    MerchantEvent,
    Owner,
    Refusal,
    Refused,
    Secret,
    event_id,
)
from milletpay.notifications.operations import OVERLAP_MAX_NS, OVERLAP_NS, Endpoints, Opened, Wishes
from milletpay.notifications.pictures import paint_guessing, painters
from milletpay.notifications.queries import (
    attempts_of,
    deliveries_of,
    endpoints_of,
    find_endpoint,
    secrets_of,
)
from milletpay.notifications.queue import Queue
from milletpay.notifications.signing import read_secret, sign, write_secret

__all__ = [
    "ATTEMPT_ID",
    "DESCRIPTION_MAX",
    "ENDPOINTS_MAX",
    "ENDPOINT_ID",
    "EVENT_ID",
    "KEPT_DAYS",
    "OVERLAP_MAX_NS",
    "OVERLAP_NS",
    "VERSIONS",
    "Attempt",
    "AttemptId",
    "Caller",
    "Deliverer",
    "Delivery",
    "DeliveryState",
    "Endpoint",
    "EndpointId",
    "EndpointStatus",
    "Endpoints",
    "EventId",
    "EventShape",
    "Events",
    "MerchantEvent",
    "Message",
    "Opened",
    "Owner",
    "Painter",
    "Picture",
    "Queue",
    "Reach",
    "Refusal",
    "Refused",
    "Reply",
    "Resolver",
    "Secret",
    "Target",
    "UrlRefused",
    "Wishes",
    "attempts_of",
    "delete_old_events",
    "deliveries_of",
    "endpoints_of",
    "event_id",
    "find_endpoint",
    "may_call",
    "paint_guessing",
    "painters",
    "read_secret",
    "read_target",
    "resolve",
    "secrets_of",
    "sign",
    "write_secret",
]
