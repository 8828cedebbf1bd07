"""Values are what the standard library's frozen slotted dataclasses are."""

import copy
import dataclasses
import enum
import importlib
import inspect
import pickle
import pkgutil

import pytest

import analyzer
from analyzer.values import ByValue, dataclass


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


@dataclass(frozen=True, slots=True)
class Noted:
    """A default that is made anew."""

    name: str
    notes: list[str] = dataclasses.field(default_factory=list)


class Below(Ours):
    """One with more that it can do."""

    __slots__ = ()

    def doubled(self):
        return 2 * self.size


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
    assert dataclasses.is_dataclass(Ours)
    assert Ours.__match_args__ == Standard.__match_args__


def test_a_value_cannot_be_changed():
    value = Ours("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.size = 8
    with pytest.raises(dataclasses.FrozenInstanceError):
        del value.size
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.other = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.__class__ = One
    assert value == Ours("a", 7)


def test_a_value_is_made_as_the_standard_one_is():
    assert inspect.signature(Ours) == inspect.signature(Standard)
    assert type(Ours("a")) is Ours
    for arguments in [(), ("a", 1, b"", 2)]:
        with pytest.raises(TypeError):
            Ours(*arguments)
    first, second = Noted("a"), Noted("b")
    assert first.notes == [] == second.notes
    assert first.notes is not second.notes
    assert Noted("c", notes=["x"]).notes == ["x"]


def test_a_class_below_makes_values_of_its_own_kind():
    value = Below("a", size=3)
    assert (type(value), value.name, value.size, value.doubled()) == (Below, "a", 3, 6)
    assert value != Ours("a", 3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.size = 8
    assert copy.copy(value) == value


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
@pytest.mark.parametrize("value", [Ours("a", 3, b"x"), One("x")])
def test_a_value_can_be_copied_and_packed(again, value):
    assert again(value) == value


def test_every_enumeration_that_a_report_shows_is_packed_by_value():
    named = [name for _, name, _ in pkgutil.walk_packages(analyzer.__path__, "analyzer.")]
    modules = [importlib.import_module(name) for name in named if not name.endswith("__main__")]
    enumerations = {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, int | str) and issubclass(kind, enum.Enum)
        if kind.__module__.startswith("analyzer.")
    }
    assert {"Side", "Status", "Confidence", "Role"} <= {kind.__name__ for kind in enumerations}
    for kind in enumerations:
        assert kind.__reduce_ex__ is ByValue.__reduce_ex__, kind
        for member in kind:
            assert pickle.loads(pickle.dumps(member, 5)) is member
            assert member.__reduce_ex__(5) == (kind, (member.value,))
