"""What class names stand for: by the registry, by common names, by themselves."""

from __future__ import annotations

import pytest

from thumper_core.contracts import DEER, AgeClass, ClassMeaning, Sex
from thumper_core.vision.meanings import class_meanings
from thumper_core.vision.registry import load_registry

WHITE_TAILED = "white-tailed deer"


@pytest.mark.parametrize(
    ("detector", "name", "wanted"),
    [
        ("whitetail-11", "mature", ClassMeaning(WHITE_TAILED, Sex.MALE, AgeClass.ADULT)),
        ("whitetail-11", "UTV", ClassMeaning("vehicle")),
        ("demo", "doe", ClassMeaning(WHITE_TAILED, Sex.FEMALE, AgeClass.ADULT)),
        ("demo", "fawn", ClassMeaning(WHITE_TAILED, Sex.UNKNOWN, AgeClass.FAWN)),
        ("my.onnx", "Buck", ClassMeaning(DEER, Sex.MALE, AgeClass.ADULT)),
        ("my.onnx", "deer", ClassMeaning(DEER)),
        ("my.onnx", "White-tailed deer", ClassMeaning(WHITE_TAILED)),
        ("my.onnx", "whitetail", ClassMeaning(WHITE_TAILED)),
        ("my.onnx", "person", ClassMeaning("human")),
        ("my.onnx", "animal", ClassMeaning("animal")),
        ("my.onnx", "Red_Fox", ClassMeaning("red fox")),
    ],
)
def test_class_meanings(detector: str, name: str, wanted: ClassMeaning) -> None:
    assert class_meanings(detector, [name], load_registry()) == {name: wanted}
