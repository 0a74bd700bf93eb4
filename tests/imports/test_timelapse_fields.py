from __future__ import annotations

import pytest

from thumper_core.contracts import DEER, AgeClass, ClassMeaning, Sex
from thumper_core.imports.timelapse_fields import animals_said

BUCK = ClassMeaning(DEER, Sex.MALE, AgeClass.ADULT)
DOE = ClassMeaning(DEER, Sex.FEMALE, AgeClass.ADULT)
FAWN = ClassMeaning(DEER, Sex.UNKNOWN, AgeClass.FAWN)
PLAIN = ClassMeaning(DEER)
WHITE = "white-tailed deer"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, []),
        ({"Species": "Deer"}, [PLAIN]),
        ({"species": "deer", "Count": "1", "Sex": "Male"}, [ClassMeaning(DEER, Sex.MALE)]),
        ({"Species": "White-tailed Deer", "Sex": "F", "Age": "Adult"},
         [ClassMeaning(WHITE, Sex.FEMALE, AgeClass.ADULT)]),
        ({"Species": "deer", "Count": "3"}, [PLAIN] * 3),
        ({"Species": "deer", "Count": "many"}, [PLAIN] * 2),
        ({"Species": "deer", "Count": "0"}, [PLAIN]),  # a counter that nobody touched
        ({"Species": "deer", "Species2": "coyote"}, [PLAIN, ClassMeaning("coyote")]),
        ({"CommonName": "White-tailed Deer", "ScientificName": "Odocoileus virginianus"},
         [ClassMeaning(WHITE)]),
        ({"Bucks": "1", "Does": "0"}, [BUCK]),
        ({"Bucks": "1", "Does": "2", "Fawns": "1"}, [BUCK, DOE, DOE, FAWN]),
        ({"Deer": "1", "Bucks": "1"}, [BUCK]),
        ({"Deer": "2", "Bucks": "1"}, [BUCK, PLAIN, PLAIN]),
        ({"Deer": "true"}, [PLAIN]),
        ({"Deer": "false"}, []),
        ({"Bucks": "1", "Species": "White-tailed Deer"},
         [ClassMeaning(WHITE, Sex.MALE, AgeClass.ADULT)]),
        ({"Does": "1", "Species": "Coyote"}, [DOE, ClassMeaning("coyote")]),
        ({"Doe": "1", "Count": "2"}, [DOE, DOE]),
        ({"Species": "Buck", "Sex": "female"}, []),  # one of them is wrong
        ({"Species": "Fawn", "Age": "adult"}, []),
        ({"Species": "Doe", "Age": "unsure", "Sex": "?"}, [DOE]),
        ({"Species": "empty"}, []),
        ({"Species": "animal"}, []),
        ({"Comment": "a buck", "Observer": "Ann", "Male": "1"}, []),
    ],
)  # fmt: skip
def test_what_is_plain_is_understood_and_nothing_else(
    fields: dict[str, str], said: list[ClassMeaning]
) -> None:
    assert animals_said(fields) == said
