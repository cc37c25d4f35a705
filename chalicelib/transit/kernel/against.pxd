# The C types of against.py (Cython's augmenting file).
cimport cython

@cython.locals(row=int, node=int, slot=int, to=int, place=int)
cpdef void link(int[:, ::1] rows, int[::1] node_first, int[:, ::1] departures, int[::1] slot_first, int[:, ::1] hops)

@cython.locals(one=int, lane=int, leader=int, entry=int)
cpdef void rides_against(const int[::1] node_first, const int[:, ::1] departures, const int[:, ::1] hops, const int[::1] slot_first, const int[::1] first, const int[::1] to, const int[::1] seconds, const int[:, ::1] seeds, const int[::1] seed_first, const int[:, ::1] board, const int[::1] reached, const int[:, ::1] arrival, const int[:, ::1] hop, const int[::1] goal_first, const int[:, ::1] goals, const int[:, ::1] tickets, int ticket, int tickets_end, const int[::1] leaders, const int[::1] latest, int[::1] reach, int[::1] ready_at, int[::1] boarded, int[:, ::1] frontier, int[:, ::1] entries, int[:, ::1] touched, int[:, ::1] found, int[:, :, ::1] rides)

@cython.locals(nodes=int, slots=int, made=int, queued=int, best=int, winner=int, full=int, entry=int, node=int, ready=int, place=int, parent=int, boards=int, departure=int, last=int, slot=int, known=int, ride=int, now=int, alights=int, own=int, other=int, later=int, n=int)
cdef void ride_against(const int[::1] node_first, const int[:, ::1] departures, const int[:, ::1] hops, const int[::1] slot_first, const int[::1] first, const int[::1] to, const int[::1] seconds, const int[:, ::1] board, const int[::1] reached, const int[:, ::1] arrival, const int[:, ::1] hop, int begin, int end, const int[:, ::1] goals, int lane, int leave, int[::1] reach, int[::1] ready_at, int[::1] boarded, int[:, ::1] frontier, int[:, ::1] entries, int[:, ::1] touched, int one, int[:, ::1] found, int[:, :, ::1] rides)
