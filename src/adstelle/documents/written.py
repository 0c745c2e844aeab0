"""Write a case out in one language: what the domain says belongs in, in the words of the texts."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from adstelle.documents.noted import NotedWriter
from adstelle.documents.wording import Wording
from adstelle.domain.case_document import (
    Audience,
    CaseData,
    CaseDocument,
    Done,
    Entry,
    Fact,
    Given,
    Said,
    Section,
    SectionName,
)
from adstelle.domain.report import (
    Account,
    Contact,
    MandateChanged,
    Message,
    ReferralAnswered,
    ReferralMade,
    ReferralProposed,
)
from adstelle.web import dates, deadlines

CODED: Final = (
    "reporter_role", "incident_type", "area_of_life", "alleged_responsible", "territory",
)  # fmt: skip


class Writer(Wording):
    """Writes for one reader in one language."""

    def write(self, case: CaseData) -> CaseDocument:
        """Write everything that belongs in; a section with nothing to say is left out."""
        key = f"export.document.{self._audience}"
        sections = [
            section
            for section in self._sections(case)
            if section.facts or section.text or section.entries
        ]
        return CaseDocument(
            audience=self._audience,
            language=self._lang,
            made_on=self._today,
            title=self._text(f"{key}_title", **self._named(case)),
            lead=self._text(f"{key}_lead", day=self._day(self._today)),
            sections=tuple(sections),
        )

    def _named(self, case: CaseData) -> dict[str, str]:
        """What the title names: the file its number, a referral the Stelle that gets it."""
        match self._audience:
            case Audience.FILE:
                return {"number": case.number}
            case Audience.REFERRAL:
                return {"name": self._stelle(case.given[0].stelle)}
            case Audience.PERSON:
                return {}

    def _sections(self, case: CaseData) -> tuple[Section, ...]:
        agreed = (
            self._report(case),
            self._section(SectionName.CONTACT, facts=self._contact(case.contact)),
            self._section(SectionName.CONSENTS, entries=map(self._given, case.given)),
        )
        if self._audience is Audience.REFERRAL:
            return agreed
        noted = NotedWriter(self._pages, self._lang, self._audience, self._today)
        return (
            *agreed,
            self._section(SectionName.WISHES, entries=self._wishes(case)),
            self._section(SectionName.DEADLINES, entries=self._deadlines(case.account)),
            self._section(SectionName.MESSAGES, entries=map(self._said, case.messages)),
            *noted.sections(case),
            self._section(SectionName.STEPS, entries=self._done(case.steps)),
            self._section(SectionName.READ, entries=self._done(case.read)),
        )

    def _report(self, case: CaseData) -> Section:
        facts = [*self._received(case), *self._taken(case.account), *self._answers(case.account)]
        return self._section(SectionName.REPORT, facts=facts, text=case.account.account)

    def _received(self, case: CaseData) -> Iterator[Fact]:
        """When it came here: that is nothing a referral carries."""
        if self._audience is not Audience.REFERRAL:
            yield self._fact("received", "export.field.received", self._day(case.received_on))

    def _taken(self, account: Account) -> Iterator[Fact]:
        if account.taken is not None:
            arrival = account.taken.arrival
            said = self._text(f"taking.source.{arrival}")
            yield self._fact("taken", "export.field.taken", said, arrival)
            code = account.taken.has_code
            yield self._fact("has_code", "taking.short.with_code", self._yes_no(code))

    def _answers(self, account: Account) -> Iterator[Fact]:
        answers = account.answers
        for name in CODED:
            yield self._coded(name, getattr(answers, name))
        for name in ("online", "resident", "criminal_relevance"):
            yield self._field(name, self._yes_no(getattr(answers, name)))
        yield self._coded("grounds", *answers.grounds)
        yield self._field("ground_words", account.ground_words)
        when = dates.incident_day(self._pages, self._lang, account.date)
        yield self._field("date", when)
        yield self._coded("frequency", account.frequency)
        district = account.district
        named = self._known(f"district.{district}", district or "")
        yield self._field("district", named, *([district] if district else []))
        yield self._field("place", account.place)
        agrees = account.affected_agrees
        said = self._known(f"field.affected_agrees.{agrees}", agrees or "")
        yield self._field("affected_agrees", said, *([agrees] if agrees else []))
        yield self._coded("mandates", *account.mandates)
        language = self._pages.city.catalogue.languages.get(account.language)
        yield self._field(
            "language", language.name if language else account.language, account.language
        )
        yield self._field("interpreter", account.interpreter)

    def _contact(self, contact: Contact | None) -> Iterator[Fact]:
        if contact is None:
            return
        for name in ("name", "address_as", "mail", "phone", "safe_times"):
            yield self._field(name, getattr(contact, name))
        if contact.phone:
            yield self._field("voicemail", self._yes_no(contact.voicemail))

    def _given(self, given: Given) -> Entry:
        letter = given.letter
        facts = [self._fact("day", "consent.agreed.day", self._day(given.given_on))]
        if letter is not None:
            scope, way = letter.scope, letter.way
            facts += [
                self._fact(
                    "scope", "consent.agreed.scope", self._text(f"consent.scope.{scope}"), scope
                ),
                self._fact("way", "consent.agreed.way", self._text(f"consent.way.{way}"), way),
                self._fact("wording", "consent.agreed.wording", letter.wording),
                self._fact(
                    "referred_by",
                    "consent.agreed.referred_by",
                    self._stelle(letter.referred_by) if letter.referred_by else "",
                ),
                self._fact("note", "consent.agreed.note", letter.note),
            ]
        if given.withdrawn_on is not None:
            day = self._day(given.withdrawn_on)
            facts.append(self._fact("withdrawn", "export.field.withdrawn", day))
        if given.standing is not None:
            said = self._text(f"consent.tag.{given.standing}")
            facts.append(self._fact("standing", "export.field.standing", said, given.standing))
        return Entry(
            heading=self._stelle(given.stelle), facts=tuple(fact for fact in facts if fact.value)
        )

    def _wishes(self, case: CaseData) -> Iterator[Entry]:
        for stelle, mandates in case.mandates.items():
            yield Entry(heading=self._stelle(stelle), facts=(self._coded("mandates", *mandates),))

    def _deadlines(self, account: Account) -> Iterator[Entry]:
        found = deadlines.reckon(self._pages, account, self._today)
        for each in deadlines.shown(self._pages, self._lang, found, self._today):
            said = [self._text(part.key, **part.values) for part in each.paragraphs]
            law = f"{self._text('deadline.law')} {each.law}" if each.law else ""
            check = self._text("deadline.check")
            yield Entry(heading=each.title, text="\n\n".join(filter(None, (*said, law, check))))

    def _said(self, said: Said) -> Entry:
        author = self._text("export.person") if said.from_person else self._stelle(said.stelle)
        heading = f"{self._day(said.sent_on)} · {author}"
        if said.message is None:
            return Entry(heading=heading, text=self._text("export.unopenable"))
        parts = (self._act(said.message), said.message.text)
        return Entry(heading=heading, text="\n\n".join(filter(None, parts)))

    def _act(self, message: Message) -> str:
        match message.act:
            case MandateChanged(mandates=mandates):
                return self._text("export.act.mandate", wishes=self._mandates(mandates))
            case ReferralProposed(stelle=stelle, scope=scope, note=note):
                return self._referred("proposed", stelle, scope, note)
            case ReferralMade(stelle=stelle, scope=scope, note=note):
                return self._referred("made", stelle, scope, note)
            case ReferralAnswered(agreed=agreed):
                return self._text(f"export.act.{'agreed' if agreed else 'declined'}")
            case None:
                return ""

    def _referred(self, name: str, stelle: str, scope: str, note: str) -> str:
        given = self._text(f"consent.scope.{scope}")
        said = self._text(f"export.act.{name}", name=self._stelle(stelle), scope=given)
        return "\n".join(filter(None, (said, note)))

    def _done(self, done: tuple[Done, ...]) -> Iterator[Entry]:
        """For the file moment and name of each; for the person what was done on which day."""
        for when, acts in groupby(done, key=lambda each: self._signed(each.at, each.name)):
            said = [self._text(each.what) for each in acts]
            if self._audience is Audience.FILE:
                yield from (Entry(heading=when, text=each) for each in said)
            else:
                yield Entry(heading=when, text="\n".join(dict.fromkeys(said)))
