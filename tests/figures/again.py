"""Reckons a month's figures again from the same children, in another language and by other ways, and compares each.

Usage: again.py FOLDER, which holds children.json, terms.json and report.json. Ends with 0 where every figure is the
same to the digit. Nothing but the standard library.
"""

import json
import math
import sys
from datetime import date
from fractions import Fraction
from pathlib import Path

folder = Path(sys.argv[1])
children, terms, report = (json.loads((folder / f"{name}.json").read_text()) for name in ("children", "terms", "report"))
figures = {figure["id"]: figure for figure in report["figures"]["figures"]}
small = report["figures"]["small"]
wrong = []
seen = set()


def month_before(month, back):
    year, number = map(int, month.split("-"))
    months = year * 12 + number - 1 - back
    return f"{months // 12:04}-{months % 12 + 1:02}"


month = report["figures"]["month"]
received = [child for child in children if child["received"].startswith(month)]
decided_in = lambda month: [c for c in children if c["decided"] and c["decided"]["on"].startswith(month)]
decided = decided_in(month)


def check(figure, what, told, reckoned):
    if told != reckoned:
        wrong.append(f"{figure}: {what}: told {told!r}, reckoned {reckoned!r}")


def tenths(part, of):
    """A share in tenths of a percent, rounded half up."""
    return math.floor(Fraction(part * 1000, of) + Fraction(1, 2))


def crossed(figure, cohort, rows, columns, all_rows=True):
    """A table of two ways to count: each group of categories is told as `A; B`."""
    seen.add(figure)
    table = figures[figure]["body"]["table"]
    check(figure, "children", table["total"], len(cohort))
    split = (lambda label: label.split("; ")) if all_rows else (lambda label: [label])
    of_row = {category: row["label"] for row in table["rows"] for category in split(row["label"])}
    of_column = {category: column for column in table["columns"] for category in column.split("; ")}
    # What stands beside the table for want of any child has none.
    for category in table.get("none", []):
        for one in category.split("; "):
            of_row.setdefault(one, category) if all_rows else None
            of_column.setdefault(one, category)
    counts = {}
    for child in cohort:
        for row in rows(child) if not all_rows else [rows(child)]:
            if row in of_row:
                place = (of_row[row], of_column[columns(child)])
                counts[place] = counts.get(place, 0) + 1
    for row in table["rows"]:
        own = [counts.get((row["label"], column), 0) for column in table["columns"]]
        check(figure, row["label"], row["total"], sum(own))
        for column, told, count in zip(table["columns"], row["counts"], own):
            if told == "hidden":
                continue
            check(figure, f"{row['label']} / {column}", told["count"], count)
        for told, count in zip(row["counts"], own):
            if 1 <= count <= small and told != "hidden":
                wrong.append(f"{figure}: {row['label']}: a count of {count} is told")
    if all_rows:
        totals = [sum(counts.get((row["label"], column), 0) for row in table["rows"]) for column in table["columns"]]
        check(figure, "totals", table["totals"], totals)
        check(figure, "told", sum(totals), len(cohort))


def level(rank):
    return f"Level {rank}"


names = dict(terms["agencies"])
named = lambda one: terms["names"].get(one, one.replace("_", " "))
agency = lambda child: names.get(child["agency"], "Not said")
level_decided = lambda child: level(child["decided"]["level"])
view_words = {"agrees": "As indicated", "decides_higher": "Higher", "decides_lower": "Lower"}
view = lambda child: view_words[child["decided"]["view"]]


def indicated(child):
    least, most = child["indicated"]
    return level(least) if least == most else "Not settled"


def referrers(child):
    own, (least, most) = child["referrers_level"], child["indicated"]
    if own is None:
        return "No view given"
    return "Lower" if own < least else "Higher" if own > most else "The same"


def age(child):
    months = child["age_in_months"]
    if months is None:
        return "Age not known"
    years = months // 12
    bands = [(0, "Unborn"), (1, "Under 1"), (5, "1 to 4"), (10, "5 to 9"), (16, "10 to 15")]
    return next((band for below, band in bands if years < below), "16 and over")


