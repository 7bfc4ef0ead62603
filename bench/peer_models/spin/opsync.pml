/* Operation reconciliation: A agents, O operations, room for K messages, F failovers (A == O, 1 or 2).
   The messages of operation o are the bits of net[o], the sum of their numbers is kept in nmsg. */

#ifndef O
#define O 2
#endif
#ifndef K
#define K 16
#endif
#define A O
#define F 1

#define ACC 1
#define APP 2
#define UPD 4
#define STD 8
#define STL 16
#define ACK 32
#define AKM 64
#define REC 128

byte epoch;
byte reg[A] = 1;
byte fw[O];  /* 0 new, 1 pending, 2 done, 3 lost */
byte ms[O];  /* 0 unknown, 1 pending, 2 done */
byte ra[O];  /* 0 unknown, 1 pending, 2 finished, 3 acknowledged */
byte rp[O];  /* 0 nothing, 1 applying, 2 applied */
byte net[O];
byte nmsg;

#define HAS(o, k) (net[o] & k)
#define ROOM (nmsg < K)
#define TAKE(o, k) net[o] = net[o] - k; nmsg = nmsg - 1
#define ADD(o, k) if :: HAS(o, k) :: else -> net[o] = net[o] | k; nmsg = nmsg + 1 fi
#define DONE_IS_APPLIED(o) assert(fw[o] != 2 || rp[o] == 2)
#define ACKED_IS_DONE(o) assert(ra[o] != 3 || fw[o] == 2)

/* Operation o is bound to agent o.  Each step asserts what it could break. */
#define OPERATION(o) \
  :: d_step { fw[o] == 0 && ROOM -> fw[o] = 1; ADD(o, ACC); ACKED_IS_DONE(o); } \
  :: d_step { HAS(o, ACC) -> TAKE(o, ACC); \
       if \
       :: reg[o] -> if :: ms[o] == 0 -> ms[o] = 1 :: else fi; ADD(o, APP) \
       :: else -> ADD(o, STL) \
       fi; } \
  :: d_step { HAS(o, APP) -> TAKE(o, APP); if :: ra[o] == 0 -> ra[o] = 1 :: else fi; } \
  :: d_step { ra[o] == 1 && rp[o] == 0 -> rp[o] = 1; DONE_IS_APPLIED(o); } \
  :: d_step { rp[o] == 1 -> rp[o] = 2; } \
  :: d_step { ra[o] == 1 && rp[o] == 2 && ROOM -> ra[o] = 2; ADD(o, UPD); } \
  :: d_step { ra[o] == 2 && reg[o] && !HAS(o, UPD) && ROOM -> ADD(o, UPD); } \
  :: d_step { HAS(o, UPD) -> TAKE(o, UPD); if :: reg[o] -> ms[o] = 2; ADD(o, STD) :: else fi; } \
  :: d_step { HAS(o, STD) -> TAKE(o, STD); fw[o] = 2; ADD(o, ACK); DONE_IS_APPLIED(o); } \
  :: d_step { HAS(o, STL) -> TAKE(o, STL); if :: fw[o] == 1 -> fw[o] = 3 :: else fi; ACKED_IS_DONE(o); } \
  :: d_step { fw[o] == 1 && !HAS(o, REC) && ROOM -> ADD(o, REC); } \
  :: d_step { HAS(o, REC) -> TAKE(o, REC); \
       if \
       :: ms[o] == 2 -> ADD(o, STD) \
       :: ms[o] == 0 && reg[o] -> ADD(o, STL) \
       :: else \
       fi; } \
  :: d_step { HAS(o, ACK) -> TAKE(o, ACK); if :: reg[o] -> ADD(o, AKM) :: else fi; } \
  :: d_step { HAS(o, AKM) -> TAKE(o, AKM); if :: ra[o] == 2 -> ra[o] = 3 :: else fi; ACKED_IS_DONE(o); } \
  :: d_step { HAS(o, ACC) -> TAKE(o, ACC); } \
  :: d_step { HAS(o, APP) -> TAKE(o, APP); } \
  :: d_step { HAS(o, UPD) -> TAKE(o, UPD); } \
  :: d_step { HAS(o, STD) -> TAKE(o, STD); } \
  :: d_step { HAS(o, STL) -> TAKE(o, STL); } \
  :: d_step { HAS(o, ACK) -> TAKE(o, ACK); } \
  :: d_step { HAS(o, AKM) -> TAKE(o, AKM); } \
  :: d_step { HAS(o, REC) -> TAKE(o, REC); } \
  :: d_step { !reg[o] -> reg[o] = 1; \
       if :: ra[o] == 1 -> ms[o] = 1 :: ra[o] == 2 -> ms[o] = 2 :: else fi; }

active proctype steps() {
  do
#if O > 1
  :: d_step { epoch < F -> epoch = epoch + 1; reg[0] = 0; reg[1] = 0; ms[0] = 0; ms[1] = 0; }
  OPERATION(1)
#else
  :: d_step { epoch < F -> epoch = epoch + 1; reg[0] = 0; ms[0] = 0; }
#endif
  OPERATION(0)
  od
}
