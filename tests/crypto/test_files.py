"""A file opens whole and as it was, at its own place, or not at all."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle.crypto import envelope, files
from adstelle.crypto.files import CHUNK, Header, Opener, Sealer, Version
from adstelle.errors import Unopenable

KEY = bytes(range(32))
FILE = UUID("7d444840-9dc0-4b1e-9a1c-0c0d0e0f1011")
SIZES = st.sampled_from([1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 4 * CHUNK + 7, 9 * CHUNK])


def sealed(content: bytes, *, piece: int = 50_000, version: Version = "original") -> list[bytes]:
    sealer = Sealer(KEY, FILE, version)
    chunks = [
        chunk
        for start in range(0, len(content), piece)
        for chunk in sealer.feed(content[start : start + piece])
    ]
    return [*chunks, *sealer.finish()]


def opened(
    chunks: list[bytes],
    size: int,
    *,
    key: bytes = KEY,
    file_id: UUID = FILE,
    version: Version = "original",
) -> bytes:
    opener = Opener(key, file_id, version, size)
    content = b"".join(map(opener.feed, chunks))
    if not opener.is_whole:
        raise Unopenable
    return content


def content_of(size: int) -> bytes:
    return (b"Kanarienvogel!" * (size // 14 + 1))[:size]


@settings(deadline=None, max_examples=40)
@given(size=SIZES, piece=st.integers(1000, 200_000))
def test_a_file_comes_back_as_it_was(size: int, piece: int) -> None:
    content = content_of(size)
    chunks = sealed(content, piece=piece)

    assert opened(chunks, size) == content
    assert {len(chunk) for chunk in chunks} == {1 + CHUNK + 16}
    assert len(chunks) == files.chunks_of(size)


@settings(deadline=None, max_examples=60)
@given(size=SIZES, data=st.data())
def test_what_was_changed_does_not_open(size: int, data: st.DataObject) -> None:
    """Left out, doubled, swapped, cut off at the end, lengthened, with one bit turned."""
    chunks = sealed(content_of(size))
    place = data.draw(st.integers(0, len(chunks) - 1))
    other = data.draw(st.integers(0, len(chunks) - 1))
    byte = data.draw(st.integers(0, CHUNK))
    flipped = bytearray(chunks[place])
    flipped[byte] ^= 1
    changed = {
        "left out": chunks[:place] + chunks[place + 1 :],
        "doubled": chunks[: place + 1] + chunks[place:],
        "cut off": chunks[:place],
        "flipped": [*chunks[:place], bytes(flipped), *chunks[place + 1 :]],
    }
    if other != place:
        swapped = list(chunks)
        swapped[place], swapped[other] = swapped[other], swapped[place]
        changed["swapped"] = swapped
    for wrong in changed.values():
        with pytest.raises(Unopenable):
            opened(wrong, size)


def test_a_shorter_size_does_not_hide_that_the_end_is_missing() -> None:
    """Somebody who could write into the header could at most shorten within the last chunk."""
    chunks = sealed(content_of(6 * CHUNK))
    with pytest.raises(Unopenable):
        opened(chunks[:3], 3 * CHUNK)


def test_it_opens_nowhere_else() -> None:
    chunks = sealed(content_of(CHUNK))
    with pytest.raises(Unopenable):
        opened(chunks, CHUNK, file_id=uuid4())
    with pytest.raises(Unopenable):
        opened(chunks, CHUNK, key=bytes(32))
    with pytest.raises(Unopenable):
        opened(chunks, CHUNK, version="copy")


@given(size=st.integers(1, 400 * CHUNK))
def test_the_classes_are_few_and_not_much_larger(size: int) -> None:
    needed = -(-size // CHUNK)
    stored = files.chunks_of(size)
    assert needed <= stored <= max(needed * 1.12, needed + 0)


def test_few_classes() -> None:
    classes = {files.chunks_of(size) for size in range(1, 800 * CHUNK + 1, CHUNK)}
    assert len(classes) < 80


def test_a_header_opens_in_its_own_container_only() -> None:
    header = Header(key=KEY, name="Brief.pdf", kind="pdf", size=7)
    report, draft = files.of_report(KEY, FILE), files.of_draft(KEY, b"d" * 32)
    kept = report.seal(FILE, header)

    assert report.open(FILE, kept) == header
    for container, file_id in (
        (draft, FILE),
        (report, uuid4()),
        (files.of_report(KEY, uuid4()), FILE),
    ):
        with pytest.raises(Unopenable):
            container.open(file_id, kept)
    assert len({report.address, draft.address, files.of_message(KEY).address}) == 3
    assert "Brief" not in repr(header)


def test_vector() -> None:
    """Written down once: what is stored today opens with every later version."""
    chunks = sealed(b"Adstelle")
    assert len(chunks) == 1
    assert chunks[0][:9].hex() == VECTOR_START
    assert chunks[0][-16:].hex() == VECTOR_TAG
    report = files.of_report(KEY, FILE)
    assert report.address.hex() == VECTOR_ADDRESS
    assert envelope.derive(KEY, "file/1/original").hex() == VECTOR_KEY


VECTOR_START = "01aecc33567fb123a7"
VECTOR_TAG = "113131f549d0db95ae6f3f1ba202d1b4"
VECTOR_ADDRESS = "6ccbb64821b306c3ab2b6ff2bc012765f62da010fba4e05e013bd3ee13987545"
VECTOR_KEY = "f6c78b96c0e79f0e8bceef2ead2d89c6c9b900c41274f6624ce44ceeaebff0f8"
