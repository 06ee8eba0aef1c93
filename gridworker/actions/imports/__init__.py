"""The import of resident registers: a messy workbook becomes drafts, a preview and one batch."""
