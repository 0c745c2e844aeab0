"""Walk the ways of accessibility/pages.toml, as a browser without a script would."""

import re
import shlex
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, cast
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pyotp

from accessibility.listing import LANGUAGES, Listing, State
from accessibility.rules.page import Side
from accessibility.rules.tree import Element, parsed
from adstelle.accounts.setup import STATISTICS
from adstelle.crypto import receipt
from adstelle.domain.membership import MemberRole
from adstelle.web.overload import LARGE_BYTES, MOST_LARGE
from adstelle.web.pages import UNKNOWN
from tests.accessibility.road import Way
from tests.accessibility.service import PASSPHRASE, Service
from tests.accounts.authenticator import Authenticator
from tests.files import samples

STORY: Final = (
    "Beim Termin war die Wohnung <b>plötzlich</b> vergeben & niemand sagte, warum.\n\n"
    "قالوا لي إن الشقة لم تعد متاحة.\n"
    "https://beispiel.example/eine/sehr/lange/adresse/ohne/Zwischenraum/und/ohne/Ende "
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
)
SHORT_STORY: Final = "„Nicht für Leute wie Sie“ <script> قالوا"  # where a line holds 200 characters
LONG: Final = frozenset(
    {"account", "ground_words", "text", "text-ads_jena", "note", "summary", "outcome_words"}
) | {"reason", "early"}
Sides = Mapping[str, httpx.AsyncClient]
Answers = dict[str, httpx.Response]  # by language
DRAWN: Final = re.compile(r'[0-9a-f]{8}-[0-9a-f-]{27}|(value|data-options)="[^"]*"')
WORTH_READING: Final = (
    "code-block", "message_id", "secret", "vorgang", "/faelle/", "/bausteine/", "/postfach/",
    "/vorfaelle/", "/veranstaltungen/", "/passkeys/",
)  # fmt: skip
HIDDEN: Final = {
    "message_id": "message",
    "vorgang": "vorgang",
    "carried": "carried",
    "seen": "seen",
    "masked": "masks",
    "wunsch": "wish",
}
# What stands in an address of the mailbox, by the part before it.
OWN: Final = re.compile(r"/postfach/(zuruecknehmen|weitergeben|vorschlag|wunsch)/([0-9a-f-]{36})$")
PEOPLE: Final = frozenset({"assigned_to", "wen"})  # of the choices, oneself comes first
LINKED: Final = {
    "notiz": re.compile(r"\?berichtigen=([0-9a-f-]{36})$"),
    "passkey": re.compile(r"/passkeys/([0-9a-f-]{36})/entfernen$"),
    "baustein": re.compile(r"/bausteine/([0-9a-f-]{36})$"),
}
# What stands in an address of the record: an incident, an entry of a case, an event, a hint.
NOTED: Final = re.compile(r"/(vorfaelle|eintrag|veranstaltungen|hinweise)/([0-9a-f-]{36})$")
LARGE: Final = 2 * LARGE_BYTES
FILES: Final = {  # what can be chosen as a file
    "Foto.jpg": samples.picture(),
    "Brief.docx": samples.docx(),
    "Ton.ogg": samples.OGG,
    "leer.pdf": b"",
    "programm.exe": bytes(9),
    "": b"",
}
API: Final = "/api/v1/reports"
REPORTED: Final = {  # as the way `sent` in pages.toml
    "account": STORY,
    "reporter_role": "betroffene",
    "incident_type": "unmittelbare_benachteiligung",
    "territory": "jena",
    "district": "neulobeda",
    "place": SHORT_STORY,
    "area_of_life": "wohnen",
    "grounds": ["rassismus_ethnische_herkunft", "sprache"],
    "ground_words": STORY,
    "alleged_responsible": "vermieter",
    "date": {"day": 5, "month": 3, "year": 2026, "words": SHORT_STORY},
    "frequency": "oefter",
    "resident": True,
    "mandates": ["beraten", "begleiten"],
    "language": "ar",
    "interpreter": SHORT_STORY,
    "consents": [{"stelle": "ads_jena", "with_contact": True}],
    "contact": {
        "name": SHORT_STORY,
        "address_as": SHORT_STORY,
        "mail": "mensch@beispiel.de",
        "phone": "0170 5550123",
        "voicemail": True,
        "safe_times": "abends",
    },
}


