"""Proves that what is generated is what the library says today, and that the emitter bears names to come."""

from __future__ import annotations

import os
from pathlib import Path

from generate import model, python
from scripts import ROOT


def test_the_generated_files_are_those_of_this_library() -> None:
    library = Path(os.environ["MATRIX_CAPI_LIBRARY"])
    for path, text in python.files(model.load(library)).items():
        assert (ROOT / path).read_text() == text, f"{path} is stale: make bindings"


def test_names_that_python_does_not_take_are_changed_and_sent_as_they_are() -> None:
    row = model.Operation(
        "getThing",
        "GET",
        "/thing",
        (model.Param("from", "query", "string", True),),
        (
            model.Param("m.thing", "body", "object", True),
            model.Param("refresh_token", "body", "string", False),
        ),
    )
    made = python.files(model.Model((), (), (row,), 0))
    operations = made["bindings/python/matrix_capi/_operations.py"]
    answers = made["bindings/python/matrix_capi/_answers.py"]
    assert "        from_: str,\n" in operations
    assert '"from": from_,' in operations
    assert 'm_thing: Field[dict[str, Any]] = Field("m.thing")' in answers
    secret = 'refresh_token: Field[str | None] = Field("refresh_token", secret=True)'
    assert secret in answers
    for text in made.values():
        compile(text, "generated", "exec")
