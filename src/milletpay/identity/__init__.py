"""Identity: who asks, and what they know or hold to show it.

Words: a **credential** is a merchant's **API key**, a till's **terminal key**, or somebody's **session** on a
device; its text is a **token**, shown once. A **pairing** leads from a code on a screen to a television's own
session. A **principal** is who a credential shows, with what it is allowed. A **one-time code** shows that
somebody has a phone in hand, a **PIN** or password that they know what its owner knows. The **pepper** is a
secret of the house without which no copy of the tables gives a PIN away.

What holds: no secret is kept, only its hash, and none is in a log, a message or a `repr`; what was revoked or
signed out is refused within a second in every process; tries are counted before they are looked at, so that
no more than five are ever taken between two locks; nothing tells whether a phone number, a login or a PIN
exists; live and test credentials are never mistaken for each other.

Who signs in: `OneTimeCodes` (customers), `Pins`, `Operators`; then `open_session`. Who asks:
`Authenticator.authenticate(token)`.
"""

from milletpay.identity.attempts import (
    Attempt,
    Knowledge,
    Turns,
    begin_attempt,
    delete_old_attempts,
    forget_attempts,
    take_back_attempt,
)
from milletpay.identity.authentication import Authenticator
from milletpay.identity.hashing import Hasher, Pepper, open_pepper
from milletpay.identity.keys import NewKey, create_key, keys_of, revoke_key, rotate_key
from milletpay.identity.model import (
    KEY_ID,
    OPERATOR_ID,
    PAIRING_ID,
    SESSION_ID,
    ApiKey,
    CredentialKind,
    CredentialRefusal,
    CredentialRefused,
    KeyId,
    Operator,
    OperatorId,
    PairingId,
    Permission,
    Place,
    Principal,
    Rate,
    RateClass,
    Role,
    Scope,
    SecretRefusal,
    SecretRefused,
    Session,
    SessionId,
)
from milletpay.identity.one_time_codes import NewCode, OneTimeCodes, PhoneShown, delete_old_codes
from milletpay.identity.operators import OperatorRefusal, Operators
from milletpay.identity.pairings import (
    NewPairing,
    Pairing,
    Pairings,
    claim_pairing,
    forget_pairings,
    open_device_session,
)
from milletpay.identity.pins import HashedPin, PinChecked, PinRefusal, Pins, has_pin, pin_refusal, write_pin
from milletpay.identity.sessions import NewSession, end_session, end_sessions_of, open_session, sessions_of
from milletpay.identity.terminal_keys import (
    NewTerminalKey,
    draw_terminal_key,
    give_terminal_key,
    revoke_terminal_keys,
)
from milletpay.identity.tokens import Secret, new_token

__all__ = [
    "KEY_ID",
    "OPERATOR_ID",
    "PAIRING_ID",
    "SESSION_ID",
    "ApiKey",
    "Attempt",
    "Authenticator",
    "CredentialKind",
    "CredentialRefusal",
    "CredentialRefused",
    "HashedPin",
    "Hasher",
    "KeyId",
    "Knowledge",
    "NewCode",
    "NewKey",
    "NewPairing",
    "NewSession",
    "NewTerminalKey",
    "OneTimeCodes",
    "Operator",
    "OperatorId",
    "OperatorRefusal",
    "Operators",
    "Pairing",
    "PairingId",
    "Pairings",
    "Pepper",
    "Permission",
    "PhoneShown",
    "PinChecked",
    "PinRefusal",
    "Pins",
    "Place",
    "Principal",
    "Rate",
    "RateClass",
    "Role",
    "Scope",
    "Secret",
    "SecretRefusal",
    "SecretRefused",
    "Session",
    "SessionId",
    "Turns",
    "begin_attempt",
    "claim_pairing",
    "create_key",
    "delete_old_attempts",
    "delete_old_codes",
    "draw_terminal_key",
    "end_session",
    "end_sessions_of",
    "forget_attempts",
    "forget_pairings",
    "give_terminal_key",
    "has_pin",
    "keys_of",
    "new_token",
    "open_device_session",
    "open_pepper",
    "open_session",
    "pin_refusal",
    "revoke_key",
    "revoke_terminal_keys",
    "rotate_key",
    "sessions_of",
    "take_back_attempt",
    "write_pin",
]
