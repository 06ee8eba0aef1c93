"""Finding one person in several rows of a register, and laying those rows together."""

from collections.abc import Sequence

from gridworker.actions.imports.drafts import Draft

_Key = tuple[str, ...]


def merge_repeats(drafts: Sequence[Draft]) -> list[Draft]:
    """Each person once, in the order of the file; later rows fill the gaps of the first one.

    One person is: the same valid id number and name, or name and birth date with the same place or telephone.
    """
    kept: list[Draft] = []
    known: dict[_Key, Draft] = {}
    owners: dict[str, Draft] = {}
    for draft in drafts:
        keys = _keys(draft)
        first = next((known[key] for key in keys if key in known), None)
        if first is None or _different_people(first, draft):
            kept.append(draft)
            first = draft
        else:
            _merge(first, draft)
        for key in (*keys, *_keys(first)):
            known.setdefault(key, first)
        _name_shared_id(owners, first)
    return kept


def _keys(draft: Draft) -> list[_Key]:
    keys: list[_Key] = []
    if draft.valid_id:
        keys.append(("id", draft.valid_id, draft.name))
    birth = draft.values.get("birth")
    if birth:
        if draft.place:
            keys.append(("place", draft.name, birth, draft.place))
        keys.extend(("phone", draft.name, birth, phone) for phone in draft.phones)
    return keys


def _different_people(first: Draft, later: Draft) -> bool:
    return bool(first.valid_id and later.valid_id and first.valid_id != later.valid_id)


def _name_shared_id(owners: dict[str, Draft], draft: Draft) -> None:
    """One id number with two names is a typing mistake in one of the rows: both are named."""
    if not draft.valid_id:
        return
    owner = owners.setdefault(draft.valid_id, draft)
    if owner is not draft:
        owner.doubt("id_shared", "id_number", draft.valid_id)
        draft.doubt("id_shared", "id_number", draft.valid_id)


def _merge(first: Draft, later: Draft) -> None:
    first.rows.extend(later.rows)
    first.doubts.extend(doubt for doubt in later.doubts if doubt not in first.doubts)
    if later.valid_id and not first.valid_id:
        first.values.update(id_number=later.valid_id, id_state="ok")
    for field, value in later.values.items():
        _merge_field(first, field, value)
    if not first.place and later.place:
        first.at, first.place, first.address = later.at, later.place, later.address
    elif later.place and later.place != first.place:
        first.doubt("repeated_differs", "address", later.address)
    first.use = first.use or later.use


def _merge_field(first: Draft, field: str, value: object) -> None:
    held = first.values.setdefault(field, value)
    if held == value or field in ("id_number", "id_state"):
        return
    if field == "phones":
        first.values[field] = tuple(dict.fromkeys((*first.phones, *value)))  # type: ignore[misc]  # phones are a tuple
    elif field == "note":
        first.values[field] = held if str(value) in str(held) else f"{held};{value}"
    else:
        first.doubt("repeated_differs", field, value)
