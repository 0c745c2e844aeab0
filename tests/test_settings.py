"""Settings: unknown names refuse the start, secrets come as files, plain HTTP stays at home."""

from pathlib import Path

import pytest

from adstelle import settings
from adstelle.errors import SettingsError


def test_nothing_set_is_the_demo_on_this_machine() -> None:
    read = settings.read({"PATH": "/bin", "HOME": "/root"})

    assert (read.city, read.dsn, read.demo) == ("jena", None, False)


def test_an_unknown_name_refuses_the_start_and_is_named() -> None:
    with pytest.raises(SettingsError, match="ADSTELLE_CTIY"):
        settings.read({"ADSTELLE_CTIY": "jena"})


@pytest.mark.parametrize("origin", ["http://melden.jena.de", "ftp://localhost", "melden.jena.de"])
def test_without_tls_only_this_machine_is_served(origin: str) -> None:
    with pytest.raises(SettingsError):
        settings.read({"ADSTELLE_ORIGIN": origin})
    with pytest.raises(SettingsError):
        settings.read({"ADSTELLE_STAFF_ORIGIN": origin})


def test_tls_makes_cookies_secure() -> None:
    read = settings.read({"ADSTELLE_ORIGIN": "https://melden.jena.de"})

    assert read.is_secure(read.origin)
    assert not read.is_secure(read.staff_origin)


def test_a_value_of_the_wrong_kind_is_named_and_not_quoted() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.read({"ADSTELLE_DEMO": "quitegeheim"})
    assert "quitegeheim" not in str(caught.value)
    assert "ADSTELLE_DEMO" in str(caught.value)


def test_a_password_comes_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3:c@r/t\n", encoding="utf-8")
    read = settings.read(
        {
            "ADSTELLE_DSN": "postgresql://adstelle_public@database/adstelle",
            "ADSTELLE_DATABASE_PASSWORD_FILE": str(file),
        }
    )

    assert read.database() == "postgresql://adstelle_public:s3%3Ac%40r%2Ft@database/adstelle"


def test_a_missing_password_file_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        settings.read_secret(tmp_path / "secret-of-staff")
    assert "secret-of-staff" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_without_a_dsn_there_is_no_database() -> None:
    with pytest.raises(SettingsError, match="ADSTELLE_DSN"):
        settings.read({}).database()


def test_no_setting_turns_a_protection_off() -> None:
    names = set(settings.Settings.__struct_fields__)

    assert not {name for name in names if name.startswith(("no_", "disable", "insecure", "skip"))}


# Mail ----------------------------------------------------------------------------------------

FAR = {
    "ADSTELLE_STAFF_ORIGIN": "https://intern.example.org",
    "ADSTELLE_SMTP_HOST": "mail.example.org",
    "ADSTELLE_MAIL_FROM": "adstelle@example.org",
    "ADSTELLE_MAIL_OPERATOR": "betrieb@example.org",
    "ADSTELLE_MAIL_SECRET_FILE": "/run/secrets/mail",
}


def test_a_mail_server_elsewhere_is_spoken_to_over_tls_by_itself() -> None:
    read = settings.read(FAR)

    assert (read.smtp_host, read.smtp_tls, read.smtp_port) == ("mail.example.org", "starttls", None)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_everything_about_mail_can_be_said(tls: str) -> None:
    read = settings.read(
        FAR
        | {
            "ADSTELLE_SMTP_TLS": tls,
            "ADSTELLE_SMTP_PORT": "2525",
            "ADSTELLE_SMTP_CA_FILE": "/run/secrets/ca",
            "ADSTELLE_SMTP_USER": "adstelle",
            "ADSTELLE_SMTP_PASSWORD_FILE": "/run/secrets/smtp",
            "ADSTELLE_OPENPGP_KEY_FILE": "/run/secrets/key",
            "ADSTELLE_OPENPGP_PASSPHRASE_FILE": "/run/secrets/passphrase",
        }
    )

    assert (read.smtp_tls, read.smtp_port) == (tls, 2525)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_only_on_this_machine_mail_may_go_without_tls(host: str) -> None:
    plain = {**FAR, "ADSTELLE_SMTP_TLS": "none"}

    assert settings.read({**plain, "ADSTELLE_SMTP_HOST": host}).smtp_tls == "none"
    with pytest.raises(SettingsError, match="only for a mail server on this machine"):
        settings.read(plain)


NOTICE = {"ADSTELLE_NOTICE_KEY_FILE": "x", "ADSTELLE_NOTICE_FROM": "post@neutral.example"}


