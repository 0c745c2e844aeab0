"""The holidays that the package knows are those of the law: Thüringen day by day."""

from datetime import date, timedelta

import pytest

from adstelle import calendar_days
from adstelle.calendar_days import Region

THUERINGEN = Region("DE", "TH")


def holidays_in(region: Region, year: int) -> list[str]:
    is_holiday = calendar_days.of(region)
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return [f"{day:%d.%m.}" for day in days if day.year == year and is_holiday(day)]


# ThürFGtG § 2: New Year, Good Friday, Easter Monday, 1 May, Ascension, Whit Monday, 20 September
# (since 2019), 3 October, 31 October, Christmas. Easter Sunday: 1.4.2018, 21.4.2019, 5.4.2026.
LAW = {
    2018: "01.01. 30.03. 02.04. 01.05. 10.05. 21.05. 03.10. 31.10. 25.12. 26.12.",
    2019: "01.01. 19.04. 22.04. 01.05. 30.05. 10.06. 20.09. 03.10. 31.10. 25.12. 26.12.",
    2026: "01.01. 03.04. 06.04. 01.05. 14.05. 25.05. 20.09. 03.10. 31.10. 25.12. 26.12.",
    2030: "01.01. 19.04. 22.04. 01.05. 30.05. 10.06. 20.09. 03.10. 31.10. 25.12. 26.12.",
}


@pytest.mark.parametrize("year", LAW)
def test_thueringen_has_the_holidays_of_its_law(year: int) -> None:
    assert holidays_in(THUERINGEN, year) == LAW[year].split()


def test_the_20_september_began_in_2019() -> None:
    is_holiday = calendar_days.of(THUERINGEN)
    years = [year for year in range(2000, 2040) if is_holiday(date(year, 9, 20))]

    assert years == list(range(2019, 2040))


@pytest.mark.parametrize(
    ("region", "day", "expected"),
    [
        (THUERINGEN, date(2026, 10, 31), True),
        (Region("DE"), date(2026, 10, 31), False),
        (Region("DE"), date(2017, 10, 31), True),  # once for everybody: 500 years of Reformation
        (Region("DE", "BE"), date(2027, 3, 8), True),
        (THUERINGEN, date(2027, 3, 8), False),
        (THUERINGEN, date(2026, 11, 1), False),
        (Region("DE", "BY"), date(2026, 11, 1), True),
        (THUERINGEN, date(2026, 12, 24), False),
        (THUERINGEN, date(2026, 12, 31), False),
        (THUERINGEN, date(2026, 6, 4), False),  # Corpus Christi: only in the Eichsfeld
        (THUERINGEN, date(1950, 1, 1), False),  # before the package's time: no holiday, no error
    ],
)
def test_a_day_and_a_place(region: Region, day: date, expected: bool) -> None:
    assert calendar_days.of(region)(day) is expected


def test_what_the_whole_country_celebrates_each_part_does() -> None:
    everywhere = set(holidays_in(THUERINGEN.whole_country, 2026))

    assert everywhere < set(holidays_in(THUERINGEN, 2026))


@pytest.mark.parametrize(
    ("region", "problem"),
    [
        (THUERINGEN, None),
        (Region("DE"), None),
        (Region("AT"), None),
        (Region("DE", "XX"), "DE has no part XX with holidays of its own"),
        (Region("Deutschland"), "holidays of the country Deutschland are not known"),
    ],
)
def test_an_unknown_region_is_named(region: Region, problem: str | None) -> None:
    assert calendar_days.unknown(region) == problem
