"""Promised names do what they did: the same scripts in the reference's interpreter and in ours.

A probe prints one line for each thing it tries. What ours prints is kept beside the other golden
files, so that the names are tested where the reference is not installed, too; where it is, both
have to print the same, apart from the listed lines.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.tests.support.daemon import REPOSITORY, reference_daemon

PROBES = Path(__file__).parent / "probes"
GOLDEN = Path(__file__).parents[1] / "golden" / "promised"
NAMES = sorted(path.stem for path in PROBES.glob("*.py") if path.stem != "probe")

DIFFERENCES = {
    "childutils": {
        "get_headers('a:b:c')": "values may hold colons (E16)",
        "get_headers('broken')": "the error says which token",
        "send letters": "the daemon counts the bytes of a result",
        "pcomm.send": "text streams take text (E15)",
        "sent": "text streams take text (E15)",
    },
    "datatypes": {
        """dict_of_key_value_pairs('"A"=b')""": "environment is read as 4.4 does (C32)",
        "colon_separated_user_group(':root')": "a group alone can be named",
        "inet_address('[::1]:9')": "IPv6 addresses are understood (C16)",
    },
    "loggers": {"getvalue without memory": "the error says why"},
    "names": {"tailFile(0, 1)": "half of a character is replaced instead of failing"},
    "rpc": {
        "Faults": "users may be forbidden what others may do",
        "listMethods": "what cannot be called is not listed",
        "methodHelp without docstring": "the text of nothing is empty",
    },
    "shell": {
        f"line('help {topic}')": "only what nobody has help on is told to have none"
        for topic in ("shout", "fail", "silent")
    },
    "follow": {"other scheme": "the error says what is wrong"},
}
"""By probe and label: why ours prints something else."""


def printed(probe: str, interpreter: Path | str, place: Path, *path: Path) -> list[str]:
    """Lines of a probe, standard error among them as it comes."""
    place.mkdir()
    done = subprocess.run(
        [str(interpreter), "-B", "-u", str(PROBES / f"{probe}.py")],
        cwd=place,
        env={
            "HOME": str(place),
            "LANG": "C.UTF-8",
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": ":".join(map(str, path)),
            "PYTHONSAFEPATH": "1",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=50,
        check=False,
    )
    text = done.stdout.decode().replace(str(place), "HERE")
    assert done.returncode == 0, text
    return text.splitlines()


def ours(probe: str, place: Path) -> list[str]:
    """What ours prints."""
    return printed(probe, sys.executable, place, PROBES, REPOSITORY)


def without(lines: list[str], labels: dict[str, str]) -> list[str]:
    """The lines that have to be the same."""
    return [line for line in lines if line.split(" -> ")[0] not in labels]


@pytest.mark.parametrize("probe", NAMES)
def test_promised_names_do_what_is_written_down(probe: str, tmp_path: Path) -> None:
    """Tier 1 and 2: what a name does never changes without being noticed."""
    assert ours(probe, tmp_path / "p") == (GOLDEN / f"{probe}.txt").read_text().splitlines()


@pytest.mark.reference
@pytest.mark.parametrize("probe", NAMES)
def test_promised_names_do_what_the_reference_does(probe: str, tmp_path: Path) -> None:
    """Whoever swaps the package keeps everything that plug-ins and scripts import."""
    reference = reference_daemon()
    if reference is None:
        if os.environ.get("CI") == "true":
            pytest.fail("the reference release is not installed")
        pytest.skip("the reference release is not installed")
    wanted = printed(probe, Path(reference[0]).parent / "python", tmp_path / "p", PROBES)
    found = (GOLDEN / f"{probe}.txt").read_text().splitlines()
    differences = DIFFERENCES.get(probe, {})
    assert without(found, differences) == without(wanted, differences)
    different = {line.split(" -> ")[0] for line in set(wanted) - set(found)}
    assert different == set(differences), "differences that are none any more"


def test_each_line_of_a_probe_has_its_own_label() -> None:
    """Otherwise a difference would be allowed that nobody thought of."""
    for probe in NAMES:
        lines = (GOLDEN / f"{probe}.txt").read_text().splitlines()
        labels = [line.split(" -> ")[0] for line in lines if " -> " in line]
        assert len(labels) == len(set(labels)), probe


if __name__ == "__main__":
    import tempfile

    # Writes down what is printed now; the diff says what has changed.
    for name in sys.argv[1:] or NAMES:
        with tempfile.TemporaryDirectory() as directory:
            lines = ours(name, Path(directory) / "p")
        (GOLDEN / f"{name}.txt").write_text("\n".join(lines) + "\n")