@pytest.mark.parametrize("link", ["", "https://neutral.example", "https://Neutral.example/"])
def test_a_mail_to_a_person_names_a_host_at_most(link: str) -> None:
    read = settings.read(FAR | NOTICE | {"ADSTELLE_NOTICE_LINK": link})
    assert read.notice_link == (link or None)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ADSTELLE_MAIL_FROM": ""}, "ADSTELLE_SMTP_HOST needs ADSTELLE_MAIL_FROM"),
        ({"ADSTELLE_MAIL_OPERATOR": ""}, "ADSTELLE_SMTP_HOST needs ADSTELLE_MAIL_OPERATOR"),
        ({"ADSTELLE_MAIL_SECRET_FILE": ""}, "ADSTELLE_SMTP_HOST needs ADSTELLE_MAIL_SECRET_FILE"),
        ({"ADSTELLE_SMTP_HOST": ""}, "ADSTELLE_MAIL_FROM needs ADSTELLE_SMTP_HOST"),
        ({"ADSTELLE_SMTP_USER": "x"}, "ADSTELLE_SMTP_USER needs ADSTELLE_SMTP_PASSWORD_FILE"),
        (
            {"ADSTELLE_SMTP_PASSWORD_FILE": "x"},
            "ADSTELLE_SMTP_PASSWORD_FILE needs ADSTELLE_SMTP_USER",
        ),
        (
            {"ADSTELLE_OPENPGP_PASSPHRASE_FILE": "x"},
            "ADSTELLE_OPENPGP_PASSPHRASE_FILE needs ADSTELLE_OPENPGP_KEY_FILE",
        ),
        (
            {"ADSTELLE_MAIL_FROM": "Amt <a@example.org>"},
            "ADSTELLE_MAIL_FROM is not a mail address",
        ),
        (
            {"ADSTELLE_MAIL_OPERATOR": "a@example.org\nBcc: b@example.org"},
            "ADSTELLE_MAIL_OPERATOR is not a mail address",
        ),
        (
            {"ADSTELLE_STAFF_ORIGIN": "http://localhost:8001"},
            "ADSTELLE_STAFF_ORIGIN stands in every mail: it cannot be this machine",
        ),
        (
            {
                "ADSTELLE_SMTP_HOST": "localhost",
                "ADSTELLE_SMTP_TLS": "none",
                "ADSTELLE_SMTP_CA_FILE": "x",
            },
            "ADSTELLE_SMTP_TLS=none does not need ADSTELLE_SMTP_CA_FILE",
        ),
        ({"ADSTELLE_SMTP_TLS": "maybe"}, "ADSTELLE_SMTP_TLS has a value that it cannot have"),
        ({"ADSTELLE_SMTP_PORT": "0"}, "ADSTELLE_SMTP_PORT has a value that it cannot have"),
        ({"ADSTELLE_SMTP_PORT": "smtp"}, "ADSTELLE_SMTP_PORT has a value that it cannot have"),
        (
            {"ADSTELLE_SMTP_HOST": "mail.example.org\n"},
            "ADSTELLE_SMTP_HOST has a value that it cannot have",
        ),
        (
            {"ADSTELLE_SMTP_HOST": "smtp://mail.example.org"},
            "ADSTELLE_SMTP_HOST has a value that it cannot have",
        ),
        (
            {"ADSTELLE_NOTICE_FROM": "a@b.example"},
            "ADSTELLE_NOTICE_FROM needs ADSTELLE_NOTICE_KEY_FILE",
        ),
        ({"ADSTELLE_NOTICE_KEY_FILE": "x"}, "ADSTELLE_NOTICE_KEY_FILE needs ADSTELLE_NOTICE_FROM"),
        ({"ADSTELLE_NOTICE_NAME": "x"}, "ADSTELLE_NOTICE_NAME needs ADSTELLE_NOTICE_FROM"),
        (NOTICE | {"ADSTELLE_NOTICE_FROM": "x"}, "ADSTELLE_NOTICE_FROM is not a mail address"),
        (
            NOTICE | {"ADSTELLE_NOTICE_NAME": "Post\nBcc: b@example.org"},
            "ADSTELLE_NOTICE_NAME has a value that it cannot have",
        ),
        *(
            (
                NOTICE | {"ADSTELLE_NOTICE_LINK": link},
                "ADSTELLE_NOTICE_LINK is more than https:// and a name",
            )
            for link in (
                "http://neutral.example",
                "https://neutral.example/de",
                "https://n.example/?a=1",
                "https://n.example#a",
                "https://a@n.example",
                "neutral.example",
            )
        ),
    ],
)
def test_what_does_not_fit_together_refuses_the_start(
    changed: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        settings.read(FAR | changed)
    assert str(caught.value) == sentence


def test_every_setting_of_mail_and_sign_in_is_part_of_a_rule() -> None:
    """A setting that is given without what it belongs to would be passed over in silence."""
    about_these = {
        name
        for name in settings.Settings.__struct_fields__
        if name.startswith(("smtp_", "mail_", "openpgp_", "notice_", "oidc_"))
    }

    assert about_these - {"smtp_tls"} == set(settings.NEEDED)


OIDC = {
    "ADSTELLE_OIDC_ISSUER": "https://anmelden.jena.de",
    "ADSTELLE_OIDC_CLIENT_ID": "adstelle",
    "ADSTELLE_OIDC_CLIENT_SECRET_FILE": "/run/secrets/oidc",
}


def test_an_identity_provider_is_whole_or_not_there() -> None:
    assert settings.read({}).oidc_issuer is None
    assert settings.read(OIDC | {"ADSTELLE_OIDC_FACTOR": "amr:mfa"}).oidc_factor == "amr:mfa"
    for left_out in OIDC:
        with pytest.raises(SettingsError, match=left_out):
            settings.read({name: value for name, value in OIDC.items() if name != left_out})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ADSTELLE_OIDC_ISSUER", "http://anmelden.jena.de"),
        ("ADSTELLE_OIDC_ISSUER", "anmelden.jena.de"),
        ("ADSTELLE_OIDC_FACTOR", "mfa"),
        ("ADSTELLE_OIDC_FACTOR", "sub:mfa"),
        ("ADSTELLE_OIDC_FACTOR", "amr:"),
    ],
)
def test_an_identity_provider_is_safe(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings.read(OIDC | {name: value})
