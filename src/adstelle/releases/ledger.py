"""`adstelle statistics ledger`: print the ledger, verify its chain; exit code 1: it is broken."""

import argparse
import asyncio
import os
import sys

from adstelle import settings
from adstelle.database import Role, open_pool
from adstelle.errors import AdstelleError
from adstelle.releases import service
from adstelle.releases.chain import Entry


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="adstelle statistics ledger", description="Print the ledger and verify its chain."
    )
    parser.parse_args(arguments)
    try:
        entries, broken = asyncio.run(_verified(settings.read(os.environ).database()))
    except AdstelleError as error:
        print(f"adstelle statistics ledger: {str(error) or error.__doc__}", file=sys.stderr)
        return 1
    for entry in entries:
        people = f"{entry.prepared_by}, approved by {entry.approved_by}"
        print(f"{entry.number:4} {entry.published_on} {entry.hash.hex()} {people}")
    for fault in broken:
        print(f"broken: {fault}", file=sys.stderr)
    if not broken:
        print(f"{len(entries)} releases, the chain holds")
    return 1 if broken else 0


async def _verified(dsn: str) -> tuple[list[Entry], list[str]]:
    async with open_pool(dsn, Role.OPERATOR, size=1) as pool:
        return await service.verified(pool)
