# The C types of batch.py (Cython's augmenting file).
cimport cython
from chalicelib.transit.kernel.connections cimport Changes as CChanges, Connections as CConnections

cdef class Lanes:
    cdef int[:, ::1] board, aboard, arrival, hop
    cdef int[::1] soonest, reached, lane_of, bits, picked

cdef class Tickets:
    cdef const int[::1] goal_first
    cdef const int[:, ::1] goals
    cdef int[:, ::1] state
    cdef int begin, end

@cython.locals(node=int, lane=int, slot=int, entry=int)
cpdef void begin(Lanes lanes, const int[:, ::1] seeds, int first, int end)

@cython.locals(changes=CChanges, start=int, group=int, row=int, now=int, again=int, instant=int, check=int, last=int, active=int, width=int, departs=int, slot=int, node=int, riding=int, boarding=int, fresh=int, lane=int, entry=int, other=int, ready=int, n=int, pick=int)
cpdef int lanes_to_goals(CConnections connections, Lanes lanes, Tickets tickets, int at)

@cython.locals(active=int, ticket=int, lane=int, best=int, walk=int, entry=int, node=int)
cdef int unsettled(Lanes lanes, Tickets tickets, int now)
