"""An agreed mark: both Stellen arrive at the same pseudonym, and a slip is noticed."""

from adstelle.crypto import codes, marks


def test_read_out_and_typed_in_it_is_the_same() -> None:
    mark = marks.new_mark()
    said = codes.grouped(mark).lower().replace("-", " ").replace("0", "o")

    assert [len(group) for group in codes.grouped(mark).split("-")] == [4] * 5
    assert marks.normalised(said) == mark
    assert marks.pseudonym(mark) == marks.pseudonym(marks.normalised(said) or "")


def test_every_single_wrong_character_is_noticed() -> None:
    mark = marks.new_mark()

    for place, right in enumerate(mark):
        for wrong in set(codes.ALPHABET) - {right}:
            assert marks.normalised(mark[:place] + wrong + mark[place + 1 :]) is None


def test_no_two_are_alike_and_the_pseudonym_is_not_the_mark() -> None:
    drawn = {marks.new_mark() for _ in range(100)}

    assert len(drawn) == len({marks.pseudonym(mark) for mark in drawn}) == 100
    assert all(mark.encode() not in marks.pseudonym(mark) for mark in drawn)


def test_what_is_too_short_or_too_long_is_no_mark() -> None:
    mark = marks.new_mark()

    assert marks.normalised(mark[:-1]) is None
    assert marks.normalised(mark + "0") is None
    assert marks.normalised("") is None