def again_within(child):
    """Whole months from the decision to the next referral, else nothing."""
    if not child["came_again"]:
        return None
    on, again = date.fromisoformat(child["decided"]["on"]), date.fromisoformat(child["came_again"])
    if again < on:
        return -1
    months = (again.year - on.year) * 12 + again.month - on.month
    return months - (again.day < on.day)


def came_again(child):
    months = again_within(child)
    if months is None or months >= 12:
        return "Not within 12 months"
    return "Within 3 months" if months < 3 else "Within 12 months"


def helped(child):
    if child["decided"]["outcome"] != "early_help":
        return "Something else"
    words = {"yes": "Early help, and the family agrees", "no": "Early help, declined"}
    return words.get(child["agrees_to_help"], "Early help, not said")


told = {
    "in_time": "Told in time", "late": "Told late", "withheld": "Withheld, with a reason",
    "not_yet": "Not told yet", "nobody": "Nobody to tell",
}
channels = {
    "telephone": "By telephone", "form": "On the form", "system": "From a partner's system",
    "file": "In a file of notifications", "transfer": "Transferred by another authority",
}
groups = {"asian": "Asian", "black": "Black", "mixed": "Mixed", "white": "White", "other": "Another group"}

crossed("indicated_by_agency", received, agency, indicated)
crossed("referrers_view", received, agency, referrers)
crossed("not_known", received, lambda c: [named(fact) for fact in c["not_known"]], agency, all_rows=False)
crossed("decided_by_agency", decided, agency, level_decided)
crossed("view_by_agency", decided, agency, view)
crossed("view_by_indicated", decided, lambda c: level(c["decided"]["indicated"][0]), view)
crossed(
    "view_by_criterion", decided, lambda c: [named(one) for one in c["decided"]["found"]], view, all_rows=False
)
crossed(
    "time_to_decide", decided, agency,
    lambda c: "By the end of the next working day" if c["decided"]["in_time"] else "Later",
)
crossed("feedback", decided, agency, lambda c: told[c["decided"]["told"]])
crossed("came_again", decided_in(month_before(month, 12)), level_decided, came_again)
within_three = lambda c: "Within 3 months" if (again_within(c) is not None and again_within(c) < 3) else "Not within 3 months"
crossed("after_early_help", decided_in(month_before(month, 3)), helped, within_three)
crossed("decided_by_age", decided, age, level_decided)
crossed("decided_by_sex", decided, lambda c: {"female": "Female", "male": "Male"}.get(c["sex"], "Not known"), level_decided)
crossed("decided_by_ethnicity", decided, lambda c: groups.get(c["ethnicity"], "Not known"), level_decided)
disabled = {"yes": "Disabled", "no": "Not disabled"}
crossed("decided_by_disability", decided, lambda c: disabled.get(c["disability"], "Not known"), level_decided)
crossed("decided_by_channel", decided, lambda c: channels[c["channel"]], level_decided)

# Reasons, in one way.
for figure, own_view, codes in (
    ("reasons_higher", "decides_higher", dict(terms["reasons_higher"])),
    ("reasons_lower", "decides_lower", dict(terms["reasons_lower"])),
):
    seen.add(figure)
    table = figures[figure]["body"]["table"]
    cohort = [child for child in decided if child["decided"]["view"] == own_view]
    check(figure, "children", table["total"], len(cohort))
    for row in table["rows"]:
        within = row["label"].split("; ")
        count = sum(codes.get(child["decided"]["reason"], "Another reason") in within for child in cohort)
        check(figure, row["label"], row["total"], count)

# Twelve months.
seen.add("referred_over_time")
table = figures["referred_over_time"]["body"]["table"]
months = [month_before(month, back) for back in reversed(range(12))]
for own, row in zip(months, table["rows"]):
    cohort = [child for child in children if child["received"].startswith(own)]
    check("referred_over_time", row["label"], row["total"], len(cohort))
    for column, cell in zip(table["columns"], row["counts"]):
        if cell != "hidden":
            count = sum(agency(child) == column for child in cohort)
            check("referred_over_time", f"{row['label']} / {column}", cell["count"], count)


