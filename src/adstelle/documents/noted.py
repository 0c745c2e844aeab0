"""Write out what the Stelle noted of a case: record, work, notes, incident and files."""

from collections.abc import Iterable, Iterator

from adstelle.documents.wording import Wording
from adstelle.domain.case_document import (
    Attached,
    CaseData,
    Entry,
    Fact,
    Remark,
    Section,
    SectionName,
    Worked,
)
from adstelle.domain.incident import Incident
from adstelle.domain.record import (
    OF_CITY,
    SECTIONS,
    SEVERAL,
    SINGLE,
    Affected,
    ContactEntry,
    Intervention,
    Record,
    minutes_of,
    what_of,
)
from adstelle.domain.record import Entry as Done
from adstelle.files.shown import size


class NotedWriter(Wording):
    """Writes what the Stelle noted, for one reader in one language."""

    def sections(self, case: CaseData) -> tuple[Section, ...]:
        """The sections, in their order; one may have nothing to say."""
        return (
            self._section(SectionName.RECORD, entries=self._record(case.record)),
            self._section(
                SectionName.WORK,
                facts=self._time(case.work),
                entries=map(self._worked, case.work),
            ),
            self._section(SectionName.NOTES, entries=map(self._remark, case.remarks)),
            self._section(SectionName.INCIDENT, facts=self._incident(case.incident)),
            self._section(SectionName.FILES, entries=map(self._file, case.files)),
        )

    def _record(self, record: Record | None) -> Iterator[Entry]:
        if record is None:
            return
        for section, fields in SECTIONS.items():
            facts = tuple(fact for field in fields if (fact := self._answer(record, field)).value)
            if facts:
                yield Entry(heading=self._text(f"record.section.{section}"), facts=facts)

    def _answer(self, record: Record, field: str) -> Fact:
        """One field of the record, in words."""
        given = getattr(record, field)
        codes: tuple[str, ...] = ()
        if field == "affected":
            said = "\n".join(map(self._person, given))
        elif field == "cross":
            said = "\n".join(self._system(system, found) for system, found in given.items())
        elif field in SINGLE or field in SEVERAL:
            codes = given if field in SEVERAL else (given,) if given else ()
            said = ", ".join(self._label(field, code) for code in codes)
        else:
            said = given
        return self._fact(field, f"record.field.{field}", said, *codes)

    def _person(self, person: Affected) -> str:
        coded = (self._label("role", person.role), self._label("age", person.age))
        return " · ".join(filter(None, (*coded, person.gender, person.words)))

    def _system(self, system: str, codes: Iterable[str]) -> str:
        said = ", ".join(self._label(system, code) for code in codes)
        return f"{self._label('system', system)}: {said}"

    def _label(self, question: str, code: str | None) -> str:
        if not code:
            return ""
        if question in OF_CITY:
            return self._known(f"code.{OF_CITY[question]}.{code}", code)
        return self._known(f"record.code.{question}.{code}", code)

    def _time(self, work: Iterable[Worked]) -> Iterator[Fact]:
        minutes = minutes_of(each.entry for each in work if each.entry is not None)
        if minutes:
            yield self._fact("time_spent", "export.field.time_spent", self._long(minutes))

    def _long(self, minutes: int) -> str:
        hours, rest = divmod(minutes, 60)
        if not hours:
            return self._text("record.minutes", minutes=minutes)
        if not rest:
            return self._text("record.hours", hours=hours)
        return self._text("record.hours_minutes", hours=hours, minutes=rest)

    def _worked(self, worked: Worked) -> Entry:
        entry = worked.entry
        if entry is None:
            heading = self._signed(worked.made_at, worked.name)
            return Entry(heading=heading, text=self._text("record.entry_unopenable"))
        kind = self._label(what_of(entry), entry.kind)
        written = self._signed(worked.made_at, worked.name)
        facts = (*self._about(entry), self._fact("written", "export.field.written", written))
        return Entry(
            heading=f"{self._day(entry.day)} · {kind}",
            facts=tuple(fact for fact in facts if fact.value),
            text=entry.note,
        )

    def _about(self, entry: Done) -> Iterator[Fact]:
        if entry.minutes:
            yield self._fact("minutes", "export.field.duration", self._long(entry.minutes))
        match entry:
            case ContactEntry():
                yield self._fact("with_whom", "export.field.with_whom", entry.with_whom)
            case Intervention() if entry.draft_seen:
                said = self._known(f"record.draft.{entry.draft_seen}", entry.draft_seen)
                on = self._day(entry.draft_seen_on) if entry.draft_seen_on else ""
                seen = " · ".join(filter(None, (said, on)))
                yield self._fact("draft_seen", "export.field.draft", seen, entry.draft_seen)
            case _:
                pass
        if entry.struck:
            yield self._fact("struck", "export.field.counted", self._text("record.struck"))

    def _remark(self, remark: Remark) -> Entry:
        replaced = self._text("export.replaced") if remark.replaced else ""
        written = self._signed(remark.at, remark.name)
        text = self._text("export.unopenable_note") if remark.text is None else remark.text
        return Entry(heading=" · ".join(filter(None, (written, replaced))), text=text)

    def _incident(self, incident: Incident | None) -> Iterator[Fact]:
        if incident is not None:
            yield self._fact("incident", "export.field.incident", incident.title)
            yield self._fact("incident_when", "staff.field.date", incident.when)

    def _file(self, file: Attached) -> Entry:
        sender = "person" if file.from_person else "stelle"
        facts = (
            self._fact("file_kind", "export.field.kind", self._text(f"files.kind.{file.kind}")),
            self._fact("file_size", "export.field.size", size(self._pages, self._lang, file.size)),
            self._fact("file_day", "export.field.arrived", self._day(file.on)),
            self._fact("file_from", "export.field.sender", self._text(f"export.sender.{sender}")),
        )
        return Entry(heading=file.name, facts=facts)
