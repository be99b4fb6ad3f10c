//! Earlier referrals of the same child: found by who looks for them at the front door, and told to nobody else.

use axum::http::StatusCode;
use serde_json::{Value, json};
use windscreen::access::{Operation, demonstration, permit};
use windscreen::record::case::Standing;

use super::{Ask, Kept, a_family, closed, opened};

on_both!(
    earlier_referrals_are_found_confirmed_and_counted,
    a_partner_sees_its_own_words_and_what_came_of_them,
    agencies_that_are_worried_are_counted_and_never_fewer,
);

/// The same child once more, as another organisation tells it.
fn again(received_at: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut referral = a_family();
    referral["received_at"] = received_at.into();
    referral["children"] = json!([referral["children"][0]]);
    change(&mut referral);
    referral
}

async fn earlier_referrals_are_found_confirmed_and_counted(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let manager = Ask { router: &router, who: "manager" };
    let mut ids = Vec::new();
    for (key, referral) in [
        // The same NHS number; the same name and birth date, written otherwise; two years ago; by a neighbour; another
        // child; and what came after.
        ("nhs", again("2026-02-01T10:00:00+00:00", |r| r["children"][0]["name"] = "Another Name".into())),
        (
            "name",
            again("2026-03-01T10:00:00+00:00", |r| {
                let child = r["children"][0].as_object_mut().unwrap();
                child.remove("nhs_number");
                child["name"] = "INVENTED  child".into();
            }),
        ),
        ("old", again("2024-03-01T10:00:00+00:00", |_| {})),
        ("neighbour", again("2026-04-01T10:00:00+00:00", |r| r["referrer"]["source_code"] = "1B".into())),
        (
            "other",
            again("2026-05-01T10:00:00+00:00", |r| {
                let child = r["children"][0].as_object_mut().unwrap();
                child.remove("nhs_number");
                child["date_of_birth"] = "2019-05-01".into();
            }),
        ),
        ("after", again("2026-11-23T11:00:00+00:00", |_| {})),
        ("now", again("2026-11-23T10:30:00+00:00", |_| {})),
    ] {
        let (status, receipt) = school.post("/v1/referrals", key, &referral).await;
        assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
        ids.push(receipt["id"].as_str().unwrap().to_owned());
    }
    // The first was accepted.
    let decision = json!({ "child": "A", "shown": 1, "level": 4, "view": "decides_higher", "outcome": "s17_assessment",
                           "reason": { "code": "KNOWN", "says": "Known here" },
                           "next_holder": { "organisation": "council:example" } });
    let (status, answer) = manager.post(&format!("/v1/referrals/{}/decisions", ids[0]), "d", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");

    let path = format!("/v1/referrals/{}/earlier", ids[6]);
    for who in ["school-system", "call-taker", "auditor", "information-governance"] {
        let (status, _) = Ask { router: &router, who }.get(&path).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{who}");
    }
    let (status, found) = manager.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{found:#}");
    let found = found["earlier"].as_array().unwrap();
    let told: Vec<(&str, Value)> =
        found.iter().map(|one| (one["referral"].as_str().unwrap(), one["agrees"].clone())).collect();
    assert_eq!(
        told,
        [
            (ids[2].as_str(), json!(["nhs_number", "name_and_birth_date"])),
            (ids[0].as_str(), json!(["nhs_number"])),
            (ids[1].as_str(), json!(["name_and_birth_date"])),
            (ids[3].as_str(), json!(["nhs_number", "name_and_birth_date"])),
        ]
    );
    assert_eq!(found[1]["outcome"], "s17_assessment");
    let keys: Vec<&String> = found[0].as_object().unwrap().keys().collect();
    let all = [
        "child",
        "referral",
        "agrees",
        "received_at",
        "agency",
        "source_code",
        "level",
        "outcome",
        "confirmed",
        "fills",
    ];
    assert_eq!(keys, all, "nothing of what was said");

    // Confirmed one by one, the record counts what was within the year, by professionals, and of incidents of their own.
    let confirm = |id: &str| format!("{path}/{id}");
    let body = json!({ "child": "A" });
    let (status, _) = manager.post(&confirm(&ids[4]), "x", &body).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "what does not match is not confirmed");
    for (id, body, contacts, accepted) in [
        (&ids[1], &body, 1, Value::Null),
        (&ids[2], &body, 1, Value::Null),
        (&ids[3], &body, 1, Value::Null),
        (&ids[0], &json!({ "child": "A", "same_incident": true }), 1, json!(true)),
    ] {
        let (status, confirmed) = manager.post(&confirm(id), id, body).await;
        assert_eq!(status, StatusCode::CREATED, "{confirmed:#}");
        let (_, read) = manager.get(&format!("/v1/referrals/{}", ids[6])).await;
        let facts = &read["said"].as_array().unwrap().last().unwrap()["request"]["children"][0]["facts"];
        assert_eq!(
            (facts["previous_contacts_12m"].as_i64(), &facts["previous_referral_12m"]),
            (Some(contacts), &accepted)
        );
        assert_eq!(confirmed["children"][0]["evaluation"]["conflicts"], json!([]), "{confirmed:#}");
    }
    let (status, again) = manager.post(&confirm(&ids[1]), "y", &body).await;
    assert_eq!((status, &again["errors"][0]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("confirmed-before")));
    // The same request again is its first answer.
    let (status, first) = manager.post(&confirm(&ids[1]), &ids[1], &body).await;
    assert_eq!((status, first["piece"].as_i64()), (StatusCode::CREATED, Some(2)));

    // Every look is an entry, and nothing of it goes to who referred.
    let (_, seen) = school.get(&format!("/v1/referrals/{}", ids[6])).await;
    let text = seen.to_string();
    assert!(!text.contains("previous_contacts_12m\":1") && !text.contains(&ids[1]), "{seen:#}");
    assert_eq!(seen["said"].as_array().unwrap().len(), 1);
    let checking = std::sync::Arc::clone(&record);
    let sound = tokio::task::spawn_blocking(move || {
        checking.sign_now().unwrap();
        let replayed = checking.replay(None).unwrap();
        assert!(replayed.differ.is_empty() && replayed.evaluations == 11, "{replayed:?}");
        let mut exported = Vec::new();
        checking.export(&mut exported).unwrap();
        let text = String::from_utf8(exported).unwrap();
        assert_eq!((text.matches("looked_up").count(), text.matches("same_child").count()), (1, 4));
        checking.verify(Vec::new()).unwrap()
    });
    assert!(sound.await.unwrap().is_ok());
    closed(record, router).await;
}

async fn a_partner_sees_its_own_words_and_what_came_of_them(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let school = Ask { router: &router, who: "school-system" };
    let manager = Ask { router: &router, who: "manager" };
    let referral = again("2026-11-23T10:30:00+00:00", |_| {});
    let (_, receipt) = school.post("/v1/referrals", "1", &referral).await;
    let path = format!("/v1/referrals/{}", receipt["id"].as_str().unwrap());
    let indicated = receipt["children"][0]["evaluation"]["at_least"]["rank"].clone();
    // What the police know is not the school's to read.
    let told = json!({ "said_by": { "agency": "police", "role": "officer" }, "kind": "check", "account": "CANARY-POLICE",
                       "children": [{ "ref": "A", "facts": { "immediate_danger_now": true } }] });
    let (_, informed) = manager.post(&format!("{path}/information"), "2", &told).await;
    assert_eq!(informed["children"][0]["evaluation"]["at_least"]["rank"], 5);
    let decision = json!({ "child": "A", "shown": 2, "level": 5, "view": "agrees", "outcome": "strategy_discussion",
                           "reason": { "code": "KNOWN", "says": "CANARY-REASON" },
                           "next_holder": { "organisation": "council:example" } });
    let (status, decided) = manager.post(&format!("{path}/decisions"), "3", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{decided:#}");
    let more = json!({ "said_by": { "role": "teacher" }, "account": "Tired again" });
    let (status, answered) = school.post(&format!("{path}/information"), "5", &more).await;
    assert_eq!(status, StatusCode::CREATED, "{answered:#}");
    assert_ne!(answered["children"][0]["evaluation"]["at_least"]["rank"], 5, "only what follows from its own words");
    let (_, once_more) = school.post(&format!("{path}/information"), "5", &more).await;
    assert_eq!(answered, once_more);
    let (_, seen) = school.get(&path).await;
    let text = format!("{seen} {answered}");
    for canary in ["CANARY-POLICE", "CANARY-REASON", "immediate_danger_now\":true"] {
        assert!(!text.contains(canary), "{canary}: {seen:#}");
    }
    assert_eq!(seen["at_least"], indicated, "{seen:#}");
    assert_eq!(seen["decisions"][0]["decided"]["outcome"], "strategy_discussion");
    let (_, list) = school.get("/v1/referrals").await;
    assert_eq!(list["referrals"][0]["at_least"], indicated);
    // Nor that somebody must answer sooner than its own words ask.
    let moment = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let respond_by = moment(&receipt["children"][0]["evaluation"]["respond_by"]);
    assert_eq!((moment(&seen["respond_by"]), moment(&list["referrals"][0]["respond_by"])), (respond_by, respond_by));
    assert!(moment(&informed["children"][0]["evaluation"]["respond_by"]) < respond_by);
    // The front door sees all of it.
    let (_, seen) = manager.get(&path).await;
    assert_eq!(seen["at_least"], 5);
    assert!(seen.to_string().contains("CANARY-POLICE") && seen.to_string().contains("CANARY-REASON"));
    // So do the lists of what came last: to each what it may see, and to another school nothing.
    let (_, later) = school.post("/v1/referrals", "6", &again("2026-11-24T10:30:00+00:00", |_| {})).await;
    let (_, between) = school.post("/v1/referrals", "7", &again("2026-11-23T22:30:00+00:00", |_| {})).await;
    let listing = std::sync::Arc::clone(&record);
    let listed = tokio::task::spawn_blocking(move || {
        ["manager", "school-system", "police-system"].map(|who| {
            let may_list = permit(demonstration(who).unwrap(), Operation::List).unwrap();
            let of = |standing, most| listing.list_newest(&may_list, standing, most).unwrap();
            let open: Vec<String> = of(Standing::Open, 2).into_iter().map(|one| one.id).collect();
            (open, of(Standing::AwaitingAcceptance, 9).into_iter().map(|one| one.at_least).collect::<Vec<_>>())
        })
    });
    let open = [&later, &between].map(|one| one["id"].as_str().unwrap().to_owned()).to_vec();
    let least = u8::try_from(indicated.as_u64().unwrap()).unwrap();
    assert_eq!(listed.await.unwrap(), [(open.clone(), vec![5]), (open, vec![least]), (Vec::new(), Vec::new())]);
    closed(record, router).await;
}

async fn agencies_that_are_worried_are_counted_and_never_fewer(kept: Kept) {
    let (_kept, record, router) = opened(kept).await;
    let triage = Ask { router: &router, who: "triage-worker" };
    let from = |agency: &'static str, month: &str| {
        again(&format!("2026-{month}-01T10:00:00+00:00"), move |referral| {
            referral["referrer"]["agency"] = agency.into();
            referral["referrer"].as_object_mut().unwrap().remove("source_code");
        })
    };
    let mut ids = Vec::new();
    for (key, agency, month) in [
        ("1", "police", "02"),
        ("2", "gp", "03"),
        ("3", "housing", "04"),
        ("4", "police", "05"),
        ("now", "school", "11"),
    ] {
        let (status, receipt) = triage.post("/v1/referrals", key, &from(agency, month)).await;
        assert_eq!(status, StatusCode::CREATED, "{receipt:#}");
        ids.push(receipt["id"].as_str().unwrap().to_owned());
    }
    let path = format!("/v1/referrals/{}", ids[4]);
    // A GP who found nothing is not worried; a health visitor who found something is.
    for (key, agency, facts) in [
        ("5", "midwife", json!({ "basic_care": "consistent" })),
        ("6", "public", json!({ "basic_care": "not_good_enough" })),
        ("7", "health_visitor", json!({ "basic_care": "not_good_enough" })),
    ] {
        let told = json!({ "said_by": { "agency": agency }, "children": [{ "ref": "A", "facts": facts }] });
        let (status, answer) = triage.post(&format!("{path}/information"), key, &told).await;
        assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    }
    let worried = |read: &Value| {
        let told = read["came_from"][0]["facts"].as_array().unwrap().clone();
        told.iter().find(|one| one["fact"] == "many_agencies_worried").map(|one| one["used"].clone())
    };
    let (_, read) = triage.get(&path).await;
    assert_eq!(worried(&read), None, "nobody said it, and nothing was confirmed");
    let fills = |found: &Value, id: &str| {
        let all = found["earlier"].as_array().unwrap();
        all.iter().find(|one| one["referral"] == id).unwrap()["fills"]["many_agencies_worried"].clone()
    };
    // School and health visitor, then police, GP, and housing about an incident of another's.
    for (place, body, expected) in [
        (0, json!({ "child": "A" }), 3),
        (1, json!({ "child": "A" }), 4),
        (2, json!({ "child": "A", "same_incident": true }), 4),
    ] {
        let id = &ids[place];
        let (_, found) = triage.get(&format!("{path}/earlier")).await;
        assert_eq!(fills(&found, id), json!(place + 3), "what a confirmation of its own would fill");
        let (status, answer) = triage.post(&format!("{path}/earlier/{id}"), id, &body).await;
        assert_eq!(status, StatusCode::CREATED, "{answer:#}");
        let (_, read) = triage.get(&path).await;
        assert_eq!(worried(&read), Some(json!(expected)), "{place}");
    }
    // Two of them are erased, and one more is confirmed: not fewer than were counted.
    let (erasing, gone) = (std::sync::Arc::clone(&record), [ids[0].clone(), ids[1].clone()]);
    let erase = move || {
        let governs = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
        for id in gone {
            erasing.erase(&governs, &id, windscreen::record::erase::Why::Request, windscreen::serving::now()).unwrap();
        }
    };
    tokio::task::spawn_blocking(erase).await.unwrap();
    let (status, answer) = triage.post(&format!("{path}/earlier/{}", ids[3]), "again", &json!({ "child": "A" })).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let (_, read) = triage.get(&path).await;
    assert_eq!(worried(&read), Some(json!(4)), "{read:#}");
    closed(record, router).await;
}
