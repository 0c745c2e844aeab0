"""docs/new-city.md can be followed literally: its blocks run one after the other in a checkout."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from adstelle.city import FILES, load_city
from adstelle.routing_table import MARK

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "new-city.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the guide was followed."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "src").symlink_to(ROOT / "src")
    known = {name: value for name, value in os.environ.items() if not name.startswith("ADSTELLE_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{known['PATH']}"
    for block in BLOCKS:
        done = subprocess.run(  # what our own guide says
            ["/bin/bash", "-e", "-c", block],
            cwd=folder,
            env=known | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, block + done.stdout + done.stderr
    return folder


def test_the_guide_leads_to_a_city_of_its_own(checkout: Path) -> None:
    city = load_city(checkout / "staedte" / "neustadt")

    assert city.code == "neustadt"
    assert (city.office, city.territories["neustadt"]) == ("ads_neustadt", "city")
    assert "jena" not in city.codes.territory


def test_what_is_to_be_read_was_written(checkout: Path) -> None:
    assert "<table" in (checkout / "regeln.html").read_text(encoding="utf-8")
    assert (checkout / "regeln.csv").read_text(encoding="utf-8").startswith(MARK)


def test_the_guide_names_every_file_of_a_city() -> None:
    for name in FILES:
        assert f"`{name}.toml`" in GUIDE
