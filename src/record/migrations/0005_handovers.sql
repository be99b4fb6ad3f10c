-- Which decisions give a child to which organisation, so that its people find what was handed to them. Only the last
-- decision about each child stands here; what it hands over is in its sealed body. `waits`: 1 until it is accepted.
-- All of it can be worked out again from the entries: the first start after this step does, and a verification.
CREATE TABLE handover (
    decision TEXT NOT NULL PRIMARY KEY,
    referral TEXT NOT NULL,
    organisation TEXT NOT NULL,
    outcome TEXT NOT NULL,
    waits BIGINT NOT NULL
) /* keyed */;

CREATE INDEX handover_of_organisation ON handover (organisation, waits, decision);
CREATE INDEX handover_by_outcome ON handover (outcome, waits, decision);
CREATE INDEX handover_of_referral ON handover (referral);

-- Transfers from other authorities that could not be taken, as they came: sealed under a key of their own until a person
-- has dealt with each, and some weeks longer. The log says that each was kept, why, and what became of it.
-- `hash` is keyed: it tells that the same file came again, and nothing else. `referral` is what it was entered as.
CREATE TABLE kept_transfer (
    id TEXT NOT NULL PRIMARY KEY,
    hash BYTEA NOT NULL,
    organisation TEXT NOT NULL,
    reason TEXT NOT NULL,
    kept_at BIGINT NOT NULL,
    dealt_with TEXT,
    dealt_at BIGINT,
    referral TEXT,
    sealed_key BYTEA NOT NULL,
    sealed BYTEA NOT NULL
) /* keyed */;

CREATE INDEX kept_transfer_by_hash ON kept_transfer (hash);
CREATE INDEX kept_transfer_of_referral ON kept_transfer (referral);
