"""An address that we write to is one plain address: a header or an SMTP command reads no second."""

import pytest

from adstelle.mail_address import domain_of, is_mail_address


@pytest.mark.parametrize(
    "address",
    [
        "antidiskriminierung@jena.de",
        "LADS@tsk.thueringen.de",
        "o'brien+adstelle@mail.example.org",
        "post@xn--bro-hoa.example.xn--p1ai",
        "a@" + "b" * 63 + ".de",
    ],
)
def test_an_address_is_an_address(address: str) -> None:
    assert is_mail_address(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "adstelle",
        "@example.org",
        "a@example",
        "a@example.org\n",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "a@example.org b@example.org",
        "a@example.org>",
        "<a@example.org>",
        "Amt <a@example.org>",
        '"a b"@example.org',
        "a(comment)@example.org",
        "a..b@example.org",
        ".a@example.org",
        "a@-example.org",
        "a@example..org",
        "a@[192.0.2.1]",
        "a@192.0.2.1",
        "a@exämple.org",
        "ä@example.org",
        "a\0@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b." * 130 + "org",
        "a@" + "b" * 64 + ".org",
    ],
)
def test_anything_else_is_not(text: str) -> None:
    assert not is_mail_address(text)


def test_the_domain_is_what_stands_behind_the_at() -> None:
    assert domain_of("Post@Example.ORG") == "example.org"