NO_STATISTICS: Final = "update accounts.member set statistics_wrap = null"


class Visitor:
    """Somebody who goes one way, in one language, and remembers what they were shown."""

    def __init__(self, service: Service, sides: Sides, lang: str) -> None:
        self._service = service
        self._sides = sides
        self._lang = lang
        self._stack = AsyncExitStack()
        self._members: list[UUID] = []
        today = service.city.today()
        self._unread: list[httpx.Response] = []
        self._noted = {
            "lang": lang,
            "day": str(today.day),
            "month": str(today.month),
            "year": str(today.year),
            "next_year": str(today.year + 1),
            "unknown": UNKNOWN,
            "statistics": service.recovery_keys[STATISTICS],
            "stelle_key": service.recovery_keys["ads_jena"],
            "unknown_code": receipt.grouped(receipt.new_code()),
        }
        self.answer: httpx.Response | None = None
        self._special: dict[str, Callable[[str], Awaitable[None]]] = {
            "sign-in": self._sign_in,
            "deliver": lambda _: service.deliver(),
            "database": self._set_road,
            "figures": lambda names: service.figures(names.split()),
            "draft": self._draft,
            "sql": lambda statement: service.sql(self._filled(statement)),
            "propose": self._propose,
            "report": lambda _: self._report(),
            "newest": self._newest,
            "passkey": self._passkey,
            "many-cases": self._many_cases,
            "full-house": self._full_house,
        }

    async def walk(self, commands: list[str], side: Side, others: Sequence[str] = ()) -> Answers:
        """Obey one command after the other; the last answer is the page.

        Where it lies at an address that always says the same, *others* read it there as well:
        languages that are missing in what is returned have to go the whole way themselves.
        """
        async with self._stack:
            self._stack.push_async_callback(self._service.retire, self._members)
            self._stack.push_async_callback(self._service.road.set, "back")
            for command in commands:
                await self._obey(command, side)
            if self.answer is None:
                raise AssertionError("this way leads to no page")
            shown = {self._lang: self.answer}
            if others and _may_be_read_again(self.answer, commands):
                shown |= await self._read_in(others, self.answer)
            return shown

    async def _read_in(self, languages: Sequence[str], before: httpx.Response) -> Answers:
        """Ask for the page once more, and if it is still the same, for its twins."""
        again = await self._read(before, self._lang)
        if again.status_code != before.status_code or _skeleton(again) != _skeleton(before):
            return {}
        return {lang: await self._read(before, lang) for lang in languages}

    async def _read(self, page: httpx.Response, lang: str) -> httpx.Response:
        address = page.url.raw_path.decode()
        rest = address.removeprefix(f"/{self._lang}")
        client = next(c for c in self._sides.values() if c.base_url.port == page.url.port)
        return await client.get(f"/{lang}{rest}")

    async def _obey(self, command: str, side: Side) -> None:
        if match := re.match("(public|staff): ", command):
            command, side = command[match.end() :], cast("Side", match[1])
        verb, _, rest = command.partition(" ")
        if verb in {"get", "post"}:
            path, *fields = shlex.split(rest) or [""]
            await self._send(side, verb.upper(), path, self._fields(fields))
        else:
            await self._special[verb](rest)

    def _fields(self, written: list[str]) -> dict[str, list[str]]:
        fields: dict[str, list[str]] = {}
        for entry in written:
            name, _, value = entry.partition("=")
            name = self._filled(name)
            story = STORY if name in LONG else SHORT_STORY
            fields.setdefault(name, []).append(self._filled(value.replace("{story}", story)))
        return fields

    def _filled(self, text: str) -> str:
        text = re.sub(r"\{characters:(\d+)\}", lambda m: _characters(int(m[1])), text)
        return re.sub(r"\{([a-z_]+)\}", lambda m: self._known[m[1]], text)

    async def _send(self, side: Side, method: str, path: str, given: dict[str, list[str]]) -> None:
        path = self._filled(path)
        address = path if path.startswith("/") else f"/{self._lang}/{path}"
        headers = {name[1:]: values[-1] for name, values in given.items() if name.startswith("@")}
        data = {name: values for name, values in given.items() if not name.startswith("@")}
        body: dict[str, Any] = {"data": data}
        if "body" in data:
            headers["content-type"] = "application/x-www-form-urlencoded"
            body = {"content": data["body"][0]}
        elif "files" in data:
            chosen = [("files", (name, FILES[name])) for name in data.pop("files")]
            body = {"data": data, "files": chosen}
        elif method == "GET":
            body = {}
        answer = await self._sides[side].request(method, address, headers=headers, **body)
        self._unread.append(answer)
        self.answer = answer

    @property
    def _known(self) -> dict[str, str]:
        """What was noted. Answers are read, in order, when somebody wants to know or to note."""
        unread, self._unread = self._unread, []
        for answer in unread:
            self._remember(answer)
        return self._noted

    def _remember(self, answer: httpx.Response) -> None:
        """Note what later commands need: the code, a case, a message's number, a consent."""
        for match in filter(None, (own.search(answer.url.path) for own in (OWN, NOTED))):
            self._noted[match[1]] = match[2]
        if not any(sign in answer.text for sign in WORTH_READING):
            return
        document = parsed(answer.text)
        for element in document.all:
            self._remember_value(element)
        links = list(document.find("a"))
        addresses = [link.get("href") for link in links]
        owns = filter(None, (own.search(each) for own in (OWN, NOTED) for each in addresses))
        self._noted |= {own[1]: own[2] for own in owns}
        for name, address in LINKED.items():
            for found in filter(None, (address.search(link.get("href")) for link in links)):
                self._noted.setdefault(name, found[1])
        cases = [link for link in links if _case(link)]
        if cases and answer.url.path.endswith("/faelle"):
            self._noted["case"] = _case(cases[0])
            self._noted["other"] = _case(cases[-1])[:8]

    def _remember_value(self, element: Element) -> None:
        if "code-block" in element.classes:
            self._noted["code"] = element.text
        name = element.get("name")
        if name in HIDDEN:
            self._noted[HIDDEN[name]] = element.get("value")
        if name == "secret":
            self._noted["secret"] = element.get("value")
            self._noted["one_time"] = pyotp.TOTP(element.get("value")).now()
        if name in PEOPLE:
            self._noted.setdefault("ich", element.get("value"))

    async def _draft(self, written: str) -> None:
        """`draft STATE [own] [comparing]`: a draft in this state, made by whoever is signed in, or
        for which coarser groups are being tried.
        """
        kind, *marks = written.split()
        draft_id = uuid4()
        self._known["draft"] = str(draft_id)
        maker = UUID(self._known["self"]) if "own" in marks else None
        await self._service.draft(kind, draft_id, maker, comparing="comparing" in marks)

    async def _sign_in(self, written: str) -> None:
        place, *pending = shlex.split(written)
        stelle, _, role = place.partition("/")
        role, _, without_key = role.partition("-")
        member = await self._service.new_member(stelle, MemberRole(role or MemberRole.LEAD))
        self._members.append(member.member_id)
        if without_key:  # a statistician who came in by a code
            await self._service.sql(f"{NO_STATISTICS} where member_id = '{member.member_id}'")
        self._known["self"] = str(member.member_id)
        entries = {"login": [member.login], "passphrase": [PASSPHRASE], "code": [member.code]}
        await self._send("staff", "POST", "anmelden", entries | self._fields(pending))

    async def _passkey(self, written: str) -> None:
        """Let an authenticator make a passkey for whoever is signed in."""
        wish = {"name": [written.replace("{story}", SHORT_STORY)], "old": [PASSPHRASE]}
        await self._send("staff", "POST", "konto/passkeys/neu", wish)
        if self.answer is None:
            raise AssertionError("it was answered")
        forms = parsed(self.answer.text).find("form")
        options = next(filter(None, (form.get("data-options") for form in forms)))
        origin = self._service.addresses["staff"]
        answer = Authenticator(origin=origin, host="127.0.0.1").create(options)
        await self._send("staff", "POST", "konto/passkeys/anlegen", {"passkey": [answer]})

    async def _propose(self, written: str) -> None:
        by, stelle, scope, *note = shlex.split(written)
        await self._service.propose(by, stelle, scope, STORY if note else "")

    async def _report(self) -> None:
        """Send by the API what the way `sent` tells; the walk goes on with its code."""
        headers = {"idempotency-key": str(uuid4())}
        answer = await self._sides["public"].post(API, json=REPORTED, headers=headers)
        answer.raise_for_status()
        self._known["code"] = answer.json()["receipt_code"]

    async def _newest(self, stelle: str) -> None:
        self._known["case"] = str(await self._service.newest_case(stelle))

    async def _set_road(self, way: str) -> None:
        await self._service.road.set(cast("Way", way))
        if way == "away":  # the next to ask is told so, not that something broke in the middle
            for client in self._sides.values():
                await client.get("/leben")

    async def _many_cases(self, stelle: str) -> None:
        """Fill more than one page of a Stelle's queue, by the API."""
        report = {
            "account": STORY,
            "grounds": ["rassismus_ethnische_herkunft"],
            "incident_type": "propaganda_symbole",
            "territory": "jena",
            "consents": [{"stelle": stelle}],
        }
        for _ in range(26):
            headers = {"idempotency-key": str(uuid4())}
            answer = await self._sides["public"].post(API, json=report, headers=headers)
            answer.raise_for_status()
        await self._service.deliver()

    async def _full_house(self, path: str) -> None:
        """Keep large uploads waiting until the next one is told to come back later."""
        address = urlsplit(self._service.addresses["public"])
        head = (
            f"POST /{self._lang}/m/erzaehlen HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {LARGE}\r\n\r\n"
        )
        for _ in range(20):  # the service may see us before the others, and turn one of them away
            for _ in range(MOST_LARGE):
                waiting = socket.create_connection((address.hostname or "", address.port or 0))
                self._stack.callback(waiting.close)
                waiting.sendall(head.encode())
            await self._send("public", "POST", path, {"account": ["x" * LARGE]})
            if self.answer is not None and self.answer.status_code == 503:
                return


