"""Saving a person: the home changes only with the address, also where two estates have the same room."""

from gridworker.actions.residents import ResidentDraft, add_resident, correct_resident, rooms_meant
from gridworker.domain.addresses import parse_address
from gridworker.domain.records import RecordId
from gridworker.domain.residents import Resident
from tests.ui.residents.village import Village
from tests.ui.visits.grid import Office


def draft_of(record: Resident, **changes: object) -> ResidentDraft:
    """The form of somebody, with changes."""
    names = ResidentDraft.__struct_fields__
    return ResidentDraft(**{**{name: getattr(record, name) for name in names}, **changes})


def home(record: Resident) -> tuple[object, ...]:
    """Where somebody lives."""
    return record.room_id, record.building_id, record.household_id, record.place


def correct(office: Office, id: RecordId, draft: ResidentDraft) -> None:
    """Save the form of somebody."""
    office.database.write(correct_resident, id, draft)


def test_a_note_does_not_take_somebody_out_of_a_room_that_two_estates_have(
    office: Office, village: Village
) -> None:
    before = village.resident(village.sun)
    correct(office, village.sun, draft_of(before, note="耳背"))
    after = village.resident(village.sun)
    assert home(after) == home(before)
    assert (after.note, after.address) == ("耳背", before.address)


def test_an_address_that_two_estates_share_is_no_reason_to_lose_the_home(
    office: Office, village: Village
) -> None:
    id = village.live("周甲", "3-2-501", address="3栋2单元501")
    before = village.resident(id)
    correct(office, id, draft_of(before, status="away"))
    after = village.resident(id)
    assert home(after) == home(before)
    assert after.status == "away"


def test_a_note_does_not_take_somebody_out_of_one_of_two_households(office: Office, village: Village) -> None:
    before = village.resident(village.li)
    correct(office, village.li, draft_of(before, note="耳背"))
    assert home(village.resident(village.li)) == home(before)


def test_whoever_moves_gets_the_room_and_the_only_household_there(office: Office, village: Village) -> None:
    correct(office, village.shan, draft_of(village.resident(village.shan), address="幸福里3栋2单元302"))
    moved = village.resident(village.shan)
    assert home(moved) == home(village.resident(village.zhao))


def test_the_estate_decides_between_rooms_of_the_same_number(office: Office, village: Village) -> None:
    correct(office, village.shan, draft_of(village.resident(village.shan), address="阳光花园3-2-501"))
    assert village.resident(village.shan).room_id == village.twin_room
    rooms = office.desk.look(rooms_meant, parse_address("3-2-501"))
    assert len(rooms) == 2


def test_an_ambiguous_or_unknown_address_is_kept_as_text(office: Office, village: Village) -> None:
    for text in ("3-2-501", "3-9-901", "村东头大槐树旁"):
        correct(office, village.shan, draft_of(village.resident(village.shan), address=text))
        person = village.resident(village.shan)
        assert (person.room_id, person.household_id) == (None, None)
    assert village.resident(village.shan).address == "村东头大槐树旁"


def test_a_better_written_address_of_the_same_room_keeps_the_household(
    office: Office, village: Village
) -> None:
    before = village.resident(village.li)
    correct(office, village.li, draft_of(before, address="幸福里 三号楼二门501室"))
    after = village.resident(village.li)
    assert (after.room_id, after.household_id) == (before.room_id, before.household_id)


def test_a_new_person_gets_the_id_that_was_chosen_for_him(office: Office, village: Village) -> None:
    draft = ResidentDraft(name="周 甲", address="3栋2单元502", phones=("13900139111",))
    office.database.write(add_resident, draft, id=RecordId("chosen"))
    person = village.resident(RecordId("chosen"))
    assert (person.name, person.room_id) == ("周甲", village.rooms["3-2-502"])


def test_nothing_that_did_not_change_is_written(office: Office, village: Village) -> None:
    before = village.resident(village.wang)
    touched = office.database.write(correct_resident, village.wang, draft_of(before))
    assert touched.ids == frozenset()
