"""What a detector's class names stand for: by the registry, by common names, or by themselves.

A class that says "deer" without a species stands for `contracts.DEER`, the species of interest of
whoever asks; an entry of the registry that names a species keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from thumper_core.contracts import DEER, AgeClass, ClassMeaning, Sex
from thumper_core.vision.registry import Registry

_DEER_BUCK = ClassMeaning(DEER, Sex.MALE, AgeClass.ADULT)
_DEER_DOE = ClassMeaning(DEER, Sex.FEMALE, AgeClass.ADULT)
_DEER_FAWN = ClassMeaning(DEER, Sex.UNKNOWN, AgeClass.FAWN)
_DEER = ClassMeaning(DEER)

COMMON_MEANINGS: Mapping[str, ClassMeaning] = {
    "doe": _DEER_DOE,
    "female": _DEER_DOE,
    "buck": _DEER_BUCK,
    "male": _DEER_BUCK,
    "young": _DEER_BUCK,
    "mid": _DEER_BUCK,
    "mature": _DEER_BUCK,
    "fawn": _DEER_FAWN,
    "deer": _DEER,
    "whitetail": ClassMeaning("white-tailed deer"),
    "person": ClassMeaning("human"),
    "people": ClassMeaning("human"),
    "human": ClassMeaning("human"),
    **{
        name: ClassMeaning("vehicle")
        for name in ("vehicle", "utv", "atv", "car", "truck", "bus", "motorcycle", "bicycle")
    },
    "cow": ClassMeaning("cattle"),
    "cattle": ClassMeaning("cattle"),
}
"""What class names mean wherever the registry does not say; keys in lower case."""


def class_meanings(
    detector: str, class_names: Iterable[str], registry: Registry
) -> dict[str, ClassMeaning]:
    """What each class of a detector stands for: registry, else common names, else its own name.

    detector: the detector's name; one that is not in the registry has no map of its own.
    """
    spec = registry.models.get(detector)
    own = spec.class_map if spec is not None else {}
    return {
        name: own.get(name)
        or COMMON_MEANINGS.get(name.strip().lower().replace("_", " "))
        or ClassMeaning(name.strip().lower().replace("_", " "))
        for name in class_names
    }
