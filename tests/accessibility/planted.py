"""Defects planted into good pages, each with the check that must see it."""

import re
from typing import Final, NamedTuple

Base = tuple[str, str, str]

FORM: Final[Base] = ("wann", "empty", "de")
WRONG: Final[Base] = ("wann", "everything-wrong", "de")
ONE_WRONG: Final[Base] = ("rolle", "unknown-answer", "de")
STORY: Final[Base] = ("erzaehlen", "filled", "de")
OFFERS: Final[Base] = ("stellen-question", "offers", "de")
CONTACT: Final[Base] = ("kontakt", "empty", "de")
RECEIPT: Final[Base] = ("receipt", "given-to-somebody", "de")
START: Final[Base] = ("start", "as-it-is", "de")
SIMPLE: Final[Base] = ("start", "as-it-is", "de-simple")
ARABIC: Final[Base] = ("rolle", "empty", "ar")
SIGN_IN: Final[Base] = ("sign-in", "empty", "de")


class Plant(NamedTuple):
    """Replace *old* by *new* in the page; *css* and *script* are files of their own."""

    name: str
    seen_by: str
    base: Base
    old: str = ""
    new: str = ""
    css: str = ""
    script: str = ""

    def broken(self, html: str) -> str:
        """The page with the defect. Raises `AssertionError` where there is nothing to break."""
        if self.old:
            html, count = re.subn(self.old, self.new, html, count=1, flags=re.DOTALL)
            if not count:
                raise AssertionError(f"{self.name}: nothing to break")
        added = '<link rel="stylesheet" href="/planted.css">' if self.css else ""
        added += '<script src="/planted.js" defer></script>' if self.script else ""
        return html.replace("</head>", f"{added}</head>")

    @property
    def files(self) -> dict[str, str]:
        return {"/planted.css": self.css, "/planted.js": self.script}


