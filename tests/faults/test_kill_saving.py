"""A laptop that is killed while it saves keeps everything that it reported as saved, and nothing half."""

import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from gridworker.db.enrolment import store_enrolment
from gridworker.db.reader import Reader
from gridworker.db.standing import standing
from gridworker.domain.cases import Case
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from gridworker.domain.visits import Visit
from gridworker.profiles import open_profile
from tests.db.laptop import PaperCentre, assert_chained, assert_consistent, enrolment, look
from tests.faults.processes import ROOT

SAVES = """
import sys
from pathlib import Path
from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.profiles import open_profile
database = open_profile(Path(sys.argv[1]))
while True:
    draft = VisitDraft(resident_ids=(sys.argv[2],), note="很长的备注" * 200, hazard="楼道堆物")
    touched = database.write(record_visit, draft)
    print(*sorted(touched.ids), flush=True)
"""
ROUNDS = 12


def test_what_was_reported_as_saved_survives_a_kill(tmp_path: Path) -> None:
    profile, chance = tmp_path / "profile", random.Random()
    with closing(open_profile(profile)) as database:
        database.write(store_enrolment, enrolment("grid_worker"), "http://127.0.0.1:9")
        person = database.write(lambda tx: tx.create(Resident(name="王秀兰")))
    reported: set[str] = set()
    for _ in range(ROUNDS):
        reported |= saved_until_killed(profile, person, chance.uniform(0.02, 0.3))
        with closing(open_profile(profile)) as database:
            found = look(database, lambda reader: {stored.id for stored in reader.all(Visit)})
            visits = len(found)
            assert reported <= found | look(database, case_ids)
            assert len(look(database, case_ids)) == visits
            assert look(database, standing).waiting == 1 + 2 * visits
            assert 0 <= 2 * visits - len(reported) <= 2 * ROUNDS
            assert_consistent(database)
            assert_chained(PaperCentre(database).waiting())
    assert len(reported) > 2 * ROUNDS


def case_ids(reader: Reader) -> set[str]:
    """The cases that the hazards of visits became."""
    return {stored.id for stored in reader.all(Case)}


def saved_until_killed(profile: Path, person: RecordId, after_s: float) -> set[str]:
    """Ids that a saving process had reported when it was killed, so many seconds after its first report."""
    command = [sys.executable, "-c", SAVES, str(profile), person]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(after_s)
        process.kill()
        lines = (first + process.stdout.read()).splitlines(keepends=True)
    return {id for line in lines if line.endswith("\n") for id in line.split()}
