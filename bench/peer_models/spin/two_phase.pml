/* Two-phase commit of N resource managers and a manager; sets are bits of a byte. */

#ifndef N
#define N 7
#endif

#define ALL ((1 << N) - 1)
#define WORKING 0
#define PREPARED 1
#define COMMITTED 2
#define ABORTED 3

byte rm[N];
byte tm;        /* 0 init, else the verdict: COMMITTED or ABORTED */
byte prepared;  /* whom the manager has heard from */
byte offers;    /* the messages Prepared(r) */
byte told;      /* bit 0: the message Commit; bit 1: Abort */

#define e(r, s) (rm[r] == s)
#if N == 3
#define SOME(s) (e(0, s) || e(1, s) || e(2, s))
#elif N == 6
#define SOME(s) (e(0, s) || e(1, s) || e(2, s) || e(3, s) || e(4, s) || e(5, s))
#elif N == 7
#define SOME(s) (e(0, s) || e(1, s) || e(2, s) || e(3, s) || e(4, s) || e(5, s) || e(6, s))
#elif N == 8
#define SOME(s) (e(0, s) || e(1, s) || e(2, s) || e(3, s) || e(4, s) || e(5, s) || e(6, s) || e(7, s))
#endif

/* A step that ends a manager one way asserts that none has ended the other way. */
#define MANAGER(r) \
  :: d_step { tm == 0 && (offers & (1 << r)) -> prepared = prepared | (1 << r); } \
  :: d_step { rm[r] == WORKING -> rm[r] = PREPARED; offers = offers | (1 << r); } \
  :: d_step { rm[r] == WORKING -> rm[r] = ABORTED; assert(!SOME(COMMITTED)); } \
  :: d_step { (told & 1) -> rm[r] = COMMITTED; assert(!SOME(ABORTED)); } \
  :: d_step { (told & 2) -> rm[r] = ABORTED; assert(!SOME(COMMITTED)); }

active proctype steps() {
  do
  :: d_step { tm == 0 && prepared == ALL -> tm = COMMITTED; told = told | 1; }
  :: d_step { tm == 0 -> tm = ABORTED; told = told | 2; }
  MANAGER(0)
  MANAGER(1)
  MANAGER(2)
#if N > 3
  MANAGER(3)
  MANAGER(4)
  MANAGER(5)
#endif
#if N > 6
  MANAGER(6)
#endif
#if N > 7
  MANAGER(7)
#endif
  od
}
