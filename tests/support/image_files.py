"""What is in an image, file by file."""

import hashlib
import subprocess
import tarfile
from dataclasses import dataclass

from deploy.docker.engine import docker


@dataclass(frozen=True, slots=True)
class File:
    """Everything about a file but when it was written. `content` is a SHA-256 digest, or where a link goes."""

    kind: bytes
    mode: int
    owner: tuple[int, int]
    size: int
    content: str
    text: bytes | None = None


def files_of(image: str, *, keep: str = "\0") -> dict[str, File]:
    """By path, without the leading slash; the bytes of those whose path ends with `keep` are kept as `text`."""
    container = docker("create", image)
    try:
        with (
            subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export,
            tarfile.open(fileobj=export.stdout, mode="r|") as tar,
        ):
            return {entry.name: _file(tar, entry, keep) for entry in tar}
    finally:
        docker("rm", container)


def _file(tar: tarfile.TarFile, entry: tarfile.TarInfo, keep: str) -> File:
    opened = tar.extractfile(entry) if entry.isreg() else None
    read = opened.read() if opened else None
    content = hashlib.sha256(read).hexdigest() if read is not None else entry.linkname
    text = read if entry.name.endswith(keep) else None
    return File(entry.type, entry.mode, (entry.uid, entry.gid), entry.size, content, text)
