"""What people do: a table of actions with weights, each through the product's own transactions."""

from collections.abc import Callable
from typing import Any, NamedTuple

from gridworker.actions.visits import VisitDraft, record_visit
from gridworker.db.transaction import Transaction
from gridworker.domain.care import CareProfile
from gridworker.domain.cases import Case
from gridworker.domain.disputes import Dispute, choices_of
from gridworker.domain.records import R, Record, RecordId, ScopeId, Stored
from gridworker.domain.residents import Resident
from gridworker.domain.transitions import steps_from
from gridworker.domain.visits import Visit
from gridworker.wire.messages import Grant
from tests.faults.simulator.device import Device
from tests.faults.simulator.photos import look_closer, photograph

Write = Callable[[Transaction], object]
PLAIN_FIELDS = ("name", "note", "address")
STATUSES = ("active", "moved_out", "deceased", "away")
CARE_GROUPS = ("elder_alone", "disabled", "low_income", "empty_nest", "child")
DELETED_KEPT = 40
BUSY, FEW = 0.5, 3


class Act(NamedTuple):
    """One thing that people do: its name, how often, and the write it comes to (None: nothing to do)."""

    name: str
    weight: int
    plan: Callable[[Device, Transaction], object]


def live(device: Device, *, window: Any = None) -> str:
    """The user does one thing; what he was told, or empty."""
    act = device.world.rng.choices(ACTS, [act.weight for act in ACTS])[0]
    return perform(device, act, window=window)


def perform(device: Device, act: Act, *, window: Any = None) -> str:
    """Do one action of the table in one transaction."""
    told = device.save(lambda tx: act.plan(device, tx), window=window)
    device.world.acts[act.name if not told else f"{act.name}: {told}"] += 1
    device.world.note(f"{device.name} {act.name} {told}")
    return told


# ------------------------------------------------------------------------------------------ what is there


def any_grant(device: Device, tx: Transaction) -> Grant | None:
    """One of the grids of the user."""
    grants = [grant for grant in tx.me.grants if grant.scope.startswith("g:")]
    return device.world.rng.choice(grants) if grants else None


def any_of(device: Device, tx: Transaction, kind: type[R]) -> Stored[R] | None:
    """One of the records on the laptop, often one of a few that everybody is busy with."""
    found = sorted(tx.all(kind), key=lambda stored: stored.id)
    if device.world.chance(BUSY):
        found = found[-FEW:]
    return device.world.rng.choice(found) if found else None


# --------------------------------------------------------------------------------------------- the actions


def meet_somebody_new(device: Device, tx: Transaction) -> None:
    """A resident who was not known."""
    grant = any_grant(device, tx)
    if grant:
        words = device.world.words
        tx.create(
            Resident(name=words(grant.scope, "王"), note=words(grant.scope)), scope=ScopeId(grant.scope)
        )


def correct(device: Device, tx: Transaction) -> None:
    """Other values of some fields of a resident."""
    found = any_of(device, tx, Resident)
    if found is None:
        return
    rng, words = device.world.rng, device.world.words
    fields: dict[str, Any] = {
        name: words(found.scope) for name in rng.sample(PLAIN_FIELDS, rng.randint(1, 2))
    }
    if device.world.chance(0.3):
        fields["phones"] = (f"139{rng.randrange(10**8):08d}",)
    if device.world.chance(0.2):
        fields["status"] = rng.choice(STATUSES)
    tx.change(Resident, found.id, **fields)


def visit(device: Device, tx: Transaction) -> None:
    """A visit of one to three people, of one grid or of several, sometimes with a hazard."""
    people = list(tx.all(Resident))
    if not people:
        return
    rng = device.world.rng
    met = rng.sample(people, min(len(people), rng.choice((1, 1, 2, 3))))
    scopes = {person.scope for person in met}
    met = [person for person in met if person.scope == met[0].scope] if len(scopes) > 1 else met
    hazard = device.world.words(met[0].scope, "电线") if device.world.chance(0.2) else ""
    draft = VisitDraft(
        resident_ids=tuple(person.id for person in met),
        note=device.world.words(met[0].scope),
        hazard=hazard,
        visited_ms=tx.now_ms,
    )
    record_visit(tx, draft)


def take_in_a_family(device: Device, tx: Transaction) -> None:
    """Several new people in one go: a group of operations."""
    grant = any_grant(device, tx)
    if grant:
        scope, words = ScopeId(grant.scope), device.world.words
        for _ in range(device.world.rng.randint(2, 5)):
            tx.create(Resident(name=words(scope, "李")), scope=scope)


def correct_several(device: Device, tx: Transaction) -> None:
    """The same remark on several people: a group of patches."""
    people = list(tx.all(Resident))
    for person in device.world.rng.sample(people, min(len(people), 4)):
        tx.change(Resident, person.id, note=device.world.words(person.scope, "楼道"))


def care_for(device: Device, tx: Transaction) -> None:
    """A care profile, or other groups in one."""
    rng = device.world.rng
    profile = any_of(device, tx, CareProfile)
    if profile is None or device.world.chance(0.3):
        person = any_of(device, tx, Resident)
        if person:
            groups = tuple(rng.sample(CARE_GROUPS, 2))
            note = device.world.words(person.scope)
            tx.create(CareProfile(resident_id=person.id, groups=groups, note=note), scope=person.scope)
        return
    groups = tuple(rng.sample(CARE_GROUPS, rng.randint(0, 3)))
    tx.change(CareProfile, profile.id, groups=groups)


