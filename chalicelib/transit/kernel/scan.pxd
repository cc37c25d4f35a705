# The C types of scan.py (Cython's augmenting file); without it scan.py is plain Python and gives the same answers.
cimport cython

@cython.locals(runs=int, run=int, after=int, at=int, slots=int, clones=int, head=int)
cpdef void chains(const int[::1] first, const int[::1] departs, const int[::1] arrives, const int[::1] following, unsigned char[::1] gone, int[:, ::1] chain, int[::1] counts)

@cython.locals(begins=int, earlier=int)
cdef bint continues(const int[::1] first, const int[::1] departs, const int[::1] arrives, unsigned char[::1] gone, int run, int after)

@cython.locals(place=int, at=int, run=int, begin=int, length=int, slot=int, hop=int, call=int, boards=int, alights=int, key=int, to=int)
cpdef void order(const int[:, ::1] chain, int listed, const int[::1] first, const int[::1] departs, const int[::1] arrives, const int[::1] board, const int[::1] alight, const unsigned char[::1] flags, int nowhere, int backward, int low, int[::1] starts, int[:, ::1] rows)

@cython.locals(rides=int, at=int, node=int, lane=int)
cpdef void seed(const int[:, ::1] seeds, int begin, int end, int[:, :, ::1] label, int[:, ::1] touched, int[::1] counts)

@cython.locals(lanes=int, end=int, begin=int, group=int, row=int, now=int, again=int, instant=int, departs=int, slot=int, node=int, ridden=int, lane=int, entry=int, other=int, ready=int)
cpdef int rides_to_goal(const int[:, ::1] rows, int at, const int[::1] first, const int[::1] to, const int[::1] seconds, int[:, :, ::1] label, int[::1] best, int[:, :, ::1] via, int[:, ::1] aboard, int[::1] reach, int[:, ::1] goal, int[:, ::1] touched, int[::1] counts, int latest, int slack)

@cython.locals(at=int, rides=int, node=int, ridden=int, boarded=int)
cpdef int trace(const int[:, ::1] rows, int[:, :, ::1] label, int[:, :, ::1] via, int[:, ::1] goal, int lane, int[:, ::1] out, int place)

@cython.locals(lanes=int, at=int, node=int, lane=int)
cpdef void clear(int[:, :, ::1] label, int[::1] best, int[:, ::1] aboard, int[:, ::1] goal, int[:, ::1] touched, int[::1] counts)
