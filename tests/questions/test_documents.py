"""Documents in parts: headings, anchors, and links that still lead somewhere without their files."""

from __future__ import annotations

from thumper_core.questions import documents

TEXT = """# Words

First.

## Sex and age class

See [here](explanation.md#a-b), [there](#photo), [far](howto.md),
[web](https://example.org), [all](glossary.md).
"""


def test_a_document_falls_into_its_parts() -> None:
    title, part = documents.split(TEXT, "glossary")
    assert (title.anchor, title.level, title.text) == ("words", 1, "First.")
    assert (part.anchor, part.title, part.level) == ("sex-and-age-class", "Sex and age class", 2)
    assert part.text == (
        "See [here](help?document=explanation&at=a-b), [there](help?document=glossary&at=photo), far,\n"
        "[web](https://example.org), "
        "[all](help?document=glossary&at=)."
    )
    assert documents.split("", "glossary") == ()


def test_the_documents_of_the_pages_are_there() -> None:
    for name in documents.TITLES:
        assert len(documents.parts(name)) > 5
