# The C types of single.py (Cython's augmenting file).
cimport cython
from chalicelib.transit.kernel.connections cimport Changes as CChanges, Connections as CConnections

cdef class Labels:
    cdef int[:, :, ::1] label, via
    cdef int[::1] best, reach, counts
    cdef int[:, ::1] aboard, goal, touched

@cython.locals(rides=int, at=int, node=int, lane=int)
cpdef void seed(Labels labels, const int[:, ::1] seeds)

@cython.locals(changes=CChanges, lanes=int, end=int, begin=int, group=int, row=int, now=int, again=int, instant=int, departs=int, slot=int, node=int, ridden=int, lane=int, entry=int, other=int, ready=int)
cpdef int rides_to_goal(CConnections connections, Labels labels, int at, int latest, int slack)

@cython.locals(at=int, rides=int, node=int, ridden=int, boarded=int)
cpdef int trace(CConnections connections, Labels labels, int lane, int[:, ::1] out)

@cython.locals(lanes=int, at=int, node=int, lane=int)
cpdef void clear(Labels labels)