SEEN_BY_RULES: Final = (
    # The frame
    Plant("id twice", "ids_are_unique", FORM, 'id="feld-date-jahr"', 'id="feld-date"'),
    Plant("language of another text", "page_says_its_language", FORM, 'lang="de"', 'lang="en"'),
    Plant("direction missing", "page_says_its_language", ARABIC, ' dir="rtl"', ""),
    Plant("no title", "title_is_right", FORM, "<title>.*?</title>", "<title></title>"),
    Plant("title without the word", "title_is_right", WRONG, "<title>Fehler: ", "<title>"),
    Plant("title with the word for nothing", "title_is_right", FORM, "<title>", "<title>Fehler: "),
    Plant("title tells", "title_is_right", FORM, "<title>", "<title>Diskriminierung – "),
    Plant(
        "title of another page", "title_names_the_heading", FORM, "<title>.*? – ", "<title>Seite – "
    ),
    Plant("no main heading", "there_is_one_h1", START, "<h1(.*?)</h1>", r"<p\1</p>"),
    Plant("two main headings", "there_is_one_h1", START, "<h2(.*?)</h2>", r"<h1\1</h1>"),
    Plant("level left out", "headings_skip_no_level", START, "<h2>(.*?)</h2>", r"<h4>\1</h4>"),
    Plant("empty heading", "headings_skip_no_level", START, "<h2>.*?</h2>", "<h2></h2>"),
    Plant("no skip link", "skip_link_comes_first", FORM, '<a class="skip-link".*?</a>', ""),
    Plant("skip link to nowhere", "skip_link_comes_first", FORM, 'href="#inhalt"', 'href="#text"'),
    Plant("no help", "parts_come_in_order", FORM, '<aside class="help"', "<aside"),
    Plant(
        "exit at the end", "parts_come_in_order", FORM,
        '(<div class="exit-bar">.*?</div>)(.*)</body>', r"\2\1</body>",
    ),
    Plant(
        "language not marked", "languages_name_themselves", FORM,
        ' lang="en" hreflang="en"', ' hreflang="en"',
    ),
    Plant("focus taken", "nothing_happens_by_itself", FORM, "<input ", "<input autofocus "),
    Plant("shortcut", "nothing_happens_by_itself", FORM, "<button ", '<button accesskey="s" '),
    Plant(
        "page moves on", "nothing_happens_by_itself", FORM,
        "</head>", '<meta http-equiv="refresh" content="600"></head>',
    ),
    Plant("new window", "nothing_happens_by_itself", FORM, "<a class", '<a target="_blank" class'),
    Plant("own tab order", "order_is_that_of_the_page", FORM, "<input ", '<input tabindex="3" '),
    Plant("not reachable", "order_is_that_of_the_page", FORM, "<button ", '<button tabindex="-1" '),
    Plant("tooltip", "nothing_shows_only_on_hover", FORM, "<button ", '<button title="Weiter" '),
    Plant(
        "zoom forbidden", "viewport_may_be_zoomed", FORM,
        "initial-scale=1", "initial-scale=1, maximum-scale=1",
    ),
    # Fields
    Plant("no label", "fields_have_labels", STORY, "<h1(.*?)<label.*?</label>", r"<h1\1Text"),
    Plant("empty label", "fields_have_labels", FORM, ">Tag</label>", "></label>"),
    Plant(
        "label for another", "fields_have_labels", FORM,
        'for="feld-date-monat"', 'for="feld-date-jahr"',
    ),
    Plant(
        "label as placeholder", "labels_are_not_placeholders", FORM,
        "<input ", '<input placeholder="Tag" ',
    ),
    Plant(
        "group without question", "choices_stand_in_a_named_group", ONE_WRONG,
        "<legend.*?</legend>", "",
    ),
    Plant(
        "description missing", "references_lead_somewhere", STORY,
        'id="feld-account-hinweis"', 'id="hinweis"',
    ),
    Plant(
        "description empty", "references_lead_somewhere", STORY,
        '(id="feld-account-hinweis">).*?</div>', r"\1</div>",
    ),
    Plant(
        "purpose missing", "personal_fields_name_their_purpose", CONTACT,
        'autocomplete="email"', 'autocomplete="off"',
    ),
    Plant(
        "passphrase not to be filled", "personal_fields_name_their_purpose", SIGN_IN,
        'autocomplete="current-password"', 'autocomplete="off"',
    ),
    Plant(
        "text in the page's direction", "what_is_typed_has_its_own_direction", STORY,
        'rows="12" dir="auto"', 'rows="12"',
    ),
    Plant(
        "number the wrong way", "what_is_typed_has_its_own_direction", CONTACT,
        'type="tel"(.*?)dir="ltr"', r'type="tel"\1dir="auto"',
    ),
    Plant("nothing sends", "forms_can_be_sent", FORM, 'type="submit"', 'type="button"'),
    Plant("answers in the address", "forms_can_be_sent", FORM, 'method="post"', 'method="get"'),
    Plant("link without words", "buttons_and_links_have_names", FORM, ">Impressum</a>", "></a>"),
    Plant(
        "name not as written", "buttons_and_links_have_names", FORM,
        "<button ", '<button aria-label="Senden" ',
    ),
    Plant(
        "puzzle", "nobody_has_to_solve_a_puzzle", FORM,
        "</form>", "<p>Bitte lösen Sie das Captcha.</p></form>",
    ),
    # Mistakes
    Plant(
        "no summary", "summary_comes_first", WRONG,
        '<div class="kern-alert kern-alert--danger error-summary".*?</ul>\n</div>\n</div>', "",
    ),
    Plant("summary after the text", "summary_comes_first", WRONG, "(<main.*?>)", r"\1<p>Seite</p>"),
    Plant(
        "summary leads nowhere", "summary_leads_to_the_fields", WRONG,
        'href="#feld-date"', 'href="#feld-datum"',
    ),
    Plant(
        "summary leads to a group", "summary_leads_to_the_fields", ONE_WRONG,
        'href="#feld-reporter_role"', 'href="#feld-reporter_role-hinweis"',
    ),
    Plant(
        "error not tied", "errors_stand_beside_their_fields", ONE_WRONG,
        '(aria-describedby="[^"]*?) ?feld-reporter_role-fehler"', r'\1"',
    ),
    Plant(
        "not marked as wrong", "errors_stand_beside_their_fields", ONE_WRONG,
        ' aria-invalid="true"', "",
    ),
    Plant(
        "other words beside the field", "errors_stand_beside_their_fields", ONE_WRONG,
        "(</span>)Bitte wählen Sie", r"\1Bitte wählen Sie doch",
    ),
    Plant(
        "error only in red", "errors_begin_with_the_word", ONE_WRONG,
        '<span class="kern-sr-only">Fehler: </span>', "",
    ),
    Plant(
        "error that does not help", "errors_say_what_to_do", ONE_WRONG,
        '(href="#feld-reporter_role">).*?</a>', r"\1Ungültige Eingabe hier</a>",
    ),
    # Foreign things
    Plant("style in the page", "nothing_is_inline", FORM, "<main ", '<main style="color: red" '),
    Plant("script in the page", "nothing_is_inline", FORM, "</body>", "<script>1</script></body>"),
    Plant("handler in the page", "nothing_is_inline", FORM, "<button ", '<button onclick="x()" '),
    Plant("script as address", "nothing_is_inline", FORM, 'href="/weg"', 'href="javascript:x()"'),
    Plant(
        "image from elsewhere", "nothing_is_loaded_from_elsewhere", FORM,
        "</main>", '<img alt="" src="https://example.org/x.png"></main>',
    ),
    Plant(
        "font from elsewhere", "nothing_is_loaded_from_elsewhere", FORM,
        "</head>", '<link rel="stylesheet" href="//example.org/font.css"></head>',
    ),
    Plant(
        "link elsewhere", "links_lead_where_they_may", FORM,
        "</main>", '<a href="https://example.org/">Beispiel</a></main>',
    ),
    Plant("link that tells", "links_lead_where_they_may", OFFERS, ' rel="noreferrer"', ""),
    Plant("film", "there_is_no_media", START, "</main>", '<video src="/film.webm"></video></main>'),
    Plant("image", "there_are_no_images", START, "</main>", '<img alt="Logo" src="/x.png"></main>'),
    # Words
    Plant(
        "Arabic in German", "texts_are_in_the_language_of_the_page", FORM,
        ">Impressum<", ">بيانات الناشر<",
    ),
    Plant(
        "English in German", "texts_are_in_the_language_of_the_page", START,
        "<h2>.*?</h2>", "<h2>What you can do if you are not sure</h2>",
    ),
    Plant(
        "English in Arabic", "texts_are_in_the_language_of_the_page", ARABIC,
        "(<legend.*?<h1.*?>).*?(</h1>)", r"\1Who are you writing for?\2",
    ),
    Plant("key instead of a text", "texts_are_filled_in", FORM, ">Impressum<", ">layout.imprint<"),
    Plant("code instead of a text", "texts_are_filled_in", FORM, ">Impressum<", ">ads_jena<"),
    Plant("place not filled in", "texts_are_filled_in", FORM, ">Impressum<", ">Nummer {number}<"),
    Plant("escaped twice", "texts_are_filled_in", FORM, ">Impressum<", ">Dies &amp;amp; das<"),
    Plant(
        "only for eyes", "texts_need_no_eyes", START,
        "<h2>.*?</h2>", "<h2>Der grüne Knopf</h2>",
    ),
    Plant("vague link", "links_say_where_they_lead", FORM, ">Impressum<", ">hier<"),
    Plant(
        "same words, two places", "same_words_lead_to_the_same_place", FORM,
        ">Impressum<", ">Datenschutz<",
    ),
    Plant(
        "number turned round", "foreign_words_carry_their_language", ARABIC,
        '<bdi dir="ltr">(110)</bdi>', r"\1",
    ),
)  # fmt: skip

