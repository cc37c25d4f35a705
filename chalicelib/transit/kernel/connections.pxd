# The C types of connections.py (Cython's augmenting file); without it that is plain Python and gives the same answers.
cimport cython

cdef class Calls:
    cdef const int[::1] first, departs, arrives, board, alight
    cdef const unsigned char[::1] flags
    cdef int nowhere

cdef class Changes:
    cdef const int[::1] first, to, seconds

cdef class Connections:
    cdef const int[:, ::1] rows
    cdef Changes changes

cdef class Sorting:
    cdef int[:, ::1] rows
    cdef int[::1] starts
    cdef int low, backward

@cython.locals(runs=int, run=int, after=int, at=int, slots=int, clones=int, head=int)
cpdef void chain_runs(Calls calls, const int[::1] following, unsigned char[::1] gone, int[:, ::1] chain, int[::1] counts)

@cython.locals(begins=int, earlier=int)
cdef bint continues(Calls calls, unsigned char[::1] gone, int run, int after)

@cython.locals(listed=int, nowhere=int, low=int, backward=int, place=int, at=int, run=int, begin=int, length=int, slot=int, hop=int, call=int, boards=int, alights=int, key=int, to=int)
cpdef void sort(Calls calls, const int[:, ::1] chain, Sorting into)
