CREATE TABLE device (
    device      BLOB PRIMARY KEY NOT NULL CHECK (length(device) = 16),
    public_key  BLOB NOT NULL CHECK (length(public_key) = 32),
    name        TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE envelope (
    device        BLOB NOT NULL REFERENCES device (device),
    sequence      INTEGER NOT NULL CHECK (sequence > 0),
    hash          BLOB NOT NULL CHECK (length(hash) = 32),
    kind          INTEGER NOT NULL,
    written_at    INTEGER NOT NULL,
    customer      BLOB,
    stored_at     INTEGER NOT NULL,
    clock_differs INTEGER NOT NULL,
    receipt       BLOB NOT NULL,
    body          BLOB NOT NULL,
    UNIQUE (device, sequence)
) STRICT;

CREATE INDEX envelope_customer ON envelope (customer, written_at) WHERE customer IS NOT NULL;
CREATE INDEX envelope_written ON envelope (written_at);

CREATE TABLE conflict (
    device   BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    seen_at  INTEGER NOT NULL,
    PRIMARY KEY (device, sequence, hash)
) STRICT, WITHOUT ROWID;
