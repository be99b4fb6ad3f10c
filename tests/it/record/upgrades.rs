//! Old and new programs over one database: side by side while the schema allows it, refused when it does not.

use windscreen::record::Record;
use windscreen::record::db::{Access, Db, DbError};
use windscreen::record::migrate::{Schema, migrate, schema};
use windscreen::serving::now;

use super::Kept;

fn with_setting(kept: &Kept, name: &'static str, value: &'static str) -> Result<Schema, DbError> {
    let mut db = Db::open(&kept.places.database, Access::Write)?;
    let put =
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    db.execute(put, &[name.into(), value.into()])?;
    schema(&mut db)
}

fn each_way(kept: &Kept) {
    assert!(schema(&mut Db::open(&kept.places.database, Access::Write).unwrap()).unwrap() == Schema::Empty);
    drop(kept.open());
    assert_eq!(migrate(&kept.places.database).unwrap(), Vec::<&str>::new(), "once is enough");
    // A newer program has been here, and says that this one may go on.
    assert_eq!(with_setting(kept, "schema", "5").unwrap(), Schema::Ready);
    drop(kept.open());
    // It says that this one may not.
    assert!(matches!(with_setting(kept, "oldest program", "5").unwrap(), Schema::TooNew(_)));
    let refused = Record::open(&kept.places, now()).expect_err("refused");
    assert!(refused.to_string().contains("needs a program that knows schema 5"), "{refused}");
    assert!(migrate(&kept.places.database).is_err());
    with_setting(kept, "oldest program", "1").unwrap();
    // An older program was here last: nothing is recorded before the step of its own.
    assert_eq!(with_setting(kept, "schema", "0").unwrap(), Schema::Behind(0));
    let refused = Record::open(&kept.places, now()).expect_err("refused");
    assert!(refused.to_string().contains("windscreen migrate"), "{refused}");
    assert!(migrate(&kept.places.database).is_err(), "a step that fails leaves everything as it was");
    assert_eq!(with_setting(kept, "schema", "4").unwrap(), Schema::Ready);
    drop(kept.open());
    // A step that is not the one that was applied.
    assert_eq!(with_setting(kept, "migration 1", "another").unwrap(), Schema::Changed("0001_record"));
    assert!(Record::open(&kept.places, now()).is_err());
}

#[test]
fn in_sqlite() {
    each_way(&Kept::in_sqlite());
}

#[test]
fn in_postgres() {
    each_way(&Kept::in_postgres());
}
