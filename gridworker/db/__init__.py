"""The encrypted local database: one writer, documents with computed columns, the outbox, checkpoints."""
