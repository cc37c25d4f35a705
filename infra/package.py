"""`make package`: what is deployed, in one folder: sam.json (the whole template) and deployment.zip (the code).

Chalice makes the template and its part of the code from a staged copy; the libraries are added here, for Lambda's
platform and in the versions that the tests ran with. The same input gives the same bytes.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from infra.functions import overlay

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
STAGE = "hub"
BYTES_MAX = 50 * 1000 * 1000  # of the zip that Lambda takes directly
GLIBC = (2, 34)  # of Amazon Linux 2023, where Lambda's Python 3.12 and later run
PYTHONS = ((3, 11), (3, 12), (3, 13))
NOT_OURS = frozenset({"chalice"})  # Chalice puts its own small runtime into the zip; the package is its command line
SERVICES = frozenset(
    {"dynamodb", "sqs", "s3", "sns", "sesv2", "secretsmanager", "pinpoint-sms-voice-v2", "sts", "sso", "sso-oidc"}
)  # what botocore must describe
ALWAYS = 1980, 1, 1, 0, 0, 0  # the earliest time that a zip can hold
LEFT_OUT = re.compile(
    r"(^|/)(__pycache__|tests?|bin)/|\.(pyc|pyi|pyx|pxd|c|so\.dSYM)$|/RECORD$|\.built$|/direct_url\.json$"
)


class CannotPackage(Exception):
    """Whose fault it is and what to do."""


def main(out: Path) -> None:
    """Makes `out`/sam.json and `out`/deployment.zip. Raises `CannotPackage`."""
    python = sys.version_info[:2]
    check_machine(python)
    stage = out.parent / "stage"
    for folder in (out, stage):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    check_kernel(python)
    copy_code(stage)
    chalice_package(stage, out)
    libraries = out.parent / "libraries"
    install(libraries, python)
    archive = out / "deployment.zip"
    write_zip(archive, {**from_zip(archive), **from_folder(libraries)})
    check_size(archive)
    print(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB; {out / 'sam.json'}")


def check_machine(python: tuple[int, int]) -> None:
    """Only where the compiled parts will run in Lambda too. Raises `CannotPackage`."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise CannotPackage("the planner's kernel is compiled for the machine it is made on: package on Linux x86_64")
    if python not in PYTHONS:
        raise CannotPackage(f"Python {python[0]}.{python[1]} was never tried: use 3.12 or 3.13")
    if python < (3, 12):
        print("Good for trying out on this machine only: Lambda's Python 3.11 is too old a system for numpy's wheels.")


def check_kernel(python: tuple[int, int]) -> None:
    """The compiled kernel exists and asks for no newer C library than Lambda's. Raises `CannotPackage`."""
    tag = f"cpython-{python[0]}{python[1]}-x86_64-linux-gnu"
    kernel = ROOT / "chalicelib" / "transit" / "kernel" / f"single.{tag}.so"
    if not kernel.exists():
        raise CannotPackage(f"{kernel.name} is missing: run `make setup` first")
    needed = {(int(a), int(b)) for a, b in re.findall(rb"GLIBC_(\d+)\.(\d+)", kernel.read_bytes())}
    if max(needed, default=(0, 0)) > GLIBC:
        raise CannotPackage(f"{kernel.name} needs glibc {max(needed)}, Lambda has {GLIBC}: compile on an older system")


def copy_code(stage: Path) -> None:
    """The hub's own code and Chalice's configuration, and nothing else."""
    shutil.copy(ROOT / "app.py", stage)
    shutil.copytree(ROOT / ".chalice", stage / ".chalice", ignore=shutil.ignore_patterns("deployments", "deployed"))
    shutil.copytree(ROOT / "chalicelib", stage / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    (stage / "requirements.txt").write_text("")  # the libraries are ours to add


def chalice_package(stage: Path, out: Path) -> None:
    """Chalice's template, with ours merged into it, and its zip. Raises `CannotPackage`."""
    from app import app  # noqa: PLC0415 - the app is asked for its handlers only when packaging

    merge = stage.parent / "merge.json"
    merge.write_text(json.dumps(overlay(app), indent=1))
    run(
        [
            str(Path(sys.executable).with_name("chalice")),
            "package",
            "--stage",
            STAGE,
            "--merge-template",
            str(merge),
            str(out),
        ],
        stage,
    )


def install(folder: Path, python: tuple[int, int]) -> None:
    """The libraries of requirements.txt for Lambda, and those that they need in the versions installed here."""
    shutil.rmtree(folder, ignore_errors=True)
    wanted = folder.parent / "requirements.txt"
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    wanted.write_text("\n".join(line for line in lines if line.split("==")[0].strip() not in NOT_OURS) + "\n")
    pins = folder.parent / "constraints.txt"
    pins.write_text("\n".join(sorted(f"{one.name}=={one.version}" for one in distributions())) + "\n")
    command = [str(Path(sys.executable).with_name("uv")), "pip", "install", "-q", "--target", str(folder)]
    command += ["--python-platform", "x86_64-manylinux_2_28"]
    command += ["--python-version", f"{python[0]}.{python[1]}", "--only-binary", ":all:", "--link-mode", "copy"]
    run([*command, "-r", str(wanted), "-c", str(pins)], folder.parent)


def run(command: list[str], folder: Path) -> None:
    """Runs a command. Raises `CannotPackage` with what it said."""
    environment = os.environ | {"AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", "eu-central-1")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotPackage(f"{' '.join(command[:4])} failed:\n{done.stdout}{done.stderr}")


def belongs(name: str) -> bool:
    """Whether a file goes into the zip. botocore's descriptions of 400 services are 90 % of its size; we need few."""
    described = re.match(r"botocore/data/([^/]+)/", name)
    return not LEFT_OUT.search(name) and (described is None or described[1] in SERVICES)


def from_zip(archive: Path) -> dict[str, bytes]:
    """Name → content of Chalice's zip."""
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist() if not name.endswith("/") and belongs(name)}


def from_folder(folder: Path) -> dict[str, bytes]:
    """Name → content of the installed libraries."""
    return {name: path.read_bytes() for name, path in files_of(folder) if belongs(name)}


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file below a folder, with its name from there."""
    return ((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())


def write_zip(archive: Path, content: dict[str, bytes]) -> None:
    """A zip whose bytes depend on its content only."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, ALWAYS)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(entry, content[name])


def check_size(archive: Path) -> None:
    """Raises `CannotPackage` when Lambda would not take it."""
    if archive.stat().st_size > BYTES_MAX:
        raise CannotPackage(f"{archive} has {archive.stat().st_size} bytes, more than {BYTES_MAX}: what grew?")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).resolve())
    except CannotPackage as error:
        sys.exit(str(error))
