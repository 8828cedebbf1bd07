"""What a level tells is folded into a session."""

from __future__ import annotations

import pytest

from analyzer.session.origins import Origins
from analyzer.session.recorder import Recorder
from analyzer.stream import CLIENT
from analyzer.tls.events import Alert, Proof, RecordCounts
from tests.makers.tls_levels import at

COUNTS = (RecordCounts(), RecordCounts())


@pytest.mark.parametrize(
    ("results", "told"),
    [
        (["valid"], "valid"),
        (["valid", "invalid"], "invalid"),
        (["invalid", "valid"], "invalid"),
        (["unchecked", "valid", "valid"], "unchecked"),
        (["unchecked", "invalid", "unchecked"], "invalid"),
    ],
)
def test_of_several_proofs_of_a_kind_the_worst_is_told(results, told):
    recorder = Recorder(0, 0, Origins())
    recorder.record(Alert(CLIENT, 1, 0, at(1), encrypted=True, handshake=0))
    for result in results:
        recorder.record(Proof("finished_late", result, "", 0))
    [session] = recorder.sessions(COUNTS, ((), ()))
    assert [(proof.kind, proof.result) for proof in session.proofs] == [("finished_late", told)]
