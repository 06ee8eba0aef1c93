"""Where the centre's commands find attachments' bytes."""

import argparse
from pathlib import Path

from gridworker.i18n import _
from gridworker.server.blob_folder import BlobShelf, FolderShelf
from gridworker.server.local import LocalServer


def takes_blobs(parser: argparse.ArgumentParser) -> None:
    """Add the folder of attachments' bytes to a command."""
    parser.add_argument("--blobs", type=Path, help=_("附件文件夹；默认在数据库旁边"))


def shelf_of(server: LocalServer, folder: Path | None) -> BlobShelf:
    """Where a command finds attachments' bytes: in the folder that was named, or beside the database."""
    return FolderShelf(folder) if folder else server.blobs
