"""JSONPath filters of batch transform: the operators that AWS lists, and no others."""

import pytest

from sagelab.account.transform.jsonpath import JsonPath, JsonPathError

ROW = ["id", "1", "2", "3"]
RECORD = {"id": 7, "features": [1, 2, 3], "more": {"a b": 1, "c": 2}}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", ROW),
        ("$[1:]", ["1", "2", "3"]),
        ("$[0]", ["id"]),
        ("$[0,-1]", ["id", "3"]),
        ("$[0,2:]", ["id", "2", "3"]),
        ("$[:-1]", ["id", "1", "2"]),
        ("$[*]", ROW),
    ],
)
def test_a_row_is_an_array(path, found):
    assert JsonPath(path).select_row(ROW) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.features", [1, 2, 3]),
        ("$['features']", [1, 2, 3]),
        ("$.features[0]", 1),
        ("$.features[0,2]", [1, 3]),
        ("$['id','features']", {"id": 7, "features": [1, 2, 3]}),
        ("$.more['a b']", 1),
        ("$.more.*", [1, 2]),
    ],
)
def test_an_object_is_asked_by_name(path, found):
    assert JsonPath(path).select(RECORD) == found


@pytest.mark.parametrize(
    "path", ["", "features", "$.", "$..id", "$[", "$[?(@.id)]", "$['a' 'b']", "$[1:2:3]", "$[]"]
)
def test_other_expressions_are_refused(path):
    with pytest.raises(JsonPathError):
        JsonPath(path)


@pytest.mark.parametrize("path", ["$[4]", "$[-5]", "$.name", "$['a']"])
def test_what_is_not_there_is_an_error(path):
    with pytest.raises(JsonPathError):
        JsonPath(path).select(ROW)
