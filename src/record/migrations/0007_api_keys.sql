-- Keys by which partners' systems are known: only the hash of each, so that nobody who reads this can call as anyone.
-- `organisations` is a JSON list. No part of a backup: one that was put back would bring back what was revoked since.
CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    hash BYTEA NOT NULL,
    client TEXT NOT NULL,
    role TEXT NOT NULL,
    organisations TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    revoked_at BIGINT
) /* keyed */;

CREATE INDEX api_key_of_client ON api_key (client, made_at);
