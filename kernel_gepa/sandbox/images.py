"""Images for the Docker sandbox: one made of nothing but the host, and the names of those that are built."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kernel_gepa.errors import SandboxError
from kernel_gepa.ports import Mount

if TYPE_CHECKING:
    from docker import APIClient

NOBODY = 65534


DESCRIBED = Path(__file__).parents[2] / "sandboxes"
BUILT_PYTHON = "/opt/python3"  # every Dockerfile of ours lays a link there


@dataclass(frozen=True, slots=True)
class Image:
    """A name with its tag, what of the host has to be shown in it, and its own interpreter; None is the host's."""

    name: str
    mounts: tuple[Mount, ...] = ()
    python: str | None = None


def built(kind: str, described: Path = DESCRIBED) -> Image:
    """The image that `make images` builds from sandboxes/KIND. Whether it is there shows when it is used."""
    folder = described / kind
    if not (folder / "Dockerfile").is_file():
        raise SandboxError(
            f"there is no {folder / 'Dockerfile'}, so no image {kind!r}; images are built from the project's source: "
            'clone it and run "make images"'
        )
    return Image(content_image(folder), python=BUILT_PYTHON)


def content_image(folder: Path) -> str:
    """The name of the image that a folder describes: another Dockerfile, lock file or smoke kernel is another image."""
    found = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        found.update(f"\0{path.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return f"kernel-gepa/{folder.name}:{found.hexdigest()[:12]}"


def host_image(api: APIClient) -> Image:
    """Made when it is missing: it takes 0.1 s and no registry."""
    from docker.errors import DockerException

    content = _skeleton()
    repository, tag = "kernel-gepa/host", hashlib.sha256(content).hexdigest()[:12]
    name = f"{repository}:{tag}"
    try:
        if not api.images(name=name):
            api.import_image_from_data(content, repository=repository, tag=tag)
    except (DockerException, OSError) as error:
        raise SandboxError(f"docker image {name} cannot be made: {words(error)}") from error
    return Image(
        name, tuple(Mount(Path(p)) for p in ("/usr", *_SYSTEM) if not Path(p).is_symlink() and Path(p).is_dir())
    )


# With a merged /usr these are links into it. /sbin is a folder of the image's: the daemon mounts its init there.
_SYSTEM = ("/bin", "/lib", "/lib32", "/lib64")
_FOLDERS = ("dev", "etc", "home", "opt", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var", "var/tmp")
_FILES = ("/etc/ld.so.cache", "/etc/ld.so.conf")


@cache
def _skeleton() -> bytes:
    """An archive of empty folders, links into /usr, and what the loader reads. The same bytes for the same host."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:

        def add(name: str, *, content: bytes = b"", link: str = "", kind: bytes = tarfile.REGTYPE) -> None:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.size = kind, link, len(content)
            # What is mounted at a folder of an image takes over the rights of that folder.
            entry.mode = 0o644 if kind == tarfile.REGTYPE else 0o1777 if name == "tmp" else 0o755
            archive.addfile(entry, io.BytesIO(content))

        for folder in _FOLDERS:
            add(folder, kind=tarfile.DIRTYPE)
        for path in map(Path, _SYSTEM):
            if path.is_symlink():
                add(path.name, link=str(path.readlink()), kind=tarfile.SYMTYPE)
            elif path.is_dir():
                add(path.name, kind=tarfile.DIRTYPE)
        add("etc/passwd", content=f"root:x:0:0::/:/bin/sh\nnobody:x:{NOBODY}:{NOBODY}::/tmp:/bin/sh\n".encode())
        add("etc/group", content=f"root:x:0:\nnogroup:x:{NOBODY}:\n".encode())
        for path in [*map(Path, _FILES), *sorted(Path("/etc/ld.so.conf.d").glob("*.conf"))]:
            if path.is_file():
                add(str(path)[1:], content=path.read_bytes())
        for path in sorted(Path("/etc/alternatives").glob("*")):
            if path.is_symlink():
                add(str(path)[1:], link=str(path.readlink()), kind=tarfile.SYMTYPE)
    return written.getvalue()


def words(error: Exception) -> str:
    """The daemon's own explanation, without the address that was asked."""
    return str(getattr(error, "explanation", None) or error).strip()
