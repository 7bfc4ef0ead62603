/* Peterson's lock for N processes.  One proctype plays them all: fewer bytes a state, and one transition a step. */

#ifndef N
#define N 5
#endif

#define NOBODY N

byte pc[N];               /* 0 outside, 1 announce, 2 wait, 3 inside */
byte level[N];
byte victim[N] = NOBODY;  /* of levels 1..N-1 */

/* Whether every process but i is below i's level: b(k) is "k is i, or below". */
#define b(i, k) ((k) == (i) || level[k] < level[i])
#if N == 3
#define FIRST(i) (b(i, 0) && b(i, 1) && b(i, 2))
#define INSIDE ((pc[0] == 3) + (pc[1] == 3) + (pc[2] == 3))
#else
#define FIRST(i) (b(i, 0) && b(i, 1) && b(i, 2) && b(i, 3) && b(i, 4))
#define INSIDE ((pc[0] == 3) + (pc[1] == 3) + (pc[2] == 3) + (pc[3] == 3) + (pc[4] == 3))
#endif

/* The only step that lets anybody in is the one that has to be watched. */
#define PROCESS(i) \
  :: d_step { pc[i] == 0 -> level[i] = level[i] + 1; pc[i] = 1; } \
  :: d_step { pc[i] == 1 -> victim[level[i]] = i; pc[i] = 2; } \
  :: d_step { pc[i] == 2 && (victim[level[i]] != i || FIRST(i)) -> \
       pc[i] = (level[i] == N - 1 -> 3 : 0); \
       assert(INSIDE <= 1); } \
  :: d_step { pc[i] == 3 -> level[i] = 0; pc[i] = 0; }

active proctype steps() {
  do
  PROCESS(0)
  PROCESS(1)
  PROCESS(2)
#if N > 3
  PROCESS(3)
  PROCESS(4)
#endif
  od
}
