---------------------------- MODULE filter_lock ----------------------------
(* Peterson's lock for N processes; N itself stands for "nobody". *)
EXTENDS Naturals

CONSTANT N

VARIABLES pc, level, victim
vars == <<pc, level, victim>>

Process == 0 .. N - 1

Init ==
  /\ pc = [i \in Process |-> 0]
  /\ level = [i \in Process |-> 0]
  /\ victim = [l \in 1 .. N - 1 |-> N]

Climb(i) ==
  /\ pc[i] = 0
  /\ level' = [level EXCEPT ![i] = @ + 1]
  /\ pc' = [pc EXCEPT ![i] = 1]
  /\ UNCHANGED victim

Yield(i) ==
  /\ pc[i] = 1
  /\ victim' = [victim EXCEPT ![level[i]] = i]
  /\ pc' = [pc EXCEPT ![i] = 2]
  /\ UNCHANGED level

\* A disjunction here would make two steps where both of its sides hold.
MayPass(i) == IF victim[level[i]] # i THEN TRUE ELSE \A k \in Process \ {i} : level[k] < level[i]

Pass(i) ==
  /\ pc[i] = 2
  /\ MayPass(i)
  /\ pc' = [pc EXCEPT ![i] = IF level[i] = N - 1 THEN 3 ELSE 0]
  /\ UNCHANGED <<level, victim>>

Leave(i) ==
  /\ pc[i] = 3
  /\ level' = [level EXCEPT ![i] = 0]
  /\ pc' = [pc EXCEPT ![i] = 0]
  /\ UNCHANGED victim

Next == \E i \in Process : Climb(i) \/ Yield(i) \/ Pass(i) \/ Leave(i)
Spec == Init /\ [][Next]_vars

Exclusion == \A i \in Process : pc[i] = 3 => \A k \in Process \ {i} : pc[k] # 3
=============================================================================
