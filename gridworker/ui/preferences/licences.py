"""The software of others that travels with the program, by the licence that each has."""

LICENCES: tuple[tuple[str, str], ...] = (
    ("LGPL-3.0", "Qt 6, PySide6"),
    (
        "MIT",
        ("SQLAlchemy, Alembic, Mako, openpyxl, et_xmlfile, python-calamine, platformdirs, cffi, pyrage"),
    ),
    (
        "BSD-3-Clause",
        "SQLCipher, msgspec, idna, zstandard, uuid-utils, psutil, portalocker, MarkupSafe, pycparser",
    ),
    ("Apache-2.0", "OpenSSL, cryptography"),
    ("MIT-CMU", "Pillow"),
    ("PSF-2.0", "Python, defusedxml, typing-extensions"),
    ("MPL-2.0", "certifi"),
    ("Zlib", "sqlcipher3"),
    ("Public Domain", "SQLite"),
)
