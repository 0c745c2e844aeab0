"""The crosswalk: complete for every city, true to what its sources say, and checked at load."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.city import CITIES, load_city
from adstelle.crosswalk import FILE, CrosswalkError, load_crosswalk, unknown, unlisted
from adstelle.domain.crosswalk import Proposal, proposals
from adstelle.domain.routing import CodedAnswers

SYSTEMS = load_crosswalk()
CITY_CODES = {
    folder.name: msgspec.structs.asdict(load_city(folder).codes)
    for folder in CITIES.iterdir()
    if (folder / "city.toml").exists()
}
JENA = CITY_CODES["jena"]
answers = st.builds(
    CodedAnswers,
    grounds=st.lists(st.sampled_from(JENA["grounds"]), unique=True, max_size=4).map(tuple),
    incident_type=st.none() | st.sampled_from(JENA["incident_type"]),
)
LANGS = ("de", "de-simple", "en", "ar")
Plant = Callable[[str, str], Path]


@pytest.mark.parametrize("city", CITY_CODES)
def test_every_answer_of_a_city_is_mapped_or_listed_as_without_counterpart(city: str) -> None:
    assert unlisted(SYSTEMS, CITY_CODES[city]) == ()


def test_the_table_speaks_of_no_answer_that_no_city_has() -> None:
    everywhere = {
        question: [code for codes in CITY_CODES.values() for code in codes[question]]
        for question in JENA
    }
    assert unknown(SYSTEMS, everywhere) == ()


def test_an_answer_that_was_forgotten_or_invented_is_named() -> None:
    more = JENA | {"grounds": (*JENA["grounds"], "haarfarbe")}
    assert set(unlisted(SYSTEMS, more)) == {
        (system, "grounds", "haarfarbe") for system in ("agg_ground", "ladg_ground", "vbrg_motive")
    }

    fewer = JENA | {"incident_type": tuple(c for c in JENA["incident_type"] if c != "bedrohung")}
    assert ("rias_type", "incident_type", "bedrohung") in unknown(SYSTEMS, fewer)
    assert ("vbrg_motive", "incident_type", "bedrohung") in unknown(SYSTEMS, fewer)  # beside


def test_a_city_with_an_answer_of_its_own_is_warned_where(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CITIES / "jena", tmp_path / "jena"))
    for file, old, new in (
        ("codes.toml", '  "alter",\n', '  "alter",\n  "haarfarbe",\n'),
        *(
            (f"texts/{lang}.toml", "[code.grounds]\n", '[code.grounds]\nhaarfarbe = "x"\n')
            for lang in LANGS
        ),
    ):
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    line = (folder / "codes.toml").read_text(encoding="utf-8").split("\n").index("grounds = [") + 1

    said = [str(warning) for warning in load_city(folder).warnings if "crosswalk" in str(warning)]

    assert len(said) == 3
    assert said[0].endswith(
        f"codes.toml:{line}: haarfarbe is not in crosswalk.toml, system agg_ground"
    )
    assert not any("crosswalk" in str(fault) for fault in load_city(CITIES / "jena").warnings)


# Grounds, incident type, and what must be proposed: system, code, fit.
TABLE: dict[str, tuple[tuple[str, ...], str | None, set[tuple[str, str, str]]]] = {
    "nothing answered": ((), None, set()),
    "nobody knows": (("unklar",), "unklar", set()),
    "a ground that the AGG does not have": (
        ("soziale_lage",),
        "unmittelbare_benachteiligung",
        {
            ("agg_form", "unmittelbare_benachteiligung", "whole"),
            ("ladg_ground", "sozialer_status", "whole"),
        },
    ),
    "an antisemitic attack": (
        ("antisemitismus",),
        "koerperlicher_angriff",
        {
            ("agg_ground", "rasse_ethnische_herkunft", "part"),
            ("agg_ground", "religion_weltanschauung", "part"),
            ("ladg_ground", "antisemitische_zuschreibung", "whole"),
            ("vbrg_motive", "antisemitismus", "whole"),
            ("vbrg_offence", "koerperverletzung", "part"),
            ("rias_type", "angriff", "part"),
            ("rias_type", "extreme_gewalt", "part"),
            ("kokont_type", "koerperverletzung", "part"),
        },
    ),
    "a swastika that addresses nobody is no RIAS incident": (
        ("neonazismus_unspezifisch",),
        "propaganda_symbole",
        {
            ("kokont_type", "sticker", "part"),
            ("kokont_type", "graffiti", "part"),
            ("kokont_type", "ns_parolen_86a", "part"),
        },
    ),
    "antigypsyism counts as racism there, as its own at MIA": (
        ("antiziganismus",),
        "bedrohung",
        {
            ("agg_ground", "rasse_ethnische_herkunft", "whole"),
            ("vbrg_motive", "rassismus", "whole"),
            ("vbrg_offence", "noetigung_bedrohung", "part"),
            ("mia_type", "bedrohung", "whole"),
            ("kokont_type", "bedrohung", "whole"),
        },
    ),
    "an insult is no offence that VBRG counts": (
        ("rassismus_ethnische_herkunft",),
        "beleidigung",
        {
            ("agg_ground", "rasse_ethnische_herkunft", "whole"),
            ("ladg_ground", "rassistische_zuschreibung_ethnische_herkunft", "whole"),
            ("kokont_type", "beleidigung", "whole"),
        },
    ),
    "violence without a motive is not counted either": (
        ("alter",),
        "koerperlicher_angriff",
        {("agg_ground", "alter", "whole"), ("ladg_ground", "lebensalter", "whole")},
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_what_is_proposed(case: str) -> None:
    grounds, incident_type, expected = TABLE[case]

    found = proposals(SYSTEMS, CodedAnswers(grounds=grounds, incident_type=incident_type))

    assert {(p.system, p.code, p.fit) for p in found} == expected


@given(answers)
def test_a_proposal_is_a_code_of_its_system_and_names_the_answer(
    given_answers: CodedAnswers,
) -> None:
    systems = {system.code: system for system in SYSTEMS}
    for proposal in proposals(SYSTEMS, given_answers):
        system = systems[proposal.system]
        assert proposal.code in system.codes
        assert proposal.answer in (*given_answers.grounds, given_answers.incident_type)
        assert proposal.code in getattr(system, proposal.fit)[proposal.answer]
        assert proposal.answer not in system.none


def test_a_proposal_does_not_show_itself() -> None:
    (proposal, *_) = proposals(SYSTEMS, CodedAnswers(grounds=("alter",)))
    assert isinstance(proposal, Proposal)
    assert repr(proposal) == "<Proposal withheld>"


# Faults ---------------------------------------------------------------------------------------


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    def change(old: str, new: str) -> Path:
        path = Path(shutil.copy(FILE, tmp_path))
        content = path.read_text(encoding="utf-8")
        assert old in content
        path.write_text(content.replace(old, new, 1), encoding="utf-8")
        return path

    return change


FAULTS = {
    "a code the system has not": (
        'alter = ["alter"]',
        'alter = ["jugend"]',
        "agg_ground: alter becomes jugend, no code",
    ),
    "an answer that becomes nothing": ('alter = ["alter"]', "alter = []", "alter becomes nothing"),
    "an answer mapped and listed as without counterpart": (
        '  "sprache",\n',
        '  "sprache",\n  "alter",\n',
        "agg_ground: alter stands twice",
    ),
    "codes without a source": (
        'source = ["https://www.gesetze-im-internet.de/agg/__1.html"]',
        "source = []",
        "agg_ground: codes need their source",
    ),
    "an unknown question": (
        'question = "grounds"',
        'question = "place"',
        "question: 'place' is none of",
    ),
    "an unknown key": ('question = "grounds"', 'quest = "grounds"', "unknown key quest"),
    "two systems of one name": (
        'code = "agg_form"',
        'code = "agg_ground"',
        "agg_ground stands twice",
    ),
    "an unknown question beside": (
        'grounds = ["antisemitismus"]',
        'ground = ["antisemitismus"]',
        "beside: unknown key ground",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_file_and_line(fault: str, plant: Plant) -> None:
    old, new, message = FAULTS[fault]
    file = plant(old, new)

    with pytest.raises(CrosswalkError) as raised:
        load_crosswalk(file)

    said = [str(found) for found in raised.value.faults]
    assert any(message in line and line.startswith(f"{file}:") for line in said), said


def test_the_line_is_that_of_the_answer(plant: Plant) -> None:
    file = plant('alter = ["alter"]', 'alter = ["jugend"]')
    line = file.read_text(encoding="utf-8").split("\n").index('alter = ["jugend"]') + 1

    with pytest.raises(CrosswalkError) as raised:
        load_crosswalk(file)

    assert [fault.line for fault in raised.value.faults] == [line]
