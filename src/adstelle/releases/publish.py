"""`adstelle statistics publish FILE --as NAME --approved-by NAME`: put a release into the ledger.

Exit code 0: published, 1: refused with reasons, 2: bad input or no proven answer.
"""

import argparse
import asyncio
import os
import sys
from datetime import date
from typing import Final

from adstelle import settings
from adstelle.database import Role, open_pool
from adstelle.errors import AdstelleError
from adstelle.releases import publication, service
from adstelle.releases.chain import Entry

REFUSED: Final = 1
BAD: Final = 2


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    given = _parser().parse_args(arguments)
    dsn = settings.read(os.environ).database()
    try:
        entry = asyncio.run(_publish(dsn, given))
    except service.NotPublished as refusal:
        print("not published:", file=sys.stderr)
        print("\n".join(f"  {reason}" for reason in refusal.reasons), file=sys.stderr)
        return REFUSED
    except AdstelleError as error:
        print(f"adstelle statistics publish: {str(error) or error.__doc__}", file=sys.stderr)
        return BAD
    print(f"release {entry.number} is published; hash {entry.hash.hex()}")
    return 0


async def _publish(dsn: str, given: argparse.Namespace) -> Entry:
    read = publication.load(given.file)
    async with open_pool(dsn, Role.OPERATOR, size=1) as pool:
        return await service.publish(
            pool, read, prepared_by=given.prepared_by, approved_by=given.approved_by,
            today=date.today(),
        )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="adstelle statistics publish",
        description="Audit a publication together with all before it, and put it into the ledger.",
        epilog="Exit code 0: published, 1: refused, 2: bad input or no proven answer.",
    )
    parser.add_argument("file", metavar="FILE", help="a publication (figures-publication/1)")
    parser.add_argument("--as", dest="prepared_by", metavar="NAME", required=True)
    parser.add_argument("--approved-by", metavar="NAME", required=True, help="somebody else")
    return parser
