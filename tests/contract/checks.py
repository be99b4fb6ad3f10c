"""What schemathesis is told beside its configuration: how lines are sent and read, ids that there are, and one more check.

`contract.py` names this file in SCHEMATHESIS_HOOKS.
"""

import itertools
import json
import os

import schemathesis
from schemathesis.core.parameters import ParameterLocation


@schemathesis.serializer("application/x-ndjson")
def lines(_, value):
    """A batch is text; so is what is sent in its place to see it refused."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.deserializer("application/octet-stream")
def octets(_, response):
    """Tiles are bytes: a character each, as the document shows them."""
    return response.content.decode("latin-1")


# Referrals of the record that is asked, each with what stands in it. Ids are drawn anew with every record, so that a
# fuzzer finds none by itself; without these it would see nothing but 404.
POOL = json.loads(os.environ.get("WINDSCREEN_POOL", "[]"))
TURN = itertools.count()


def is_meant_to_be_fine(case, place):
    """Whether a part of a request is drawn to be as the document says."""
    component = case.meta.components.get(place) if case.meta else None
    return component is None or component.mode.is_positive


def in_whole_numbers(value):
    """To JSON Schema 5.0 is a whole number. It is none here, and the document says so in words."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: in_whole_numbers(one) for key, one in value.items()}
    return [in_whole_numbers(one) for one in value] if isinstance(value, list) else value


@schemathesis.hook
def before_call(context, case, kwargs):
    """Puts ids that there are in place of two in three that are none; what is meant to be refused stays as it is."""
    if is_meant_to_be_fine(case, ParameterLocation.BODY):
        case.body = in_whole_numbers(case.body)
    turn = next(TURN)
    path = case.operation.path
    if not POOL or turn % 3 == 0 or not path.startswith("/v1/referrals/{id}"):
        return
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    one = POOL[turn % len(POOL)]
    for name in case.path_parameters:
        if one.get(name):
            case.path_parameters[name] = one[name]
    if isinstance(case.body, dict) and "child" in case.body and turn % 3 == 1:
        case.body = {**case.body, "child": one["child"], **({"shown": one["version"]} if "shown" in case.body else {})}


# What is wrong with the form of a request, which a schema can say: a request that is as the document says is not refused
# for it. Every other code takes the rule set, the record, the clock, who acts, or a count of bytes to tell.
OF_FORM = {
    "duplicate-key", "misplaced-key", "misplaced-word", "missing-key", "missing-words", "not-json", "nothing-said",
    "too-large", "too-many", "unknown-key", "unknown-word", "wrong-type",
}

# Where one of these hangs on more than a schema sees: operation, and the beginning of the pointer.
HANGS_ON_MORE = (
    # The columns of a file are those of a mapping of the rule set.
    ("POST /v1/batches", ""),
    # Of which agency somebody may stay anonymous, the framework says.
    ("POST /v1/referrals", "/referrer/agency"),
    ("POST /v1/referrals/{id}/information", "/said_by/agency"),
    # What a decision needs hangs on what was indicated, and on who decides.
    ("POST /v1/referrals/{id}/decisions", "/reason"),
    ("POST /v1/referrals/{id}/decisions", "/second_person"),
    ("POST /v1/referrals/{id}/decisions", "/next_holder"),
    ("POST /v1/referrals/{id}/decisions", "/not_known"),
    # What a letter needs hangs on who is told, how, and whether that is safe.
    ("POST /v1/referrals/{id}/letters", "/sent/"),
    # Which stage it is, and who answers there, the rule set says.
    ("POST /v1/referrals/{id}/disagreements/{disagreement}/answers", "/answered_by"),
    # What a step of a rule change needs, the step says; who must be named as an author, whoever proposes.
    ("POST /v1/rule-changes/{id}/steps", "/partner"),
    ("POST /v1/rule-changes/{id}/steps", "/digest"),
    ("POST /v1/rule-changes/{id}/steps", "/begins"),
    ("POST /v1/rule-changes/{id}/steps", "/says"),
    ("POST /v1/rule-drafts/{id}/proposal", "/written_by"),
    # How a row is dealt with says whether a referral is named.
    ("POST /v1/batches/{id}/rows/{row}", "/referral"),
)


@schemathesis.check
def refused_for_no_matter_of_form(ctx, response, case):
    """A request that is as the document says is refused with 422 only for what a schema cannot say."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    for fault in response.json().get("errors", []):
        hangs = any(
            case.operation.label == label and fault["pointer"].startswith(pointer) for label, pointer in HANGS_ON_MORE
        )
        where = f"{case.operation.label} {fault['pointer']}: {fault['code']}: {fault['detail']}"
        assert hangs or fault["code"] not in OF_FORM, where
