# The C types of lanes.py (Cython's augmenting file).
cimport cython

@cython.locals(node=int, lane=int, slot=int, entry=int)
cpdef void begin_lanes(const int[:, ::1] seeds, int begin, int end, int[:, ::1] board, int[::1] soonest, int[::1] reached, int[:, ::1] aboard, int[::1] lane_of, int[::1] bits)

@cython.locals(start=int, group=int, row=int, now=int, again=int, instant=int, look=int, last=int, active=int, width=int, departs=int, slot=int, node=int, lanes=int, boarding=int, fresh=int, lane=int, entry=int, other=int, ready=int, n=int, pick=int)
cpdef int lanes_to_goals(const int[:, ::1] rows, int at, const int[::1] first, const int[::1] to, const int[::1] seconds, int[:, ::1] board, int[::1] soonest, int[::1] reached, int[:, ::1] aboard, const int[::1] lane_of, const int[::1] bits, int[::1] picked, int[:, ::1] arrival, int[:, ::1] hop, const int[::1] goal_first, const int[:, ::1] goals, int[:, ::1] tickets, int ticket, int tickets_end)

@cython.locals(active=int, ticket=int, lane=int, best=int, walk=int, entry=int, node=int)
cdef int unsettled(const int[::1] reached, const int[:, ::1] arrival, const int[::1] goal_first, const int[:, ::1] goals, int[:, ::1] tickets, int begin, int end, int now)
