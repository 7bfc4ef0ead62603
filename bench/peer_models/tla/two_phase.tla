----------------------------- MODULE two_phase -----------------------------
(* Two-phase commit of N resource managers and a manager. *)
EXTENDS Naturals

CONSTANT N

VARIABLES rm, tm, prepared, msgs
vars == <<rm, tm, prepared, msgs>>

RM == 0 .. N - 1

Init ==
  /\ rm = [r \in RM |-> "working"]
  /\ tm = "init"
  /\ prepared = {}
  /\ msgs = {}

TMRcvPrepared(r) ==
  /\ tm = "init"
  /\ r \in msgs
  /\ prepared' = prepared \cup {r}
  /\ UNCHANGED <<rm, tm, msgs>>

\* The message Prepared(r) is the number r, Commit is N, Abort is N + 1: a set has members of one type.
TMCommit ==
  /\ tm = "init"
  /\ prepared = RM
  /\ tm' = "committed"
  /\ msgs' = msgs \cup {N}
  /\ UNCHANGED <<rm, prepared>>

TMAbort ==
  /\ tm = "init"
  /\ tm' = "aborted"
  /\ msgs' = msgs \cup {N + 1}
  /\ UNCHANGED <<rm, prepared>>

RMPrepare(r) ==
  /\ rm[r] = "working"
  /\ rm' = [rm EXCEPT ![r] = "prepared"]
  /\ msgs' = msgs \cup {r}
  /\ UNCHANGED <<tm, prepared>>

RMChooseToAbort(r) ==
  /\ rm[r] = "working"
  /\ rm' = [rm EXCEPT ![r] = "aborted"]
  /\ UNCHANGED <<tm, prepared, msgs>>

RMRcvCommit(r) ==
  /\ N \in msgs
  /\ rm' = [rm EXCEPT ![r] = "committed"]
  /\ UNCHANGED <<tm, prepared, msgs>>

RMRcvAbort(r) ==
  /\ N + 1 \in msgs
  /\ rm' = [rm EXCEPT ![r] = "aborted"]
  /\ UNCHANGED <<tm, prepared, msgs>>

Next ==
  \/ TMCommit
  \/ TMAbort
  \/ \E r \in RM :
       TMRcvPrepared(r) \/ RMPrepare(r) \/ RMChooseToAbort(r) \/ RMRcvCommit(r) \/ RMRcvAbort(r)
Spec == Init /\ [][Next]_vars

Agreement == ~ ((\E r \in RM : rm[r] = "committed") /\ (\E r \in RM : rm[r] = "aborted"))
=============================================================================
