------------------------------- MODULE opsync -------------------------------
(* Operation reconciliation: O operations, as many agents, room for K messages, F failovers. Operation o is bound to
   agent o. A message is the pair of its kind and its operation. *)
EXTENDS Naturals, FiniteSets

CONSTANTS O, K, F

VARIABLES epoch, reg, fw, ms, ra, rp, msgs
vars == <<epoch, reg, fw, ms, ra, rp, msgs>>

Op == 0 .. O - 1
Room == Cardinality(msgs) < K
Without(k, o) == msgs \ {<<k, o>>}

Init ==
  /\ epoch = 0
  /\ reg = [o \in Op |-> TRUE]
  /\ fw = [o \in Op |-> 0]  \* new, pending, done, lost
  /\ ms = [o \in Op |-> 0]  \* unknown, pending, done
  /\ ra = [o \in Op |-> 0]  \* unknown, pending, finished, acknowledged
  /\ rp = [o \in Op |-> 0]  \* nothing, applying, applied
  /\ msgs = {}

Submit(o) ==
  /\ fw[o] = 0
  /\ Room
  /\ fw' = [fw EXCEPT ![o] = 1]
  /\ msgs' = msgs \cup {<<"acc", o>>}
  /\ UNCHANGED <<epoch, reg, ms, ra, rp>>

MRcvAccept(o) ==
  /\ <<"acc", o>> \in msgs
  /\ ms' = IF reg[o] THEN [ms EXCEPT ![o] = IF @ = 0 THEN 1 ELSE @] ELSE ms
  /\ msgs' = Without("acc", o) \cup {<<IF reg[o] THEN "app" ELSE "stl", o>>}
  /\ UNCHANGED <<epoch, reg, fw, ra, rp>>

ARcvApply(o) ==
  /\ <<"app", o>> \in msgs
  /\ ra' = [ra EXCEPT ![o] = IF @ = 0 THEN 1 ELSE @]
  /\ msgs' = Without("app", o)
  /\ UNCHANGED <<epoch, reg, fw, ms, rp>>

RPStart(o) ==
  /\ ra[o] = 1
  /\ rp[o] = 0
  /\ rp' = [rp EXCEPT ![o] = 1]
  /\ UNCHANGED <<epoch, reg, fw, ms, ra, msgs>>

RPDone(o) ==
  /\ rp[o] = 1
  /\ rp' = [rp EXCEPT ![o] = 2]
  /\ UNCHANGED <<epoch, reg, fw, ms, ra, msgs>>

AFinish(o) ==
  /\ ra[o] = 1
  /\ rp[o] = 2
  /\ Room
  /\ ra' = [ra EXCEPT ![o] = 2]
  /\ msgs' = msgs \cup {<<"upd", o>>}
  /\ UNCHANGED <<epoch, reg, fw, ms, rp>>

AResend(o) ==
  /\ ra[o] = 2
  /\ reg[o]
  /\ <<"upd", o>> \notin msgs
  /\ Room
  /\ msgs' = msgs \cup {<<"upd", o>>}
  /\ UNCHANGED <<epoch, reg, fw, ms, ra, rp>>

MRcvUpdate(o) ==
  /\ <<"upd", o>> \in msgs
  /\ ms' = IF reg[o] THEN [ms EXCEPT ![o] = 2] ELSE ms
  /\ msgs' = IF reg[o] THEN Without("upd", o) \cup {<<"std", o>>} ELSE Without("upd", o)
  /\ UNCHANGED <<epoch, reg, fw, ra, rp>>

FRcvDone(o) ==
  /\ <<"std", o>> \in msgs
  /\ fw' = [fw EXCEPT ![o] = 2]
  /\ msgs' = Without("std", o) \cup {<<"ack", o>>}
  /\ UNCHANGED <<epoch, reg, ms, ra, rp>>

FRcvLost(o) ==
  /\ <<"stl", o>> \in msgs
  /\ fw' = [fw EXCEPT ![o] = IF @ = 1 THEN 3 ELSE @]
  /\ msgs' = Without("stl", o)
  /\ UNCHANGED <<epoch, reg, ms, ra, rp>>

Reconcile(o) ==
  /\ fw[o] = 1
  /\ <<"rec", o>> \notin msgs
  /\ Room
  /\ msgs' = msgs \cup {<<"rec", o>>}
  /\ UNCHANGED <<epoch, reg, fw, ms, ra, rp>>

MRcvRecon(o) ==
  /\ <<"rec", o>> \in msgs
  /\ msgs' = CASE ms[o] = 2 -> Without("rec", o) \cup {<<"std", o>>}
               [] ms[o] = 0 /\ reg[o] -> Without("rec", o) \cup {<<"stl", o>>}
               [] OTHER -> Without("rec", o)
  /\ UNCHANGED <<epoch, reg, fw, ms, ra, rp>>

MRcvAck(o) ==
  /\ <<"ack", o>> \in msgs
  /\ msgs' = IF reg[o] THEN Without("ack", o) \cup {<<"akm", o>>} ELSE Without("ack", o)
  /\ UNCHANGED <<epoch, reg, fw, ms, ra, rp>>

ARcvAck(o) ==
  /\ <<"akm", o>> \in msgs
  /\ ra' = [ra EXCEPT ![o] = IF @ = 2 THEN 3 ELSE @]
  /\ msgs' = Without("akm", o)
  /\ UNCHANGED <<epoch, reg, fw, ms, rp>>

Lose ==
  /\ \E m \in msgs : msgs' = msgs \ {m}
  /\ UNCHANGED <<epoch, reg, fw, ms, ra, rp>>

Failover ==
  /\ epoch < F
  /\ epoch' = epoch + 1
  /\ reg' = [o \in Op |-> FALSE]
  /\ ms' = [o \in Op |-> 0]
  /\ UNCHANGED <<fw, ra, rp, msgs>>

Reregister(o) ==
  /\ ~ reg[o]
  /\ reg' = [reg EXCEPT ![o] = TRUE]
  /\ ms' = [ms EXCEPT ![o] = CASE ra[o] = 1 -> 1 [] ra[o] = 2 -> 2 [] OTHER -> @]
  /\ UNCHANGED <<epoch, fw, ra, rp, msgs>>

Next ==
  \/ Lose
  \/ Failover
  \/ \E o \in Op :
       \/ Submit(o) \/ MRcvAccept(o) \/ ARcvApply(o) \/ RPStart(o) \/ RPDone(o) \/ AFinish(o) \/ AResend(o)
       \/ MRcvUpdate(o) \/ FRcvDone(o) \/ FRcvLost(o) \/ Reconcile(o) \/ MRcvRecon(o) \/ MRcvAck(o) \/ ARcvAck(o)
       \/ Reregister(o)
Spec == Init /\ [][Next]_vars

DoneIsApplied == \A o \in Op : fw[o] = 2 => rp[o] = 2
AcknowledgedIsDone == \A o \in Op : ra[o] = 3 => fw[o] = 2
=============================================================================
