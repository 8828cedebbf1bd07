"""TCP: segments in any order in, per connection two ordered byte streams and its facts out.

    flows    all connections of a capture: which segment belongs to which, when one is released
    tcp      one connection: who is the client, how it opened and ended
    half     one direction: reassembly, gaps
    pieces   bytes that have come and wait for others
    tally    one direction: what is counted
    remembered  what repeats are compared with once a connection has ended
    keep_alive  segments that bring nothing and ask for an answer
    released  connections that are gone, as far as a late segment asks for them
    packed   connections that are only a SYN, or one segment
    hello    the client by its first bytes
    seq      sequence numbers that wrap
    summary  what is only counted
    limits   the ceilings
    facts    what is told of a connection besides its bytes

The two directions never wait for each other, except that nothing comes out before it is known who the
client is. A hole is given up only when the connection ends or a ceiling is reached: the packets may come
later, a whole direction too.
"""

from analyzer.transport.facts import Ended
from analyzer.transport.flows import FlowEvents, Flows
from analyzer.transport.limits import TransportLimits
from analyzer.transport.summary import Summary
from analyzer.transport.tcp import Flow

__all__ = ["Ended", "Flow", "FlowEvents", "Flows", "Summary", "TransportLimits"]
