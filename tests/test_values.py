"""Values are what the standard library's frozen slotted dataclasses are."""

import copy
import dataclasses
import pickle

import pytest

from analyzer.values import dataclass


@dataclass(frozen=True, slots=True)
class Ours:
    """One of ours."""

    name: str
    size: int = 7
    secret: bytes = dataclasses.field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class One:
    """A single field."""

    only: str

    def __repr__(self):
        return "as it says itself"


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """What ours are measured by."""

    name: str
    size: int = 7
    secret: bytes = dataclasses.field(default=b"", repr=False)


def test_a_value_is_equal_to_one_of_its_kind_with_equal_fields():
    assert Ours("a") == Ours("a", 7)
    assert Ours("a") != Ours("a", 8)
    assert Ours("a") != Standard("a")
    assert len({Ours("a"), Ours("a", 7), Ours("b")}) == 2
    assert (One("x") == One("x"), One("x") == "x", len({One("x"), One("x")})) == (True, False, 1)


def test_a_value_shows_what_the_standard_one_shows():
    assert repr(Ours("a", secret=b"key")) == "Ours(name='a', size=7)"
    assert repr(Ours("a", secret=b"key")) == repr(Standard("a")).replace("Standard", "Ours")
    assert repr(One("x")) == "as it says itself"


def test_a_value_has_slots_and_the_standard_fields():
    assert [field.name for field in dataclasses.fields(Ours)] == ["name", "size", "secret"]
    assert not hasattr(Ours("a"), "__dict__")
    assert dataclasses.replace(Ours("a"), size=9) == Ours("a", 9)
    # A TypeError is what Python 3.11's own frozen slotted dataclasses raise here.
    with pytest.raises((AttributeError, TypeError)):
        Ours("a").other = 1


def test_a_value_cannot_be_changed():
    value = Ours("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.size = 8
    with pytest.raises(dataclasses.FrozenInstanceError):
        del value.size
    assert value == Ours("a", 7)


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
@pytest.mark.parametrize("value", [Ours("a", 3, b"x"), One("x")])
def test_a_value_can_be_copied_and_packed(again, value):
    assert again(value) == value
