"""A laptop that is killed while it takes photos in: what it reported is whole, and nothing is half."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gridworker.actions.photos import attach_photos, photos_of, read_original, take_in, want_original
from gridworker.actions.pictures import read_photo
from gridworker.db.blob_files import BlobFiles
from gridworker.db.blobs import waiting_blobs
from gridworker.db.database import Database
from gridworker.db.standing import exchanges
from gridworker.domain.attachments import Attachment
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.profiles import DATABASE, open_database, open_profile
from gridworker.sync.exchange import Progress
from gridworker.sync.session import Session
from gridworker.wire.blobs import blob_hash
from tests.actions.photo_files import photographed
from tests.db.laptop import look
from tests.faults.processes import ROOT, CentreProcess, enrolled

TAKES_IN = """
import sys
from pathlib import Path
from gridworker.actions.photos import take_in
from gridworker.domain.residents import Resident
from gridworker.profiles import open_profile
database = open_profile(Path(sys.argv[1]))
for name in sys.argv[3:]:
    touched = take_in(database, (Resident, sys.argv[2]), Path(name))
    print(*sorted(touched.ids), flush=True)
"""
ROUNDS = 4
PHOTOS = 5


def test_every_photo_that_was_reported_is_whole_after_a_kill(tmp_path: Path) -> None:
    profile, chance = tmp_path / "profile", random.Random()
    files = [photographed(tmp_path / f"{n}.jpg", (900, 600), seed=n) for n in range(ROUNDS * PHOTOS)]
    with closing(open_profile(profile)) as database:
        person = database.write(lambda tx: tx.create(Resident(name="王秀兰")))
    reported: set[str] = set()
    for start in range(0, len(files), PHOTOS):
        batch = [str(file) for file in files[start : start + PHOTOS]]
        reported |= taken_until_killed(profile, person, batch, chance.uniform(0, 0.25))
        with closing(open_profile(profile)) as database:
            photos = {each.id: each.record for each in look(database, photos_of, person)}
            assert reported <= photos.keys()
            assert_whole(database, list(photos.values()))
    assert len(reported) >= ROUNDS


def assert_whole(database: Database, photos: list[Attachment]) -> None:
    """Each photo's bytes are what its name says, and after the sweep of the start no file is nobody's."""
    for photo in photos:
        data = read_original(database, photo)
        assert data is not None
        assert blob_hash(data) == photo.sha256
    folder = BlobFiles(database.path)
    assert len(folder.names()) == len(photos)
    assert [name for name in folder.names() if not folder.has(name)] == []


def taken_until_killed(profile: Path, person: RecordId, files: list[str], after_s: float) -> set[str]:
    """Ids that a process had reported when it was killed, so many seconds after its first report."""
    command = [sys.executable, "-c", TAKES_IN, str(profile), person, *files]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(after_s)
        process.kill()
        lines = (first + process.stdout.read()).splitlines(keepends=True)
    return {id for line in lines if line.endswith("\n") for id in line.split()}


def test_a_kill_between_file_and_record_leaves_a_file_that_the_next_start_removes(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    photo = read_photo(photographed(tmp_path / "a.jpg", (640, 480)))
    with closing(open_profile(profile)) as database:
        person = database.write(lambda tx: tx.create(Resident(name="王秀兰")))
        take_in(database, (Resident, person), photographed(tmp_path / "b.jpg", (640, 480), seed=9))
        key = (profile / "key").read_text("ascii").strip()
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom gridworker.actions import photos\n"
        "from gridworker.actions.pictures import read_photo\nfrom gridworker.db.blob_files import BlobFiles\n"
        "from gridworker.domain.residents import Resident\nfrom gridworker.profiles import open_profile\n"
        "photos.attachment_of = lambda *_: os._exit(9)\n"
        "database = open_profile(Path(sys.argv[1]))\n"
        "database.write(photos.attach_photos, BlobFiles(database.path), (Resident, sys.argv[2]),"
        " [read_photo(Path(sys.argv[3]))])\n"
    )
    command = [sys.executable, "-c", script, str(profile), person, str(tmp_path / "a.jpg")]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    with closing(open_database(profile / DATABASE, bytes.fromhex(key))) as database:
        assert len(BlobFiles(database.path).names()) == 2
    with closing(open_profile(profile)) as database:
        assert len(BlobFiles(database.path).names()) == 1
        database.write(attach_photos, BlobFiles(database.path), (Resident, person), [photo])
        assert_whole(database, [each.record for each in look(database, photos_of, person)])


def test_photos_go_through_a_real_centre_that_is_killed_meanwhile(tmp_path: Path) -> None:
    """Over HTTP, by whole sessions: no exchange of records fails, and in the end the bytes are there."""
    centre = CentreProcess(tmp_path)
    centre.start()
    try:
        with closing(enrolled(tmp_path / "laptop", centre.url)) as database:
            person = database.write(lambda tx: tx.create(Resident(name="王秀兰")))
            for seed in range(3):
                file = photographed(tmp_path / f"{seed}.jpg", (2048, 1536), seed=seed)
                take_in(database, (Resident, person), file)
            exchange(database, lambda progress: centre.kill() if progress.phase == "photos" else None)
            assert look(database, waiting_blobs).photos > 0
            assert look(database, exchanges)[0].outcome == "ok"
            centre.start()
            exchange(database, lambda _progress: None)
            assert look(database, waiting_blobs).photos == 0
            with closing(enrolled(tmp_path / "other", centre.url)) as other:
                exchange(other, lambda _progress: None)
                for photo in look(other, photos_of, person):
                    assert read_original(other, photo.record) is None
                    other.write(want_original, BlobFiles(other.path), photo.id)
                exchange(other, lambda _progress: None)
                assert_whole(other, [photo.record for photo in look(other, photos_of, person)])
    finally:
        centre.stop()
    assert centre.violations() == []


def exchange(database: Database, on_progress: Callable[[Progress], object]) -> None:
    """A whole session."""
    Session(database, app="test").synchronise(on_progress)
