"""Compiles the English fragments of resources/po/en into the one catalogue that the program reads."""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
FRAGMENTS = ROOT / "gridworker" / "resources" / "po" / "en"
CATALOGUE = ROOT / "gridworker" / "resources" / "locale" / "en" / "LC_MESSAGES" / "gridworker.mo"


def merged(fragments: Path) -> Catalog:
    """All fragments as one catalogue; of a text that stands in two fragments the first one counts."""
    whole = Catalog(locale="en")
    for path in sorted(fragments.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="en", abort_invalid=True):
                if message.id and whole.get(message.id, message.context) is None:
                    whole.add(message.id, message.string, context=message.context)
    return whole


def main() -> None:
    """Write the catalogue beside the old one and put it in its place at once."""
    catalogue = merged(FRAGMENTS)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    fresh = CATALOGUE.with_suffix(".new")
    with fresh.open("wb") as file:
        write_mo(file, catalogue)
    fresh.replace(CATALOGUE)
    sys.stdout.write(f"{len(catalogue)} English texts\n")


if __name__ == "__main__":
    main()
