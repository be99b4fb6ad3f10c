-- The record, for both databases. Times are milliseconds since 1970; hashes, keys and bodies are bytes.
-- `/* keyed */` marks tables that are read by their key alone: SQLite keeps each as one tree, without a row number.

-- What there is one of: the schema's version, the oldest program it accepts, the installation's name.
CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) /* keyed */;

-- The head of each log. Whoever adds to a log holds its row, so that one line of entries comes out.
-- `frontier` is what RFC 6962 needs to go on: the roots of the complete subtrees.
CREATE TABLE log (
    name TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL CHECK (size >= 0),
    frontier BYTEA NOT NULL
) /* keyed */;

-- The entries. `leaf` is what the tree holds: no fact about a child. `body` is what was said or decided, sealed under
-- its referral's own key; it goes, with the referral's id, when the referral is erased. The leaf stays.
CREATE TABLE entry (
    log TEXT NOT NULL,
    place BIGINT NOT NULL CHECK (place >= 0),
    leaf TEXT NOT NULL,
    leaf_hash BYTEA NOT NULL,
    referral TEXT,
    body BYTEA,
    PRIMARY KEY (log, place)
) /* keyed */;

CREATE INDEX entry_of_referral ON entry (referral, place) WHERE referral IS NOT NULL;

-- The hash of every full tile, at its place in the tile above.
CREATE TABLE tile_hash (
    log TEXT NOT NULL,
    level BIGINT NOT NULL,
    place BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (log, level, place)
) /* keyed */;

-- Signed checkpoints: fixed points from which damage can be dated.
CREATE TABLE checkpoint (
    log TEXT NOT NULL,
    size BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (log, size)
) /* keyed */;

-- Where each referral stands, for lists. All of it can be worked out again from the entries, and a verification does.
-- `version` counts its entries: who adds one says which they had seen.
CREATE TABLE referral (
    id TEXT NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    organisation TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    respond_by BIGINT,
    version BIGINT NOT NULL,
    standing TEXT NOT NULL,
    at_least BIGINT NOT NULL,
    at_most BIGINT NOT NULL,
    decided_by TEXT
) /* keyed */;

CREATE INDEX referral_by_receipt ON referral (received_at, id);
CREATE INDEX referral_of_organisation ON referral (organisation, received_at, id);

-- The key of each referral, itself sealed under the installation's key. Destroying this row is what erases.
CREATE TABLE referral_key (
    referral TEXT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
) /* keyed */;

-- Keyed hashes of who a referral is about, to find earlier ones; they go when the referral goes.
CREATE TABLE match_key (
    hash BYTEA NOT NULL,
    referral TEXT NOT NULL,
    child BIGINT NOT NULL,
    PRIMARY KEY (hash, referral, child)
) /* keyed */;

CREATE INDEX match_key_of_referral ON match_key (referral);

-- What was asked under which `Idempotency-Key`, and the entry that answered it.
CREATE TABLE idempotency (
    key BYTEA NOT NULL PRIMARY KEY,
    request BYTEA NOT NULL,
    place BIGINT NOT NULL,
    at BIGINT NOT NULL
) /* keyed */;

CREATE INDEX idempotency_by_age ON idempotency (at);

-- Every rule set that ever evaluated, whole, so that it can run again.
CREATE TABLE rule_set (
    digest TEXT NOT NULL PRIMARY KEY,
    files BYTEA NOT NULL
) /* keyed */;
