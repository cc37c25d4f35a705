# The C types of batch_rides.py (Cython's augmenting file).
cimport cython
from chalicelib.transit.kernel.batch cimport Lanes as CLanes, Tickets as CTickets
from chalicelib.transit.kernel.connections cimport Changes as CChanges

cdef class Lists:
    cdef int[::1] node_first, slot_first
    cdef int[:, ::1] departures, hops
    cdef CChanges changes

cdef class Answers:
    cdef const int[::1] seed_first, leaders, latest
    cdef const int[:, ::1] seeds
    cdef int[:, ::1] found
    cdef int[:, :, ::1] rides

cdef class Room:
    cdef int[::1] reach, ready_at, boarded
    cdef int[:, ::1] frontier, entries, touched

@cython.locals(row=int, node=int, slot=int, to=int, place=int)
cpdef void link(int[:, ::1] rows, Lists lists)

@cython.locals(one=int, leader=int, entry=int)
cpdef void find_rides(Lists lists, CLanes lanes, CTickets tickets, Answers answers, Room room)

@cython.locals(changes=CChanges, lane=int, leave=int, nodes=int, slots=int, made=int, queued=int, best=int, winner=int, full=int, entry=int, node=int, ready=int, place=int, parent=int, boards=int, departure=int, last=int, slot=int, known=int, ride=int, now=int, alights=int, own=int, other=int, later=int, n=int)
cdef void find_ride(Lists lists, CLanes lanes, CTickets tickets, Answers answers, Room room, int one)