def _may_be_read_again(page: httpx.Response, commands: list[str]) -> bool:
    """Whether it came by its address alone: no entries, no headers, no broken road."""
    special = any(command.startswith("database") or " @" in command for command in commands)
    _, lang, *_ = page.url.path.split("/")
    return page.request.method == "GET" and lang in LANGUAGES and not special


def _skeleton(page: httpx.Response) -> str:
    """The page without the numbers that are drawn anew each time."""
    return DRAWN.sub("", page.text)


def _characters(count: int) -> str:
    return ("Wort " * count)[: count - 1] + "."


def _case(link: Element) -> str:
    match = re.search(r"/faelle/([0-9a-f-]{36})$", link.get("href"))
    return match[1] if match else ""


class Visits:
    """Goes the ways of the listing, each as somebody new."""

    def __init__(self, service: Service, listing: Listing, sides: Sides) -> None:
        self._service = service
        self._listing = listing
        self._sides = sides

    async def to(self, side: Side, state: State, lang: str, others: Sequence[str] = ()) -> Answers:
        """Go the way to a state in a language; *others* as in `Visitor.walk`."""
        for client in self._sides.values():
            client.cookies.clear()
        visitor = Visitor(self._service, self._sides, lang)
        return await visitor.walk(self._listing.commands(state.way), side, others)


@asynccontextmanager
async def visiting(service: Service, listing: Listing) -> AsyncIterator[Visits]:
    """Open the connections that all visits use."""
    async with AsyncExitStack() as stack:
        sides = {
            side: await stack.enter_async_context(
                httpx.AsyncClient(base_url=address, follow_redirects=True, timeout=60)
            )
            for side, address in service.addresses.items()
        }
        yield Visits(service, listing, sides)
