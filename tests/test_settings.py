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


def test_a_value_of_the_wrong_kind_is_not_quoted() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.read({"ADSTELLE_DEMO": "quitegeheim"})
    assert "quitegeheim" not in str(caught.value)


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
