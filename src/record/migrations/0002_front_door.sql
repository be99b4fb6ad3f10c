-- A referral that is being written: sealed under a key of its own, which lies beside it sealed in its turn. It is no
-- part of the record: nothing of it was sent, so it has no entry in the log, and it goes when it is sent or grows old.
-- `referral` is what it became; the row then says so to whoever sends it twice.
CREATE TABLE draft (
    id TEXT NOT NULL PRIMARY KEY,
    organisation TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sealed_key BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    referral TEXT
) /* keyed */;

CREATE INDEX draft_of_organisation ON draft (organisation, changed_at);

-- Who is signed in: only the hash of what the browser holds, so that nobody who reads this can act as anyone.
-- `who` is a person's id, name, role and organisation, or what a sign-in under way must find again.
CREATE TABLE session (
    hash BYTEA NOT NULL PRIMARY KEY,
    who TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
) /* keyed */;
