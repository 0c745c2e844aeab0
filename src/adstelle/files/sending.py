"""A message with files: sealed under the message's key before the message is there."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from adstelle.crypto import envelope, files
from adstelle.crypto.files import Container, Version
from adstelle.domain.private import Private
from adstelle.domain.report import Message
from adstelle.files.store import File, Owner
from adstelle.files.uploads import NotKept, Received, Uploads
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.uploads import AnyRequest, boundary, is_upload, pieces


class Outgoing(Private, frozen=True):
    """The key of a message to come, and what its files belong to."""

    key: bytes
    container: Container

    @classmethod
    def new(cls) -> "Outgoing":
        """Draw a key."""
        key = envelope.new_key()
        return cls(key, files.of_message(key))


class Bundle(Private, frozen=True, kw_only=True):
    """Files that came together. *own* when whoever reads here sent them."""

    container: Container
    own: bool
    files: tuple[File, ...]


def version_for(bundle: Bundle, file: File) -> Version:
    """What is handed out: what others sent without what its making tells, where that can be."""
    return "original" if bundle.own or file.header.copy_size is None else "copy"


def find(bundles: Sequence[Bundle], file_id: UUID) -> tuple[Bundle, File] | None:
    """Look a file up."""
    return next(
        ((bundle, file) for bundle in bundles for file in bundle.files if file.file_id == file_id),
        None,
    )


class Typed:
    """What was typed in a form with files: it comes in once, and may be asked for at any time."""

    def __init__(self, request: AnyRequest, uploads: Uploads) -> None:
        self._request = request
        self._uploads = uploads
        self._entries: Entries | None = None

    async def receive(self, outgoing: Outgoing, report_id: UUID, otherwise: str) -> Received:
        """Take the whole form in. Raises as `Uploads.receive` does."""
        request = self._request
        if not is_upload(request):
            received = Received(await read_form(request), (), ())
        else:
            owner = Owner(container=outgoing.container, report_id=report_id)
            try:
                received = await self._uploads.receive(
                    owner, pieces(request), boundary(request), (), otherwise
                )
            except NotKept as lost:
                self._entries = lost.entries
                raise
        self._entries = received.entries
        return received

    async def entries(self) -> Entries:
        """What was typed; files that have not come in yet are thrown away."""
        if self._entries is None:
            request = self._request
            self._entries = (
                await self._uploads.fields(pieces(request), boundary(request))
                if is_upload(request)
                else await read_form(request)
            )
        return self._entries


def message_of(received: Received, form_id: UUID, text: str) -> tuple[UUID, Message]:
    """The message, and its id: the same form with the same content has the same one.

    So what is sent twice is kept once, and something else sent from an old page is not lost.
    """
    said = hashlib.sha256(form_id.bytes + one(received.entries, "stelle").encode() + b"\0")
    said.update(text.encode())
    for file in received.files:
        said.update(f"\0{file.header.name}\0{file.header.kind}\0{file.header.size}".encode())
    message_id = UUID(bytes=said.digest()[:16], version=4)
    return message_id, Message(text=text, files=tuple(file.file_id for file in received.files))
