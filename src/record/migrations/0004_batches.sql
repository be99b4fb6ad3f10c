-- Files of notifications: what each became. All of it but the keyed hash can be worked out again from the entries, and
-- a verification does. What was in a file is sealed in entries, under keys that lie among the referrals' keys: one of
-- the batch, with the rows that could not be mapped, and one of the file as it came, which goes earlier.
-- `hash` is keyed: the same file of the same sender is the same batch. `waiting` counts rows that nobody dealt with.
CREATE TABLE batch (
    id TEXT NOT NULL PRIMARY KEY,
    organisation TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    hash BYTEA NOT NULL UNIQUE,
    mapping TEXT NOT NULL,
    parts BIGINT NOT NULL,
    waiting BIGINT NOT NULL,
    version BIGINT NOT NULL
) /* keyed */;

CREATE INDEX batch_by_receipt ON batch (received_at, id);

-- Which referral each part of a batch became. One that was erased leaves its row without it, so that the same file sent
-- again does not bring it back.
CREATE TABLE batch_referral (
    batch TEXT NOT NULL,
    part BIGINT NOT NULL,
    referral TEXT,
    PRIMARY KEY (batch, part)
) /* keyed */;

CREATE INDEX batch_of_referral ON batch_referral (referral) WHERE referral IS NOT NULL;
