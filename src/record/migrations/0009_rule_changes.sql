-- Rules that authors change before they propose them: no part of the record, and nothing about a child. `authors` is a
-- JSON list of everybody who wrote any of it, `files` the whole rules folder, `evidence` what was worked out of
-- `evidence_of`, one of its versions. `mac` and the first bytes of `evidence` are keyed hashes, so that whoever can write
-- here but has not the keys makes nobody no author, and no change harmless. `change` is the rule change that it was proposed as, if it was. The steps of rule
-- changes themselves, and who the partners' delegates are, stand in the log of rules alone.
CREATE TABLE rule_draft (
    id TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    authors TEXT NOT NULL,
    files BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    evidence BYTEA,
    evidence_of BIGINT,
    change TEXT
) /* keyed */;