SEEN_BY_BROWSERS: Final = (
    Plant(
        "focus stolen", "focus_starts_where_it_should", FORM,
        script="document.querySelector('main input').focus()",
    ),
    Plant(
        "summary without focus", "focus_starts_where_it_should", WRONG,
        script="document.activeElement.blur()",
    ),
    Plant(
        "button only with a script", "script_only_adds", FORM,
        script="document.querySelector('form').append(document.createElement('button'))",
    ),
    Plant(
        "field taken away", "script_only_adds", FORM,
        script="document.querySelector('#feld-date-jahr').remove()",
    ),
    Plant("faint text", "text_has_contrast", FORM, css=".kern-hint { color: #777 }"),
    Plant(
        "faint in oklch", "text_has_contrast", FORM, css=".kern-hint { color: oklch(0.6 0.1 250) }"
    ),
    Plant("faint by opacity", "text_has_contrast", FORM, css="aside { opacity: .6 }"),
    Plant(
        "faint under the pointer", "text_has_contrast", FORM,
        css=".kern-btn--primary:hover { background: #7a9cff }",
    ),
    Plant(
        "faint with the focus", "text_has_contrast", WRONG,
        css="#fehler:focus { background: #f66 !important }",
    ),
    Plant("faint where somebody was", "text_has_contrast", FORM, css="a:visited { color: #b8b }"),
    Plant(
        "faint in the dark", "text_has_contrast", FORM,
        css="@media (prefers-color-scheme: dark) { .kern-hint { color: #666 } }",
    ),
    Plant(
        "faint edge", "controls_have_contrast", FORM,
        css=".kern-form-input__input { border-color: #ddd }",
    ),
    Plant(
        "faint box", "controls_have_contrast", OFFERS,
        css=".kern-form-check input { border-color: #ccc }",
    ),
    Plant("lines too close", "lines_are_readable", START, css="main p { line-height: 1.3 }"),
    Plant("justified", "lines_are_readable", START, css="main p { text-align: justify }"),
    Plant(
        "lines too long", "lines_are_readable", ("privacy", "as-it-is", "de"),
        css="main { font-size: 8px; line-height: 1.5 }",
    ),
    Plant(
        "indented on the left", "mirrored_from_right_to_left", ARABIC,
        css=".kern-form-check { margin-left: 3rem }",
    ),
    Plant(
        "words on the left", "mirrored_from_right_to_left", ARABIC, css="h1 { text-align: left }"
    ),
    Plant(
        "trap", "keyboard_reaches_everything", STORY,
        script="document.querySelector('textarea')"
        ".addEventListener('keydown', (e) => e.key === 'Tab' && e.preventDefault())",
    ),
    Plant(
        "focus jumps", "keyboard_reaches_everything", FORM,
        script="document.querySelector('#feld-date')"
        ".addEventListener('input', () => 0);"
        "document.querySelector('#feld-date-monat')"
        ".addEventListener('focus', () => document.querySelector('#feld-date-jahr').focus())",
    ),
    Plant(
        "upside down", "keyboard_goes_in_order", FORM,
        css="form { display: flex; flex-direction: column-reverse }",
    ),
    Plant("no outline", "focus_is_visible", FORM, css="* { outline: none !important }"),
    Plant(
        "faint outline", "focus_is_visible", FORM, css="* { outline-color: #eee !important }"
    ),
    Plant("thin outline", "focus_is_visible", FORM, css="* { outline-width: 1px !important }"),
    Plant(
        "always an outline", "focus_is_visible", FORM,
        css="a, button, input, select { outline: .1875rem solid #1d2034 !important;"
        " outline-offset: .1875rem !important }",
    ),
    Plant(
        "bar over the focus", "focus_is_not_covered", WRONG,
        css="html { scroll-padding: 0 !important } .exit-bar { min-block-size: 9rem }",
    ),
    Plant(
        "foot over the focus", "focus_is_not_covered", WRONG,
        css=".page-footer { position: fixed; inset: 60vh 0 0 0 }",
    ),
    Plant(
        "button below the window", "focus_is_not_covered", FORM,
        css=".kern-btn { position: fixed; inset-block-start: 110vh }",
    ),
    Plant(
        "help over a tall field", "focus_is_not_covered", STORY,
        css=".help { position: fixed; inset: 0 0 0 50vw; margin: 0 }",
    ),
    Plant(
        "small buttons", "targets_are_large", FORM,
        css=".kern-btn { min-block-size: 0; padding-block: 0; line-height: 1; display: block;"
        " max-block-size: 20px }",
    ),
    Plant(
        "40 px", "targets_are_large", FORM,
        css=".plain > li > a { min-block-size: 40px; line-height: 1 }",
    ),
    Plant(
        "only the dot", "targets_are_large", OFFERS,
        css=".kern-form-check .kern-label::after { content: none } .kern-form-check { padding: 0 }",
    ),
    Plant(
        "letters need room", "text_may_be_spaced", FORM,
        css=".kern-btn { inline-size: 7em; white-space: nowrap; overflow: hidden; padding: 0 }"
        " .kern-btn .kern-label::after { content: ' zum Ende' }",
    ),
    Plant(
        "fixed height", "text_may_be_enlarged", START,
        css="main p { block-size: 120px; overflow: hidden }",
    ),
    Plant(
        "fixed width", "text_may_be_enlarged", START,
        css="h1 { white-space: nowrap }",
    ),
    Plant("too wide", "fits_a_narrow_screen", FORM, css="main { min-inline-size: 400px }"),
    Plant(
        "table too wide", "fits_a_narrow_screen", ("queue", "filled", "de"),
        css=".kern-table { display: table !important; inline-size: 700px !important }",
    ),
    Plant(
        "bar takes the screen", "sticky_parts_leave_room", FORM,
        css=".exit-bar { min-block-size: 100px }",
    ),
    Plant(
        "dark Leichte Sprache", "dark_only_where_wanted", SIMPLE,
        css="@media (prefers-color-scheme: dark) { .simple body { background: #111 } }",
    ),
    Plant(
        "never dark", "dark_only_where_wanted", START, css="body { background: #fff !important }"
    ),
    Plant(
        "choice not drawn", "forced_colours_show_everything", OFFERS,
        css=".kern-form-check input { appearance: none !important }",
    ),
    Plant(
        "own colours kept", "forced_colours_show_everything", FORM,
        css="p { forced-color-adjust: none }",
    ),
    Plant(
        "movement", "nothing_moves", FORM, css=".kern-btn { transition: all .3s !important }"
    ),
    Plant(
        "frame on paper", "prints_what_belongs_to_the_person", RECEIPT,
        css=".exit-bar { display: flex !important }",
    ),
    Plant(
        "code not on paper", "prints_what_belongs_to_the_person", RECEIPT,
        css="@media print { .code-block { display: none } }",
    ),
    Plant(
        "addresses on paper", "prints_what_belongs_to_the_person", START,
        css="@media print { a::after { content: attr(href) } }",
    ),
    Plant(
        "asked elsewhere", "nothing_foreign_is_asked_for", START,
        "</main>", '<img alt="" src="https://example.org/pixel.png"></main>',
    ),
    Plant(
        "error in the script", "browser_does_not_complain", START, script="document.nothing.more()"
    ),
)  # fmt: skip

SEEN_BY_ENGINES: Final = (
    Plant("crossed tags", "html", FORM, "<main", "<p><div></p><main"),
    Plant("unknown attribute", "html", FORM, "<main", "<main wrong"),
    Plant("no name", "axe label", FORM, ">Tag</label>", "></label>"),
    Plant("wrong role", "axe aria-roles", FORM, "<main", '<main role="hauptteil"'),
    Plant(
        "small target", "axe target-size", FORM,
        css="#feld-date, #feld-date-monat { inline-size: 12px; block-size: 10px; padding: 0;"
        " min-block-size: 0 } .kern-fieldset__body { gap: 0 } label { font-size: 0 !important }",
    ),
    Plant(
        "faint", "axe color-contrast-enhanced", FORM, css=".kern-hint { color: #666 }"
    ),
    Plant(
        "very faint", "axe color-contrast-enhanced", FORM, css=".kern-hint { color: #999 }"
    ),
)  # fmt: skip
