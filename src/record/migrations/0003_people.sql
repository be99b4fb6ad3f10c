-- Who has signed in and may confirm a lower decision, so that whoever decides chooses a colleague and types no id.
-- Staff alone, as the identity provider names them; whoever has not signed in for long goes.
CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    organisation TEXT NOT NULL,
    seen_at BIGINT NOT NULL
) /* keyed */;
