"""Render pages: every page knows its language, direction, city and the path it answers for."""

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from litestar import Request, Response
from litestar.exceptions import NotFoundException
from markupsafe import Markup, escape

from adstelle.city import City
from adstelle.web import security
from adstelle.web.forms import Entries

PACKAGE: Final = Path(__file__).parents[1]
HTML: Final = "text/html"  # the framework adds the charset
UNKNOWN: Final = "unklar"  # a field: this was sent before, and nobody knows whether it arrived
WORTH_COPYING: Final = 40  # characters: a typed text, not a ticked box


class LanguageLink(msgspec.Struct, frozen=True):
    """One entry of the language switcher: the same page in another language."""

    code: str
    name: str
    html_lang: str
    dir: str
    href: str
    current: bool


class Kept(msgspec.Struct, frozen=True):
    """A page that is the same for everybody, plain and packed.

    Only such pages are packed: on a page with something secret and something typed, the packed
    length would give the secret away piece by piece (BREACH).
    """

    plain: bytes
    packed: bytes


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is about, beside its own values.

    *path* is the part of the URL after the language, *title* a text key, *errors* maps a field
    to the key of what is wrong with it.
    """

    template: str
    path: str
    title: str
    errors: Mapping[str, str] = {}
    title_values: Mapping[str, object] = {}


def manifest() -> dict[str, str]:
    """Map logical names of static files to the built ones (styles/build.py)."""
    file = PACKAGE / "static" / "manifest.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, str])


@cache
def environment() -> Environment:
    """The templates, compiled once a process."""
    return Environment(
        loader=FileSystemLoader(PACKAGE / "templates"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Pages:
    """The pages of one city, for the public or the staff side."""

    def __init__(self, city: City, *, secure: bool) -> None:
        self.city = city
        self.secure = secure
        self._static = manifest()
        self._environment = environment()

    def language(self, asked: str) -> str:
        """Return the language of a path, or raise that there is no such page."""
        if asked not in self.city.catalogue.languages:
            raise NotFoundException
        return asked

    def nearest_language(self, asked: str) -> str:
        """Return *asked* if the city speaks it, else its first language."""
        return asked if asked in self.city.catalogue.languages else self.city.languages[0]

    def text(self, lang: str, key: str, **values: object) -> str:
        """Look a text up, as plain text."""
        return self.city.catalogue.text(lang, key, **values)

    def html(self, lang: str, view: View, **values: Any) -> bytes:
        """Render a page to bytes."""
        language = self.city.catalogue.languages[lang]

        def t(key: str, **given: object) -> Markup:
            return escape(self.text(lang, key, **given))

        def paragraphs(key: str, **given: object) -> Markup:
            return _paragraphs(self.text(lang, key, **given))

        context: dict[str, Any] = {
            "t": t,
            "paragraphs": paragraphs,
            "in_paragraphs": _paragraphs,
            "has_text": self.city.catalogue.has,
            "lang": lang,
            "html_lang": language.html,
            "dir": language.dir,
            "status": language.status,
            "languages": self._links(lang, view.path),
            "city": self.city,
            "url": lambda path="": f"/{lang}/{path}",
            "static": lambda name: f"/static/{self._static[name]}",
            "title": self.text(lang, view.title, **view.title_values),
            "path": view.path,
            "errors": {field: self.text(lang, key) for field, key in view.errors.items()},
        }
        rendered = self._environment.get_template(view.template).render(context | values)
        return rendered.encode()

    def page(self, lang: str, view: View, *, status: int = 200, **values: Any) -> Response[bytes]:
        """Answer with a page that no cache may keep."""
        return self.answer(self.html(lang, view, **values), status=status)

    def away(
        self, lang: str, path: str, entered: Entries, *, action: str, unknown: bool
    ) -> Response[bytes]:
        """Say what is and is not saved, and give everything typed back, ready to be sent again.

        *unknown*: the connection broke after sending, so nobody may say "not saved". What is
        sent again from such a page carries `UNKNOWN`, for the case that it fails again.
        """
        given = {name: values for name, values in entered.items() if name != UNKNOWN}
        again = given | {UNKNOWN: ("ja",)} if unknown else given
        return self.page(
            lang,
            View(template="intake/away.html", path=path, title="away.title"),
            status=503,
            entered=[(name, value) for name, values in again.items() for value in values],
            texts=[text for texts in given.values() for text in texts if len(text) > WORTH_COPYING],
            unknown=unknown,
            action=action,
        )

    def keep(self, lang: str, view: View) -> Kept:
        """Render a page that is the same for everybody, to be answered with again and again."""
        plain = self.html(lang, view)
        return Kept(plain, gzip.compress(plain, mtime=0))

    def answer_kept(self, request: Request[Any, Any, Any], kept: Kept) -> Response[bytes]:
        """Answer with a kept page, packed where the browser can unpack it."""
        packed = "gzip" in request.headers.get("accept-encoding", "")
        answer = self.answer(kept.packed if packed else kept.plain)
        answer.headers["vary"] = "accept-encoding"
        if packed:
            answer.headers["content-encoding"] = "gzip"
        return answer

    def answer(self, content: bytes, *, status: int = 200) -> Response[bytes]:
        """Answer with bytes rendered before."""
        return Response(
            content, status_code=status, media_type=HTML, headers=security.page_headers(self.secure)
        )

    def download(self, content: bytes, media_type: str, name: str) -> Response[bytes]:
        """Answer with a file to be kept by the reader, and by no cache; *name* is ASCII."""
        answer = self.answer(content)
        answer.media_type = media_type
        answer.headers["content-disposition"] = f'attachment; filename="{name}"'
        return answer

    def _links(self, lang: str, path: str) -> list[LanguageLink]:
        return [
            LanguageLink(code, known.name, known.html, known.dir, f"/{code}/{path}", code == lang)
            for code, known in self.city.catalogue.languages.items()
        ]


def _paragraphs(text: str) -> Markup:
    blocks = [block.strip().split("\n") for block in text.strip().split("\n\n")]
    lines = [Markup("<br>\n").join(escape(line) for line in block) for block in blocks]
    return Markup("\n").join(Markup("<p>{}</p>").format(block) for block in lines)


def redirect(location: str) -> Response[bytes]:
    """Send the browser on with a GET, so that reload and Back repeat nothing."""
    return Response(
        b"", status_code=303, headers={"location": location, "cache-control": "no-store"}
    )