# Shares beside what chance allows: the exact distribution, in whole numbers.
def limits(of, expected):
    """Where the binomial distribution leaves so much below, between the whole numbers that enclose it."""
    p = Fraction(expected)
    ways = [math.comb(of, number) * p.numerator**number * (p.denominator - p.numerator) ** (of - number) for number in range(of + 1)]
    every = p.denominator**of
    found = []
    for chance in (Fraction(1, 1000), Fraction(25, 1000), Fraction(975, 1000), Fraction(999, 1000)):
        so_far, left = 0, chance * every
        for number, one in enumerate(ways):
            if so_far + one > left:
                within = (so_far + one - left) / one
                limit = min(max((number - within) / of, Fraction(0)), Fraction(1))
                found.append(math.floor(limit * 1000 + Fraction(1, 2)))
                break
            so_far += one
    return found


def shares(figure, cohorts, expected):
    seen.add(figure)
    body = figures[figure]["body"]["shares"]
    check(figure, "expected", body["expected"], math.floor(expected * 1000 + Fraction(1, 2)))
    for row in body["rows"]:
        cohort = cohorts(row["label"])
        check(figure, row["label"], row["of"], len(cohort))
        if row["part"] is None:
            continue
        part = sum(child["decided"]["view"] != "agrees" for child in cohort)
        check(figure, f"{row['label']}, part", row["part"], part)
        check(figure, f"{row['label']}, share", row["share"], tenths(part, len(cohort)))
        check(figure, f"{row['label']}, limits", row["limits"], limits(len(cohort), expected))


otherwise = lambda cohort: Fraction(sum(child["decided"]["view"] != "agrees" for child in cohort), len(cohort))
shares(
    "otherwise_between_agencies",
    lambda label: [child for child in decided if agency(child) in label.split("; ")],
    otherwise(decided),
)
says = lambda own: date.fromisoformat(f"{own}-01").strftime("%B %Y")
of_year = [child for own in months for child in decided_in(own)]
shares("otherwise_over_time", lambda label: decided_in(next(own for own in months if says(own) == label)), otherwise(of_year))

# Words.
seen |= {"coverage", "disagreements", "never_found"}
referrals = sum(child["is_first"] for child in received)
contacts = terms["contacts"]
share = tenths(referrals, contacts)
check("coverage", "words", figures["coverage"]["body"]["words"], [
    f"Contacts in all: {contacts}", f"Referrals recorded here: {referrals}",
    f"Share recorded here: {share // 10}.{share % 10} %",
])
all_disagreements = [one for child in children for one in child["disagreements"]]
say = lambda count: f"1 to {small}" if 1 <= count <= small else str(count)
raised = sum(one["raised"].startswith(month) for one in all_disagreements)
answered = [one for one in all_disagreements if one["answered"] and one["answered"][0].startswith(month)]
days = sorted((date.fromisoformat(one["answered"][0]) - date.fromisoformat(one["raised"])).days for one in answered)
words = figures["disagreements"]["body"]["words"]
check("disagreements", "raised", words[:2], [f"Raised: {say(raised)}", f"Answered: {say(len(answered))}"])
rulings = {"Upheld": "upheld", "Upheld in part": "upheld_in_part", "Not upheld": "not_upheld"}
for line in words[2:-1]:
    label, count = line.rsplit(": ", 1)
    within = [rulings[one] for one in label.split("; ")]
    check("disagreements", label, int(count), sum(one["answered"][1] in within for one in answered))
check("disagreements", "days", words[-1], f"Days to an answer, in the middle: {days[(len(days) - 1) // 2]}")
found = {one for child in of_year for one in child["decided"]["found"]}
never = [named(one) for one in terms["criteria"] if one not in found]
check("never_found", "criteria", figures["never_found"]["body"]["words"], never)

for figure in figures.keys() - seen:
    wrong.append(f"{figure}: nobody reckoned it again")
print("\n".join(wrong[:40]) or f"{len(figures)} figures are the same to the digit")
sys.exit(bool(wrong))