def report(device: Device, tx: Transaction) -> None:
    """A case."""
    grant = any_grant(device, tx)
    if grant:
        words = device.world.words
        case = Case(
            title=words(grant.scope, "事"),
            category="C0501",
            found_ms=tx.now_ms,
            text=words(grant.scope),
            worker_id=tx.me.user_id,
        )
        tx.create(case, scope=ScopeId(grant.scope))


def take_a_step(device: Device, tx: Transaction) -> None:
    """A legal step of a case or of a visit's review, with what it must bring."""
    kind: type[Case] | type[Visit] = device.world.rng.choice((Case, Case, Visit))
    found = any_of(device, tx, kind)
    if found is None:
        return
    steps = steps_from(kind.kind, str(found.record.state), tx.me.role_in(found.scope))
    if steps:
        step = device.world.rng.choice(steps)
        fields = {name: device.world.words(found.scope) for name in step.required}
        tx.move(kind, found.id, step.target, **fields)


def delete_somebody(device: Device, tx: Transaction) -> None:
    """A record is taken out of view; whether for everybody is the centre's to say."""
    kind: type[Record] = device.world.rng.choice((Resident, Resident, Case))
    found = any_of(device, tx, kind)
    if found is not None:
        tx.delete(kind, found.id, why="重复")
        device.world.deleted.append((kind.kind, found.id, found.scope))
        del device.world.deleted[:-DELETED_KEPT]


def bring_back(device: Device, tx: Transaction) -> None:
    """Somebody wants a deleted record back; whether it is deleted, the centre knows."""
    mine = {grant.scope for grant in tx.me.grants}
    known = [one for one in device.world.deleted if one[2] in mine]
    if known:
        kind, id, scope = device.world.rng.choice(known)
        here = tx.rows_of("SELECT 1 FROM outbox WHERE entity_id=?", (id,))
        if not here:
            tx._collect(tx._operation(kind, RecordId(id), scope, "undelete"))


def move_to_another_grid(device: Device, tx: Transaction) -> None:
    """Somebody moves house: a leader hands him and all that tells of him to another grid."""
    found = any_of(device, tx, Resident)
    if found is not None and found.rev is not None:
        target = device.world.rng.choice([grid for grid in device.world.grids() if grid != found.scope])
        parts = {"base_rev": found.rev, "source": found.scope, "target": target}
        tx._collect(tx._operation("resident", found.id, found.scope, "move", **parts))


def take_for_one(device: Device, tx: Transaction) -> None:
    """Two records are one person."""
    people = [person for person in tx.all(Resident) if person.rev is not None]
    if len(people) > 1:
        loser, survivor = device.world.rng.sample(people, 2)
        tx.merge(Resident, loser.id, survivor.id, why="同一人")
        device.world.merged.append((loser.id, survivor.id, survivor.scope))


def take_apart(device: Device, tx: Transaction) -> None:
    """Two records were two people after all."""
    here = {person.id for person in tx.all(Resident)}
    known = [one for one in device.world.merged if one[1] in here]
    if known:
        loser, survivor, _ = device.world.rng.choice(known)
        tx.unmerge(Resident, RecordId(loser), RecordId(survivor), why="不是同一人")


def decide(device: Device, tx: Transaction) -> None:
    """A decision about something that people said differently, or that was held."""
    open_ones = [one for one in tx.all(Dispute) if one.rev is not None and choices_of(one.record.sort)]
    if open_ones:
        matter = device.world.rng.choice(open_ones)
        choice = device.world.rng.choice(choices_of(matter.record.sort))
        value = device.world.words(matter.scope) if choice == "value" else None
        tx.resolve(matter.id, choice, value=value)
        device.world.ledger.scopes[matter.record.target_id].add(matter.scope)


ACTS = (
    Act("meet_somebody_new", 12, meet_somebody_new),
    Act("correct", 26, correct),
    Act("visit", 16, visit),
    Act("take_in_a_family", 3, take_in_a_family),
    Act("correct_several", 4, correct_several),
    Act("care_for", 8, care_for),
    Act("report", 8, report),
    Act("take_a_step", 16, take_a_step),
    Act("delete", 4, delete_somebody),
    Act("bring_back", 4, bring_back),
    Act("move_to_another_grid", 3, move_to_another_grid),
    Act("take_for_one", 3, take_for_one),
    Act("take_apart", 2, take_apart),
    Act("decide", 8, decide),
    Act("photograph", 8, photograph),
    Act("look_closer", 4, look_closer),
)
BRING_BACK = next(act for act in ACTS if act.name == "bring_back")


def perform_on(device: Device, stored: Stored[Resident], what: str) -> str:
    """Delete or edit one resident where it is known; what the user was told, or empty."""
    note = device.world.words(stored.scope, "改")

    def write(tx: Transaction) -> None:
        if what == "delete":
            tx.delete(Resident, stored.id, why="重复")
        else:
            tx.change(Resident, stored.id, note=note)

    return device.save(write)
